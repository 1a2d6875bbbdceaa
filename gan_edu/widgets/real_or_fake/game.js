/** The game: which images are shown, what is answered, how it went. */

import { Random } from "../page/random.js";
import { sensitivity } from "./score.js";

/** A game of images, each real or fake as a coin falls. */
export class Game {
  /**
   * @param {{trials: number, real: number, fake: number, network: boolean[] | null}} pack how many images there are of either kind, the
   *     real ones first, and which of them a discriminator calls real.
   * @param {number} seed of the choice and the order of the images.
   */
  constructor({ trials, real, fake, network }, seed) {
    const random = new Random(seed, "real or fake");
    this.trials = trials;
    do this.truth = Array.from({ length: trials }, () => random.uniform() < 0.5);
    while (Math.min(...[true, false].map((kind) => this.truth.filter((truth) => truth === kind).length)) < Math.floor(trials / 4));
    const [reals, fakes] = [shuffled(real, random), shuffled(fake, random)];
    this.shown = this.truth.map((truth) => (truth ? reals.pop() : real + fakes.pop())); // numbers of images
    this.network = network && this.shown.map((k) => network[k]);
    this.answers = [];
  }

  /** Whether all images have been judged. */
  get over() {
    return this.answers.length === this.trials;
  }

  /** The player's answer to the image on show, true for "real". A press too many changes nothing. */
  answer(real) {
    if (!this.over) this.answers.push(real);
  }

  /** How many of either kind were called real, and how many there are. */
  counts(answers) {
    const said = (truth) => answers.filter((answer, k) => answer && this.truth[k] === truth).length;
    const real = this.truth.filter(Boolean).length;
    return { hits: said(true), falseAlarms: said(false), real, fake: this.trials - real };
  }

  /** What is to be done, in words; at the end the results. */
  describe() {
    if (!this.over) return [`Image ${this.answers.length + 1} of ${this.trials}: real or fake?`];
    const results = [result("You", this.counts(this.answers))];
    return this.network ? [...results, result("The discriminator", this.counts(this.network))] : results;
  }
}

/** The numbers from 0 to count - 1 in another order. */
function shuffled(count, random) {
  const numbers = Array.from({ length: count }, (_, k) => k);
  for (let k = count - 1; k > 0; k--) {
    const other = random.below(k + 1);
    [numbers[k], numbers[other]] = [numbers[other], numbers[k]];
  }
  return numbers;
}

function result(who, counts) {
  const { hits, falseAlarms, real, fake } = counts;
  const { value, error, interval, criterion } = sensitivity(counts);
  const share = (part, whole) => `${Math.round((100 * part) / whole)} %`;
  const guess = interval[0] > 0 ? "better than guessing" : interval[1] < 0 ? "worse than guessing" : "not to be told from guessing";
  return (
    `${who} called ${hits} of ${real} real images real (hit rate ${share(hits, real)}) and ${falseAlarms} of ${fake} fakes ` +
    `(false-alarm rate ${share(falseAlarms, fake)}): d′ = ${digits(value)} ± ${digits(error)} (one standard error; 95 % interval from ` +
    `${digits(interval[0])} to ${digits(interval[1])}), ${guess}. Criterion c = ${digits(criterion)}; half of d′, ` +
    `${digits(value / 2)}, would favour neither answer.`
  );
}

/** One decimal, and no minus sign before a zero. */
function digits(value) {
  return (Math.round(10 * value) / 10 + 0).toFixed(1).replace("-", "−");
}
