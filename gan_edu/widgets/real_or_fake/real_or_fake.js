/** The discriminator's game, played by a person. */

import { Canvases, label, prepare } from "../page/canvas.js";
import { element } from "../page/elements.js";
import { Game } from "./game.js";

const GAP = 6; // between images of the last picture, in pixels
const HEADING = 30;

/**
 * Puts a game into an element of the page. The style sheets are `page.css` and `real_or_fake.css`.
 *
 * @param {HTMLElement} place
 * @param {{settings: object}} options settings: the pack of images, as `RealOrFake` of the package makes it.
 */
export function mount(place, { settings }) {
  new RealOrFake(place, settings);
}

class RealOrFake {
  constructor(place, settings) {
    this.pack = settings;
    this.seed = settings.seed;
    this.sprite = element("img", { src: settings.sprite, alt: "" });
    this.build(place);
    this.canvases = new Canvases([this.canvas], (palette) => this.draw(palette));
    this.sprite.addEventListener("load", () => this.canvases.touch());
    document.addEventListener("keydown", (event) => this.key(event));
    this.begin();
  }

  build(place) {
    const button = (words, key, act, kind) =>
      element("button", { type: "button", class: kind, "aria-keyshortcuts": key, title: `key ${key}`, onclick: act }, words);
    this.canvas = element("canvas", { class: "image", role: "img" });
    this.said = element("div", { class: "said", role: "status" });
    this.root = element(
      "section",
      { class: "gan-lab gan-real-or-fake", "aria-label": "real or fake?" },
      element(
        "div",
        { class: "bar", role: "group", "aria-label": "answers" },
        button("Real", "r", () => this.answer(true), "answer"),
        button("Fake", "f", () => this.answer(false), "answer"),
        button("New game", "n", () => this.again()),
      ),
      this.canvas,
      this.said,
      element("p", { class: "keys" }, "Keys: r real, f fake, n a new game. Which was which is told at the end."),
    );
    place.append(this.root);
  }

  begin() {
    this.game = new Game(this.pack, this.seed);
    this.show();
  }

  /** Other images in another order. */
  again() {
    this.seed += 1;
    this.begin();
  }

  answer(real) {
    this.game.answer(real);
    this.show();
  }

  key(event) {
    if (event.repeat || event.ctrlKey || event.metaKey || event.altKey) return;
    const button = this.root.querySelector(`button[aria-keyshortcuts="${CSS.escape(event.key.toLowerCase())}"]`);
    if (!button) return;
    event.preventDefault();
    button.click();
  }

  show() {
    const { over, answers, trials } = this.game;
    this.canvas.classList.toggle("all", over);
    this.canvas.style.aspectRatio = over ? "auto" : `${this.pack.size[1]} / ${this.pack.size[0]}`;
    const words = over
      ? `All ${trials} images: ${this.groups().map(({ title }) => title).join(", ")}.`
      : `Image ${answers.length + 1} of ${trials}, which has to be seen to be judged.`;
    this.canvas.setAttribute("aria-label", words);
    this.said.replaceChildren(...this.game.describe().map((sentence) => element("p", {}, sentence)));
    if (!over) this.canvas.style.height = "";
    this.canvases.touch();
  }

  /** The images by what they were and what they were called: [{title, images, truth}, ...]. */
  groups() {
    const { truth, answers, shown } = this.game;
    const word = (real) => (real ? "real" : "fake");
    return [[true, true], [true, false], [false, true], [false, false]].map(([was, called]) => {
      const images = shown.filter((_, k) => truth[k] === was && answers[k] === called);
      return { title: `${images.length} ${word(was)}, called ${word(called)}`, images, truth: was };
    });
  }

  draw(palette) {
    if (!this.sprite.complete) return;
    if (this.game.over) {
      this.drawAll(palette);
      return;
    }
    const { context, width, height } = prepare(this.canvas);
    context.fillStyle = palette.paper;
    context.fillRect(0, 0, width, height);
    this.image(context, this.game.shown[this.game.answers.length], 0, 0, width, height);
  }

  /** Two groups to a row, or one on a narrow screen. */
  drawAll(palette) {
    const groups = this.groups();
    const columns = this.canvas.clientWidth > 560 ? 2 : 1;
    const each = this.canvas.clientWidth / columns;
    const side = Math.min(64, (each - 20) / 6 - GAP);
    const perRow = Math.max(1, Math.floor((each - 20) / (side + GAP)));
    const heights = groups.map(({ images }) => HEADING + Math.max(1, Math.ceil(images.length / perRow)) * (side + GAP) + 10);
    const tops = [0];
    for (let k = 0; k < groups.length; k += columns) tops.push(tops.at(-1) + Math.max(...heights.slice(k, k + columns)));
    this.canvas.style.height = `${tops.at(-1)}px`;
    const { context, width, height } = prepare(this.canvas);
    context.fillStyle = palette.paper;
    context.fillRect(0, 0, width, height);
    groups.forEach(({ title, images, truth }, k) => {
      const [left, top] = [(k % columns) * each, tops[Math.floor(k / columns)]];
      context.fillStyle = truth ? palette.data : palette.generator;
      context.fillRect(left, top + 6, 12, 12);
      label(context, title, left + 20, top + 12, "left", "middle", palette.ink, "600 15px");
      images.forEach((image, n) => {
        const [a, b] = [left + (n % perRow) * (side + GAP), top + HEADING + Math.floor(n / perRow) * (side + GAP)];
        this.image(context, image, a, b, side, side);
      });
    });
  }

  /** Draws image number k of the sprite. */
  image(context, k, x, y, width, height) {
    const { columns, size: [high, wide] } = this.pack;
    context.imageSmoothingEnabled = false;
    context.drawImage(this.sprite, (k % columns) * wide, Math.floor(k / columns) * high, wide, high, x, y, width, height);
  }
}
