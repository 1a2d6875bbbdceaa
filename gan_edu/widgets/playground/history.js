/** What has happened, in a bounded number of points however long a run is. */

const MOST = 400; // points; twice as many are halved

/** Numbers over the rounds: {round, values: {name: number}}, neighbours averaged where there are too many. */
export class History {
  constructor() {
    this.points = [];
    this.stride = 1; // how many records make a point
    this.waiting = [];
  }

  /** Notes `values` {name: number} at a round. */
  add(round, values) {
    this.waiting.push({ round, values: { ...values } });
    if (this.waiting.length < this.stride) return;
    this.points.push(average(this.waiting));
    this.waiting = [];
    if (this.points.length >= 2 * MOST) this.halve();
  }

  /** All points, with what has been noted since the last one. */
  get all() {
    return this.waiting.length ? [...this.points, average(this.waiting)] : this.points;
  }

  halve() {
    const pairs = Array.from({ length: this.points.length >> 1 }, (_, k) => this.points.slice(2 * k, 2 * k + 2));
    this.points = pairs.map(average);
    this.stride *= 2;
  }
}

/** One point for several: the last one's round, each value's mean over those that have it. */
function average(points) {
  const values = {};
  for (const name of new Set(points.flatMap((point) => Object.keys(point.values)))) {
    const known = points.map((point) => point.values[name]).filter((value) => value !== undefined);
    values[name] = known.reduce((total, value) => total + value, 0) / known.length;
  }
  return { round: points.at(-1).round, values };
}
