/**
 * Multilayer perceptrons with ReLU, their gradients, and the gradients of their slopes.
 *
 * Matrices are Float64Arrays, a row a sample. What a pass computes stays in a `Trace`, from which the backward passes read. ReLU is
 * piecewise linear: almost everywhere its second derivative is 0, so that the gradient of a slope, which R1, R2 and WGAN-GP need,
 * is one more pass through the same layers with the same units switched on.
 */

const WAVELENGTHS = [1, 3, 9]; // the factors of networks.FourierFeatures
const TINY = 1e-12; // below which a vector is not divided by its length, as in PyTorch

/** What one pass through a network computed; its arrays are kept and used again by the next one. */
export class Trace {
  constructor() {
    this.arrays = new Map();
    this.count = 0;
  }

  /** A Float64Array of at least that length, the same one at each call with that name. Its numbers are the last pass's. */
  array(name, length) {
    let found = this.arrays.get(name);
    if (!found || found.length < length) this.arrays.set(name, (found = new Float64Array(length)));
    return found;
  }
}

/** A multilayer perceptron: `networks.mlp(...sizes)`, behind `networks.FourierFeatures()` if it is to see `waves`. */
export class Network {
  /**
   * @param {number[]} sizes inputs, hidden units layer by layer, outputs.
   * @param {{random: Random, waves?: boolean, spectral?: boolean}} how where the first weights come from; whether the inputs come with
   *     their sines and cosines; whether each weight is divided by its largest singular value.
   */
  constructor(sizes, { random, waves = false, spectral = false }) {
    this.inputs = sizes[0];
    this.waves = waves;
    this.random = random;
    const widths = waves ? [sizes[0] * (1 + 2 * WAVELENGTHS.length), ...sizes.slice(1)] : sizes;
    this.layers = widths.slice(1).map((outputs, k) => new Layer(widths[k], outputs, random));
    this.outputs = widths.at(-1);
    this.useSpectralNorm(spectral);
  }

  /** All weights and biases in PyTorch's order: [{value, gradient}, ...]. */
  get parameters() {
    return this.layers.flatMap((layer) => [layer.weight, layer.bias]);
  }

  /** Whether each weight is divided by its largest singular value from now on. */
  useSpectralNorm(spectral) {
    if (spectral && !this.spectral) for (const layer of this.layers) layer.startPowerIteration(this.random);
    this.spectral = spectral;
  }

  /** Sets all gradients to 0. */
  clearGradients() {
    for (const parameter of this.parameters) parameter.gradient.fill(0);
  }

  /**
   * What the network makes of inputs (count, inputs): outputs (count, outputs), an array of the trace.
   *
   * @param {"none" | "kept" | "forgotten"} iteration with spectral norm, whether this pass improves the estimates of the singular
   *     values, and whether the next pass starts from the better ones.
   */
  forward(trace, inputs, count, iteration = "none") {
    trace.count = count;
    trace.scales = this.layers.map((layer) => (this.spectral ? layer.singular(iteration) : { factor: 1 }));
    let below = this.waves ? features(trace, inputs, count, this.inputs) : inputs;
    trace.values = [below];
    this.layers.forEach((layer, k) => {
      const above = trace.array(`values ${k}`, count * layer.outputs);
      multiply(above, below, layer.transposed(), count, layer.inputs, layer.outputs, trace.scales[k].factor);
      finish(above, layer.bias.value, count, layer.outputs, k < this.layers.length - 1);
      trace.values.push((below = above));
    });
    return below;
  }

  /**
   * Adds to the gradients what the outputs' slopes (count, outputs), derivatives of a cost, contribute; with `inputs`, returns the
   * cost's derivatives by the inputs (count, inputs) instead and leaves the gradients as they are.
   */
  backward(trace, outputSlopes, { inputs = false } = {}) {
    let slopes = outputSlopes;
    for (let k = this.layers.length - 1; k >= 0; k--) {
      const layer = this.layers[k];
      if (!inputs) layer.addGradients(trace, slopes, trace.values[k], trace.scales[k]);
      if (k || inputs) slopes = this.pullBack(trace, k, slopes, 0, trace.count, "backward");
    }
    return inputs ? this.throughFeatures(trace, slopes, 0, trace.count) : undefined;
  }

  /** For rows first to last - 1 of the trace, the gradients of the one output by the inputs: (last - first, inputs). */
  slopes(trace, first, last) {
    let slopes = trace.array("ones", last - first).fill(1, 0, last - first);
    trace.deltas = [];
    for (let k = this.layers.length - 1; k >= 0; k--) {
      trace.deltas[k] = slopes;
      slopes = this.pullBack(trace, k, slopes, first, last, "slopes");
    }
    return this.throughFeatures(trace, slopes, first, last);
  }

  /**
   * Adds to the gradients those of a function of the slopes that `slopes` has just given for the same rows; not with spectral norm.
   *
   * @param {Float64Array} directions the function's derivatives by the slopes, (last - first, inputs).
   */
  backwardOfSlopes(trace, directions, first, last) {
    const count = last - first;
    let below = this.waves ? featureDirections(trace, directions, first, last, this.inputs) : directions;
    this.layers.forEach((layer, k) => {
      layer.addProducts(trace, trace.deltas[k], below, count);
      if (k === this.layers.length - 1) return;
      const above = trace.array(`directions ${k}`, count * layer.outputs);
      multiply(above, below, layer.transposed(), count, layer.inputs, layer.outputs);
      switchOff(above, trace.values[k + 1], first * layer.outputs, count * layer.outputs);
      below = above;
    });
  }

  /** Derivatives by a layer's outputs to derivatives by what it sees, before the units below it are switched on or off. */
  pullBack(trace, k, slopes, first, last, name) {
    const { inputs, outputs, weight } = this.layers[k];
    const count = last - first;
    const below = trace.array(`${name} ${k}`, count * inputs);
    multiply(below, slopes, weight.value, count, outputs, inputs, trace.scales[k].factor);
    if (k) switchOff(below, trace.values[k], first * inputs, count * inputs);
    return below;
  }

  /** Derivatives by the features to derivatives by the inputs. */
  throughFeatures(trace, slopes, first, last) {
    return this.waves ? featureSlopes(trace, slopes, first, last, this.inputs) : slopes;
  }
}

/** inputs -> outputs: a weight (outputs, inputs) and a bias, which begin as those of PyTorch's `nn.Linear` do. */
class Layer {
  constructor(inputs, outputs, random) {
    const bound = 1 / Math.sqrt(inputs);
    const parameter = (length) => ({
      value: random.array(length, () => bound * (2 * random.uniform() - 1)),
      gradient: new Float64Array(length),
    });
    this.inputs = inputs;
    this.outputs = outputs;
    this.weight = parameter(inputs * outputs);
    this.bias = parameter(outputs);
    this.turned = new Float64Array(inputs * outputs);
  }

  /** The vectors of spectral norm: random, then fifteen iterations, as PyTorch begins. */
  startPowerIteration(random) {
    this.left = normalised(random.array(this.outputs, random.normal));
    this.right = normalised(random.array(this.inputs, random.normal));
    for (let k = 0; k < 15; k++) this.singular("kept");
  }

  /** One over the estimate of the largest singular value, and the vectors that it was made with. */
  singular(iteration) {
    let { left, right } = this;
    if (iteration !== "none") {
      left = normalised(this.times(right));
      right = normalised(this.transposedTimes(left));
    }
    if (iteration === "kept") Object.assign(this, { left, right });
    return { factor: 1 / dot(left, this.times(right)), left, right };
  }

  times(vector) {
    const rows = Array.from({ length: this.outputs }, (_, o) => this.weight.value.subarray(o * this.inputs, (o + 1) * this.inputs));
    return Float64Array.from(rows, (row) => dot(row, vector));
  }

  transposedTimes(vector) {
    const product = new Float64Array(this.inputs);
    this.weight.value.forEach((value, place) => (product[place % this.inputs] += value * vector[Math.floor(place / this.inputs)]));
    return product;
  }

  /** Adds the gradients of a batch: slopes (count, outputs), derivatives by the outputs, and what the layer saw, (count, inputs). */
  addGradients(trace, slopes, seen, { factor, left, right }) {
    for (let n = 0, place = 0; n < trace.count; n++) for (let o = 0; o < this.outputs; o++) this.bias.gradient[o] += slopes[place++];
    this.addProducts(trace, slopes, seen, trace.count);
    if (left) throughSpectralNorm(this.weight, factor, left, right);
  }

  /** Adds slopesᵀ seen to the weight's gradient: a sum over the batch. */
  addProducts(trace, slopes, seen, count) {
    const turned = transpose(trace.array("transposed", count * this.outputs), slopes, count, this.outputs);
    addProduct(this.weight.gradient, turned, seen, this.outputs, count, this.inputs);
  }

  transposed() {
    return transpose(this.turned, this.weight.value, this.outputs, this.inputs);
  }
}

/** The gradient by weight / singular value, in place, to that by the weight: the singular value, leftᵀ weight right, depends on it. */
function throughSpectralNorm({ value, gradient }, factor, left, right) {
  const along = dot(gradient, value) * factor;
  for (let o = 0, place = 0; o < left.length; o++) {
    for (let i = 0; i < right.length; i++, place++) gradient[place] = factor * (gradient[place] - along * left[o] * right[i]);
  }
}

function dot(a, b) {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k] * b[k];
  return sum;
}

function normalised(vector) {
  const length = Math.max(Math.sqrt(dot(vector, vector)), TINY);
  return vector.map((value) => value / length);
}

// The loop in which the time is spent, and what leads there ----------------------------------------------------------------

let active = new Int32Array(0); // scratch: where a row is not 0

/**
 * out += factor · x matrix: (count, outer) from (count, inner) and (inner, outer).
 *
 * Half of all units are switched off at a time: what is 0 in a row of x is left out. The rest goes four at a time, so that the row of
 * `out` is read and written a quarter as often.
 */
function addProduct(out, x, matrix, count, inner, outer, factor = 1) {
  if (active.length < inner) active = new Int32Array(inner);
  for (let n = 0; n < count; n++) {
    const row = n * outer;
    let found = 0;
    for (let k = 0; k < inner; k++) if (x[n * inner + k] !== 0) active[found++] = k;
    let f = 0;
    for (; f + 3 < found; f += 4) {
      const k0 = active[f], k1 = active[f + 1], k2 = active[f + 2], k3 = active[f + 3];
      const x0 = factor * x[n * inner + k0], x1 = factor * x[n * inner + k1];
      const x2 = factor * x[n * inner + k2], x3 = factor * x[n * inner + k3];
      const m0 = k0 * outer, m1 = k1 * outer, m2 = k2 * outer, m3 = k3 * outer;
      for (let j = 0; j < outer; j++) {
        out[row + j] += x0 * matrix[m0 + j] + x1 * matrix[m1 + j] + x2 * matrix[m2 + j] + x3 * matrix[m3 + j];
      }
    }
    for (; f < found; f++) {
      const value = factor * x[n * inner + active[f]];
      for (let j = 0, m = active[f] * outer; j < outer; j++) out[row + j] += value * matrix[m + j];
    }
  }
}

function multiply(out, x, matrix, count, inner, outer, factor = 1) {
  out.fill(0, 0, count * outer);
  addProduct(out, x, matrix, count, inner, outer, factor);
}

/** The transpose (columns, rows) of a matrix (rows, columns), in the array `out`. */
function transpose(out, matrix, rows, columns) {
  for (let r = 0, place = 0; r < rows; r++) for (let c = 0; c < columns; c++) out[c * rows + r] = matrix[place++];
  return out;
}

/** Adds a bias to each row, and applies ReLU. */
function finish(out, bias, count, outputs, relu) {
  for (let n = 0, place = 0; n < count; n++) {
    for (let o = 0; o < outputs; o++, place++) {
      const value = out[place] + bias[o];
      out[place] = relu && value <= 0 ? 0 : value;
    }
  }
}

/** Sets to 0 where the unit, whose values begin at `from`, is switched off. */
function switchOff(slopes, values, from, length) {
  for (let k = 0; k < length; k++) if (!(values[from + k] > 0)) slopes[k] = 0;
}

// Fourier features: x, then sin(f x) for each factor f and coordinate, then cos(f x) ---------------------------------------

function features(trace, inputs, count, size) {
  const waves = WAVELENGTHS.length;
  const width = size * (1 + 2 * waves);
  const out = trace.array("features", count * width);
  for (let n = 0; n < count; n++) {
    for (let j = 0; j < size; j++) {
      const x = inputs[n * size + j];
      out[n * width + j] = x;
      for (let k = 0; k < waves; k++) {
        out[n * width + (1 + k) * size + j] = Math.sin(WAVELENGTHS[k] * x);
        out[n * width + (1 + waves + k) * size + j] = Math.cos(WAVELENGTHS[k] * x);
      }
    }
  }
  return out;
}

/** Derivatives by the features (rows, width) to derivatives by the coordinates: each sine's derivative is its cosine. */
function featureSlopes(trace, slopes, first, last, size) {
  const waves = WAVELENGTHS.length;
  const width = size * (1 + 2 * waves);
  const values = trace.values[0];
  const out = trace.array(`slopes by inputs`, (last - first) * size);
  for (let n = first; n < last; n++) {
    for (let j = 0; j < size; j++) {
      const row = (n - first) * width;
      let sum = slopes[row + j];
      for (let k = 0; k < waves; k++) {
        const sine = (1 + k) * size + j;
        const cosine = sine + waves * size;
        sum += WAVELENGTHS[k] * (slopes[row + sine] * values[n * width + cosine] - slopes[row + cosine] * values[n * width + sine]);
      }
      out[(n - first) * size + j] = sum;
    }
  }
  return out;
}

/** The transpose of `featureSlopes`: directions (rows, size) to derivatives by the features' slopes (rows, width). */
function featureDirections(trace, directions, first, last, size) {
  const waves = WAVELENGTHS.length;
  const width = size * (1 + 2 * waves);
  const values = trace.values[0];
  const out = trace.array("feature directions", (last - first) * width);
  for (let n = first; n < last; n++) {
    for (let j = 0; j < size; j++) {
      const direction = directions[(n - first) * size + j];
      const row = (n - first) * width;
      out[row + j] = direction;
      for (let k = 0; k < waves; k++) {
        const sine = (1 + k) * size + j;
        const cosine = sine + waves * size;
        out[row + sine] = WAVELENGTHS[k] * direction * values[n * width + cosine];
        out[row + cosine] = -WAVELENGTHS[k] * direction * values[n * width + sine];
      }
    }
  }
  return out;
}
