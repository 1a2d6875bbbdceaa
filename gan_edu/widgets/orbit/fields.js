/**
 * Games of two numbers (notebook 07). Each has the names of its numbers, its field, everyone's gradient of its own cost, and the field's
 * Jacobian; what is judged is (0, 0), an equilibrium or not. linear: the field is. bent: it has no derivative there.
 */

import { quantile } from "../page/normal.js";

const sigma = (t) => 1 / (1 + Math.exp(-t));
const slope = (t) => sigma(t) * sigma(-t);

/** A game whose field is a matrix. */
function quadratic(label, matrix, names = ["x", "y"]) {
  const [[a, b], [c, d]] = matrix;
  return { label, names, linear: true, field: (x, y) => [a * x + b * y, c * x + d * y], jacobian: () => matrix };
}

/**
 * A Dirac-GAN: the data is the point 0, the generator makes the point θ, the discriminator's logit is ψ·x. `penalty(ψ, weight)` is what
 * a penalty adds to the discriminator's gradient, and `curvature` its derivative by ψ.
 */
function dirac(label, { field, jacobian, linear = false }, { penalty = () => 0, curvature = () => 0, bent = false } = {}) {
  return {
    label,
    names: ["θ", "ψ"],
    linear: linear && !bent,
    bent,
    field(theta, psi, weight) {
      const [ofG, ofD] = field(theta, psi);
      return [ofG, ofD + penalty(psi, weight)];
    },
    jacobian(theta, psi, weight) {
      const [[a, b], [c, d]] = jacobian(theta, psi);
      return [[a, b], [c, d + curvature(weight)]];
    },
  };
}

const MINIMAX = {
  field(theta, psi) {
    const p = sigma(psi * theta);
    return [-p * psi, p * theta];
  },
  jacobian(theta, psi) {
    const s = psi * theta;
    const along = sigma(s) + s * slope(s);
    return [[-slope(s) * psi * psi, -along], [along, slope(s) * theta * theta]];
  },
};

const NON_SATURATING = {
  field: (theta, psi) => [-sigma(-psi * theta) * psi, sigma(psi * theta) * theta],
  jacobian(theta, psi) {
    const s = psi * theta;
    const bent = slope(s);
    return [[bent * psi * psi, -sigma(-s) + s * bent], [sigma(s) + s * bent, bent * theta * theta]];
  },
};

const WASSERSTEIN = { linear: true, field: (theta, psi) => [-psi, theta], jacobian: () => [[0, -1], [1, 0]] };

const R1 = { penalty: (psi, weight) => weight * psi, curvature: (weight) => weight };
const TO_ONE = {
  penalty: (psi, weight) => 2 * weight * (Math.abs(psi) - 1) * Math.sign(psi),
  curvature: (weight) => 2 * weight,
  bent: true,
};
const TO_ZERO = { penalty: (psi, weight) => 2 * weight * psi, curvature: (weight) => 2 * weight };

/** Two hundred quantiles of a Gaussian of standard deviation one: an expectation over noise is a mean over them. */
const NOISE = scaled(Array.from({ length: 200 }, (_, k) => quantile((k + 0.5) / 200)));

function scaled(noise) {
  const deviation = Math.sqrt(mean(noise.map((e) => e * e)));
  return noise.map((e) => e / deviation);
}

function mean(values) {
  return values.reduce((total, value) => total + value, 0) / values.length;
}

/** Minimax with instance noise: data and fakes are blurred. */
const NOISY = {
  field(theta, psi) {
    const parts = NOISE.map((e) => [sigma(psi * (theta + e)), e]);
    return [-psi * mean(parts.map(([p]) => p)), mean(parts.map(([p, e]) => (theta + e) * p - e * sigma(-psi * e)))];
  },
  jacobian(theta, psi) {
    const over = (part) => mean(NOISE.map((e) => part(theta + e, e)));
    const along = over((x) => sigma(psi * x) + psi * x * slope(psi * x));
    return [
      [-psi * psi * over((x) => slope(psi * x)), -along],
      [along, over((x, e) => x * x * slope(psi * x) + e * e * slope(psi * e))],
    ];
  },
};

const QUARTIC = {
  label: "x⁴ − y⁴ + xy",
  names: ["x", "y"],
  linear: false,
  field: (x, y) => [4 * x ** 3 + y, 4 * y ** 3 - x],
  jacobian: (x, y) => [[12 * x * x, 1], [-1, 12 * y * y]],
};

/** All games, by name: with Dirac those of the Dirac-GAN, WGAN-GP asks for a slope of 1, or of 0. */
export const GAMES = {
  xy: quadratic("xy", [[0, 1], [-1, 0]]),
  minimax: dirac("Dirac, minimax", MINIMAX),
  "non-saturating": dirac("Dirac, non-saturating", NON_SATURATING),
  wgan: dirac("Dirac, Wasserstein", WASSERSTEIN),
  r1: dirac("Dirac, R1", MINIMAX, R1),
  noise: dirac("Dirac, instance noise", NOISY),
  "wgan-gp-1": dirac("Dirac, WGAN-GP to 1", WASSERSTEIN, TO_ONE),
  "wgan-gp-0": dirac("Dirac, WGAN-GP to 0", WASSERSTEIN, TO_ZERO),
  radios: quadratic("two radios", [[1, -2], [-2, 1]]),
  impostor: quadratic("impostor", [[-1, 2], [-2, 3]]),
  exchanged: quadratic("impostor, exchanged", [[3, 2], [-2, -1]]),
  hilltops: quadratic("two hilltops", [[-1, 0], [0, -1]]),
  quartic: QUARTIC,
};

/** The games whose field has a penalty's weight in it. */
export const PENALISED = ["r1", "wgan-gp-1", "wgan-gp-0"];
