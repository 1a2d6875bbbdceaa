/** Where a rule leads in a game, and what the matrix of a round says about it. */

import { eigenvalues } from "./eigenvalues.js";
import { GAMES } from "./fields.js";
import { ORDERS, RULES } from "./rules.js";

const ROUNDING = 1e-11; // a modulus of 1 is found to be 1 to within that
const HALF = 1e-6; // and that of a double eigenvalue, of which half of the digits are known, to within that
const ONE = 1e-3; // eigenvalues that are closer to one another are one that is double

/** The field of one turn, for a rule. */
function turn(game, movers, penalty) {
  const ofMovers = (gradients) => gradients.map((gradient, k) => (movers[k] ? gradient : 0));
  return {
    movers,
    at: (point) => ofMovers(game.field(...point, penalty)),
    energy(point) {
      const [u, v] = game.field(...point, penalty);
      const [[a, b], [c, d]] = game.jacobian(...point, penalty);
      return ofMovers([a * u + c * v, b * u + d * v]);
    },
  };
}

/** The game near (0, 0): its field there is a matrix. */
function linearised(game, penalty) {
  const matrix = game.jacobian(0, 0, penalty);
  const [[a, b], [c, d]] = matrix;
  return { field: (x, y) => [a * x + b * y, c * x + d * y], jacobian: () => matrix };
}

/** One round from a point and what the rule remembers of each turn; returns both as they are then. */
function round(turns, settings, point, memories) {
  const remembered = turns.map((field, k) => {
    const [direction, memory] = RULES[settings.rule].step(field, point, memories[k], settings);
    point = point.map((value, i) => value - settings.rate * field.movers[i] * direction[i]);
    return memory;
  });
  return [point, remembered];
}

/** The orbit [[x, y], ...] of `steps` rounds. Lookahead goes half of the way back after each k rounds. */
export function follow(settings) {
  const turns = ORDERS[settings.order].map((movers) => turn(GAMES[settings.game], movers, settings.penalty));
  const path = [settings.start];
  let [point, memories, from] = [settings.start, turns.map(() => null), settings.start];
  for (let n = 1; n <= settings.steps; n++) {
    [point, memories] = round(turns, settings, point, memories);
    if (settings.rule === "lookahead" && n % settings.k === 0) from = point = point.map((value, i) => (value + from[i]) / 2);
    path.push(point);
  }
  return path;
}

/**
 * The matrix of a round near (0, 0), as a map of the two numbers and whatever the rule remembers of its movers; of a cycle of k
 * rounds for lookahead. Exact for a linear game.
 */
export function matrixOfRound(settings) {
  const game = linearised(GAMES[settings.game], settings.penalty);
  const turns = ORDERS[settings.order].map((movers) => turn(game, movers, settings.penalty));
  const entries = [0, 1].map((i) => [null, i]);
  turns.forEach((field, k) => {
    const [, memory] = RULES[settings.rule].step(field, [0, 0], null, settings);
    if (memory) field.movers.forEach((moves, i) => moves && entries.push([k, i]));
  });
  const columns = entries.map((unit) => {
    const value = (k, i) => (unit[0] === k && unit[1] === i ? 1 : 0);
    const start = [value(null, 0), value(null, 1)];
    let [point, memories] = [start, turns.map((_, k) => [value(k, 0), value(k, 1)])];
    const rounds = settings.rule === "lookahead" ? settings.k : 1;
    for (let n = 0; n < rounds; n++) [point, memories] = round(turns, settings, point, memories);
    if (settings.rule === "lookahead") point = point.map((each, i) => (each + start[i]) / 2);
    return entries.map(([k, i]) => (k === null ? point[i] : memories[k][i]));
  });
  return entries.map((_, row) => columns.map((column) => column[row]));
}

/**
 * What the eigenvalues say: {values, rounds, radius, kind}. values: those of `rounds` rounds together, more than one for lookahead.
 * radius: by how much one round multiplies the distance in the long run. kind: "converges", "bounded", "leaves", or "creeps" where a
 * double eigenvalue on the unit circle makes the distance grow, but slower than any geometric sequence (where all vectors are its
 * eigenvectors, none grows: "bounded"); "bent" where the field has no derivative at (0, 0), and there are no eigenvalues.
 */
export function judge(settings) {
  const rounds = settings.rule === "lookahead" ? settings.k : 1;
  if (GAMES[settings.game].bent) return { values: [], rounds, radius: NaN, kind: "bent" };
  const matrix = matrixOfRound(settings);
  const values = eigenvalues(matrix);
  const [a, b] = values;
  const largest = Math.hypot(...a);
  const radius = largest ** (1 / rounds);
  const double = Math.hypot(a[0] - b[0], a[1] - b[1]) < ONE;
  if (Math.abs(largest - 1) > (double ? HALF : ROUNDING)) return { values, rounds, radius, kind: largest < 1 ? "converges" : "leaves" };
  const scalar = matrix.length === 2 && matrix.every((row, i) => row.every((value, j) => Math.abs(value - (i === j ? a[0] : 0)) < HALF));
  return { values, rounds, radius, kind: double && !scalar ? "creeps" : "bounded" };
}

/** The means of all points so far: entry n is that of the first n + 1. */
export function averages(path) {
  let sum = [0, 0];
  return path.map((point, n) => {
    sum = sum.map((value, i) => value + point[i]);
    return sum.map((value) => value / (n + 1));
  });
}
