/** Where real points and latents come from. The data sets lie in the plane, within the square [-LIMIT, LIMIT]². */

import { Random } from "../page/random.js";

/** Half the side of the square that is shown. */
export const LIMIT = 1.5;

const NOISE = 0.03; // of points on curves, and around points that somebody drew

/** A mixture of isotropic Gaussians of equal weights: {centres: [[x, y], ...], std}. */
function mixture(label, centres, std) {
  return { label, mixture: { centres, std }, point: (random) => near(random, centres[random.below(centres.length)], std) };
}

/** Points on a curve, at places uniform on [0, 1). */
function curve(label, place) {
  return { label, mixture: null, point: (random) => near(random, place(random.uniform(), random), NOISE) };
}

function near(random, [x, y], std) {
  return [x + std * random.normal(), y + std * random.normal()];
}

function ring(modes) {
  return Array.from({ length: modes }, (_, k) => [Math.cos((2 * Math.PI * k) / modes), Math.sin((2 * Math.PI * k) / modes)]);
}

function grid(side, spacing) {
  const line = Array.from({ length: side }, (_, k) => (k - (side - 1) / 2) * spacing);
  return line.flatMap((x) => line.map((y) => [x, y]));
}

function spiral(t) {
  const angle = 3 * Math.PI * Math.sqrt(t); // so that equal lengths of the curve are about equally likely
  const radius = 0.1 + (1.1 * angle) / (3 * Math.PI);
  return [radius * Math.cos(angle), radius * Math.sin(angle)];
}

function moons(t, random) {
  const angle = Math.PI * t;
  const upper = [Math.cos(angle) - 0.5, Math.sin(angle) - 0.25];
  return random.uniform() < 0.5 ? upper.map((value) => 0.8 * value) : upper.map((value) => -0.8 * value);
}

/** All data sets by the name that the address has for them; `ring` and `grid` are `gan_edu.data.ring()` and `grid(5, 0.5)`. */
export const DATA = {
  ring: mixture("ring of 8 modes", ring(8), 0.05),
  grid: mixture("grid of 25 modes", grid(5, 0.5), 0.05),
  spiral: curve("spiral", spiral),
  moons: curve("two moons", moons),
  line: curve("line", (t) => [2 * t - 1, t - 0.5]),
  drawn: { label: "drawn by hand", mixture: null, point: null }, // the settings hold the points
};

/** `count` real points (count, 2) as a Float64Array. With drawn data there must be a drawn point. */
export function realPoints(random, count, { data, points }) {
  const point = data === "drawn" ? () => near(random, points[random.below(points.length)], NOISE) : () => DATA[data].point(random);
  const out = new Float64Array(2 * count);
  for (let n = 0; n < count; n++) out.set(point(), 2 * n);
  return out;
}

/** Latents (count, latent) as a Float64Array: standard normal, or uniform on [-1, 1]. */
export function latents(random, count, { latent, kind }) {
  return random.array(count * latent, kind === "normal" ? random.normal : () => 2 * random.uniform() - 1);
}

/**
 * What a `Game` draws turn by turn, from streams of one seed.
 *
 * @param {() => object} settings gives the present settings: somebody may be drawing points.
 */
export function drawing(settings) {
  const { seed } = settings();
  const streams = Object.fromEntries(["batches", "latents", "mix"].map((name) => [name, new Random(seed, name)]));
  return () => {
    const now = settings();
    return {
      real: realPoints(streams.batches, now.batch, now),
      latent: latents(streams.latents, now.batch, now),
      mix: streams.mix.array(now.batch, streams.mix.uniform),
    };
  };
}
