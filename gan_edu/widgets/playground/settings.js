/**
 * The one table of what may be set, and how settings are written in the address: `#loss=hinge&regulariser=r1`, all that differs from
 * the defaults.
 */

import { DATA, LIMIT } from "./data.js";
import { LOSSES } from "./losses.js";
import { OPTIMISERS } from "./optimisers.js";
import { REGULARISERS } from "./regularisers.js";

/** As many points as somebody may draw: an address is not to grow without end. */
export const MOST_POINTS = 300;

/**
 * Each setting: {label, kind, standard, ...}.
 *
 * Kinds: "choice" of `values` [[value, label], ...]; "number" from `least` to `most`, on a slider of `steps`; "whole" number from
 * `least` to `most`; "flag"; "names", some of `values`; "points" [[x, y], ...]; "change" {name, value} of another setting, or null.
 * restarts: a change begins the run anew. needs: {name: values}, with which alone the setting has an effect.
 */
export const SETTINGS = {
  data: choice("data", "ring", labels(DATA), { restarts: true }),
  points: { label: "drawn points", kind: "points", standard: [] },
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
  waves: { label: "D also sees sines and cosines", kind: "flag", standard: true, restarts: true },
  latent: choice("latent dimensions", 2, numbers(1, 2, 8), { restarts: true }),
  kind: choice("latent distribution", "normal", [["normal", "normal"], ["uniform", "uniform on [-1, 1]"]], { restarts: true }),
  batch: choice("batch size", 128, numbers(16, 32, 64, 128, 256), { restarts: true }),
  seed: { label: "seed", kind: "whole", standard: 0, least: 0, most: 2 ** 31 - 1, restarts: true },
  speed: choice("speed", "full", [
    ["slow", "slow motion: phase by phase"],
    ["1", "1 round a second"],
    ["10", "10 rounds a second"],
    ["full", "as fast as it goes"],
  ]),
  layers: {
    label: "what is drawn",
    kind: "names",
    standard: ["verdicts", "manifold", "arrows"],
    values: [
      ["verdicts", "output of D"],
      ["manifold", "warped lattice of latents"],
      ["arrows", "where D would move samples"],
    ],
  },
  compare: { label: "compare with another", kind: "change", standard: null },
};

/** The names of the settings in which a second run may differ from the first. */
export const COMPARABLE = Object.keys(SETTINGS).filter((name) => !["points", "speed", "layers", "compare"].includes(name));

function choice(label, standard, values, more = {}) {
  return { label, kind: "choice", standard, values, ...more };
}

function number(label, standard, steps, more = {}) {
  return { label, kind: "number", standard, steps, least: steps[0], most: steps.at(-1), ...more };
}

function labels(table) {
  return Object.entries(table).map(([name, { label }]) => [name, label]);
}

function numbers(...values) {
  return values.map((value) => [value, String(value)]);
}

/** One, two and five times each power of ten, from `least` to `most`. */
function decades(least, most) {
  const powers = Array.from({ length: 12 }, (_, k) => k - 8);
  return powers.flatMap((power) => [1, 2, 5].map((digit) => Number(`${digit}e${power}`))).filter((x) => x >= least && x <= most);
}

/** All settings at their defaults. */
export function defaults() {
  return Object.fromEntries(Object.entries(SETTINGS).map(([name, { standard }]) => [name, structuredClone(standard)]));
}

/** Whether a setting has an effect with these settings. */
export function matters(name, settings) {
  return Object.entries(SETTINGS[name].needs ?? {}).every(([other, values]) => values.includes(settings[other]));
}

/** Whether a setting has an effect in the run with these settings, or in the one that it is compared with. */
export function mattersInAny(name, settings) {
  return [settings, other(settings)].some((each) => each && matters(name, each));
}

/** These settings without a comparison in something that has an effect in neither run: {settings, problem}, a sentence or "". */
export function withoutIdleComparison(settings) {
  const { compare } = settings;
  if (!compare || mattersInAny(compare.name, settings)) return { settings, problem: "" };
  const problem = `“${SETTINGS[compare.name].label}” has no effect with these settings, so nothing is compared.`;
  return { settings: { ...settings, compare: null }, problem };
}

/** The settings of the second run of a comparison, or null if there is none. */
export function other(settings) {
  const { compare } = settings;
  return compare && { ...settings, [compare.name]: compare.value };
}

/** A value in words, as a control shows it. */
export function inWords(name, value) {
  const setting = SETTINGS[name];
  if (setting.kind === "choice") return setting.values.find(([known]) => known === value)[1];
  if (setting.kind === "flag") return value ? "yes" : "no";
  return String(value);
}

/** The settings as the part of an address behind `#`; empty if all are the defaults. */
export function toAddress(settings) {
  return Object.entries(SETTINGS)
    .map(([name, { standard }]) => [name, write(name, settings[name]), write(name, standard)])
    .filter(([, written, standard]) => written !== standard)
    .map(([name, written]) => `${name}=${encodeURIComponent(written).replace(/%2[BC]|%3A/g, decodeURIComponent)}`) // + , : may stay
    .join("&");
}

/**
 * Reads what `toAddress` writes. What cannot be read is at its default, and said.
 *
 * @param {string} address with or without `#`.
 * @returns {{settings: object, problems: string[]}} problems: a sentence for each part that is wrong.
 */
export function fromAddress(address) {
  const parts = address.replace(/^#/, "").split("&").filter(Boolean);
  return gathered(parts, "address", (part) => {
    const [name, ...rest] = part.split("=");
    return [name, () => read(name, decodeURIComponent(rest.join("=")))];
  });
}

/**
 * All settings, where some are given. A value that cannot be is replaced by its default, and said, as in `fromAddress`.
 *
 * @param {object} given {name: value}.
 */
export function fromObject(given) {
  return gathered(Object.entries(given), "page", ([name, value]) => [name, () => read(name, write(name, value))]);
}

/** The settings that parts name and give; `take(part)` is the name, and a function that gives the value. */
function gathered(parts, where, take) {
  const given = defaults();
  const problems = [];
  for (const part of parts) {
    const [name, value] = take(part);
    try {
      if (!Object.hasOwn(SETTINGS, name)) {
        throw new RangeError(`there is no setting of that name; there are ${Object.keys(SETTINGS).join(", ")}`);
      }
      given[name] = value();
    } catch (error) {
      const said = Array.isArray(part) ? `${name}: ${JSON.stringify(part[1])}` : part;
      problems.push(`The ${where} says “${said}”: ${reason(error)}. The default is used.`);
    }
  }
  const { settings, problem } = withoutIdleComparison(given);
  return { settings, problems: problem ? [...problems, problem] : problems };
}

function reason(error) {
  if (error instanceof RangeError) return error.message;
  return error instanceof URIError ? "a percent sign must be followed by two digits" : "this is no value for it";
}

function write(name, value) {
  const { kind } = SETTINGS[name];
  if (kind === "flag") return value ? "yes" : "no";
  if (kind === "names") return value.join(",");
  if (kind === "points") return value.flat().map(toPair).join("");
  if (kind === "change") return value ? `${value.name}:${write(value.name, value.value)}` : "";
  return String(value);
}

function read(name, text) {
  const setting = SETTINGS[name];
  return READERS[setting.kind](text, setting);
}

const READERS = {
  choice(text, { values }) {
    const found = values.find(([value]) => String(value) === text);
    if (!found) throw new RangeError(`choose one of ${values.map(([value]) => value).join(", ")}`);
    return found[0];
  },
  number(text, { least, most }) {
    const value = Number(text);
    if (text.trim() === "" || !(value >= least && value <= most)) throw new RangeError(`give a number from ${least} to ${most}`);
    return value;
  },
  whole(text, setting) {
    const value = READERS.number(text, setting);
    if (!Number.isInteger(value)) throw new RangeError(`give a whole number from ${setting.least} to ${setting.most}`);
    return value;
  },
  flag(text) {
    if (text !== "yes" && text !== "no") throw new RangeError("write yes or no");
    return text === "yes";
  },
  names(text, { values }) {
    const known = values.map(([name]) => name);
    const names = text.split(",").filter(Boolean);
    if (!names.every((name) => known.includes(name))) throw new RangeError(`write some of ${known.join(", ")}, with commas between`);
    return known.filter((name) => names.includes(name));
  },
  points(text) {
    if (!/^([0-9a-z]{4})*$/.test(text)) throw new RangeError("drawn points are four digits or small letters each");
    if (text.length > 4 * MOST_POINTS) throw new RangeError(`there may be ${MOST_POINTS} drawn points at most`);
    const numbers = text.match(/../g)?.map(fromPair) ?? [];
    return Array.from({ length: numbers.length / 2 }, (_, n) => [numbers[2 * n], numbers[2 * n + 1]]);
  },
  change(text) {
    if (text === "") return null;
    const [name, ...rest] = text.split(":");
    if (!COMPARABLE.includes(name)) throw new RangeError(`compare one of ${COMPARABLE.join(", ")}, as in compare=loss:hinge`);
    return { name, value: read(name, rest.join(":")) };
  },
};

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
