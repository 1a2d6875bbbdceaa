/** The laboratory of the best discriminator: two densities that one can move, D*, and how far apart they are by several measures. */

import { keep } from "../page/address.js";
import { Canvases } from "../page/canvas.js";
import { element } from "../page/elements.js";
import { formOf } from "../page/form.js";
import { holdable, near, pointOf } from "../page/hold.js";
import { densitiesOf, landscape, measures, peakOf } from "./measures.js";
import { axesOf, drawDensities, drawLandscape, styleOf, topOf } from "./pictures.js";
import { GROUPS, LIMIT, MEASURES, TABLE } from "./settings.js";

const MEANS = Array.from({ length: 121 }, (_, k) => Math.round(k - 60) / 10); // of the generator, in the lower picture
const KEYS = { ArrowLeft: ["mean", -0.1], ArrowRight: ["mean", 0.1], ArrowUp: ["std", -0.05], ArrowDown: ["std", 0.05] };

/**
 * Puts a laboratory into an element of the page. The style sheets are `page.css` and `densities.css`.
 *
 * @param {HTMLElement} place
 * @param {{settings?: object}} options settings: those of `settings.js` that differ from the defaults; without them, those of the
 *     address, which follows what is set.
 */
export function mount(place, { settings } = {}) {
  new Densities(place, settings);
}

class Densities {
  constructor(place, settings) {
    this.kept = keep(TABLE, settings, (read) => this.take(read));
    this.build(place);
    this.canvases = new Canvases([this.upper, this.lower], (palette) => this.draw(palette));
    this.take(this.kept.read());
  }

  build(place) {
    this.controls = formOf(TABLE, GROUPS, (changes) => this.change(changes));
    this.upper = element("canvas", { class: "densities", tabindex: 0, role: "application", "aria-roledescription": "two densities" });
    this.lower = element("canvas", { class: "landscape", role: "img" });
    this.problem = element("p", { class: "problem", role: "alert" });
    this.rows = Object.fromEntries(MEASURES.map(([name, words]) => [name, this.row(name, words)]));
    const caption = element("caption", {}, "In nats, but for the last two. What is ticked is drawn.");
    const table = element("table", {}, caption, element("tbody", {}, ...Object.values(this.rows).map(({ row }) => row)));
    this.summary = element("p", { class: "spoken", "aria-live": "polite" });
    this.drag();
    const keys =
      "Drag a disc: sideways it moves the density, up and down the width. With the picture in focus, arrow keys move the generator's, " +
      "with Shift the data's. The green curve is thin where hardly a sample lands: nobody asks D there.";
    place.append(
      element(
        "section",
        { class: "gan-lab gan-densities", "aria-label": "the best discriminator for two densities" },
        this.problem,
        element(
          "div",
          { class: "main" },
          element("div", {}, this.upper, this.lower, this.summary, element("p", { class: "keys" }, keys)),
          element("div", {}, table, this.controls.form),
        ),
      ),
    );
  }

  /** A measure: whether it is drawn, and how, its name, its value. */
  row(name, words) {
    const change = () => this.change({ drawn: MEASURES.map(([each]) => each).filter((each) => this.rows[each].input.checked) });
    const input = element("input", { type: "checkbox", onchange: change });
    const swatch = element("span", { class: "swatch" });
    const value = element("td");
    const heading = element("th", { scope: "row" }, element("label", {}, input, swatch, words));
    return { input, swatch, value, row: element("tr", {}, heading, value) };
  }

  /** A disc follows the pointer that has taken hold of it; arrow keys move them, too. */
  drag() {
    const nearest = (point) => {
      const { clientWidth, clientHeight } = this.upper;
      const axes = axesOf(clientWidth, clientHeight, topOf(this.densities));
      const discs = Object.entries(this.densities).map(([name, mixture]) => {
        const [at, high] = peakOf(mixture);
        const [x, y] = [axes.x(at) - point[0], axes.y(high) - point[1]];
        return { name, axes, x, y, away: Math.hypot(x, y) };
      });
      const [disc] = discs.sort((a, b) => a.away - b.away);
      return near([disc.x, disc.y], [0, 0]) ? disc : null;
    };
    holdable(this.upper, nearest, ({ name, axes, x, y }, point) => {
      this.moveDisc(name, axes.point(point[0] + x, point[1] + y));
    });
    const hover = (event) => (this.upper.style.cursor = nearest(pointOf(this.upper, event)) ? "grab" : "");
    this.upper.addEventListener("pointermove", hover);
    this.upper.addEventListener("keydown", (event) => {
      const key = KEYS[event.key];
      if (!key || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      const of = event.shiftKey ? "" : "G";
      const now = { mean: this.settings[`mean${of}`], std: this.settings[`std${of}`] };
      now[key[0]] += key[1];
      this.move(of ? "generator" : "data", now.mean, now.std);
    });
  }

  /** Gives a density the width with which it is nearly this high, and the mean with which its disc is there. */
  moveDisc(name, [x, high]) {
    const of = name === "generator" ? "G" : "";
    const place = { ...this.settings, [`mean${of}`]: 0 };
    const peaks = TABLE.all.std.steps.map((std) => [std, ...peakOf(densitiesOf({ ...place, [`std${of}`]: std })[name])]);
    const [std, at] = peaks.reduce((best, peak) => (Math.abs(peak[2] - high) < Math.abs(best[2] - high) ? peak : best));
    this.move(name, x - at, std);
  }

  /** Gives a density another mean and width: the nearest that a slider has. */
  move(name, mean, std) {
    const of = name === "generator" ? "G" : "";
    const nearest = ({ least, most }, value) => Number((Math.round(Math.max(least, Math.min(most, value)) * 20) / 20).toFixed(2));
    this.change({ [`mean${of}`]: nearest(TABLE.all.mean, mean), [`std${of}`]: nearest(TABLE.all.std, std) });
  }

  /** Takes over settings, with the sentences about what could not be read of them. */
  take({ settings, problems }) {
    this.problem.textContent = problems.join(" ");
    this.change(settings);
  }

  change(changes) {
    this.settings = { ...this.settings, ...changes };
    this.densities = densitiesOf(this.settings);
    this.now = measures(this.settings);
    const { mean, std, apart, share, stdG } = this.settings;
    const key = [mean, std, apart, share, stdG].join();
    if (key !== this.key) this.all = landscape(this.settings, MEANS); // the generator's mean alone moves along it
    this.key = key;
    this.show();
    this.canvases.touch();
  }

  show() {
    this.controls.show(this.settings);
    this.kept.write(this.settings);
    for (const [name, { input, value }] of Object.entries(this.rows)) {
      input.checked = this.settings.drawn.includes(name);
      value.textContent = inWords(this.now[name]);
    }
    const { mean, std, apart, meanG, stdG } = this.settings;
    const data = apart ? `two modes, ${apart} apart, about ${mean}` : `mean ${mean}`;
    const numbers = MEASURES.map(([name, words]) => `${words}: ${inWords(this.now[name])}`).join("; ");
    const words = `Data: ${data}, width ${std}. Generator: mean ${meanG}, width ${stdG}.`;
    this.upper.setAttribute("aria-label", `Two densities from -${LIMIT} to ${LIMIT} and D*. ${words} Arrow keys move the generator's.`);
    const drawn = this.settings.drawn.map((name) => MEASURES.find(([known]) => known === name)[1]).join(", ");
    this.lower.setAttribute("aria-label", `Over the generator's mean, now ${meanG}: ${drawn || "no curve"}.`);
    clearTimeout(this.speaking); // once it has come to rest
    this.speaking = setTimeout(() => (this.summary.textContent = `${words} ${numbers}.`), 800);
  }

  draw(palette) {
    for (const [name, { swatch }] of Object.entries(this.rows)) {
      const { colour, dash } = styleOf(name, palette);
      swatch.style.borderTop = `4px ${dash.length ? (dash[0] > 4 ? "dashed" : "dotted") : "solid"} ${colour}`;
    }
    drawDensities(this.upper, this.settings, this.densities, palette);
    drawLandscape(this.lower, this.settings, { means: MEANS, all: this.all, now: this.now }, palette);
  }
}

function inWords(value) {
  return Math.abs(value) < 5e-5 ? "0.0000" : value.toFixed(4).replace("-", "−");
}
