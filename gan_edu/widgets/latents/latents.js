/** The laboratory of latents: samples of a generator, the way between two of them, and how long the latents on it are. */

import { Canvases, format } from "../page/canvas.js";
import { element } from "../page/elements.js";
import { formOf } from "../page/form.js";
import { Generator } from "../page/generator.js";
import { holdable, near, pointOf } from "../page/hold.js";
import { axesOf, drawLarge, drawSamples, drawWay, sampleAt, STOPS } from "./pictures.js";
import { groupsFor, SAMPLES, tableFor } from "./settings.js";
import { lengthOf, shellOf, Walk } from "./walk.js";

const SHARE = 24; // milliseconds of a frame in which images are made

/**
 * Puts a laboratory into an element of the page. The style sheets are `page.css` and `latents.css`.
 *
 * @param {HTMLElement} place
 * @param {{settings: object}} options settings: the generator and its latents, as `LatentLab` of the package writes them, and those of
 *     `settings.js` that differ from the defaults.
 */
export function mount(place, { settings: { generator, latent, categories, continuous, directions, ...given } }) {
  const space = { latent, categories, continuous, directions };
  new Latents(place, new Generator(generator), space, given);
}

class Latents {
  constructor(place, generator, space, given) {
    const table = tableFor(space);
    const { settings, problems } = table.fromObject(given);
    Object.assign(this, { generator, space, settings });
    this.shell = shellOf(space.latent);
    this.next = "start"; // the end of the way that the next sample to be pressed will be
    this.images = {}; // {key, image} by the place where it is shown; key: what the generator was told
    this.build(place, table, problems);
    this.canvases = new Canvases([this.large, this.samples, this.way], (palette) => this.draw(palette));
    this.change({});
  }

  build(place, table, problems) {
    this.controls = formOf(table, groupsFor(this.space), (changes) => this.change(changes));
    this.large = element("canvas", { class: "large", role: "img" });
    this.samples = element("canvas", { class: "samples", role: "img" });
    this.way = element("canvas", { class: "way", role: "img" });
    this.caption = element("p", { class: "caption" });
    this.hint = element("p", { class: "caption" });
    this.summary = element("p", { class: "spoken", "aria-live": "polite" });
    const others = () => this.change({ seed: (this.settings.seed + 1) % 2 ** 32 });
    const more = element("button", { type: "button", onclick: others }, "Other samples");
    this.follow();
    const keys =
      "Drag along the way, or press a place on it. Below the images: the lengths of its latents; dashed, those of the other way; " +
      "shaded, where 95 % of random latents are. Truncation multiplies all latents by ψ; directions are added to all of them.";
    const samples = element("div", {}, this.samples, element("div", { class: "bar" }, more, this.hint));
    const stage = element("div", { class: "stage" }, element("div", {}, this.large, this.caption), samples);
    this.root = element(
      "section",
      { class: "gan-lab gan-latents", "aria-label": "a generator's latent space" },
      element("p", { class: "problem", role: "alert" }, problems.join(" ")),
      element(
        "div",
        { class: "main" },
        element("div", {}, stage, this.way, this.summary, element("p", { class: "keys" }, keys)),
        this.controls.form,
      ),
    );
    place.append(this.root);
  }

  /** A press on a sample makes it an end of the way, in turn; the position follows a mouse, or a finger that takes hold of it. */
  follow() {
    this.samples.addEventListener("click", (event) => {
      const sample = sampleAt(this.samples, pointOf(this.samples, event), SAMPLES);
      if (sample === null) return;
      const end = this.next;
      this.next = end === "start" ? "end" : "start";
      this.change({ [end]: sample });
    });
    const set = ([x]) => this.change({ position: Math.round(50 * axesOf(this.way, 1).t(x)) / 50 });
    const take = (point, { pointerType }) => {
      const x = axesOf(this.way, 1).x(this.settings.position);
      return pointerType === "mouse" || near([x, 0], [point[0], 0]);
    };
    holdable(this.way, take, (_, point) => set(point));
    this.way.addEventListener("click", (event) => set(pointOf(this.way, event)));
  }

  change(changes) {
    this.settings = { ...this.settings, ...changes };
    this.walk = new Walk(this.space, this.settings);
    const shown = [["large", this.walk.at(this.settings.position)]];
    for (let k = 0; k < STOPS; k++) shown.push([`stop ${k}`, this.walk.at(k / (STOPS - 1))]);
    for (let k = 1; k <= SAMPLES; k++) shown.push([`sample ${k}`, this.walk.sample(k)]);
    this.wanted = shown.map(([place, latent]) => [place, this.walk.told(latent)]);
    this.show();
    cancelAnimationFrame(this.making);
    this.make();
  }

  /** Makes what is to be shown and has not been made, the large image first, as much as one frame has time for. */
  make() {
    const until = performance.now() + SHARE;
    const due = this.wanted.filter(([place, told]) => this.images[place]?.key !== told.join());
    while (due.length && performance.now() < until) {
      const [place, told] = due.shift();
      const key = told.join();
      const same = Object.values(this.images).find((made) => made.key === key);
      this.images[place] = { key, image: same ? same.image : this.generator.image(told) };
    }
    this.root.setAttribute("aria-busy", due.length > 0);
    if (due.length) this.making = requestAnimationFrame(() => this.make());
    this.canvases.touch();
  }

  show() {
    this.controls.show(this.settings);
    const { start, end, way, position } = this.settings;
    const length = format(lengthOf(this.walk.at(position)));
    const { words, root } = this.shell;
    const lengths = `Length |z| = ${length}; a random latent's is about ${words} = ${format(root)}.`;
    const where = `At ${format(position)} of the way from sample ${start} to sample ${end}, ${way === "line" ? "on the straight line" : "along the sphere"}.`;
    this.caption.textContent = lengths;
    this.hint.textContent = `Press a sample: the way will ${this.next === "start" ? "begin" : "end"} there.`;
    this.large.setAttribute("aria-label", `The image of one latent. ${where} ${lengths}`);
    this.samples.setAttribute("aria-label", `${SAMPLES} samples; the way goes from number ${start} to number ${end}.`);
    this.way.setAttribute("aria-label", `${STOPS} images on the way, and below them the lengths of its latents. ${where} ${lengths}`);
    clearTimeout(this.speaking); // once it has come to rest
    this.speaking = setTimeout(() => (this.summary.textContent = `${where} ${lengths}`), 800);
  }

  draw(palette) {
    const { shape } = this.generator;
    const image = (place) => this.images[place]?.image;
    drawLarge(this.large, image("large"), shape);
    drawSamples(this.samples, Array.from({ length: SAMPLES }, (_, k) => image(`sample ${k + 1}`)), this.settings, shape, palette);
    drawWay(this.way, this.walk, Array.from({ length: STOPS }, (_, k) => image(`stop ${k}`)), this.shell, shape, palette);
  }
}
