/** The one table of what may be set. */

import { choice, count, number, tableOf, whole } from "../page/table.js";

/** What a brush asks for in a field, by name. */
export const BRUSHES = { ink: 1, paper: -1, free: 0 };

const SETTINGS = {
  brush: choice("brush", "ink", Object.keys(BRUSHES).map((name) => [name, name])),
  pool: count("random latents", 300, [10, 30, 100, 300, 1000]),
  steps: count("steps of the descent", 30, [0, 1, 2, 3, 5, 10, 20, 30, 60, 100]),
  nearness: number("nearness λ", 0.05, [0, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20]),
  seed: whole("seed", 0, 0, 2 ** 32 - 1),
};

/** The settings, and what can be done with them. */
export const TABLE = tableOf(SETTINGS);

/** All but the brush, which stands by the fields. */
export const GROUPS = [["Search", ["pool", "steps", "nearness", "seed"]]];
