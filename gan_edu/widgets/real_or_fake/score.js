/** How well somebody tells real from fake: signal detection theory, as in `gan_edu.metrics.sensitivity` (notebook 09). */

import { density, quantile } from "../page/normal.js";

const NORMAL_95 = quantile(0.975);

/**
 * The score of somebody who called `hits` of `real` real images real, and `falseAlarms` of `fake` fakes.
 *
 * value: d′ = z(hit rate) - z(false-alarm rate), with half an answer of either kind added on each side; error: its standard error;
 * interval: [from, to], of 95 %; criterion: c = -z(false-alarm rate), the impression from which on "real" is said.
 */
export function sensitivity({ hits, falseAlarms, real, fake }) {
  const sides = [[hits, real], [falseAlarms, fake]].map(([yes, trials]) => {
    const rate = (yes + 0.5) / (trials + 1);
    const z = quantile(rate);
    return { z, variance: (rate * (1 - rate)) / (trials * density(z) ** 2) };
  });
  const value = sides[0].z - sides[1].z;
  const error = Math.sqrt(sides[0].variance + sides[1].variance);
  return { value, error, interval: [value - NORMAL_95 * error, value + NORMAL_95 * error], criterion: -sides[1].z };
}
