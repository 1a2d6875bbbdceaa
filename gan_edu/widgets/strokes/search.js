/** The search for images that come close to strokes: the game of `gan_edu.models.projection.Projection`, one latent at a time. */

import { drawer } from "../page/latent.js";

const RATE = 0.05;
const [FIRST, SECOND, EPSILON] = [0.9, 0.999, 1e-8]; // of Adam

/** What is wanted of an image of side × side pixels, and where: fields of cells × cells, 1 for ink, -1 for paper, 0 for neither. */
export function wishOf(fields, cells, side) {
  const size = side / cells;
  const wanted = new Float32Array(side * side);
  for (let k = 0; k < wanted.length; k++) {
    wanted[k] = fields[Math.floor(Math.floor(k / side) / size) * cells + Math.floor((k % side) / size)];
  }
  return { wanted, count: wanted.reduce((sum, value) => sum + value * value, 0) };
}

/** How far an image is from what is wanted: the mean squared difference where anything is. */
export function errorOf(image, { wanted, count }) {
  let sum = 0;
  for (let k = 0; k < wanted.length; k++) if (wanted[k]) sum += (image[k] - wanted[k]) ** 2;
  return sum / count;
}

/** Random latents and their images, of which there are as many as somebody has waited for. */
export class Pool {
  constructor(generator, latent, seed) {
    this.generator = generator;
    this.draw = drawer(latent, seed);
    this.members = []; // {latent, image}
  }

  /** Adds members until there are `count`; rests after each. */
  *grow(count) {
    while (this.members.length < count) {
      const latent = this.draw();
      this.members.push({ latent, image: this.generator.image(latent) });
      yield;
    }
  }

  /** Of the first `among` members the `count` that are nearest to a wish, best first. */
  nearest(wish, count, among) {
    const errors = this.members.slice(0, among).map(({ image }, k) => [errorOf(image, wish), k]);
    return errors.sort((a, b) => a[0] - b[0] || a[1] - b[1]).slice(0, count).map(([, k]) => this.members[k]);
  }
}

/** A latent on its way to what is wanted, by Adam; nearness weighs the mean squared way from its start. */
export class Searcher {
  constructor(generator, start, wish, nearness) {
    Object.assign(this, { generator, wish, nearness, start, steps: 0 });
    this.mean = new Float64Array(start.length);
    this.square = new Float64Array(start.length);
    this.moveTo(Float64Array.from(start));
  }

  moveTo(latent) {
    this.latent = latent;
    this.activations = this.generator.activations(latent);
    this.image = this.activations.at(-1);
    this.error = errorOf(this.image, this.wish);
  }

  /** The gradient of what the latent pays: error + nearness · mean((latent - start)²). */
  gradient() {
    const { wanted, count } = this.wish;
    const byImage = this.image.map((pixel, k) => (wanted[k] ? (2 * (pixel - wanted[k])) / count : 0));
    const pull = (2 * this.nearness) / this.latent.length;
    return Float64Array.from(this.generator.backward(this.activations, byImage), (each, k) => each + pull * (this.latent[k] - this.start[k]));
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
