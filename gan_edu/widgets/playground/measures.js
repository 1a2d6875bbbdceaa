/** Measures of what the generator has learned: modes, as in `gan_edu.metrics`, and the Jensen-Shannon divergence between cells. */

const CELLS = 20; // a side

/**
 * Which modes of a mixture the samples capture: `gan_edu.metrics.modes`, without what no picture shows.
 *
 * @param {Float64Array} samples (N, 2); 2,500 to compare with the literature.
 * @param {{centres: number[][], std: number}} mixture of equal weights.
 * @param {number} least how many samples within three standard deviations of a mode make it captured.
 * @returns {{counts: number[], captured: number, highQuality: number}}
 */
export function modes(samples, { centres, std }, least = 20) {
  const total = samples.length / 2;
  const counts = new Array(centres.length).fill(0);
  for (let n = 0; n < total; n++) {
    const { mode, distance } = nearest(samples[2 * n], samples[2 * n + 1], centres);
    if (distance <= 3 * std) counts[mode]++;
  }
  return {
    counts,
    captured: counts.filter((count) => count >= least).length,
    highQuality: counts.reduce((sum, count) => sum + count, 0) / total,
  };
}

function nearest(x, y, centres) {
  let [mode, distance] = [0, Infinity];
  centres.forEach(([a, b], k) => {
    const here = Math.hypot(x - a, y - b);
    if (here < distance) [mode, distance] = [k, here];
  });
  return { mode, distance };
}

/** The shares of samples (N, 2) in the 20 × 20 cells of [-limit, limit]², and last the share of those outside, or at no number. */
export function shares(samples, limit) {
  const found = new Float64Array(CELLS * CELLS + 1);
  const total = samples.length / 2;
  for (let n = 0; n < total; n++) {
    const [column, row] = [samples[2 * n], samples[2 * n + 1]].map((x) => Math.floor(((x + limit) / (2 * limit)) * CELLS));
    const inside = column >= 0 && column < CELLS && row >= 0 && row < CELLS;
    found[inside ? row * CELLS + column : CELLS * CELLS] += 1 / total;
  }
  return found;
}

/** The Jensen-Shannon divergence, in nats, between two lists of shares: from 0, for equal ones, to log 2. */
export function jensenShannon(p, q) {
  let total = 0;
  for (let k = 0; k < p.length; k++) {
    const middle = (p[k] + q[k]) / 2;
    if (p[k] > 0) total += (p[k] * Math.log(p[k] / middle)) / 2;
    if (q[k] > 0) total += (q[k] * Math.log(q[k] / middle)) / 2;
  }
  return Math.max(0, total);
}
