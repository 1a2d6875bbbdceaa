/**
 * Update rules, those of `gan_edu.dynamics`: (field, point, memory, {rate, gamma, beta}) -> [direction, memory]. `field` has
 * `at(point)`, the gradients of those who move in this turn and 0 for the others, and `energy(point)`, the gradient of half the squared
 * length of everyone's field, likewise. A memory of null is that of the first turn.
 */

const plus = (a, b, factor) => a.map((value, k) => value + factor * b[k]);

/** The rules by name; lookahead's steps are plain, and what is special about it is in `follow.js`. */
export const RULES = {
  gradient: { label: "plain gradient steps", step: (field, point) => [field.at(point), null] },
  extragradient: {
    label: "extragradient",
    step: (field, point, memory, { rate }) => [field.at(plus(point, field.at(point), -rate)), null],
  },
  optimistic: {
    label: "optimistic",
    step(field, point, memory) {
      const now = field.at(point);
      return [plus(now, plus(now, memory ?? now, -1), 1), now];
    },
  },
  consensus: {
    label: "consensus",
    step: (field, point, memory, { gamma }) => [plus(field.at(point), field.energy(point), gamma), null],
  },
  momentum: {
    label: "momentum",
    step(field, point, memory, { beta }) {
      const direction = plus(field.at(point), memory ?? [0, 0], beta);
      return [direction, direction];
    },
  },
  lookahead: { label: "lookahead around plain steps", step: (field, point) => [field.at(point), null] },
};

/** Who moves in each turn of a round. */
export const ORDERS = {
  together: [[1, 1]],
  first: [[1, 0], [0, 1]],
  second: [[0, 1], [1, 0]],
};
