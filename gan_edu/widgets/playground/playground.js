/** The playground: a GAN in the plane that learns in the page itself. */

import { keep } from "../page/address.js";
import { prepare } from "../page/canvas.js";
import { element } from "../page/elements.js";
import { control, formOf } from "../page/form.js";
import { keyButton, pressByKey } from "../page/keys.js";
import { PALETTES } from "../page/palettes.js";
import { DATA, LIMIT } from "./data.js";
import { dashed, legend, scaleOfArrows } from "./legend.js";
import { Live } from "./live.js";
import { playPhase } from "./phases.js";
import { charts, drawCurves, drawPlane, lastRound, longestOf, rangeOfCosts } from "./picture.js";
import { Run } from "./run.js";
import { GROUPS, MOST_POINTS, representable, TABLE } from "./settings.js";

const SUMMARY = 10_000; // milliseconds between spoken summaries while it plays
const NEAR = 0.05; // a drawn line leaves a point each time it has gone that far

/**
 * Puts a playground into an element of the page. The style sheets are `page.css` and `playground.css`.
 *
 * @param {HTMLElement} place
 * @param {{settings?: object}} options settings: those of `settings.js` that differ from the defaults; without them, those of the
 *     address, which follows what is set.
 * @returns {{destroy: () => void}} takes the playground away, and its loop and listeners.
 */
export function mount(place, { settings } = {}) {
  const playground = new Playground(place, settings);
  return { destroy: () => playground.destroy() };
}

class Playground {
  constructor(place, settings) {
    this.gone = new AbortController(); // ends all listeners outside the element
    this.kept = keep(TABLE, settings, (read) => this.take(read), this.gone.signal);
    this.calm = matchMedia("(prefers-reduced-motion: reduce)");
    this.dark = matchMedia("(prefers-color-scheme: dark)");
    this.resized = new ResizeObserver(() => this.live.touch());
    this.shown = new IntersectionObserver((entries) => (this.live.visible = entries.at(-1).isIntersecting));
    this.spoken = 0;
    this.stroke = false; // whether somebody is drawing a line of points
    this.build(place);
    this.live = new Live({
      round: () => this.eachRun((run) => run.round()),
      phase: () => this.phase(),
      measure: () => this.measure(),
      draw: () => this.draw(),
      speed: () => this.settings.speed,
      stopped: (error) => this.stopped(error),
    });
    this.runs = [];
    this.take(this.kept.read());
    this.listen();
    if (!this.calm.matches && this.ready) this.play();
  }

  // What it is made of ----------------------------------------------------------------------------------------------------

  build(place) {
    this.controls = formOf(TABLE, GROUPS, (changes) => this.set(changes));
    this.speed = control(TABLE.all.speed, (speed) => this.set({ speed }));
    this.seed = control(TABLE.all.seed, (seed) => this.set({ seed }));
    this.problem = element("p", { class: "problem", role: "alert" });
    this.stage = element("div", { class: "stage" });
    this.status = element("p", { class: "status", "aria-hidden": "true" }); // too quick to be spoken: the summary says the same, seldom
    this.summary = element("p", { class: "spoken", "aria-live": "polite" });
    const keys = "Keys: space plays and pauses, n a round, d a step of D, g a step of G, s a phase in slow motion, r resets.";
    this.root = element(
      "section",
      { class: "gan-lab gan-playground", "aria-label": "GAN playground" },
      this.bar(),
      this.problem,
      element(
        "div",
        { class: "main" },
        element("div", {}, this.stage, this.status, this.summary, element("p", { class: "keys" }, keys)),
        this.controls.form,
      ),
    );
    place.append(this.root);
  }

  bar() {
    this.playButton = keyButton("Play", "Space", "play or pause", () => this.toggle());
    this.playButton.classList.add("play");
    this.clearButton = element("button", { type: "button", onclick: () => this.clearPoints() }, "Clear drawn points");
    return element(
      "div",
      { class: "bar", role: "group", "aria-label": "what happens" },
      this.playButton,
      keyButton("Round", "n", "one pass through the order of play", () => this.step(() => this.eachRun((run) => run.round()))),
      keyButton("Step D", "d", "one turn of the discriminator alone", () => this.stepOf("discriminator")),
      keyButton("Step G", "g", "one turn of the generator alone", () => this.stepOf("generator")),
      keyButton("Phase", "s", "one phase of a turn, as in slow motion", () => this.step(() => this.phase())),
      keyButton("Reset", "r", "begin again from the seed", () => this.reset()),
      this.speed.box,
      this.seed.box,
      this.clearButton,
    );
  }

  /** A place for each run: what it is, its plane, what a phase says, its curves. */
  furnish() {
    const words = this.settings.compare ? TABLE.titles(this.settings) : [];
    this.views = this.runs.map((run, k) => {
      const plane = element("canvas", { class: "plane", role: "img" });
      const shown = "Costs, modes captured and divergence over the rounds";
      const curves = element("canvas", { class: "curves", role: "img", "aria-label": shown });
      const caption = element("p", { class: "caption" });
      const title = words[k] ? element("h3", {}, words[k]) : null;
      const note = element("p", { class: "note" });
      const figure = element("figure", { class: "run" }, element("div", {}, title, plane, caption), element("div", {}, curves, note));
      this.drawWithPointer(plane);
      return { run, plane, curves, caption, note, figure, phase: null };
    });
    this.stage.replaceChildren(...this.views.map(({ figure }) => figure));
    this.stage.classList.toggle("pair", this.runs.length > 1);
    this.resized.disconnect();
    for (const { plane, curves } of this.views) for (const canvas of [plane, curves]) this.resized.observe(canvas);
  }

  listen() {
    const { signal } = this.gone;
    document.addEventListener("keydown", (event) => this.key(event), { signal });
    for (const query of [this.dark, this.calm]) query.addEventListener("change", () => this.live.touch(), { signal });
    this.calm.addEventListener("change", () => this.calm.matches && this.pause(), { signal });
    this.shown.observe(this.root);
  }

  destroy() {
    this.live.end();
    this.gone.abort();
    this.resized.disconnect();
    this.shown.disconnect();
    this.root.remove();
  }

  // Settings --------------------------------------------------------------------------------------------------------------

  /** Takes over settings, with the sentences about what could not be read of them. */
  take({ settings, problems }) {
    this.settings = settings;
    this.reset();
    this.tell(...problems);
  }

  /** Takes over what somebody has set: in the run as it goes, where that is possible, or with a new one. */
  set(changes) {
    const names = Object.keys(changes);
    const compared = this.settings.compare?.name;
    const { settings, problem } = TABLE.withoutIdleComparison({ ...this.settings, ...changes });
    this.settings = settings;
    const restarts = (name) => TABLE.all[name].restarts || name === "compare" || name === compared;
    if (problem || names.some(restarts)) this.reset();
    else this.change();
    if (problem) this.tell(problem);
  }

  change() {
    const settings = [this.settings, TABLE.other(this.settings)];
    this.views.forEach((view, k) => {
      view.run.change(settings[k]);
      view.phase = null;
    });
    if (this.runs.some((run) => run.game.stopped)) this.halt();
    this.show();
  }

  /** Begins again from the seed. */
  reset() {
    this.stroke = false;
    this.runs = [this.settings, TABLE.other(this.settings)].filter(Boolean).map((settings) => new Run(settings));
    this.tell();
    this.furnish();
    this.show();
    this.speak();
    if (!this.ready) this.pause();
  }

  show() {
    this.controls.show(this.settings);
    this.speed.show(this.settings.speed);
    this.seed.show(this.settings.seed);
    this.clearButton.hidden = !this.drawable;
    for (const { plane } of this.views) plane.classList.toggle("drawable", this.drawable);
    this.kept.write(this.settings);
    this.explain();
    this.live.touch();
  }

  get drawable() {
    return this.runs.some((run) => run.settings.data === "drawn");
  }

  // Playing ---------------------------------------------------------------------------------------------------------------

  get ready() {
    return this.runs.every((run) => run.ready);
  }

  eachRun(act) {
    for (const run of this.runs) act(run);
    for (const view of this.views) view.phase = null;
  }

  measure() {
    for (const run of this.runs) run.measure();
    this.status.textContent = this.inWords();
    this.explain();
  }

  phase() {
    for (const view of this.views) view.phase = playPhase(view.run);
    this.explain();
  }

  play() {
    if (!this.ready) {
      this.speak();
      return;
    }
    this.live.play();
    this.labelPlay();
  }

  pause() {
    this.live.pause();
    this.labelPlay();
    this.speak();
  }

  toggle() {
    if (this.live.playing) this.pause();
    else this.play();
  }

  labelPlay() {
    this.playButton.textContent = this.live.playing ? "Pause" : "Play";
  }

  /** Something done once, by hand: playing stops. */
  step(act) {
    this.live.pause();
    this.labelPlay();
    if (this.ready) {
      try {
        act();
        this.measure();
      } catch (error) {
        this.stopped(error);
        return;
      }
    }
    this.speak();
  }

  stepOf(player) {
    this.step(() => this.eachRun((run) => run.turnOf(player)));
  }

  stopped(error) {
    this.tell(error.message);
    this.labelPlay();
  }

  /** A change of settings has ended a game, or found it ended. */
  halt() {
    this.live.pause();
    this.labelPlay();
    this.tell();
  }

  /** Says what is wrong. That a game has stopped is said until it begins again. */
  tell(...sentences) {
    const stopped = this.runs.flatMap(({ game }) => (game.stopped ? [game.stopped.message] : []));
    this.problem.textContent = [...new Set([...stopped, ...sentences])].join(" ");
  }

  key(event) {
    const { target } = event;
    if (this.root.contains(target) || target === document.body) pressByKey(this.root, event);
  }

  // What is seen and said -------------------------------------------------------------------------------------------------

  draw() {
    const palette = PALETTES[this.dark.matches ? "dark" : "light"];
    const last = lastRound(this.runs);
    const together = rangeOfCosts(this.runs);
    const alike = this.settings.compare?.name !== "loss"; // costs of different losses are not to be compared
    const pulls = this.pulls();
    const longest = Math.max(...pulls.map(longestOf)); // one scale for all planes
    this.views.forEach(({ run, plane, curves, phase }, k) => {
      drawPlane(prepare(plane), run, { layers: this.settings.layers, palette, phase, pulls: pulls[k], longest });
      drawCurves(prepare(curves), charts(run, palette), { palette, last, costRange: alike ? together : rangeOfCosts([run]) });
    });
    if (performance.now() - this.spoken > SUMMARY) this.speak();
  }

  /** Each view's arrows {from, along}, or null where it has none. */
  pulls() {
    const layer = this.settings.layers.includes("arrows");
    return this.views.map(({ run, phase }) => (phase ? (phase.pulls ?? null) : layer && run.ready ? run.arrows() : null));
  }

  /** What is to be seen in the plane of view k, which has these arrows. */
  caption(k, pulls) {
    const { run, phase } = this.views[k];
    const slopes = { longest: Math.max(...pulls.map(longestOf)), here: pulls.length > 1 ? longestOf(pulls[k]) : null };
    if (!phase) return legend(run, slopes);
    return phase.pulls ? `${phase.words} Of the arrows, ${scaleOfArrows(slopes)}.` : phase.words;
  }

  /** Writes what is to be seen: not with each picture, since a number must stay long enough to be read. */
  explain() {
    const pulls = this.pulls();
    this.views.forEach(({ run, caption, note }, k) => {
      caption.textContent = this.caption(k, pulls);
      note.textContent = dashed(run);
    });
  }

  /** The state in words, for those who do not see the picture. */
  speak() {
    this.spoken = performance.now();
    this.summary.textContent = this.inWords();
    const pulls = this.pulls();
    this.views.forEach(({ run, plane }, k) => {
      plane.setAttribute("aria-label", `${DATA[run.settings.data].label}: ${this.caption(k, pulls)}`);
    });
  }

  inWords() {
    const words = this.runs.map((run) => run.describe());
    return (this.settings.compare ? TABLE.titles(this.settings).map((title, k) => `${title}. ${words[k]}`) : words).join("\n");
  }

  // Drawing data ----------------------------------------------------------------------------------------------------------

  /** With drawn data, a pointer that is pressed leaves points in the plane. */
  drawWithPointer(plane) {
    let before = null;
    const add = (event) => {
      const box = plane.getBoundingClientRect();
      const at = [
        ((event.clientX - box.left) / box.width) * 2 * LIMIT - LIMIT,
        LIMIT - ((event.clientY - box.top) / box.height) * 2 * LIMIT,
      ].map(representable);
      if (before && Math.hypot(at[0] - before[0], at[1] - before[1]) < NEAR) return;
      before = at;
      this.addPoint(at);
    };
    plane.addEventListener("pointerdown", (event) => {
      if (!this.drawable) return;
      plane.setPointerCapture(event.pointerId);
      before = null;
      this.stroke = true;
      add(event);
    });
    plane.addEventListener("pointermove", (event) => plane.hasPointerCapture(event.pointerId) && add(event));
    plane.addEventListener("lostpointercapture", () => this.endStroke());
  }

  /** What the points are measured with is drawn once, when the last of them is there. */
  endStroke() {
    this.stroke = false;
    for (const run of this.runs) if (!run.reference) run.lookAtData();
    this.measure();
    this.show();
  }

  addPoint(point) {
    if (this.settings.points.length >= MOST_POINTS) {
      this.tell(`There are ${MOST_POINTS} drawn points, as many as an address can hold. Clear them to draw anew.`);
      return;
    }
    this.set({ points: [...this.settings.points, point] });
  }

  clearPoints() {
    this.settings = { ...this.settings, points: [] };
    this.reset();
  }
}
