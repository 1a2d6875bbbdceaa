/** How far two densities on the line are apart, by quadrature: sums over a fine grid that reaches far into the tails (notebook 03). */

import { cumulative } from "../page/normal.js";

const REACH = 20; // the grid goes from -REACH to REACH

/** An even grid; `step` divides REACH. */
function gridOf(step) {
  return Float64Array.from({ length: 2 * Math.round(REACH / step) + 1 }, (_, k) => k * step - REACH);
}

const FINE = { step: 0.01, xs: gridOf(0.01) };
const COARSE = { step: 0.05, xs: gridOf(0.05) };

/**
 * A mixture of Gaussians of one width, at the points `xs`: logarithms of the density, and the probabilities of less.
 *
 * @param {{parts: [share, mean][], std: number}} mixture
 */
function tabulated({ parts, std }, xs) {
  const floor = Math.log(std * Math.sqrt(2 * Math.PI));
  const log = xs.map((x) => parts.map(([share, mean]) => Math.log(share) - 0.5 * ((x - mean) / std) ** 2 - floor).reduce(addedInLog));
  const below = xs.map((x) => parts.reduce((total, [share, mean]) => total + share * cumulative((x - mean) / std), 0));
  return { log, below };
}

/** log(exp(a) + exp(b)). */
function addedInLog(a, b) {
  return Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b)));
}

/** log(1 + exp(t)). */
function softplus(t) {
  return Math.max(t, 0) + Math.log1p(Math.exp(-Math.abs(t)));
}

/**
 * What a sum of |f| over a grid lacks of the integral, in steps of the grid, where f goes from a to b and through 0: it has a corner there
 * (Euler & Maclaurin).
 */
function corner(a, b) {
  if (a < 0 === b < 0) return 0;
  const at = a / (a - b);
  return Math.abs(a - b) * (at * at - at + 1 / 6);
}

/**
 * All measures of two tabulated densities, in nats but for the last two. value: that of the game against the best discriminator, whose
 * logit is log p - log q.
 */
function compared(p, q, step) {
  const sums = { value: 0, js: 0, forward: 0, reverse: 0, variation: 0, transport: 0 };
  let [higher, before] = [0, 0]; // by how much p is the higher one, and has more before it, at the point before
  for (let k = 0; k < p.log.length; k++) {
    const logit = p.log[k] - q.log[k];
    const middle = addedInLog(p.log[k], q.log[k]) - Math.LN2;
    const [ofP, ofQ] = [Math.exp(p.log[k]), Math.exp(q.log[k])];
    sums.value -= ofP * softplus(-logit) + ofQ * softplus(logit);
    sums.js += (ofP * (p.log[k] - middle) + ofQ * (q.log[k] - middle)) / 2;
    sums.forward += ofP * logit;
    sums.reverse -= ofQ * logit;
    sums.variation += (Math.abs(ofP - ofQ) + corner(higher, ofP - ofQ)) / 2;
    sums.transport += Math.abs(p.below[k] - q.below[k]) + corner(before, p.below[k] - q.below[k]);
    [higher, before] = [ofP - ofQ, p.below[k] - q.below[k]];
  }
  for (const name of Object.keys(sums)) sums[name] *= step;
  return sums;
}

/** The two densities that settings describe: the data's one mode or two, and the generator's. */
export function densitiesOf({ mean, std, apart, share, meanG, stdG }) {
  const parts = apart ? [[share, mean - apart / 2], [1 - share, mean + apart / 2]] : [[1, mean]];
  return { data: { parts, std }, generator: { parts: [[1, meanG]], std: stdG } };
}

/** The highest point of a mixture of two parts at most, [where, how high]. */
export function peakOf(mixture) {
  const [first, last] = [mixture.parts[0][1], mixture.parts.at(-1)[1]];
  const between = first < last ? Float64Array.from({ length: 241 }, (_, k) => first + (k / 240) * (last - first)) : Float64Array.of(first);
  const { log } = tabulated(mixture, between);
  const best = log.indexOf(Math.max(...log));
  return [between[best], Math.exp(log[best])];
}

/** The measures of the present two densities. */
export function measures(settings) {
  const { data, generator } = densitiesOf(settings);
  return compared(tabulated(data, FINE.xs), tabulated(generator, FINE.xs), FINE.step);
}

/**
 * The measures for each of these means of the generator, on a coarser grid. All means are multiples of its step, so that the generator's
 * density is tabulated once, and moved.
 */
export function landscape(settings, means) {
  const { data, generator } = densitiesOf({ ...settings, meanG: 0 });
  const p = tabulated(data, COARSE.xs);
  const wide = Float64Array.from({ length: 2 * COARSE.xs.length - 1 }, (_, k) => k * COARSE.step - 2 * REACH);
  const q = tabulated(generator, wide);
  return means.map((mean) => {
    const first = Math.round((REACH - mean) / COARSE.step);
    const moved = (values) => values.subarray(first, first + COARSE.xs.length);
    return compared(p, { log: moved(q.log), below: moved(q.below) }, COARSE.step);
  });
}

/** What is drawn at the points `xs`: both densities, and D*. */
export function curves(settings, xs) {
  const { data, generator } = densitiesOf(settings);
  const [p, q] = [data, generator].map((mixture) => tabulated(mixture, Float64Array.from(xs)).log);
  return { p: p.map(Math.exp), q: q.map(Math.exp), best: p.map((value, k) => 1 / (1 + Math.exp(q[k] - value))) };
}
