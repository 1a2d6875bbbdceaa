/** What the kernel has told of a run, with the fields and methods of the playground's `Run` that pictures and legend ask for. */

import { History } from "../playground/history.js";
import { LOSSES, UNKNOWN } from "../playground/losses.js";
import { placesOf, spread } from "../playground/verdicts.js";

const LAYERS = { verdicts: "field", manifold: "lattice", arrows: "pulls" }; // and the array without which one is not drawn

/** A run in the kernel. */
export class Scene {
  constructor() {
    this.ready = true; // there is always data
    this.said = { run: null };
  }

  /** Takes over an answer of the kernel: {said, arrays}. */
  take({ said, arrays }) {
    if (said.run !== this.said.run) {
      this.costs = new History();
      this.measures = new History();
      this.known = { run: said.run, costs: 0, measures: 0 };
    }
    this.said = said;
    this.arrays = arrays;
    this.note("costs", said.players);
    this.note("measures", ["divergence", "captured"]);
    const loss = LOSSES[said.loss?.toLowerCase().replace(" ", "-")] ?? UNKNOWN;
    this.game = { loss, regulariser: { between: said.between } };
    this.settings = { layers: Object.keys(LAYERS).filter((layer) => LAYERS[layer] in arrays) };
  }

  /** Adds rows [position, values of these names] to a history. A value that is no number has no place in a curve. */
  note(history, names) {
    const { shape, values } = this.arrays[history];
    for (let row = 0; row < shape[0]; row++) {
      const [position, ...found] = values.subarray(row * shape[1], (row + 1) * shape[1]);
      const pairs = names.map((name, k) => [name, found[k]]).filter(([, value]) => Number.isFinite(value));
      this[history].add(position, Object.fromEntries(pairs));
    }
    this.known[history] += shape[0];
  }

  get limit() {
    return this.said.limit;
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

  get real() {
    return this.arrays.real.values;
  }

  samples() {
    return this.arrays.samples.values;
  }

  /** Verdicts in [0, 1] at the centres of cells, the upper row first. */
  field() {
    const { field, judged } = this.arrays;
    const half = judged.values.length / 2;
    const around = () => spread(judged.values.subarray(0, half), judged.values.subarray(half));
    return placesOf(field.values, this.game.loss.verdicts, around);
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
