/** The one table of what may be set. */

import { evenly, names, number, tableOf } from "../page/table.js";

/** The line that is drawn goes from -LIMIT to LIMIT. */
export const LIMIT = 6;

const WIDTHS = evenly(0.2, 2, 0.05);

/** What is measured, in words. */
export const MEASURES = [
  ["value", "V(D*, G)"],
  ["js", "Jensen–Shannon"],
  ["forward", "KL(p‖q), covers"],
  ["reverse", "KL(q‖p), chooses"],
  ["variation", "total variation"],
  ["transport", "Wasserstein"],
];

const SETTINGS = {
  mean: number("mean, or middle of two modes", -1, evenly(-4, 4, 0.05)),
  std: number("width", 1, WIDTHS),
  apart: number("two modes apart by", 0, evenly(0, 6, 0.2)),
  share: number("share of the left mode", 0.4, evenly(0.05, 0.95, 0.05), { needs: { apart: (apart) => apart > 0 } }),
  meanG: number("mean", 1, evenly(-4, 4, 0.05)),
  stdG: number("width", 0.7, WIDTHS),
  drawn: names("drawn", ["js", "variation", "transport"], MEASURES),
};

/** The settings, and what can be done with them. */
export const TABLE = tableOf(SETTINGS);

export const GROUPS = [
  ["Generator, q", ["meanG", "stdG"]],
  ["Data, p", ["mean", "std", "apart", "share"]],
];
