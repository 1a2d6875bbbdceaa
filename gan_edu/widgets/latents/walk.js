/** Latents: the way between two, their lengths, and what the generator is told. */

import { drawer } from "../page/latent.js";
import { codesOf, SAMPLES } from "./settings.js";

/** Ways from a (t = 0) to b (t = 1), as in chapter 05; along the sphere, two latents of one direction have only the straight line. */
export const WAYS = {
  line: (a, b, t) => a.map((value, k) => (1 - t) * value + t * b[k]),
  sphere(a, b, t) {
    const cosine = a.reduce((sum, value, k) => sum + value * b[k], 0) / (lengthOf(a) * lengthOf(b));
    const angle = Math.acos(Math.min(1, Math.max(-1, cosine)));
    if (!(Math.sin(angle) > 1e-9)) return WAYS.line(a, b, t);
    const [first, second] = [Math.sin((1 - t) * angle), Math.sin(t * angle)].map((part) => part / Math.sin(angle));
    return a.map((value, k) => first * value + second * b[k]);
  },
};

export function lengthOf(latent) {
  return Math.hypot(...latent);
}

/**
 * How long random latents are: {root, low, high, words}. root: of the mean squared length; 95 % of them lie from low to high, by the
 * normal approximation for many coordinates.
 */
export function shellOf({ size, kind, scale }) {
  const normal = kind === "normal";
  const root = scale * Math.sqrt(normal ? size : size / 3);
  const spread = 1.96 * scale * Math.sqrt(normal ? 1 / 2 : 1 / 15);
  const words = `${scale === 1 ? "" : `${Number(scale.toFixed(2))} · `}√${normal ? size : `(${size}/3)`}`;
  return { root, low: Math.max(0, root - spread), high: root + spread, words };
}

/** The walks that a laboratory's settings describe. */
export class Walk {
  /** @param {{latent: object, categories: number, continuous: number, directions: [string, number[]][]}} space */
  constructor(space, settings) {
    Object.assign(this, space, { settings });
    const draw = drawer(space.latent, settings.seed);
    this.samples = Array.from({ length: SAMPLES }, () => draw());
  }

  /** A latent as it is after truncation, moved along the directions. */
  moved(latent) {
    const by = this.directions.map((_, k) => this.settings[`direction${k + 1}`]);
    const way = (at) => this.directions.reduce((sum, [, direction], k) => sum + by[k] * direction[at], 0);
    return latent.map((value, at) => this.settings.truncation * value + way(at));
  }

  /** The latent of sample number k, from 1 on. */
  sample(k) {
    return this.moved(this.samples[k - 1]);
  }

  /** The latent at t of the way, or of the other one. */
  at(t, way = this.settings.way) {
    const { start, end } = this.settings;
    return this.moved(WAYS[way](this.samples[start - 1], this.samples[end - 1], t));
  }

  /** All that the generator is told: a latent, a category as ten numbers of which one is 1, continuous codes. */
  told(latent) {
    const category = Array.from({ length: this.categories }, (_, k) => Number(k === this.settings.category));
    return [...latent, ...category, ...codesOf(this.continuous).map((name) => this.settings[name])];
  }
}
