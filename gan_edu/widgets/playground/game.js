/**
 * The game: two networks, what a turn draws, each player's cost, and how they move. The same one as `gan_edu.models.gan.GAN` in the
 * loop of `gan_edu.training`, number for number.
 *
 * A turn has four phases: `sample` (real points, latents, generated points), `judge` (the discriminator's outputs and the costs),
 * `gradient`, `move`. Those who move in one turn all start from where everybody stands.
 */

import { LOSSES } from "./losses.js";
import { Network, Trace } from "./network.js";
import { clip, OPTIMISERS } from "./optimisers.js";
import { Random } from "../page/random.js";
import { REGULARISERS } from "./regularisers.js";

const PHASES = ["sample", "judge", "gradient", "move"];

const PLAYERS = { D: "discriminator", G: "generator" };

/** Reads an order of play: "DG" is D, then G; "DDG" two turns of D for one of G; "D+G" both at once. Each turn is a list of movers. */
export function turns(order) {
  return order.match(/\w(\+\w)*/g).map((group) => group.split("+").map((initial) => PLAYERS[initial]));
}

/** A GAN in the plane, and where it stands. */
export class Game {
  /**
   * @param {object} settings of `settings.js`.
   * @param {() => {real: Float64Array, latent: Float64Array, mix: Float64Array}} draw what is random in a turn: real points (N, 2),
   *     latents (N, latent), and N numbers in [0, 1) that choose points between real and generated ones.
   */
  constructor(settings, draw) {
    this.draw = draw;
    const hidden = Array(settings.depth).fill(settings.width);
    const random = (name) => new Random(settings.seed, name);
    this.generator = new Network([settings.latent, ...hidden, 2], { random: random("generator") });
    this.discriminator = new Network([2, ...hidden, 1], { random: random("discriminator"), waves: settings.waves });
    this.optimisers = {};
    for (const player of Object.values(PLAYERS)) {
      this.optimisers[player] = new OPTIMISERS[settings.optimiser].make(this[player].parameters);
    }
    this.traces = { generator: new Trace(), between: new Trace(), judging: { discriminator: new Trace(), generator: new Trace() } };
    this.rounds = 0;
    this.alone = { discriminator: 0, generator: 0 }; // turns outside rounds
    this.costs = {};
    this.stopped = null; // the error that ended the game
    this.change(settings);
    this.beginRound();
  }

  /**
   * Takes over what may change while the game is played: loss, regulariser, order of play, rates, momentum. Where finishing what has
   * begun ends the game, `stopped` says so.
   */
  change(settings) {
    if (this.settings) this.finishBefore(settings);
    this.settings = settings;
    this.loss = LOSSES[settings.loss];
    this.regulariser = REGULARISERS[settings.regulariser];
    this.rates = { discriminator: settings.rateD, generator: settings.rateG };
    this.discriminator.useSpectralNorm(Boolean(this.regulariser.spectral));
    this.schedule = turns(settings.order);
  }

  /** Outputs and traces are those of one loss and one regulariser, so a turn that has begun ends with them; a round, with its order. */
  finishBefore(settings) {
    const differs = (name) => settings[name] !== this.settings[name];
    try {
      if (differs("order")) this.finishRound();
      else if (differs("loss") || differs("regulariser")) this.finishTurn();
    } catch (error) {
      if (error !== this.stopped) throw error;
    }
  }

  /** One pass through the order of play, or what is left of it. */
  round() {
    do this.turn(); while (this.next);
  }

  /** The next turn, or what is left of it. */
  turn() {
    do this.phase(); while (this.phases);
  }

  /** One step of one player on a fresh draw; everybody else stands still. A turn that has begun is finished first. */
  turnOf(player) {
    this.refuseStopped();
    this.finishTurn();
    this.nextDraw();
    this.playPhases([player]);
    this.seen = new Set(Object.values(PLAYERS)); // the next turn draws anew
    this.alone[player]++;
  }

  /** One phase of the next turn. Returns {phase, movers}: what was done, and whose turn it is. */
  phase() {
    this.refuseStopped();
    const movers = this.schedule[this.next];
    const phase = PHASES[this.phases];
    if (phase === "sample") {
      if (movers.some((mover) => this.seen.has(mover))) this.nextDraw();
      movers.forEach((mover) => this.seen.add(mover));
    }
    this[phase](movers);
    this.phases = (this.phases + 1) % PHASES.length;
    if (!this.phases) this.next = (this.next + 1) % this.schedule.length;
    if (!this.phases && !this.next) {
      this.rounds++;
      this.beginRound();
    }
    return { phase, movers };
  }

  playPhases(movers) {
    for (const phase of PHASES) this[phase](movers);
  }

  beginRound() {
    this.next = 0; // the place of the next turn in the order of play
    this.phases = 0; // of the next turn, played already
    this.seen = new Set(Object.values(PLAYERS)); // who has moved on the present draw: everybody, on that of the round before
  }

  finishTurn() {
    while (this.phases) this.phase();
  }

  finishRound() {
    while (this.next || this.phases) this.phase();
  }

  nextDraw() {
    this.drawn = this.draw();
    this.count = this.drawn.real.length / 2;
    this.fakes = null;
    this.seen = new Set();
  }

  /** Generated points for the draw's latents; as long as the generator has not moved, they are made once. */
  sample() {
    this.fakes ??= this.generator.forward(this.traces.generator, this.drawn.latent, this.count);
  }

  /** Each mover's cost, and its derivatives by the discriminator's outputs. */
  judge(movers) {
    this.judged = {};
    for (const mover of movers) {
      this.judged[mover] = mover === "discriminator" ? this.judgeForDiscriminator() : this.judgeForGenerator(movers);
      this.costs[mover] = this.judged[mover].cost;
    }
  }

  judgeForDiscriminator() {
    const { count } = this;
    const trace = this.traces.judging.discriminator;
    const outputs = this.discriminator.forward(trace, this.together(trace), 2 * count, "kept");
    const judged = this.loss.discriminator(outputs.subarray(0, count), outputs.subarray(count, 2 * count));
    return { ...judged, outputs };
  }

  /** The estimates of spectral norm belong to the discriminator: they move in its own turns only. */
  judgeForGenerator(movers) {
    const { count } = this;
    const trace = this.traces.judging.generator;
    const iteration = movers.includes("discriminator") ? "kept" : "forgotten";
    if (!this.loss.paired) {
      const outputs = this.discriminator.forward(trace, this.fakes, count, iteration);
      return { ...this.loss.generator(null, outputs.subarray(0, count)), outputs };
    }
    const outputs = this.discriminator.forward(trace, this.together(trace), 2 * count, iteration);
    return { ...this.loss.generator(outputs.subarray(0, count), outputs.subarray(count, 2 * count)), outputs };
  }

  /** Real points, then generated ones: (2 count, 2). */
  together(trace) {
    const both = trace.array("both", 4 * this.count);
    both.set(this.drawn.real);
    both.set(this.fakes.subarray(0, 2 * this.count), 2 * this.count);
    return both;
  }

  /** Each mover's gradients of its own cost. A penalty is computed here, and belongs to the discriminator's cost. */
  gradient(movers) {
    if (movers.includes("discriminator")) this.discriminatorGradient();
    if (movers.includes("generator")) this.generatorGradient();
    for (const mover of movers) this.refuseInfinite(mover);
  }

  discriminatorGradient() {
    const { discriminator, count } = this;
    const trace = this.traces.judging.discriminator;
    const { realSlopes, fakeSlopes } = this.judged.discriminator;
    discriminator.clearGradients();
    const slopes = trace.array("output slopes", 2 * count);
    slopes.set(realSlopes);
    slopes.set(fakeSlopes, count);
    discriminator.backward(trace, slopes);
    if (this.regulariser.between) this.judgeBetween();
    if (this.regulariser.penalty) {
      const pass = { trace, between: this.traces.between, count };
      this.costs.discriminator += this.regulariser.penalty(discriminator, pass, this.settings[this.regulariser.weight]);
    }
  }

  judgeBetween() {
    const { real, mix } = this.drawn;
    const trace = this.traces.between;
    const points = trace.array("points", 2 * this.count);
    for (let k = 0; k < 2 * this.count; k++) points[k] = real[k] + mix[k >> 1] * (this.fakes[k] - real[k]);
    this.discriminator.forward(trace, points, this.count);
  }

  generatorGradient() {
    this.generator.clearGradients();
    this.generator.backward(this.traces.generator, this.pulls());
  }

  /** The derivatives of the generator's cost by the generated points (count, 2). */
  pulls() {
    const trace = this.traces.judging.generator;
    const { fakeSlopes } = this.judged.generator;
    if (!this.loss.paired) return this.discriminator.backward(trace, fakeSlopes, { inputs: true });
    const slopes = trace.array("output slopes", 2 * this.count).fill(0);
    slopes.set(fakeSlopes, this.count);
    return this.discriminator.backward(trace, slopes, { inputs: true }).subarray(2 * this.count);
  }

  refuseInfinite(mover) {
    if (Number.isFinite(this.costs[mover])) return;
    this.stopped = new Error(
      `The ${mover}'s cost is ${this.costs[mover]} in round ${this.rounds + 1}. Lower the learning rate, or add a regulariser that ` +
        "bounds the discriminator's slope (R1, say), and reset.",
    );
    throw this.stopped;
  }

  /** A game that has stopped stays so: its numbers are none. */
  refuseStopped() {
    if (this.stopped) throw this.stopped;
  }

  /** The movers take one step. */
  move(movers) {
    for (const mover of movers) this.optimisers[mover].step(this.rates[mover], this.settings.momentum);
    if (movers.includes("discriminator") && this.regulariser.clips) clip(this.discriminator.parameters, this.settings.bound);
    if (movers.includes("generator")) this.fakes = null;
  }
}
