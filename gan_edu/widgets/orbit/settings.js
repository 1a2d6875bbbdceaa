/** The one table of what may be set. */

import { choice, count, evenly, flag, labels, number, tableOf } from "../page/table.js";
import { GAMES, PENALISED } from "./fields.js";
import { RULES } from "./rules.js";

/** The plane shows numbers up to this size. */
export const LIMIT = 3;

const TENTHS = [
  1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.7, 1.8, 1.9, 2, 2.1, 2.2, 2.4, 2.6, 2.8, 3, 3.3, 3.6, 4, 4.5, 5, 5.5, 6, 6.5, 7, 7.5, 8, 8.5, 9, 9.5,
];
const RATES = [0.01, 0.1, 1].flatMap((power) => TENTHS.map((step) => Number((power * step).toPrecision(3)))).filter((rate) => rate <= 3);
const ROUNDS = [1, 2, 3, 5, 10, 20, 30, 40, 50, 60, 80, 100, 150, 200, 300, 400, 600, 1000, 2000];
const WEIGHTS = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.2, 1.5, 2, 3, 5, 10];

/** Orders in words need the names of the two numbers. */
function orderInWords(order, { game }) {
  const [first, second] = GAMES[game].names;
  return { together: "together", first: `in turn, ${first} first`, second: `in turn, ${second} first` }[order];
}

const SETTINGS = {
  game: choice("game", "xy", labels(GAMES)),
  penalty: number("weight of the penalty", 0.5, evenly(0.1, 3, 0.1), { needs: { game: PENALISED } }),
  rule: choice("rule", "gradient", labels(RULES)),
  gamma: number("consensus γ", 1, WEIGHTS, { needs: { rule: ["consensus"] } }),
  beta: number("momentum β", -0.5, evenly(-0.95, 0.95, 0.05), { needs: { rule: ["momentum"] } }),
  k: count("rounds before each retreat", 5, evenly(2, 20, 1), { needs: { rule: ["lookahead"] } }),
  order: choice("order of play", "together", [["together", "together"], ["first", "in turn, x first"], ["second", "in turn, y first"]], {
    named: orderInWords,
  }),
  rate: number("rate α", 0.1, RATES),
  steps: count("rounds", 200, ROUNDS),
  start: { label: "start", kind: "point", standard: [1, 1], read: readPoint, write: (point) => point.join(",") },
  average: flag("average of all points so far (dotted)", false),
};

/** The settings, and what can be done with them. */
export const TABLE = tableOf(SETTINGS, ["rule", "order", "rate", "gamma", "beta", "k", "game", "penalty"]);

export const GROUPS = [
  ["Game", ["game", "penalty"]],
  ["Play", ["rule", "gamma", "beta", "k", "order", "rate", "steps"]],
  ["Picture", ["average"]],
];

function readPoint(text) {
  const point = text.split(",").map((part) => (part.trim() ? Number(part) : NaN));
  if (point.length !== 2 || !point.every((value) => Math.abs(value) <= LIMIT)) {
    throw new RangeError(`give two numbers from -${LIMIT} to ${LIMIT}`);
  }
  return point;
}
