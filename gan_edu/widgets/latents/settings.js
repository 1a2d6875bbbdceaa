/** The table of what may be set, which depends on the generator. */

import { choice, evenly, number, numbers, tableOf, whole } from "../page/table.js";

/** How many samples there are to choose from. */
export const SAMPLES = 8;

const WAYS = [["sphere", "along the sphere"], ["line", "straight line"]];

/** The settings for a generator that is told so many categories and continuous codes, and for directions with these names. */
export function tableFor({ categories, continuous, directions }) {
  const sample = (label, standard) => choice(label, standard, numbers(...Array.from({ length: SAMPLES }, (_, k) => k + 1)));
  const category = { category: choice("category", 0, numbers(...Array.from({ length: categories }, (_, k) => k))) };
  return tableOf({
    start: sample("start at sample", 1),
    end: sample("end at sample", 2),
    way: choice("way", "sphere", WAYS),
    position: number("position on it", 0.5, evenly(0, 1, 0.02)),
    ...(categories ? category : {}),
    ...Object.fromEntries(codesOf(continuous).map((name, k) => [name, number(codeInWords(continuous, k), 0, evenly(-2, 2, 0.1))])),
    truncation: number("truncation ψ", 1, evenly(0, 1.5, 0.05)),
    ...Object.fromEntries(directions.map(([label], k) => [`direction${k + 1}`, number(label, 0, evenly(-3, 3, 0.1))])),
    seed: whole("seed", 0, 0, 2 ** 32 - 1),
  });
}

/** [title, names of settings] of each part of the form. */
export function groupsFor({ categories, continuous, directions }) {
  const codes = [...(categories ? ["category"] : []), ...codesOf(continuous)];
  return [
    ["Way", ["start", "end", "way", "position"]],
    ...(codes.length ? [["Code", codes]] : []),
    ["All latents", ["truncation", ...directions.map((_, k) => `direction${k + 1}`), "seed"]],
  ];
}

/** The names of the settings for continuous codes. */
export function codesOf(continuous) {
  return Array.from({ length: continuous }, (_, k) => `code${k + 1}`);
}

function codeInWords(continuous, k) {
  return continuous === 1 ? "continuous code" : `continuous code ${k + 1}`;
}
