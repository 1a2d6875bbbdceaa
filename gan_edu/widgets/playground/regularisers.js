/**
 * What keeps the discriminator from changing fast: the gradient penalties of `gan_edu.penalties`, weight clipping, spectral norm.
 *
 * A penalty is a term of the discriminator's cost: `penalty(discriminator, pass, weight) -> cost`, which adds the term's gradients to
 * the discriminator's. `pass` is what the turn has computed: {count, trace, between, betweenCount}: the trace of `count` real and
 * `count` generated samples, in this order, and the trace of the points between them where the penalty wants `between`.
 */

/** weight/2 · E|∇D|² over rows of a trace (Mescheder, Geiger & Nowozin 2018). */
function squaredSlope(discriminator, trace, first, last, weight) {
  const slopes = discriminator.slopes(trace, first, last);
  const count = last - first;
  const directions = trace.array("directions", count * 2);
  let cost = 0;
  for (let k = 0; k < 2 * count; k++) {
    cost += ((weight / 2) * slopes[k] ** 2) / count;
    directions[k] = (weight * slopes[k]) / count;
  }
  discriminator.backwardOfSlopes(trace, directions, first, last);
  return cost;
}

/** weight · E(|∇D| - 1)² on the lines between real and generated samples (Gulrajani et al. 2017). */
function unitSlope(discriminator, trace, count, weight) {
  const slopes = discriminator.slopes(trace, 0, count);
  const directions = trace.array("directions", count * 2);
  let cost = 0;
  for (let n = 0; n < count; n++) {
    const norm = Math.hypot(slopes[2 * n], slopes[2 * n + 1]);
    cost += (weight * (norm - 1) ** 2) / count;
    const pull = norm > 0 ? (2 * weight * (norm - 1)) / (norm * count) : 0;
    directions[2 * n] = pull * slopes[2 * n];
    directions[2 * n + 1] = pull * slopes[2 * n + 1];
  }
  discriminator.backwardOfSlopes(trace, directions, 0, count);
  return cost;
}

const r1 = (discriminator, { trace, count }, weight) => squaredSlope(discriminator, trace, 0, count, weight);
const r2 = (discriminator, { trace, count }, weight) => squaredSlope(discriminator, trace, count, 2 * count, weight);

/**
 * All regularisers by the name that the address has for them: {label, penalty?, weight?, between?, clips?, spectral?}.
 *
 * weight: the setting that is the penalty's weight; between: the penalty looks at points between real and generated samples; clips:
 * each step of the discriminator ends with its parameters clamped to [-bound, bound]; spectral: its weights are divided by their
 * largest singular values.
 */
export const REGULARISERS = {
  none: { label: "none" },
  r1: { label: "R1", penalty: r1, weight: "weight" },
  "r1+r2": { label: "R1 + R2", penalty: (...pass) => r1(...pass) + r2(...pass), weight: "weight" },
  "wgan-gp": {
    label: "gradient penalty (WGAN-GP)",
    between: true,
    weight: "weightGP",
    penalty: (discriminator, { between, count }, weight) => unitSlope(discriminator, between, count, weight),
  },
  clipping: { label: "weight clipping", clips: true },
  spectral: { label: "spectral norm", spectral: true },
};
