/** Questions to the kernel, and its answers: JSON with arrays of 32-bit floats. `kernel.py` answers. */

let asked = 0;

/** The kernel, as one view of a laboratory sees it. */
export class Kernel {
  /** @param {object} model that of anywidget. */
  constructor(model) {
    this.model = model;
    this.name = Math.random().toString(36).slice(2); // other views of the model hear the answers, too
    this.waiting = []; // {id, take} of the questions whose answers are due, in order
    this.hear = (said, buffers) => {
      if (said.id !== this.waiting[0]?.id) return;
      this.waiting.shift().take({ said, arrays: arraysOf(said, buffers) });
    };
    model.on("msg:custom", this.hear);
  }

  /** How many answers are due. */
  get due() {
    return this.waiting.length;
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

  /** Asks; the answer, {said, arrays}, is given to `take`. Answers come in the order of their questions. */
  ask(question, take) {
    asked += 1;
    const id = `${this.name}-${asked}`;
    this.waiting.push({ id, take });
    this.model.send({ ...question, id });
  }

  /** Waits no longer for what has been asked. */
  forget() {
    this.waiting = [];
  }

  /** Hears nothing any more. */
  close() {
    this.forget();
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
