/** The laboratory of orbits: where a rule leads in a game of two numbers, and what the matrix of a round says about it. */

import { keep } from "../page/address.js";
import { Canvases } from "../page/canvas.js";
import { element, freshId } from "../page/elements.js";
import { formOf } from "../page/form.js";
import { holdable, near, pointOf } from "../page/hold.js";
import { GAMES } from "./fields.js";
import { averages, follow, judge } from "./follow.js";
import { drawDistances, drawEigenvalues, drawPlane, square, titleOf } from "./pictures.js";
import { GROUPS, LIMIT, TABLE } from "./settings.js";
import { journey, nameOf, verdict } from "./words.js";

const STEP = 0.1; // of an arrow key
const WHOLE = 6000; // milliseconds in which an orbit is played
const ROUND = 250; // milliseconds for a round of a short one

/**
 * Puts a laboratory into an element of the page. The style sheets are `page.css` and `orbit.css`.
 *
 * @param {HTMLElement} place
 * @param {{settings?: object}} options settings: those of `settings.js` that differ from the defaults; without them, those of the
 *     address, which follows what is set.
 */
export function mount(place, { settings } = {}) {
  new Orbit(place, settings);
}

class Orbit {
  constructor(place, settings) {
    this.kept = keep(TABLE, settings, (read) => this.take(read));
    this.upTo = Infinity; // how many rounds are drawn
    this.calm = matchMedia("(prefers-reduced-motion: reduce)");
    this.calm.addEventListener("change", () => this.change({}));
    this.build(place);
    this.canvases = new Canvases([this.plane, this.distances, this.eigenvalues], (palette) => this.draw(palette));
    this.take(this.kept.read());
  }

  build(place) {
    this.controls = formOf(TABLE, GROUPS, (changes) => this.change(changes));
    this.starts = [0, 1].map((k) => this.coordinate(k));
    const start = element("fieldset", {}, element("legend", {}, "Start"), ...this.starts.map(({ box }) => box));
    this.controls.form.insertBefore(start, this.controls.form.lastChild);
    this.plane = element("canvas", { class: "plane", tabindex: 0, role: "application", "aria-roledescription": "plane with an orbit" });
    this.distances = element("canvas", { class: "distances", role: "img" });
    this.eigenvalues = element("canvas", { class: "eigenvalues", role: "img" });
    this.problem = element("p", { class: "problem", role: "alert" });
    this.verdicts = element("ul", { class: "verdicts" });
    this.summary = element("p", { class: "spoken", "aria-live": "polite" });
    this.playButton = element("button", { type: "button", class: "play", onclick: () => this.toggle() });
    this.dragStart();
    const keys = "Drag the start, or click where it should be; with the plane in focus, arrow keys move it (with Shift ten times as far).";
    const picture =
      "Grey arrows: where everybody wants to go, in the first game. Filled: the end. The cross: (0, 0). Dashed: the start's " +
      "distance; circles through the largest eigenvalues. A lens enlarges the largest one; shaded is the inside of the unit circle.";
    const aside = element("div", {}, this.distances, this.eigenvalues);
    const stage = element("div", { class: "stage" }, element("div", {}, this.plane, this.verdicts, this.summary), aside);
    place.append(
      element(
        "section",
        { class: "gan-lab gan-orbit", "aria-label": "orbits in games of two numbers" },
        element("div", { class: "bar" }, this.playButton, element("span", { class: "keys" }, keys)),
        this.problem,
        element(
          "div",
          { class: "main" },
          element("div", {}, stage, element("p", { class: "note" }, picture)),
          this.controls.form,
        ),
      ),
    );
  }

  /** One coordinate of the start as a number that can be typed. */
  coordinate(k) {
    const id = freshId();
    const name = element("label", { for: id });
    const input = element("input", { id, type: "number", min: -LIMIT, max: LIMIT, step: STEP });
    input.addEventListener("change", () => this.startAt(this.settings.start.with(k, Number(input.value))));
    return { name, input, box: element("div", { class: "row" }, name, input) };
  }

  /** The start follows a mouse from anywhere, a finger that takes hold of it, and arrow keys; a tap sets it. */
  dragStart() {
    const plane = () => square(this.plane.clientWidth, LIMIT);
    const set = (point) => this.startAt(plane().point(...point));
    const take = (point, { pointerType }) => pointerType === "mouse" || near(point, plane().place(this.settings.start));
    holdable(this.plane, take, (_, point) => set(point));
    this.plane.addEventListener("click", (event) => set(pointOf(this.plane, event)));
    this.plane.addEventListener("keydown", (event) => {
      const along = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowDown: [0, -1], ArrowUp: [0, 1] }[event.key];
      if (!along || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      this.startAt(this.settings.start.map((value, k) => value + along[k] * STEP * (event.shiftKey ? 10 : 1)));
    });
  }

  /** A start within the plane, with two decimals. */
  startAt(point) {
    this.change({ start: point.map((value) => Math.round(100 * Math.max(-LIMIT, Math.min(LIMIT, value || 0))) / 100) });
  }

  /** Plays the orbit from its start, or shows all of it again. */
  toggle() {
    const playing = this.upTo < Infinity;
    this.stop();
    if (!playing) this.play();
  }

  play() {
    const { steps } = this.settings;
    const began = performance.now();
    const tick = (now) => {
      this.upTo = Math.max(0, Math.floor((steps * (now - began)) / Math.min(WHOLE, ROUND * steps)));
      if (this.upTo >= steps) this.stop();
      else this.playing = requestAnimationFrame(tick);
      this.canvases.touch();
    };
    this.upTo = 0;
    this.playing = requestAnimationFrame(tick);
    this.playButton.textContent = "Show all";
  }

  stop() {
    cancelAnimationFrame(this.playing);
    this.upTo = Infinity;
    this.playButton.textContent = "Play";
    this.canvases.touch();
  }

  /** Takes over settings, with the sentences about what could not be read of them. */
  take({ settings, problems }) {
    this.problem.textContent = problems.join(" ");
    this.change(settings);
  }

  change(changes) {
    this.settings = TABLE.withoutIdleComparison({ ...this.settings, ...changes }).settings;
    this.runs = [this.settings, TABLE.other(this.settings)].filter(Boolean).map((settings, k) => {
      const path = follow(settings);
      const mean = settings.average ? averages(path) : null;
      return { settings, path, mean, game: GAMES[settings.game], judged: judge(settings), second: k > 0, dash: k ? [7, 4] : [] };
    });
    this.stop();
    this.show();
  }

  show() {
    this.playButton.hidden = this.calm.matches;
    this.controls.show(this.settings);
    this.kept.write(this.settings);
    const { names } = this.runs[0].game;
    this.starts.forEach(({ name, input }, k) => {
      name.textContent = `start, ${names[k]}`;
      const now = this.settings.start[k];
      if (document.activeElement !== input || !input.value || Number(input.value) !== now) input.value = now;
    });
    const said = this.runs.map(({ settings, path, judged }) => ({
      name: `${TABLE.inWords("game", settings.game)}: ${nameOf(settings)}`,
      words: `${verdict(settings, judged)} ${journey(path)}`,
    }));
    this.verdicts.replaceChildren(
      ...said.map(({ name, words }, k) => element("li", k ? { class: "second" } : {}, element("strong", {}, name), words)),
    );
    const all = said.map(({ name, words }) => `${name}. ${words}`).join(" ");
    const place = names.map((name, k) => `${name} = ${this.settings.start[k]}`).join(", ");
    this.plane.setAttribute("aria-label", `The orbit from ${place}. Arrow keys move the start. ${all}`);
    this.distances.setAttribute("aria-label", `Distance from (0, 0) by round, on a logarithmic scale. ${all}`);
    const values = this.runs.map(({ judged }) => judged.values.map(inWords).join(", ") || "none").join("; second run: ");
    this.eigenvalues.setAttribute("aria-label", `The ${titleOf(this.runs)} against the unit circle: ${values}.`);
    clearTimeout(this.speaking); // once it has come to rest
    this.speaking = setTimeout(() => (this.summary.textContent = all), 800);
  }

  draw(palette) {
    this.runs.forEach((run, k) => (run.colour = k ? palette.second : palette.first));
    [...this.verdicts.children].forEach((item, k) => item.style.setProperty("--run", this.runs[k].colour));
    drawPlane(this.plane, this.runs, this.upTo, palette);
    drawDistances(this.distances, this.runs, this.upTo, palette);
    drawEigenvalues(this.eigenvalues, this.runs, palette);
  }
}

/** A complex number with three decimals. */
function inWords([real, imaginary]) {
  const sign = imaginary < 0 ? "−" : "+";
  return Math.abs(imaginary) < 1e-9 ? real.toFixed(3) : `${real.toFixed(3)} ${sign} ${Math.abs(imaginary).toFixed(3)} i`;
}
