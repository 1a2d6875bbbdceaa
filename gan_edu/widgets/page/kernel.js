/** Questions to the kernel, and its answers: JSON with arrays of 32-bit floats. `kernel.py` answers. */

let asked = 0;

/** The kernel, as one view of a laboratory sees it. */
export class Kernel {
  /** @param {object} model that of anywidget. */
  constructor(model) {
    this.model = model;
    this.name = Math.random().toString(36).slice(2); // other views of the model hear the answers, too
    this.waiting = null;
    this.hear = (said, buffers) => {
      if (!this.waiting || said.id !== this.waiting.id) return;
      const { take } = this.waiting;
      this.waiting = null;
      take({ said, arrays: arraysOf(said, buffers) });
    };
    model.on("msg:custom", this.hear);
  }

  /** Whether an answer is due. */
  get busy() {
    return this.waiting !== null;
  }

  /** The answer that the laboratory was made with: {said, arrays}. */
  get first() {
    const { said, buffers } = this.model.get("first");
    return { said, arrays: arraysOf(said, buffers) };
  }

  /** The traceback of the last error, or "". */
  get traceback() {
    return this.model.get("outputs").at(-1)?.traceback.join("\n") ?? "";
  }

  /** Asks; the answer, {said, arrays}, is given to `take`. There may be one question at a time: the pace is that of the answers. */
  ask(question, take) {
    asked += 1;
    this.waiting = { id: `${this.name}-${asked}`, take };
    this.model.send({ ...question, id: this.waiting.id });
  }

  /** Hears nothing any more. */
  close() {
    this.waiting = null;
    this.model.off("msg:custom", this.hear);
  }
}

/** {name: {shape, values}} from buffers that may begin anywhere. */
function arraysOf({ arrays }, buffers) {
  return Object.fromEntries(
    arrays.map(([name, shape], k) => {
      const { buffer, byteOffset, byteLength } = buffers[k];
      return [name, { shape, values: new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength)) }];
    }),
  );
}
