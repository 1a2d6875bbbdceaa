/** The one table of what may be set. */

import { choice, decades, flag, labels, names, number, numbers, tableOf, whole } from "../page/table.js";
import { DATA, LIMIT } from "./data.js";
import { LOSSES } from "./losses.js";
import { OPTIMISERS } from "./optimisers.js";
import { REGULARISERS } from "./regularisers.js";

/** As many points as somebody may draw: an address is not to grow without end. */
export const MOST_POINTS = 300;

const SETTINGS = {
  data: choice("data", "ring", labels(DATA), {
    restarts: true,
    possible: (value, settings) => value !== "drawn" || settings.points.length > 0, // drawn data is none as long as nobody has drawn
  }),
  points: { label: "drawn points", kind: "points", standard: [], read: readPoints, write: writePoints },
  loss: choice("loss", "non-saturating", labels(LOSSES)),
  regulariser: choice("regulariser", "r1", labels(REGULARISERS)),
  weight: number("weight of R1, R2", 0.02, decades(0.001, 100), { needs: { regulariser: ["r1", "r1+r2"] } }),
  weightGP: number("weight of WGAN-GP", 1, decades(0.001, 100), { needs: { regulariser: ["wgan-gp"] } }),
  bound: number("bound of clipping", 0.1, decades(0.01, 1), { needs: { regulariser: ["clipping"] } }),
  order: choice("order of play", "DG", [
    ["DG", "DG: in turn"],
    ["DDG", "DDG: two turns of D, one of G"],
    ["DDDDDG", "DDDDDG: five turns of D, one of G"],
    ["DGG", "DGG: one turn of D, two of G"],
    ["D+G", "D+G: both at once"],
  ]),
  rateD: number("D's learning rate", 0.002, decades(1e-5, 0.1)),
  rateG: number("G's learning rate", 0.001, decades(1e-5, 0.1)),
  momentum: number("momentum (beta1)", 0.5, [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95]),
  optimiser: choice("optimiser", "adam", labels(OPTIMISERS), { restarts: true }),
  width: choice("hidden units a layer", 32, numbers(4, 8, 16, 32, 64), { restarts: true }),
  depth: choice("hidden layers", 2, numbers(1, 2, 3), { restarts: true }),
  waves: flag("D also sees sines and cosines", true, { restarts: true }),
  latent: choice("latent dimensions", 2, numbers(1, 2, 8), { restarts: true }),
  kind: choice("latent distribution", "normal", [["normal", "normal"], ["uniform", "uniform on [-1, 1]"]], { restarts: true }),
  batch: choice("batch size", 128, numbers(16, 32, 64, 128, 256), { restarts: true }),
  seed: whole("seed", 0, 0, 2 ** 31 - 1, { restarts: true }),
  speed: choice(
    "speed",
    "full",
    [
      ["slow", "slow motion: phase by phase"],
      ["1", "1 round a second"],
      ["10", "10 rounds a second"],
      ["full", "as fast as it goes"],
    ],
  ),
  layers: names(
    "what is drawn",
    ["verdicts", "manifold", "arrows"],
    [
      ["verdicts", "output of D"],
      ["manifold", "warped lattice of latents"],
      ["arrows", "where D would move samples"],
    ],
  ),
};

/** The settings, and what can be done with them. */
export const TABLE = tableOf(
  SETTINGS,
  Object.keys(SETTINGS).filter((name) => !["points", "speed", "layers"].includes(name)),
);

/** What stands together in the form: all but seed and speed, which stand in the bar. */
export const GROUPS = [
  ["Data and costs", ["data", "loss", "regulariser", "weight", "weightGP", "bound"]],
  ["Play", ["order", "rateD", "rateG", "momentum", "optimiser", "batch"]],
  ["Networks", ["width", "depth", "waves", "latent", "kind"]],
  ["Picture", ["layers"]],
];

function readPoints(text) {
  if (!/^([0-9a-z]{4})*$/.test(text)) throw new RangeError("drawn points are four digits or small letters each");
  if (text.length > 4 * MOST_POINTS) throw new RangeError(`there may be ${MOST_POINTS} drawn points at most`);
  const numbers = text.match(/../g)?.map(fromPair) ?? [];
  return Array.from({ length: numbers.length / 2 }, (_, n) => [numbers[2 * n], numbers[2 * n + 1]]);
}

function writePoints(points) {
  return points.flat().map(toPair).join("");
}

const PLACES = 36 ** 2 - 1; // what two digits in base 36 can tell apart

/** The nearest coordinate in [-LIMIT, LIMIT] that an address can hold. */
export function representable(coordinate) {
  return fromPair(toPair(coordinate));
}

function toPair(coordinate) {
  const place = Math.round(((Math.min(LIMIT, Math.max(-LIMIT, coordinate)) + LIMIT) / (2 * LIMIT)) * PLACES);
  return place.toString(36).padStart(2, "0");
}

function fromPair(text) {
  return (parseInt(text, 36) / PLACES) * 2 * LIMIT - LIMIT;
}
