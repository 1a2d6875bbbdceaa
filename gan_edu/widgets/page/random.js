/** Random numbers that a seed fixes, the same in every browser. */

/** A seeded generator: sfc32 (Doty-Humphrey's PractRand), seeded by a hash of the seed and of the stream's name. */
export class Random {
  /**
   * @param {number} seed a whole number.
   * @param {string} stream what the numbers are for: streams of one seed are independent of one another, so that two runs that differ
   *     in one setting share all that the setting does not touch.
   */
  constructor(seed, stream = "") {
    this.state = new Uint32Array(4);
    let hash = 0x811c9dc5;
    for (const character of `${seed}/${stream}`) hash = Math.imul(hash ^ character.codePointAt(0), 0x01000193);
    for (let k = 0; k < 3; k++) this.state[k] = hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b) + 0x9e3779b9;
    this.state[3] = 1;
    for (let k = 0; k < 15; k++) this.bits();
    this.spare = null;
  }

  /** 32 random bits as a whole number. */
  bits() {
    const s = this.state;
    const sum = (s[0] + s[1] + s[3]) >>> 0;
    s[3] += 1;
    s[0] = s[1] ^ (s[1] >>> 9);
    s[1] = s[2] + (s[2] << 3);
    s[2] = ((s[2] << 21) | (s[2] >>> 11)) + sum;
    return sum;
  }

  /** Uniform on [0, 1), with 53 random bits. */
  uniform() {
    return ((this.bits() >>> 5) * 0x4000000 + (this.bits() >>> 6)) / 0x20000000000000;
  }

  /** A whole number from 0 to count - 1. */
  below(count) {
    return Math.floor(this.uniform() * count);
  }

  /** Standard normal (Box & Muller 1958). */
  normal() {
    if (this.spare !== null) {
      const spare = this.spare;
      this.spare = null;
      return spare;
    }
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    const angle = 2 * Math.PI * this.uniform();
    this.spare = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /** `count` numbers from `draw()`, a method of this generator, as a Float64Array. */
  array(count, draw) {
    return Float64Array.from({ length: count }, () => draw.call(this));
  }
}
