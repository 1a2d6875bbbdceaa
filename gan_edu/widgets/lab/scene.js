/** What the kernel has told of a run, with the fields and methods of the playground's `Run` that pictures, legend and phases ask for. */

import { History } from "../playground/history.js";
import { LOSSES, UNKNOWN } from "../playground/losses.js";
import { placesOf, spread } from "../playground/verdicts.js";

const LAYERS = { verdicts: "field", manifold: "lattice", arrows: "pulls" }; // and the array without which one is not drawn

/** A game in the plane at one moment: what is said of it, and arrays {name: {shape, values}}. */
class Moment {
  constructor(said, arrays) {
    this.show(said, arrays);
  }

  show(said, arrays) {
    this.said = said;
    this.arrays = arrays;
    const loss = LOSSES[said.loss?.toLowerCase().replace(" ", "-")] ?? UNKNOWN;
    this.game = { loss, regulariser: { between: said.between, penalty: said.penalties > 0 } };
    this.settings = { layers: Object.keys(LAYERS).filter((layer) => LAYERS[layer] in arrays) };
  }

  get limit() {
    return this.said.limit;
  }

  get real() {
    return this.arrays.real.values;
  }

  samples() {
    return this.arrays.samples.values;
  }

  /** Verdicts in [0, 1] at the centres of cells, the upper row first. */
  field() {
    return this.places(this.arrays.field.values);
  }

  /** Outputs of the discriminator as places from generated, 0, to real, 1. */
  places(outputs) {
    return placesOf(outputs, this.game.loss.verdicts, () => spread(...halves(this.arrays.judged)));
  }

  lattice() {
    const { shape, values } = this.arrays.lattice;
    return Array.from({ length: shape[0] }, (_, k) => values.subarray(2 * k * shape[1], 2 * (k + 1) * shape[1]));
  }

  /** {from, along}, or null without that layer. */
  arrows() {
    const { pulls } = this.arrays;
    return pulls ? { from: this.samples().subarray(0, pulls.values.length), along: pulls.values } : null;
  }
}

/** A run in the kernel: the present moment, and what was before. */
export class Scene extends Moment {
  constructor({ said, arrays }) {
    super(said, arrays);
    this.ready = true; // there is always data
    this.begin();
  }

  /** Takes over an answer of the kernel: {said, arrays}. */
  take({ said, arrays }) {
    const other = said.run !== this.said.run;
    this.show(said, arrays);
    if (other) this.begin();
    else this.note();
  }

  begin() {
    this.costs = new History();
    this.measures = new History();
    this.known = { run: this.said.run, costs: 0, measures: 0 };
    this.note();
  }

  note() {
    this.add("costs", this.said.players);
    this.add("measures", ["divergence", "captured"]);
  }

  /** Adds those rows [position, values of these names] to a history that it does not have: a question may have been asked before the
   * last answer came. A value that is no number has no place in a curve. */
  add(history, names) {
    const { shape, values } = this.arrays[history];
    const from = this.said.from[history];
    for (let row = this.known[history] - from; row < shape[0]; row++) {
      const [position, ...found] = values.subarray(row * shape[1], (row + 1) * shape[1]);
      const pairs = names.map((name, k) => [name, found[k]]).filter(([, value]) => Number.isFinite(value));
      this[history].add(position, Object.fromEntries(pairs));
    }
    this.known[history] = from + shape[0];
  }

  get position() {
    return this.said.position;
  }

  get floor() {
    return this.said.floor;
  }

  get modeCount() {
    return this.said.modes;
  }

  /** The turns {costs} of the answer, each as it was before it was played. */
  turns() {
    const of = (k) => Object.entries(this.arrays).filter(([name]) => name.startsWith(`${k} `));
    return this.said.turns.map((costs, k) => {
      const arrays = Object.fromEntries(of(k).map(([name, array]) => [name.split(" ")[1], array]));
      return new Turn(this.said, costs, arrays);
    });
  }
}

/** A turn that the kernel has played, for `playPhase`, which shows it phase by phase. */
class Turn extends Moment {
  constructor(said, costs, arrays) {
    super(said, arrays);
    this.movers = Object.keys(costs);
    this.left = ["sample", "judge", "gradient", "move"];
    const [real, fakes] = halves(arrays.batch);
    const [realSlopes, fakeSlopes] = halves(arrays.pressures);
    Object.assign(this.game, {
      count: real.length / 2,
      drawn: { real },
      fakes,
      costs,
      judged: { discriminator: { realSlopes, fakeSlopes } },
      pulls: () => arrays.slopes.values,
    });
  }

  /** The next phase: {phase, movers}. */
  phase() {
    return { phase: this.left.shift(), movers: this.movers };
  }

  /** Verdicts on the real points of the draw, or on the generated ones. */
  verdicts(points) {
    const [ofReal, ofFake] = halves(this.arrays.outputs);
    return this.places(points === this.game.drawn.real ? ofReal : ofFake);
  }

  /** Where the generator puts the draw's latents after the turn. */
  generatedFrom() {
    return this.arrays.after.values;
  }
}

/** An array (2, ...) as two. */
function halves({ values }) {
  const half = values.length / 2;
  return [values.subarray(0, half), values.subarray(half)];
}
