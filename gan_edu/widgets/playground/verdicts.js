/** Verdicts: a discriminator's outputs as places from 0, generated, to 1, real, by which they are coloured. */

/**
 * Places from 0 to 1 for outputs (N,).
 *
 * @param {string} verdicts what an output means, as in `losses.js`.
 * @param {() => number[]} around gives [middle, scale], as `spread` finds them; asked where only differences count.
 */
export function placesOf(outputs, verdicts, around) {
  if (verdicts === "target") return outputs.map(clamp);
  if (verdicts === "margin") return outputs.map((output) => clamp((output + 1) / 2));
  const [middle, scale] = verdicts === "difference" ? around() : [0, 1];
  return outputs.map((output) => 1 / (1 + Math.exp(-(output - middle) / scale)));
}

/** Half way between the mean outputs of real and of generated samples; and the standard deviation of all of them. */
export function spread(real, fake) {
  const middle = (mean(real) + mean(fake)) / 2;
  return [middle, Math.sqrt(mean([...real, ...fake].map((output) => (output - middle) ** 2))) || 1];
}

function clamp(value) {
  return Math.min(1, Math.max(0, value));
}

function mean(values) {
  return values.reduce((total, value) => total + value, 0) / values.length;
}
