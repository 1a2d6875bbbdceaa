/**
 * A generator in the page: the layers that `generator.py` exports, forwards and backwards, one latent at a time.
 *
 * Maps are (C, H, W), one channel after the other, in one Float32Array. A convolution is a product of its weights with the columns of
 * numbers that lie under its window, a transposed one the other way round: a product, whose columns are added up where the window lies.
 * Each of the two is the other backwards.
 */

/** Layers, one behind the other. */
class Chain {
  constructor(layers) {
    this.layers = layers.map((layer) => KINDS[layer.kind](layer));
  }

  /** The input, and what each layer makes of what is before it. */
  activations(x) {
    const all = [x];
    for (const { forward } of this.layers) all.push(forward(all.at(-1)));
    return all;
  }

  /** The gradient by the input of a number whose gradient by the last activation is given; `all` are the activations. */
  backward(all, gradient) {
    return this.layers.reduceRight((now, { backward }, k) => backward(now, all[k], all[k + 1]), gradient);
  }
}

/** A generator, as `exported` has written it; the last of its activations is the image, (C, H, W). */
export class Generator extends Chain {
  /** @param {{inputs: number, shape: number[], layers: object[]}} written */
  constructor({ inputs, shape, layers }) {
    super(layers);
    this.inputs = inputs;
    this.shape = shape;
  }

  /** The latent, and what each layer makes of what is before it: the last is the image. */
  activations(latent) {
    return super.activations(Float32Array.from(latent));
  }

  /** The image of a latent, (C, H, W). */
  image(latent) {
    return this.activations(latent).at(-1);
  }
}

/** A layer of each kind: {forward(x) gives y, backward(gradient by y, x, y) gives the gradient by x}. */
const KINDS = {
  linear,
  convolution,
  transposed,
  enlarge,
  interpolate,
  scale: channelwise,
  sum,
  relu: () => pointwise((x) => (x > 0 ? x : 0), (x) => (x > 0 ? 1 : 0)),
  leaky: ({ slope }) => pointwise((x) => (x > 0 ? x : slope * x), (x) => (x > 0 ? 1 : slope)),
  tanh: () => pointwise(Math.tanh, (x, y) => 1 - y * y),
  sigmoid: () => pointwise((x) => 1 / (1 + Math.exp(-x)), (x, y) => y * (1 - y)),
};

/** `slope(x, y)` is the derivative at x, where y is the value. */
function pointwise(value, slope) {
  return {
    forward: (x) => x.map((each) => value(each)),
    backward: (gradient, x, y) => gradient.map((each, k) => each * slope(x[k], y[k])),
  };
}

function linear(layer) {
  const [inputs, outputs] = [layer.from[0], layer.to[0]];
  const [weight, bias] = [weightOf(layer, (k) => Math.floor(k / inputs)), floats(layer.bias)];
  return {
    forward(x) {
      const y = new Float32Array(outputs);
      for (let o = 0, at = 0; o < outputs; o++) {
        let sum = bias[o];
        for (let i = 0; i < inputs; i++, at++) sum += weight[at] * x[i];
        y[o] = sum;
      }
      return y;
    },
    backward(gradient) {
      const sums = new Float64Array(inputs);
      for (let o = 0, at = 0; o < outputs; o++) for (let i = 0; i < inputs; i++, at++) sums[i] += weight[at] * gradient[o];
      return Float32Array.from(sums);
    },
  };
}

function convolution(layer) {
  const [inputs, outputs] = [layer.from[0] * layer.kernel ** 2, layer.to[0]];
  const [weight, bias] = [weightOf(layer, (k) => Math.floor(k / inputs)), floats(layer.bias)];
  const places = layer.to[1] * layer.to[2];
  const under = windows(layer, layer.from, layer.to);
  return {
    forward: (x) => add(bias, product(weight, [outputs, inputs], [inputs, 1], gathered(x, under), places)),
    backward: (gradient, x) => spread(product(weight, [inputs, outputs], [1, inputs], gradient, places), under, x.length),
  };
}

function transposed(layer) {
  const [inputs, outputs] = [layer.from[0], layer.to[0] * layer.kernel ** 2];
  const [weight, bias] = [weightOf(layer, (k) => Math.floor((k % outputs) / layer.kernel ** 2)), floats(layer.bias)];
  const places = layer.from[1] * layer.from[2];
  const under = windows(layer, layer.to, layer.from);
  const size = layer.to[0] * layer.to[1] * layer.to[2];
  return {
    forward: (x) => add(bias, spread(product(weight, [outputs, inputs], [1, outputs], x, places), under, size)),
    backward: (gradient) => product(weight, [inputs, outputs], [outputs, 1], gathered(gradient, under), places),
  };
}

/** Every pixel becomes a square of `by` × `by`. */
function enlarge({ by, from, to: [, high, wide] }) {
  const [channels, height, width] = from;
  const source = new Int32Array(channels * high * wide);
  for (let k = 0; k < source.length; k++) {
    const [y, x] = [Math.floor(k / wide), k % wide]; // rows of all channels, one below the other: `by` divides the height of each
    source[k] = Math.floor(y / by) * width + Math.floor(x / by);
  }
  return {
    forward: (x) => gathered(x, source),
    backward: (gradient) => spread(gradient, source, channels * height * width),
  };
}

/** Bilinear interpolation: each pixel is a mean of four, whose shares depend on where between them it lies. */
function interpolate({ by, from: [channels, height, width] }) {
  const small = height * width, large = small * by * by;
  const places = new Int32Array(4 * large), shares = new Float32Array(4 * large); // alike in all channels
  const [rows, columns] = [height, width].map((length) => between(by, length));
  for (let k = 0; k < large; k++) {
    const [[top, bottom, down], [left, right, along]] = [rows[Math.floor(k / (width * by))], columns[k % (width * by)]];
    places.set([top * width + left, top * width + right, bottom * width + left, bottom * width + right], 4 * k);
    shares.set([(1 - down) * (1 - along), (1 - down) * along, down * (1 - along), down * along], 4 * k);
  }
  return {
    forward(x) {
      const y = new Float32Array(channels * large);
      for (let channel = 0, at = 0; channel < channels; channel++) {
        const first = channel * small;
        for (let k = 0; k < 4 * large; k += 4, at++) {
          const above = shares[k] * x[first + places[k]] + shares[k + 1] * x[first + places[k + 1]];
          y[at] = above + shares[k + 2] * x[first + places[k + 2]] + shares[k + 3] * x[first + places[k + 3]];
        }
      }
      return y;
    },
    backward(gradient) {
      const map = new Float32Array(channels * small);
      for (let channel = 0, at = 0; channel < channels; channel++) {
        const first = channel * small;
        for (let k = 0; k < 4 * large; at++) {
          for (const end = k + 4; k < end; k++) map[first + places[k]] += shares[k] * gradient[at];
        }
      }
      return map;
    },
  };
}

/** [before, after, share of the latter] for each of length · by points; the first and the last number go on beyond the edges. */
function between(by, length) {
  return Array.from({ length: length * by }, (_, k) => {
    const at = Math.max(0, (k + 0.5) / by - 0.5);
    const before = Math.floor(at);
    return [before, Math.min(before + 1, length - 1), at - before];
  });
}

/** BatchNorm, where no layer before it can take it over: a scale and a shift for each channel. */
function channelwise(layer) {
  const [scale, shift] = [floats(layer.scale), floats(layer.shift)];
  const scaled = (x) => {
    const y = new Float32Array(x.length);
    const places = x.length / scale.length;
    for (let channel = 0, at = 0; channel < scale.length; channel++) {
      for (const end = at + places; at < end; at++) y[at] = scale[channel] * x[at];
    }
    return y;
  };
  return { forward: (x) => add(shift, scaled(x)), backward: scaled };
}

/** The sum of two branches or more that begin at the same map. */
function sum({ branches }) {
  const chains = branches.map((layers) => new Chain(layers));
  const inside = new WeakMap(); // the branches' activations, by the sum that they have made
  return {
    forward(x) {
      const all = chains.map((chain) => chain.activations(x));
      const y = total(all.map((each) => each.at(-1)));
      inside.set(y, all);
      return y;
    },
    backward: (gradient, x, y) => total(chains.map((chain, k) => chain.backward(inside.get(y)[k], gradient))),
  };
}

function total([first, ...others]) {
  const y = new Float32Array(first);
  for (const other of others) for (let k = 0; k < y.length; k++) y[k] += other[k];
  return y;
}

/**
 * For each number of the columns under a window its place in the map (C, H, W). Beyond the edges it is that of the reflection, or -1 for
 * zeros. The window moves over high × wide places; a row of the columns has one number of the window at all of these.
 */
function windows({ kernel, stride, padding, edges }, [channels, height, width], [, high, wide]) {
  const places = new Int32Array(channels * kernel * kernel * high * wide);
  const inside = (at, length) => {
    if (at >= 0 && at < length) return at;
    return edges === "reflect" ? (at < 0 ? -at : 2 * length - 2 - at) : -1;
  };
  for (let k = 0; k < places.length; k++) {
    const row = Math.floor(k / (high * wide));
    const y = inside((Math.floor(k / wide) % high) * stride + (Math.floor(row / kernel) % kernel) - padding, height);
    const x = inside((k % wide) * stride + (row % kernel) - padding, width);
    places[k] = y < 0 || x < 0 ? -1 : (Math.floor(row / kernel ** 2) * height + y) * width + x;
  }
  return places;
}

/** The numbers of a map at these places. */
function gathered(map, places) {
  const columns = new Float32Array(places.length);
  for (let k = 0; k < places.length; k++) if (places[k] >= 0) columns[k] = map[places[k]];
  return columns;
}

/** A map of that size, in which numbers are added up at these places. */
function spread(columns, places, size) {
  const map = new Float32Array(size);
  for (let k = 0; k < places.length; k++) if (places[k] >= 0) map[places[k]] += columns[k];
  return map;
}

/** Adds to each channel of y its bias. */
function add(bias, y) {
  const places = y.length / bias.length;
  for (let channel = 0, at = 0; channel < bias.length; channel++) {
    for (const end = at + places; at < end; at++) y[at] += bias[channel];
  }
  return y;
}

/**
 * A matrix times the rows of x, `places` numbers each. What stands in row r and column c of the matrix lies at r · down + c · along.
 * Two rows and four columns at a time: each number that is read is then used for several sums, in half the time.
 */
function product(matrix, [rows, columns], [down, along], x, places) {
  const y = new Float32Array((rows + (rows % 2)) * places); // a second row that there is not is cut off at the end
  for (let r = 0; r < rows; r += 2) {
    const to = r * places, next = to + places;
    const first = r * down, second = Math.min(r + 1, rows - 1) * down;
    let c = 0;
    for (; c + 4 <= columns; c += 4) {
      const up = first + c * along, low = second + c * along;
      const a = matrix[up], b = matrix[up + along], d = matrix[up + 2 * along], e = matrix[up + 3 * along];
      const f = matrix[low], g = matrix[low + along], h = matrix[low + 2 * along], i = matrix[low + 3 * along];
      const one = c * places, two = one + places, three = two + places, four = three + places;
      for (let k = 0; k < places; k++) {
        const p = x[one + k], q = x[two + k], s = x[three + k], t = x[four + k];
        y[to + k] += a * p + b * q + d * s + e * t;
        y[next + k] += f * p + g * q + h * s + i * t;
      }
    }
    for (; c < columns; c++) {
      const a = matrix[first + c * along], f = matrix[second + c * along];
      for (let k = 0, at = c * places; k < places; k++, at++) {
        y[to + k] += a * x[at];
        y[next + k] += f * x[at];
      }
    }
  }
  return y.subarray(0, rows * places);
}

/** The weights of a layer: whole numbers, each times the scale of its output, which for number k is `output(k)`. */
function weightOf({ weight, scale }, output) {
  const [whole, scales] = [new Int8Array(bytes(weight)), floats(scale)];
  const made = new Float32Array(whole.length);
  for (let k = 0; k < whole.length; k++) made[k] = whole[k] * scales[output(k)];
  return made;
}

function floats(text) {
  return new Float32Array(bytes(text));
}

function bytes(text) {
  const characters = atob(text);
  const made = new Uint8Array(characters.length);
  for (let k = 0; k < made.length; k++) made[k] = characters.charCodeAt(k);
  return made.buffer;
}
