/** The table of what may be set, which depends on the brushes, and what a brush asks for. */

import { choice, colour, count, number, tableOf, whole } from "../page/table.js";

/** The brush that asks for nothing. */
export const FREE = "free";

/** The table for brushes {name: a value for each channel}; those of colour images have another beside them, with a colour of one's own. */
export function tableFor(brushes) {
  const inColour = isColour(Object.values(brushes)[0]);
  const own = { own: colour("colour", "#00a0a0", { needs: { brush: ["own"] } }) };
  const names = Object.keys(brushes).map((name) => [name, name]);
  return tableOf({
    brush: choice("brush", names[0][0], [...names, ...(inColour ? [["own", "own colour"]] : []), [FREE, FREE]]),
    ...(inColour ? own : {}),
    pool: count("random latents", 300, [10, 30, 100, 300, 1000]),
    steps: count("steps of the descent", 30, [0, 1, 2, 3, 5, 10, 20, 30, 60, 100]),
    nearness: number("nearness λ", 0.05, [0, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20]),
    seed: whole("seed", 0, 0, 2 ** 32 - 1),
  });
}

/** Whether these are values of red, green and blue. */
export function isColour(values) {
  return values.length === 3;
}

/**
 * What a brush asks for in a field, a value in [-1, 1] for each channel; null for nothing. A colour of one's own is called as it is
 * written, such as #ff8800.
 */
export function valuesOf(brush, brushes) {
  if (brush === FREE) return null;
  return brushes[brush] ?? [1, 3, 5].map((at) => (2 * parseInt(brush.slice(at, at + 2), 16)) / 255 - 1);
}

/** All but the brush, which stands by the fields. */
export const GROUPS = [["Search", ["pool", "steps", "nearness", "seed"]]];
