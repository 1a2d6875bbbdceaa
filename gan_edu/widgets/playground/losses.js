/**
 * Adversarial objectives, as costs on the discriminator's outputs: those of `gan_edu.losses`, with their derivatives.
 *
 * An objective is a pair of costs, both to be minimised, both means over the batch:
 *
 *     discriminator(real, fake) -> {cost, realSlopes, fakeSlopes}
 *     generator(real, fake)     -> {cost, fakeSlopes}
 *
 * from outputs (N,) to a number and its derivatives by the outputs (N,). Only `paired` objectives let the generator's cost look at
 * real outputs. `verdicts` says how an output is coloured: by sigmoid(output) ("logit"), by the output itself from 0 to 1 ("target")
 * or from -1 to 1 ("margin"), or by where it lies between the mean outputs ("difference"), where only differences count. `coin` is
 * the output of a discriminator that cannot tell real from generated points; `anchored` says whether the generator's cost is known
 * then: with Wasserstein and hinge it is minus an output that, where it is the same everywhere, may be any (hinge: from -1 to 1).
 */

/** What is known of an objective that is none of these. */
export const UNKNOWN = { label: "another", verdicts: "difference", coin: null };

/** The costs [player, cost] where the discriminator cannot tell real from generated points, of those players whose cost is known then. */
export function coinCosts(loss) {
  if (loss.coin === null) return [];
  const coin = new Float64Array([loss.coin]);
  const players = loss.anchored ? ["discriminator", "generator"] : ["discriminator"];
  return players.map((player) => [player, loss[player](coin, coin).cost]);
}

const sigmoid = (t) => 1 / (1 + Math.exp(-t));
const softplus = (t) => Math.max(t, 0) + Math.log1p(Math.exp(-Math.abs(t)));

/** Terms of a cost: [value, derivative] at an output. */
const terms = {
  real: (t) => [softplus(-t), -sigmoid(-t)], // -log D
  fake: (t) => [softplus(t), sigmoid(t)], // -log(1 - D)
  saturating: (t) => [-softplus(t), -sigmoid(t)], // log(1 - D)
  up: (t) => [-t, -1],
  down: (t) => [t, 1],
  toOne: (t) => [(t - 1) ** 2 / 2, t - 1],
  toZero: (t) => [t ** 2 / 2, t],
  aboveMargin: (t) => [Math.max(1 - t, 0), t < 1 ? -1 : 0],
  belowMargin: (t) => [Math.max(1 + t, 0), t > -1 ? 1 : 0],
};

function mean(term, outputs) {
  const slopes = new Float64Array(outputs.length);
  let cost = 0;
  for (let n = 0; n < outputs.length; n++) {
    const [value, slope] = term(outputs[n]);
    cost += value / outputs.length;
    slopes[n] = slope / outputs.length;
  }
  return { cost, slopes };
}

function unpaired(label, verdicts, { real, fake, generator }) {
  return {
    label,
    verdicts,
    coin: verdicts === "target" ? 0.5 : 0,
    anchored: generator !== terms.up,
    paired: false,
    discriminator(realOutputs, fakeOutputs) {
      const [a, b] = [mean(real, realOutputs), mean(fake, fakeOutputs)];
      return { cost: a.cost + b.cost, realSlopes: a.slopes, fakeSlopes: b.slopes };
    },
    generator(_, fakeOutputs) {
      const { cost, slopes } = mean(generator, fakeOutputs);
      return { cost, fakeSlopes: slopes };
    },
  };
}

/** Each generated sample is compared with one real sample (Jolicoeur-Martineau 2019). */
const relativistic = {
  label: "relativistic pairing",
  verdicts: "difference",
  coin: 0,
  anchored: true,
  paired: true,
  discriminator(real, fake) {
    const { cost, slopes } = mean(terms.fake, fake.map((output, n) => output - real[n]));
    return { cost, realSlopes: slopes.map((slope) => -slope), fakeSlopes: slopes };
  },
  generator(real, fake) {
    const { cost, slopes } = mean(terms.real, fake.map((output, n) => output - real[n]));
    return { cost, fakeSlopes: slopes };
  },
};

/** All objectives by the name that the address has for them. */
export const LOSSES = {
  "non-saturating": unpaired("non-saturating", "logit", { real: terms.real, fake: terms.fake, generator: terms.real }),
  minimax: unpaired("minimax (saturating)", "logit", { real: terms.real, fake: terms.fake, generator: terms.saturating }),
  "least-squares": unpaired("least squares", "target", { real: terms.toOne, fake: terms.toZero, generator: terms.toOne }),
  wasserstein: unpaired("Wasserstein", "difference", { real: terms.up, fake: terms.down, generator: terms.up }),
  hinge: unpaired("hinge", "margin", { real: terms.aboveMargin, fake: terms.belowMargin, generator: terms.up }),
  relativistic,
};
