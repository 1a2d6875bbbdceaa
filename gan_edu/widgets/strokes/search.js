/** The search for images that come close to strokes: the game of `gan_edu.models.projection.Projection`, one latent at a time. */

import { drawer } from "../page/latent.js";
import { Random } from "../page/random.js";

const RATE = 0.05;
const [FIRST, SECOND, EPSILON] = [0.9, 0.999, 1e-8]; // of Adam

/**
 * What is wanted of an image (C, side, side), and at which of its numbers: each of cells × cells fields wants a value for each channel,
 * or null for none.
 */
export function wishOf(fields, cells, [channels, side]) {
  const size = side / cells;
  const [places, wanted] = [[], []];
  for (let place = 0; place < channels * side * side; place++) {
    const [row, column] = [Math.floor(place / side) % side, place % side];
    const values = fields[Math.floor(row / size) * cells + Math.floor(column / size)];
    if (!values) continue;
    places.push(place);
    wanted.push(values[Math.floor(place / side ** 2)]);
  }
  return { places: Int32Array.from(places), wanted: Float32Array.from(wanted) };
}

/** How far an image is from what is wanted: the mean squared difference over pixels and channels where anything is. */
export function errorOf(image, { places, wanted }) {
  let sum = 0;
  for (let k = 0; k < places.length; k++) sum += (image[places[k]] - wanted[k]) ** 2;
  return sum / places.length;
}

/**
 * Random latents and their images, of which there are as many as somebody has waited for. A generator that is told one of so many
 * categories is told a random one.
 */
export class Pool {
  constructor(generator, latent, seed, categories) {
    Object.assign(this, { generator, categories });
    this.draw = drawer(latent, seed);
    this.random = new Random(seed, "categories");
    this.members = []; // {latent, category, image}; category: one-hot, empty where there is none
  }

  /** Adds members until there are `count`; rests after each. */
  *grow(count) {
    while (this.members.length < count) {
      const [latent, told] = [this.draw(), this.random.below(this.categories)];
      const category = Array.from({ length: this.categories }, (_, k) => Number(k === told));
      this.members.push({ latent, category, image: this.generator.image([...latent, ...category]) });
      yield;
    }
  }

  /** Of the first `among` members the `count` that are nearest to a wish, best first. */
  nearest(wish, count, among) {
    const errors = this.members.slice(0, among).map(({ image }, k) => [errorOf(image, wish), k]);
    return errors.sort((a, b) => a[0] - b[0] || a[1] - b[1]).slice(0, count).map(([, k]) => this.members[k]);
  }
}

/** A latent on its way to what is wanted, by Adam; its category stays. nearness weighs the mean squared way from its start. */
export class Searcher {
  constructor(generator, { latent: start, category }, wish, nearness) {
    Object.assign(this, { generator, wish, nearness, start, category, steps: 0 });
    this.mean = new Float64Array(start.length);
    this.square = new Float64Array(start.length);
    this.moveTo(Float64Array.from(start));
  }

  moveTo(latent) {
    this.latent = latent;
    this.activations = this.generator.activations([...latent, ...this.category]);
    this.image = this.activations.at(-1);
    this.error = errorOf(this.image, this.wish);
  }

  /** The gradient of what the latent pays: error + nearness · mean((latent - start)²). */
  gradient() {
    const { places, wanted } = this.wish;
    const byImage = new Float32Array(this.image.length);
    for (let k = 0; k < places.length; k++) byImage[places[k]] = (2 * (this.image[places[k]] - wanted[k])) / places.length;
    const byInputs = this.generator.backward(this.activations, byImage);
    const pull = (2 * this.nearness) / this.latent.length;
    return this.latent.map((value, k) => byInputs[k] + pull * (value - this.start[k]));
  }

  /** One step of Adam (Kingma & Ba 2015). */
  step() {
    this.steps += 1;
    const gradient = this.gradient();
    const moved = this.latent.map((value, k) => {
      this.mean[k] += (1 - FIRST) * (gradient[k] - this.mean[k]);
      this.square[k] += (1 - SECOND) * (gradient[k] ** 2 - this.square[k]);
      const [mean, square] = [this.mean[k] / (1 - FIRST ** this.steps), this.square[k] / (1 - SECOND ** this.steps)];
      return value - (RATE * mean) / (Math.sqrt(square) + EPSILON);
    });
    this.moveTo(moved);
  }
}
