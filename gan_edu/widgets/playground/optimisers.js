/** Optimisers: PyTorch's Adam and SGD, number for number. Rates and momentum are arguments of a step, since they may change. */

const BETA2 = 0.999;
const EPSILON = 1e-8;

/** Adam (Kingma & Ba 2015); `momentum` is beta1. */
class Adam {
  constructor(parameters) {
    this.parameters = parameters;
    this.means = parameters.map(({ value }) => new Float64Array(value.length));
    this.squares = parameters.map(({ value }) => new Float64Array(value.length));
    this.steps = 0;
  }

  step(rate, momentum) {
    this.steps++;
    const size = rate / (1 - momentum ** this.steps);
    const root = Math.sqrt(1 - BETA2 ** this.steps);
    this.parameters.forEach(({ value, gradient }, p) => {
      const [mean, square] = [this.means[p], this.squares[p]];
      for (let k = 0; k < value.length; k++) {
        mean[k] = momentum * mean[k] + (1 - momentum) * gradient[k];
        square[k] = BETA2 * square[k] + (1 - BETA2) * gradient[k] ** 2;
        value[k] -= (size * mean[k]) / (Math.sqrt(square[k]) / root + EPSILON);
      }
    });
  }
}

/** Gradient descent with heavy-ball momentum; the first step with momentum has no velocity yet. */
class SGD {
  constructor(parameters) {
    this.parameters = parameters;
    this.velocities = null;
  }

  step(rate, momentum) {
    const before = momentum ? this.velocities : null;
    this.velocities = this.parameters.map(({ value, gradient }, p) => {
      const velocity = gradient.map((slope, k) => slope + (before ? momentum * before[p][k] : 0));
      for (let k = 0; k < value.length; k++) value[k] -= rate * velocity[k];
      return velocity;
    });
    if (!momentum) this.velocities = null;
  }
}

/** All optimisers by the name that the address has for them. */
export const OPTIMISERS = { adam: { label: "Adam", make: Adam }, sgd: { label: "SGD", make: SGD } };

/** Clamps every parameter to [-bound, bound]: weight clipping (Arjovsky, Chintala & Bottou 2017). */
export function clip(parameters, bound) {
  for (const { value } of parameters) for (let k = 0; k < value.length; k++) value[k] = Math.min(bound, Math.max(-bound, value[k]));
}
