/** The laboratory of strokes: fields that are to have a colour, and the generator's images that come closest. */

import { Canvases } from "../page/canvas.js";
import { element } from "../page/elements.js";
import { control, formOf } from "../page/form.js";
import { Generator } from "../page/generator.js";
import { holdable } from "../page/hold.js";
import { drawAnswers, drawFields, fieldAt, inWords, nameOf, percent } from "./pictures.js";
import { errorOf, Pool, Searcher, wishOf } from "./search.js";
import { FREE, GROUPS, isColour, tableFor, valuesOf } from "./settings.js";

const ANSWERS = 4;
const SHARE = 24; // milliseconds of a frame in which is searched
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * Puts a laboratory into an element of the page. The style sheets are `page.css` and `strokes.css`.
 *
 * @param {HTMLElement} place
 * @param {{settings: object}} options settings: the generator, its latent and categories, the brushes and the first strokes, as
 *     `StrokeLab` of the package writes them, and those of `settings.js` that differ from the defaults.
 */
export function mount(place, { settings: { generator, latent, categories, cells, brushes, strokes, ...given } }) {
  new Strokes(place, { generator: new Generator(generator), latent, categories, cells, brushes, fields: strokes }, given);
}

class Strokes {
  constructor(place, { generator, latent, categories, cells, brushes, fields }, given) {
    this.table = tableFor(brushes);
    const { settings, problems } = this.table.fromObject(given);
    Object.assign(this, { generator, latent, categories, cells, brushes, fields, settings });
    this.inColour = isColour(Object.values(brushes)[0]);
    this.cursor = Math.floor(cells ** 2 / 2);
    this.answers = [];
    this.done = false; // whether they have been found
    this.calm = matchMedia("(prefers-reduced-motion: reduce)");
    this.build(place, problems);
    this.canvases = new Canvases([this.grid, this.picture], (palette) => this.draw(palette));
    this.change({});
  }

  build(place, problems) {
    this.controls = formOf(this.table, GROUPS, (changes) => this.change(changes));
    this.brush = control(this.table.all.brush, (brush) => this.take({ brush }));
    this.own = this.inColour ? control(this.table.all.own, (own) => this.take({ own })) : null;
    this.grid = element("canvas", { class: "fields", tabindex: 0, role: "application", "aria-roledescription": "fields to paint" });
    this.picture = element("canvas", { class: "answers", role: "img" });
    this.where = this.inColour ? element("p", { class: "caption" }) : null; // for those who cannot tell colours apart
    this.status = element("p", { class: "status" });
    this.summary = element("p", { class: "spoken", "aria-live": "polite" });
    const clear = element("button", { type: "button", onclick: () => this.paintAll(FREE) }, "Clear");
    this.paintWithPointerOrKeys();
    const keys =
      "Press fields, or draw over them; a field that has the brush's colour becomes free again. With the fields in focus, arrow keys " +
      "move the frame, and Space paints.";
    const bar = element("div", { class: "bar" }, this.brush.box, this.own && this.own.box, clear);
    const stage = element("div", { class: "stage" }, element("div", {}, bar, this.grid, this.where), this.picture);
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
      const brush = this.brushFor(at(point));
      this.paint(at(point), brush);
      return { brush };
    };
    holdable(this.grid, begin, ({ brush }, point) => this.paint(at(point), brush));
    this.grid.addEventListener("keydown", (event) => {
      const move = MOVES[event.key];
      if ((!move && event.key !== " " && event.key !== "Enter") || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      if (move) this.moveBy(...move);
      else if (!event.repeat) this.paint(this.cursor, this.brushFor(this.cursor));
    });
  }

  /** What a stroke that begins on a field paints: the brush, or nothing where the field has it. */
  brushFor(field) {
    return this.fields[field] === this.inHand ? FREE : this.inHand;
  }

  /** The brush's name, or the colour of one's own. */
  get inHand() {
    return this.settings.brush === "own" ? this.settings.own : this.settings.brush;
  }

  moveBy(across, down) {
    const [column, row] = [this.cursor % this.cells, Math.floor(this.cursor / this.cells)];
    const inside = (k) => Math.max(0, Math.min(this.cells - 1, k));
    this.cursor = inside(row + down) * this.cells + inside(column + across);
    this.show();
  }

  paint(field, brush) {
    this.cursor = field;
    if (this.fields[field] !== brush) {
      this.fields = this.fields.with(field, brush);
      this.search();
    }
    this.show();
  }

  paintAll(brush) {
    this.fields = this.fields.map(() => brush);
    this.search();
  }

  /** Takes another brush in hand, or another colour on it: what has been painted stays as it is. */
  take(changes) {
    this.settings = { ...this.settings, ...changes };
    this.show();
  }

  change(changes) {
    const before = this.settings;
    this.settings = { ...before, ...changes };
    const { seed } = this.settings;
    if (!this.pool || seed !== before.seed) this.pool = new Pool(this.generator, this.latent, seed, this.categories);
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
    if (!this.done) this.show(); // those who want no motion, too, are told that it has begun
  }

  /** Finds the answers; rests after each image that has been made. */
  *found() {
    const { pool, steps, nearness } = this.settings;
    const asked = this.fields.map((field) => valuesOf(field, this.brushes));
    const wish = wishOf(asked, this.cells, this.generator.shape);
    if (!wish.places.length) {
      yield* this.pool.grow(ANSWERS);
      this.answers = this.pool.members.slice(0, ANSWERS).map(({ image, category }) => ({ image, category, error: null }));
      return;
    }
    const before = this.answers.map(({ image, category }) => ({ image, category, error: errorOf(image, wish) }));
    this.answers = ordered(before);
    yield* this.pool.grow(pool);
    const searchers = [];
    for (const member of this.pool.nearest(wish, ANSWERS, pool)) {
      searchers.push(new Searcher(this.generator, member, wish, nearness));
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
    const used = this.inColour ? [...new Set(this.fields)].filter((field) => field !== FREE) : Object.keys(this.brushes);
    const counts = used.map((brush) => [brush, this.fields.filter((field) => field === brush).length]);
    const what = this.inColour ? "Give a field a colour." : "Make a field ink or paper.";
    if (counts.every(([, count]) => !count)) return `No strokes: random images. ${what}`;
    const words = ([brush, count], k) => `${count} ${k ? "" : count === 1 ? "field " : "fields "}${inWords(brush)}`;
    const asked = counts.map(words).join(", ");
    const made = this.pool.members.length;
    if (made < this.settings.pool) return `${asked}. Images of random latents: ${made} of ${this.settings.pool}.`;
    if (!this.answers.length) return `${asked}.`;
    const when = this.done ? "The best answer" : "So far the best answer";
    const [{ error, category }] = this.answers;
    const kind = this.categories ? `, of category ${category.indexOf(1)},` : "";
    const measure = `mean squared difference${this.inColour ? " of red, green and blue" : ""}; black for white would be 100 %`;
    return `${asked}. ${when}${kind} misses them by ${percent(error)} (${measure}).`;
  }

  show() {
    const words = this.describe();
    this.brush.show(this.settings.brush);
    if (this.own) {
      this.own.show(this.settings.own);
      this.own.box.hidden = !this.table.matters("own", this.settings);
    }
    this.root.setAttribute("aria-busy", !this.done);
    this.status.textContent = words;
    const { cells } = this;
    const field = `${nameOf(this.cursor, cells)}, ${inWords(this.fields[this.cursor])}`;
    this.grid.setAttribute("aria-label", `${cells} × ${cells} fields; field ${field}. Brush: ${inWords(this.inHand)}.`);
    if (this.where) this.where.textContent = `Field ${field}`;
    this.picture.setAttribute("aria-label", `The ${ANSWERS} images that answer, the best at large. ${words}`);
    clearTimeout(this.speaking); // once it has come to rest
    this.speaking = setTimeout(() => (this.summary.textContent = `Field ${field}. ${words}`), 800);
    this.canvases.touch();
  }

  draw(palette) {
    drawFields(this.grid, { ...this, brush: this.inHand }, palette);
    if (this.answers.length) drawAnswers(this.picture, this.answers, { ...this, shape: this.generator.shape }, palette);
  }
}

/** Best first. */
function ordered(answers) {
  return answers.toSorted((a, b) => a.error - b.error);
}
