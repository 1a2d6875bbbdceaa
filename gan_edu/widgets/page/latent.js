/** Random latents, as `gan_edu.models.gan.Latent` describes them: {size, kind, scale}. */

import { Random } from "./random.js";

/** A function that draws one latent after the other; the seed fixes all of them. */
export function drawer({ size, kind, scale }, seed) {
  const random = new Random(seed, "latents");
  const one = kind === "normal" ? random.normal : () => 2 * random.uniform() - 1;
  return () => random.array(size, one).map((value) => scale * value);
}
