/** The laboratory of strokes: fields that are to be ink or paper, and the generator's images that come closest. */

import { Canvases } from "../page/canvas.js";
import { element } from "../page/elements.js";
import { control, formOf } from "../page/form.js";
import { Generator } from "../page/generator.js";
import { holdable } from "../page/hold.js";
import { drawAnswers, drawFields, fieldAt, nameOf, percent } from "./pictures.js";
import { errorOf, Pool, Searcher, wishOf } from "./search.js";
import { BRUSHES, GROUPS, TABLE } from "./settings.js";

const ANSWERS = 4;
const SHARE = 24; // milliseconds of a frame in which is searched
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * Puts a laboratory into an element of the page. The style sheets are `page.css` and `strokes.css`.
 *
 * @param {HTMLElement} place
 * @param {{settings: object}} options settings: the generator, its latent and the first strokes, as `StrokeLab` of the package writes
 *     them, and those of `settings.js` that differ from the defaults.
 */
export function mount(place, { settings: { generator, latent, cells, strokes, ...given } }) {
  new Strokes(place, { generator: new Generator(generator), latent, cells, fields: strokes }, TABLE.fromObject(given));
}

class Strokes {
  constructor(place, { generator, latent, cells, fields }, { settings, problems }) {
    Object.assign(this, { generator, latent, cells, fields, settings });
    this.cursor = Math.floor(cells ** 2 / 2);
    this.answers = [];
    this.done = false; // whether they have been found
    this.calm = matchMedia("(prefers-reduced-motion: reduce)");
    this.build(place, problems);
    this.canvases = new Canvases([this.grid, this.picture], (palette) => this.draw(palette));
    this.change({});
  }

  build(place, problems) {
    this.controls = formOf(TABLE, GROUPS, (changes) => this.change(changes));
    this.brush = control(TABLE.all.brush, (brush) => this.take(brush));
    this.grid = element("canvas", { class: "fields", tabindex: 0, role: "application", "aria-roledescription": "fields to paint" });
    this.picture = element("canvas", { class: "answers", role: "img" });
    this.status = element("p", { class: "status" });
    this.summary = element("p", { class: "spoken", "aria-live": "polite" });
    const clear = element("button", { type: "button", onclick: () => this.paintAll(0) }, "Clear");
    this.paintWithPointerOrKeys();
    const keys =
      "Press fields, or draw over them; a field that has the brush's colour becomes free again. With the fields in focus, arrow keys " +
      "move the frame, and Space paints.";
    const brush = element("div", { class: "bar" }, this.brush.box, clear);
    const stage = element("div", { class: "stage" }, element("div", {}, brush, this.grid), this.picture);
    this.root = element(
      "section",
      { class: "gan-lab gan-strokes", "aria-label": "drawing with a generator" },
      element("p", { class: "problem", role: "alert" }, problems.join(" ")),
      element(
        "div",
        { class: "main" },
        element("div", {}, stage, this.status, this.summary, element("p", { class: "keys" }, keys)),
        this.controls.form,
      ),
    );
    place.append(this.root);
  }

  /** Fields follow the pointer; what a stroke paints is settled by the field on which it begins. */
  paintWithPointerOrKeys() {
    const at = (point) => fieldAt(this.grid, this.cells, point);
    const begin = (point) => {
      const value = this.valueFor(at(point));
      this.paint(at(point), value);
      return { value };
    };
    holdable(this.grid, begin, ({ value }, point) => this.paint(at(point), value));
    this.grid.addEventListener("keydown", (event) => {
      const move = MOVES[event.key];
      if ((!move && event.key !== " " && event.key !== "Enter") || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      if (move) this.moveBy(...move);
      else if (!event.repeat) this.paint(this.cursor, this.valueFor(this.cursor));
    });
  }

  /** What a stroke that begins on a field paints: the brush's value, or nothing where the field has it. */
  valueFor(field) {
    const value = BRUSHES[this.settings.brush];
    return this.fields[field] === value ? 0 : value;
  }

  moveBy(across, down) {
    const [column, row] = [this.cursor % this.cells, Math.floor(this.cursor / this.cells)];
    const inside = (k) => Math.max(0, Math.min(this.cells - 1, k));
    this.cursor = inside(row + down) * this.cells + inside(column + across);
    this.show();
  }

  paint(field, value) {
    this.cursor = field;
    if (this.fields[field] !== value) {
      this.fields = this.fields.with(field, value);
      this.search();
    }
    this.show();
  }

  paintAll(value) {
    this.fields = this.fields.map(() => value);
    this.search();
  }

  /** Takes another brush in hand: what has been painted stays as it is. */
  take(brush) {
    this.settings = { ...this.settings, brush };
    this.show();
  }

  change(changes) {
    const before = this.settings;
    this.settings = { ...before, ...changes };
    if (!this.pool || this.settings.seed !== before.seed) this.pool = new Pool(this.generator, this.latent, this.settings.seed);
    this.controls.show(this.settings);
    this.search();
  }

  /** Searches anew, a share of each frame: what is found depends on the fields and the settings alone. */
  search() {
    cancelAnimationFrame(this.searching);
    const steps = this.found();
    const tick = () => {
      const until = performance.now() + SHARE;
      do this.done = steps.next().done;
      while (!this.done && performance.now() < until);
      if (!this.done) this.searching = requestAnimationFrame(tick);
      if (this.done || !this.calm.matches) this.show();
    };
    tick();
  }

  /** Finds the answers; rests after each image that has been made. */
  *found() {
    const { pool, steps, nearness } = this.settings;
    const wish = wishOf(this.fields, this.cells, this.generator.shape[1]);
    if (!wish.count) {
      yield* this.pool.grow(ANSWERS);
      this.answers = this.pool.members.slice(0, ANSWERS).map(({ image }) => ({ image, error: null }));
      return;
    }
    this.answers = ordered(this.answers.map(({ image }) => ({ image, error: errorOf(image, wish) })));
    yield* this.pool.grow(pool);
    const searchers = [];
    for (const { latent } of this.pool.nearest(wish, ANSWERS, pool)) {
      searchers.push(new Searcher(this.generator, latent, wish, nearness));
      yield;
    }
    this.answers = searchers;
    for (let step = 0; step < steps; step++) {
      for (const searcher of searchers) {
        searcher.step();
        yield;
      }
      this.answers = ordered(searchers);
    }
  }

  /** What is asked for, and how well the answers do it. */
  describe() {
    const counted = (value) => this.fields.filter((each) => each === value).length;
    const asked = `${counted(1)} fields ink, ${counted(-1)} paper`;
    if (!counted(1) && !counted(-1)) return "No strokes: random images. Make a field ink or paper.";
    const made = this.pool.members.length;
    if (made < this.settings.pool) return `${asked}. Images of random latents: ${made} of ${this.settings.pool}.`;
    if (!this.answers.length) return `${asked}.`;
    const when = this.done ? "The best answer" : "So far the best answer";
    const missed = `${percent(this.answers[0].error)} (mean squared difference; black for white would be 100 %)`;
    return `${asked}. ${when} misses them by ${missed}.`;
  }

  show() {
    const words = this.describe();
    this.brush.show(this.settings.brush);
    this.root.setAttribute("aria-busy", !this.done);
    this.status.textContent = words;
    const { cells } = this;
    const value = { 1: "ink", [-1]: "paper", 0: "free" }[this.fields[this.cursor]];
    const field = `${nameOf(this.cursor, cells)}, ${value}`;
    this.grid.setAttribute("aria-label", `${cells} × ${cells} fields; field ${field}. Brush: ${this.settings.brush}.`);
    this.picture.setAttribute("aria-label", `The ${ANSWERS} images that answer, the best at large. ${words}`);
    clearTimeout(this.speaking); // once it has come to rest
    this.speaking = setTimeout(() => (this.summary.textContent = `Field ${field}. ${words}`), 800);
    this.canvases.touch();
  }

  draw(palette) {
    drawFields(this.grid, { ...this, brush: this.settings.brush }, palette);
    if (this.answers.length) drawAnswers(this.picture, this.answers, { ...this, shape: this.generator.shape }, palette);
  }
}

/** Best first. */
function ordered(answers) {
  return answers.toSorted((a, b) => a.error - b.error);
}
