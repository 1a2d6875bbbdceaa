/** A run: a game, its history, and what can be seen and measured of it. Looking changes nothing. */

import { DATA, drawing, latents, LIMIT, realPoints } from "./data.js";
import { Game } from "./game.js";
import { History } from "./history.js";
import { jensenShannon, modes, shares } from "./measures.js";
import { Trace } from "./network.js";
import { Random } from "../page/random.js";
import { placesOf, spread } from "./verdicts.js";

const SHOWN = 300; // samples in the picture
const ARROWS = 25; // few, so that they do not hide the samples
const MEASURED = 2500; // samples, as in the literature
const REFERENCE = 20000; // real points that stand for the data
const LATTICE = { lines: 15, points: 41 };
const FIELD = 40; // cells a side

const centres = centresOfCells(FIELD);

/** One game that is played and looked at. */
export class Run {
  /** @param {object} settings of `settings.js`. */
  constructor(settings) {
    this.settings = settings;
    this.limit = LIMIT;
    this.game = new Game(settings, drawing(() => this.settings));
    this.costs = new History();
    this.measures = new History();
    this.traces = { seen: new Trace(), judged: new Trace(), field: new Trace(), lattice: new Trace(), measured: new Trace() };
    this.latents = latents(this.stream("shown latents"), SHOWN, settings);
    this.measuredLatents = latents(this.stream("measured latents"), MEASURED, settings);
    this.lookAtData();
    this.measure();
  }

  /** Whether there is data to play with: drawn points may be missing. */
  get ready() {
    return this.settings.data !== "drawn" || this.settings.points.length > 0;
  }

  /** Takes over settings that need no new run. After new points, `lookAtData` is due when the last of them is drawn. */
  change(settings) {
    const { rounds } = this.game;
    const drawn = settings.data === "drawn" && settings.points !== this.settings.points;
    this.settings = settings;
    this.game.change(settings);
    if (this.game.rounds > rounds) this.note();
    if (drawn) this.showData();
  }

  /** A round, or what is left of it. */
  round() {
    this.game.round();
    this.note();
  }

  /** One turn of one player alone. */
  turnOf(player) {
    this.game.turnOf(player);
    this.note();
  }

  /** One phase of a turn. Returns {phase, movers}. */
  phase() {
    const rounds = this.game.rounds;
    const step = this.game.phase();
    if (this.game.rounds > rounds) this.note();
    return step;
  }

  note() {
    this.costs.add(this.position, this.game.costs);
  }

  /** How far the run is, in rounds; a turn alone counts half a one. */
  get position() {
    const { rounds, alone } = this.game;
    return rounds + (alone.discriminator + alone.generator) / 2;
  }

  /** Measures modes and divergence of 2,500 generated samples, and notes them if the run has moved since. */
  measure() {
    if (!this.reference) return;
    const samples = this.generated(this.traces.measured, this.measuredLatents, MEASURED);
    const { mixture } = DATA[this.settings.data];
    this.modes = mixture && modes(samples, mixture);
    this.divergence = jensenShannon(shares(samples, LIMIT), this.reference);
    if (this.measures.all.at(-1)?.round === this.position) return;
    const captured = mixture ? { captured: this.modes.captured } : {};
    this.measures.add(this.position, { divergence: this.divergence, ...captured });
  }

  /** How many modes the data has, or null if it has none or is not there. */
  get modeCount() {
    return this.modes ? this.modes.counts.length : null;
  }

  /** Samples (300, 2) of the same latents every time. */
  samples() {
    return this.generated(this.traces.seen, this.latents, SHOWN);
  }

  /** What the generator makes now of other latents (count, latent): (count, 2). */
  generatedFrom(latent, count) {
    return this.generated(this.traces.judged, latent, count).slice();
  }

  generated(trace, latent, count) {
    return this.game.generator.forward(trace, latent, count).subarray(0, 2 * count);
  }

  /**
   * The discriminator's output at points (count, 2) as a colour's place from 0 to 1: D(x) where the output is a logit, and what the
   * loss's `verdicts` says elsewhere, which is no probability.
   */
  verdicts(points, count) {
    const outputs = this.outputs(this.traces.field, points, count);
    return placesOf(outputs, this.game.loss.verdicts, () => this.spread());
  }

  /** Verdicts at the centres of 40 × 40 cells, the upper row first. */
  field() {
    return this.verdicts(centres, FIELD * FIELD);
  }

  spread() {
    const [real, fake] = [this.real, this.samples()].map((points) => this.outputs(this.traces.judged, points, SHOWN).slice());
    return spread(real, fake);
  }

  outputs(trace, points, count) {
    return this.game.discriminator.forward(trace, points, count).subarray(0, count);
  }

  /** Curves [(x, y), ...] of a square lattice of latents pushed through the generator; of one latent, a single curve. */
  lattice() {
    const { latent, kind } = this.settings;
    const reach = kind === "normal" ? 2 : 1;
    const { lines, points } = latent > 1 ? LATTICE : { lines: 1, points: 201 };
    const place = (k, of) => (of > 1 ? reach * ((2 * k) / (of - 1) - 1) : 0);
    const directions = Math.min(latent, 2);
    const count = directions * lines * points;
    const inputs = new Float64Array(count * latent);
    for (let n = 0; n < count; n++) {
      const [along, across, direction] = [n % points, Math.floor(n / points) % lines, Math.floor(n / points / lines)];
      inputs[n * latent + direction] = place(along, points);
      if (latent > 1) inputs[n * latent + 1 - direction] = place(across, lines);
    }
    const curves = this.generated(this.traces.lattice, inputs, count);
    return Array.from({ length: directions * lines }, (_, k) => curves.subarray(2 * k * points, 2 * (k + 1) * points));
  }

  /**
   * For each of the first 25 samples, minus the gradient of its term of the generator's cost: where the discriminator would have it
   * go. Returns {from, along}, both (25, 2); lengths in units of the cost per unit of the plane.
   */
  arrows() {
    const from = this.samples().slice(0, 2 * ARROWS);
    const { discriminator, loss } = this.game;
    const trace = this.traces.judged;
    const real = this.outputs(trace, this.real, ARROWS).slice();
    const outputs = this.outputs(trace, from, ARROWS);
    const slopes = loss.generator(real, outputs).fakeSlopes;
    const gradient = discriminator.backward(trace, slopes, { inputs: true }).subarray(0, 2 * ARROWS);
    return { from, along: gradient.map((slope) => -ARROWS * slope) };
  }

  /** Real points for the picture. What they are measured with is no longer known: that takes too long to be done at every drawn point. */
  showData() {
    this.real = this.ready ? this.realPoints("shown points", SHOWN) : new Float64Array(0);
    this.reference = this.floor = this.divergence = null;
  }

  /** Real points for the picture, the data's shares of the cells, and how far 2,500 real points are from these by chance. */
  lookAtData() {
    this.showData();
    if (!this.ready) return;
    this.reference = shares(this.realPoints("reference", REFERENCE), LIMIT);
    this.floor = jensenShannon(shares(this.realPoints("measured points", MEASURED), LIMIT), this.reference);
  }

  realPoints(name, count) {
    return realPoints(this.stream(name), count, this.settings);
  }

  stream(name) {
    return new Random(this.settings.seed, name);
  }

  /** The state in a sentence. */
  describe() {
    if (!this.ready) return "There is no data yet: draw some points in the plane.";
    const { rounds, alone, costs } = this.game;
    const extra = Object.entries(alone).filter(([, turns]) => turns);
    const parts = [`Round ${rounds.toLocaleString("en")}`];
    if (extra.length) parts[0] += ` (and turns alone: ${extra.map(([player, turns]) => `${turns} of the ${player}`).join(", ")})`;
    for (const [player, cost] of Object.entries(costs)) parts.push(`cost of the ${player} ${cost.toFixed(3)}`);
    if (this.modes) {
      const { captured, counts, highQuality } = this.modes;
      const good = `${Math.round(100 * highQuality)} % of samples within three standard deviations of one`;
      parts.push(`${captured} of ${counts.length} modes, ${good}`);
    }
    if (this.divergence !== null) {
      parts.push(`Jensen-Shannon divergence from the data ${this.divergence.toFixed(3)} nats (${this.floor.toFixed(3)} for real points)`);
    }
    return `${parts.join("; ")}.`;
  }
}

function centresOfCells(side) {
  const points = new Float64Array(2 * side * side);
  for (let n = 0; n < side * side; n++) {
    points[2 * n] = (((n % side) + 0.5) / side) * 2 * LIMIT - LIMIT;
    points[2 * n + 1] = LIMIT - ((Math.floor(n / side) + 0.5) / side) * 2 * LIMIT; // the first row is the upper one
  }
  return points;
}
