/** The laboratory of a game in the kernel: the playground's pictures of the learner's own GAN. */

import { Canvases, prepare } from "../page/canvas.js";
import { element } from "../page/elements.js";
import { control } from "../page/form.js";
import { Kernel } from "../page/kernel.js";
import { keyButton, pressByKey } from "../page/keys.js";
import { choice } from "../page/table.js";
import { dashed, legend, scaleOfArrows } from "../playground/legend.js";
import { PHASE } from "../playground/live.js";
import { playPhase } from "../playground/phases.js";
import { charts, drawCurves, drawPlane, lastRound, longestOf, rangeOfCosts } from "../playground/picture.js";
import { TABLE } from "../playground/settings.js";
import { Scene } from "./scene.js";

const SMOOTH = 35; // milliseconds that an answer may take, so that with its picture there are twenty a second
const AHEAD = 2; // questions under way while it plays: Jupyter's server may hold an answer back until it hears from the page (40 ms)
const MEASURE = 500; // milliseconds between measurements while it plays
const SUMMARY = 10_000; // milliseconds between spoken summaries while it plays
const PATIENCE = 3000; // milliseconds after which a question without an answer is said
const SILENCE =
  "The kernel has not answered yet. It may be busy with a cell, and then this goes on by itself; if it has been restarted, run the cell again.";

const SPEED = choice("speed", "full", [
  ["slow", "slow motion: phase by phase"],
  ["second", "1 round a second"],
  ["1", "1 round a picture"],
  ["10", "10 rounds a picture"],
  ["100", "100 rounds a picture"],
  ["full", "as many as leave it smooth"],
]);

/**
 * Puts the laboratory into an element of the page. The style sheets are `page.css`, `playground.css` and `lab.css`.
 *
 * @param {HTMLElement} place
 * @param {{model: object}} options model: that of anywidget, whose other half is a `GameView`.
 * @returns {() => void} takes the laboratory away.
 */
export function mount(place, { model }) {
  const lab = new Lab(place, new Kernel(model));
  return () => lab.destroy();
}

class Lab {
  constructor(place, kernel) {
    this.kernel = kernel;
    this.scene = new Scene(kernel.first);
    this.noPhase();
    this.layers = this.scene.settings.layers;
    this.speed = SPEED.standard;
    this.playing = false;
    this.visible = true;
    this.overdue = false;
    this.due = []; // what somebody has asked for while an answer was due
    this.fits = 1; // rounds that an answer has time for
    this.measured = this.spoken = this.answered = this.failures = 0;
    this.timers = {};
    this.build(place);
    this.canvases = new Canvases([this.plane, this.curves], (palette) => this.draw(palette));
    this.shown = new IntersectionObserver((entries) => this.show(entries.at(-1).isIntersecting));
    this.shown.observe(this.root);
    this.describe(kernel.first.said.says);
    this.look();
  }

  // What it is made of ----------------------------------------------------------------------------------------------------

  build(place) {
    const speed = control(SPEED, (value) => (this.speed = value));
    this.seeds = control(TABLE.all.seed, (value) => (this.seed = value));
    const layers = control(TABLE.all.layers, (value) => this.setLayers(value));
    speed.show(this.speed);
    this.showSeed();
    layers.show(this.layers);
    this.plane = element("canvas", { class: "plane", role: "img" });
    this.curves = element("canvas", { class: "curves", role: "img", "aria-label": "Costs, modes captured and divergence over the rounds" });
    this.caption = element("p", { class: "caption" });
    this.note = element("p", { class: "note" });
    this.problem = element("p", { class: "problem", role: "alert" });
    this.traceback = element("pre", {});
    this.details = element("details", { hidden: true }, element("summary", {}, "the error in full"), this.traceback);
    this.status = element("p", { class: "status", "aria-hidden": "true" }); // too quick to be spoken: the summary says the same, seldom
    this.summary = element("p", { class: "spoken", "aria-live": "polite" });
    this.root = element(
      "section",
      { class: "gan-lab gan-playground gan-kernel", "aria-label": "GAN laboratory", "data-lm-suppress-shortcuts": "true" },
      this.bar(speed.box, this.seeds.box),
      this.problem,
      this.details,
      element(
        "figure",
        { class: "run" },
        element("div", {}, this.plane, this.caption),
        element("div", {}, this.curves, this.note, layers.box),
      ),
      this.status,
      this.summary,
      element("p", { class: "keys" }, this.keys()),
    );
    this.root.addEventListener("keydown", (event) => {
      if (!(event.repeat && this.kernel.due)) pressByKey(this.root, event); // a key that is held is not to be heard for minutes
    });
    place.append(this.root);
  }

  bar(...settings) {
    this.playButton = keyButton("Play", "Space", "play or pause", () => this.toggle());
    this.playButton.classList.add("play");
    const steps = this.scene.said.players.map((player) => {
      const initial = player[0];
      return keyButton(`Step ${initial.toUpperCase()}`, initial, `one turn of the ${player} alone`, () => this.act({ turn: player }));
    });
    return element(
      "div",
      { class: "bar", role: "group", "aria-label": "what happens" },
      this.playButton,
      keyButton("Round", "n", "one round of everybody's turns", () => this.act({ rounds: 1 })),
      ...steps,
      keyButton("Phase", "s", "one phase of a turn, as in slow motion", () => this.stepPhase()),
      keyButton("Reset", "r", "begin again from the seed", () => this.act({ seed: this.seed })),
      ...settings,
    );
  }

  keys() {
    const steps = this.scene.said.players.map((player) => `${player[0]} a step of ${player[0].toUpperCase()}`).join(", ");
    return `Keys, once something here has been clicked: space plays and pauses, n a round, ${steps}, s a phase in slow motion, r resets.`;
  }

  destroy() {
    this.playing = false;
    for (const timer of Object.values(this.timers)) clearTimeout(timer);
    this.kernel.close();
    this.canvases.close();
    this.shown.disconnect();
    this.root.remove();
  }

  // Asking ----------------------------------------------------------------------------------------------------------------

  /** Something done once, by hand: playing stops. */
  act(question) {
    this.stop();
    this.ask(question);
  }

  /** Asks for what is to be seen now. */
  look() {
    this.ask({});
  }

  /** Asks as soon as no answer is due, or none has come for long. Looking can wait for an answer that comes anyhow. */
  ask(question) {
    if (!this.kernel.due || this.overdue) this.send(question);
    else if (isDeed(question) || !this.due.length) this.due.push(question);
  }

  /** Asks now. */
  send(question) {
    const { failures } = this;
    if (this.overdue) this.kernel.forget();
    const now = performance.now();
    const measure = !this.playing || now - this.measured >= MEASURE;
    if (measure) this.measured = now;
    this.overdue = false;
    clearTimeout(this.timers.patience);
    this.timers.patience = setTimeout(() => this.waitNoLonger(), PATIENCE);
    this.kernel.ask({ ...question, ...this.scene.known, layers: this.layers, measure }, (answer) => {
      clearTimeout(this.timers.patience);
      const begun = Math.max(now, this.answered); // the kernel answers one after the other
      this.answered = performance.now();
      this.take(answer, this.answered - begun, question, failures === this.failures);
    });
  }

  waitNoLonger() {
    this.overdue = true;
    this.tell(SILENCE);
  }

  /** current: whether nothing has failed since this was asked, so that a sentence about a failure is over. */
  take(answer, milliseconds, question, current) {
    const { problem, says } = answer.said;
    if (problem) this.fail(problem, question);
    else {
      const before = this.scene.said.run;
      this.scene.take(answer);
      if (this.scene.said.run !== before) this.showSeed();
      if (isDeed(question)) this.noPhase();
      this.turns.push(...this.scene.turns());
      if (this.turns.length && question.apart) this.showPhase();
      if ((isDeed(question) && current) || this.problem.textContent === SILENCE) this.tell("");
      if (question.rounds) this.fits = Math.max(1, Math.min(2 * this.fits, Math.round((question.rounds * SMOOTH) / milliseconds), 1000));
    }
    this.describe(says);
    this.canvases.touch();
    if (!this.due.length) this.goOn();
    else if (!this.kernel.due) this.send(this.due.shift());
  }

  /** An error stops the play, and what there is now is looked at; unless looking is what has failed. */
  fail(problem, question) {
    this.failures += 1;
    this.stop();
    this.noPhase();
    this.tell(problem);
    this.traceback.textContent = this.kernel.traceback;
    this.details.hidden = !this.traceback.textContent;
    this.due = isDeed(question) ? [{}] : [];
  }

  tell(sentence) {
    this.problem.textContent = sentence;
  }

  // Playing ---------------------------------------------------------------------------------------------------------------

  toggle() {
    if (this.playing) {
      this.stop();
      this.look();
    } else {
      this.playing = true;
      this.playButton.textContent = "Pause";
      this.goOn();
    }
  }

  stop() {
    this.playing = false;
    this.playButton.textContent = "Play";
    clearTimeout(this.timers.due);
  }

  /** The next rounds, if it plays, and somebody can see it. */
  goOn() {
    clearTimeout(this.timers.due);
    const quick = !["slow", "second"].includes(this.speed);
    if (!this.playing || !this.visible || (this.kernel.due >= (quick ? AHEAD : 1) && !this.overdue)) return;
    if (document.hidden) this.timers.due = setTimeout(() => this.goOn(), 1000);
    else if (this.speed === "slow") this.timers.due = setTimeout(() => this.nextPhase(), this.phase ? PHASE : 0);
    else if (this.speed === "second") this.timers.due = setTimeout(() => this.ask({ rounds: 1 }), 1000);
    else while (this.kernel.due < AHEAD || this.overdue) this.send({ rounds: this.speed === "full" ? this.fits : Number(this.speed) });
  }

  stepPhase() {
    this.stop();
    this.nextPhase();
  }

  /** The next phase of what the kernel has played, or another round from it. */
  nextPhase() {
    if (this.turns.length) {
      this.showPhase();
      this.goOn();
    } else this.ask({ apart: true });
  }

  showPhase() {
    const [turn] = this.turns;
    this.phase = playPhase(turn);
    if (!turn.left.length) this.turns.shift();
    this.ground = turn.left.length ? turn : (this.turns[0] ?? this.scene); // a move is seen where it has led
    this.explain();
    this.canvases.touch();
  }

  /** Shows the present, and no phase of what has led to it. */
  noPhase() {
    this.turns = [];
    this.phase = null;
    this.ground = this.scene;
  }

  show(visible) {
    this.visible = visible;
    this.goOn();
  }

  /** The seed of the present run, which a cell may have begun. */
  showSeed() {
    this.seed = this.scene.said.seed;
    this.seeds.show(this.seed);
  }

  setLayers(layers) {
    this.layers = layers;
    this.look();
  }

  // What is seen and said -------------------------------------------------------------------------------------------------

  draw(palette) {
    const { scene, ground, phase } = this;
    const pulls = this.pulls();
    drawPlane(prepare(this.plane), ground, { layers: ground.settings.layers, palette, phase, pulls, longest: longestOf(pulls) });
    const range = { last: lastRound([scene]), costRange: rangeOfCosts([scene]) };
    drawCurves(prepare(this.curves), charts(scene, palette), { palette, ...range });
  }

  /** Writes the state, where it has been measured, and what is to be seen: not with each picture, since a number must stay long enough
   * to be read. */
  describe(says) {
    if (!says) return;
    this.status.textContent = says;
    this.note.textContent = dashed(this.scene);
    this.explain();
    if (this.playing && performance.now() - this.spoken < SUMMARY) return;
    this.spoken = performance.now();
    this.summary.textContent = says;
    this.plane.setAttribute("aria-label", this.caption.textContent);
  }

  /** Writes what is to be seen in the plane. */
  explain() {
    const { phase } = this;
    const slopes = { longest: longestOf(this.pulls()), here: null };
    if (!phase) this.caption.textContent = legend(this.scene, slopes);
    else this.caption.textContent = phase.pulls ? `${phase.words} Of the arrows, ${scaleOfArrows(slopes)}.` : phase.words;
  }

  /** The arrows {from, along}, or null where there are none. */
  pulls() {
    return this.phase ? (this.phase.pulls ?? null) : this.scene.arrows();
  }
}

/** Whether a question asks for more than to look. */
function isDeed(question) {
  return Object.keys(question).length > 0;
}
