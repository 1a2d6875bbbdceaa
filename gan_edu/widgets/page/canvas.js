/** Canvases and axes. What is drawn is drawn on a context whose unit is a pixel of the page. */

import { PALETTES } from "./palettes.js";

/** Prepares a canvas for its present size and the screen's resolution. Returns {context, width, height}. */
export function prepare(canvas) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const scale = globalThis.devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * scale)) canvas.width = Math.round(width * scale);
  if (canvas.height !== Math.round(height * scale)) canvas.height = Math.round(height * scale);
  const context = canvas.getContext("2d");
  context.setTransform(scale, 0, 0, scale, 0, 0);
  return { context, width, height };
}

/** A line through points [x, y, x, y, ...]. */
export function line(context, path, colour, width, dash = []) {
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.lineJoin = "round";
  context.setLineDash(dash);
  context.beginPath();
  for (let k = 0; k < path.length; k += 2) context[k ? "lineTo" : "moveTo"](path[k], path[k + 1]);
  context.stroke();
  context.setLineDash([]);
}

/** Words at a place; `font` is weight and size. */
export function label(context, text, x, y, align, baseline, colour, font = "12px") {
  context.font = `${font} system-ui, sans-serif`;
  context.fillStyle = colour;
  context.textAlign = align;
  context.textBaseline = baseline;
  context.fillText(text, x, y);
}

/** A disc, filled and rimmed. */
export function disc(context, x, y, radius, fill, rim, width = 1.5) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fillStyle = fill;
  context.fill();
  context.strokeStyle = rim;
  context.lineWidth = width;
  context.stroke();
}

/** About four round numbers from least to most. */
export function ticks(least, most) {
  const rough = (most - least) / 3;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((digit) => digit * power).find((candidate) => candidate >= rough);
  const first = Math.ceil(least / step - 1e-9);
  return Array.from({ length: Math.floor(most / step + 1e-9) - first + 1 }, (_, k) => (first + k) * step);
}

/** A number with three digits at most. */
export function format(value) {
  return String(Number(value.toPrecision(3))).replace("-", "−");
}

/** An exponent in small raised digits. */
export function raised(power) {
  return [...String(power)].map((digit) => (digit === "+" ? "" : ("⁰¹²³⁴⁵⁶⁷⁸⁹"[digit] ?? "⁻"))).join("");
}

/** Canvases that are drawn anew when something has changed: the state, their size, or whether the page is dark. */
export class Canvases {
  /** @param {(palette: object) => void} draw draws all of them, at most once a frame. */
  constructor(canvases, draw) {
    this.draw = draw;
    this.dark = matchMedia("(prefers-color-scheme: dark)");
    this.onDark = () => this.touch();
    this.dark.addEventListener("change", this.onDark);
    this.resized = new ResizeObserver(() => this.touch());
    for (const canvas of canvases) this.resized.observe(canvas);
  }

  /** Ends the drawing for good. */
  close() {
    cancelAnimationFrame(this.due);
    this.dark.removeEventListener("change", this.onDark);
    this.resized.disconnect();
  }

  /** What is seen is no longer what is. */
  touch() {
    this.due ??= requestAnimationFrame(() => {
      this.due = null;
      this.draw(PALETTES[this.dark.matches ? "dark" : "light"]);
    });
  }
}
