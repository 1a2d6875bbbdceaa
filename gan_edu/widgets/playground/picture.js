/**
 * Pictures: the plane, and the curves below it. Each function draws on a canvas context whose unit is a pixel of the page.
 *
 * A run is whatever has the fields and methods of `Run` that are named here: `limit`, `field()`, `lattice()`, `real`, `samples()`, and,
 * for the curves, `game.loss`, `costs`, `measures`, `modeCount`, `floor`, `position`.
 */

import { format, label, line, ticks } from "../page/canvas.js";
import { coinCosts } from "./losses.js";

const GROUND = 0.75; // how strong verdicts are on the paper

const fieldCanvas = globalThis.document?.createElement("canvas");

/**
 * Draws the plane: verdicts, the lattice, real points, arrows, generated samples; or, in slow motion, what a phase is about.
 *
 * @param {Run} run
 * @param {{layers: string[], palette: object, phase: object | null, pulls: object | null, longest: number}} how `phase` is what
 *     `phases.js` has to show; `pulls` are the arrows {from, along}, and `longest` the slope that is drawn as the longest one.
 */
export function drawPlane({ context, width }, run, { layers, palette, phase, pulls, longest }) {
  const { limit } = run;
  const plane = { context, scale: width / (2 * limit), width, limit };
  context.fillStyle = palette.paper;
  context.fillRect(0, 0, width, width);
  if (layers.includes("verdicts")) verdicts(plane, run, palette);
  if (layers.includes("manifold")) lattice(plane, run, palette);
  if (phase) {
    phase.draw(plane, palette, longest);
    return;
  }
  points(plane, run.real, { fill: palette.data, edge: palette.edge, size: 2.6 });
  if (pulls) arrows(plane, pulls, longest, palette);
  points(plane, run.samples(), { fill: palette.generator, edge: palette.rim, size: 3 });
}

function verdicts({ context, width }, run, palette) {
  const found = run.field();
  const side = Math.sqrt(found.length);
  const colours = groundColours(palette);
  fieldCanvas.width = fieldCanvas.height = side;
  const small = fieldCanvas.getContext("2d");
  const image = small.createImageData(side, side);
  const pixels = new Uint32Array(image.data.buffer);
  for (let n = 0; n < pixels.length; n++) pixels[n] = colours[Math.round(255 * found[n])];
  small.putImageData(image, 0, 0);
  context.imageSmoothingEnabled = true;
  context.drawImage(fieldCanvas, 0, 0, width, width);
}

const grounds = new Map();

/** The 256 colours of verdicts on a palette's paper, as the pixels of an image. */
function groundColours(palette) {
  if (!grounds.has(palette)) {
    const colours = Array.from({ length: 256 }, (_, k) => [...verdictColour(k / 255, palette, GROUND), 255]);
    grounds.set(palette, new Uint32Array(Uint8ClampedArray.from(colours.flat()).buffer));
  }
  return grounds.get(palette);
}

const bytes = (colour) => [1, 3, 5].map((k) => parseInt(colour.slice(k, k + 2), 16));
const mixed = (a, b, share) => a.map((value, k) => value + share * (b[k] - value));

/** A verdict in [0, 1] as [red, green, blue], from generator to data as in `plots.VERDICTS`; a `strength` of 1 hides the paper. */
function verdictColour(verdict, palette, strength = 1) {
  const end = bytes(verdict < 0.5 ? palette.generator : palette.data);
  const colour = mixed(bytes(palette.neither), end, Math.abs(2 * verdict - 1));
  return mixed(bytes(palette.paper), colour, strength);
}

function place({ scale, limit }, x, y) {
  return [(x + limit) * scale, (limit - y) * scale];
}

function lattice(plane, run, palette) {
  const { context } = plane;
  const curves = run.lattice();
  context.strokeStyle = palette.generator;
  context.globalAlpha = 0.6;
  context.lineWidth = curves.length > 1 ? 0.8 : 1.6;
  context.beginPath();
  for (const curve of curves) {
    for (let k = 0; k < curve.length; k += 2) {
      context[k ? "lineTo" : "moveTo"](...place(plane, curve[k], curve[k + 1]));
    }
  }
  context.stroke();
  context.globalAlpha = 1;
}

/**
 * Discs at points (N, 2).
 *
 * @param {{fill: string, edge: string, size: number, line?: number}} style `fill`, and `size`, a radius, may be functions of the
 *     point's number; `line` is the edge's width.
 */
export function points(plane, coordinates, { fill, edge, size, line: edgeWidth = 0.7 }) {
  const { context } = plane;
  context.strokeStyle = edge;
  context.lineWidth = edgeWidth;
  const disc = (n) => {
    const [x, y] = place(plane, coordinates[2 * n], coordinates[2 * n + 1]);
    const radius = typeof size === "function" ? size(n) : size;
    context.moveTo(x + radius, y);
    context.arc(x, y, radius, 0, 2 * Math.PI);
  };
  for (let n = 0; 2 * n < coordinates.length; n++) {
    context.fillStyle = typeof fill === "function" ? fill(n) : fill;
    context.beginPath();
    disc(n);
    context.fill();
    context.stroke();
  }
}

/** A verdict as a colour of the page. */
export function verdictStyle(verdict, palette) {
  return `rgb(${verdictColour(verdict, palette).map(Math.round).join(" ")})`;
}

/** The length of the longest of these vectors {along}; 0 of none. */
export function longestOf(pulls) {
  let longest = 0;
  for (let k = 0; k < (pulls?.along.length ?? 0); k += 2) longest = Math.max(longest, Math.hypot(pulls.along[k], pulls.along[k + 1]));
  return longest;
}

/** Arrows in the discriminator's colour; lengths are to scale, one of `longest` is a sixth of the plane's side. */
export function arrows(plane, { from, along }, longest, palette) {
  const scale = plane.limit / 3 / Math.max(longest, 1e-30);
  const ends = from.map((start, k) => start + scale * along[k]);
  segments(plane, from, ends, palette.edge, 3.6, 5);
  segments(plane, from, ends, palette.discriminator, 2, 5);
}

/** Lines from points (N, 2) to points (N, 2), with a head of that size in pixels, or none for 0. */
export function segments(plane, from, to, colour, width, head = 0) {
  const { context } = plane;
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.lineCap = "round";
  context.beginPath();
  for (let k = 0; k < from.length; k += 2) {
    const [a, b] = place(plane, from[k], from[k + 1]);
    const [c, d] = place(plane, to[k], to[k + 1]);
    const length = Math.hypot(c - a, d - b);
    context.moveTo(a, b);
    context.lineTo(c, d);
    if (!head || length < 2) continue;
    const size = Math.min(head, length / 2);
    const angle = Math.atan2(d - b, c - a);
    for (const turn of [2.6, -2.6]) {
      context.moveTo(c, d);
      context.lineTo(c + size * Math.cos(angle + turn), d + size * Math.sin(angle + turn));
    }
  }
  context.stroke();
}

// Curves -------------------------------------------------------------------------------------------------------------------

const MARGIN = { left: 46, right: 12, top: 22, bottom: 20 };

/**
 * The charts of a run: {title, points, series: [{name, colour, label}], levels: [{value, colour}], range, marks?}. A range of null is
 * that of the costs; marks are the numbers at the left edge, where they are not to be found.
 *
 * @param {Run} run
 */
export function charts(run, palette) {
  const { loss } = run.game;
  const costs = {
    title: "costs",
    points: run.costs.all,
    series: ["discriminator", "generator"].map((player) => ({ name: player, label: player, colour: palette[player] })),
    levels: coinCosts(loss).map(([player, value]) => ({ value, colour: palette[player] })),
    range: null,
  };
  const divergence = {
    title: "Jensen-Shannon divergence, nats",
    points: run.measures.all,
    series: [{ name: "divergence", label: "generated", colour: palette.generator }],
    levels: run.floor !== null ? [{ value: run.floor, colour: palette.data }] : [],
    range: [0, Math.log(2)],
  };
  const count = run.modeCount;
  if (count === null) return [costs, divergence];
  const captured = {
    title: `modes captured, of ${count}`,
    points: run.measures.all,
    series: [{ name: "captured", label: "captured", colour: palette.generator }],
    levels: [{ value: count, colour: palette.data }],
    range: [0, count],
    marks: [0, count],
  };
  return [costs, captured, divergence];
}

/** Draws charts one below the other; `last` is the round at the right edge, `costRange` the costs' range. */
export function drawCurves({ context, width, height }, all, { palette, last, costRange }) {
  context.fillStyle = palette.paper;
  context.fillRect(0, 0, width, height);
  const each = height / all.length;
  all.forEach((chart, k) => {
    const box = {
      left: MARGIN.left,
      right: width - MARGIN.right,
      top: k * each + MARGIN.top,
      bottom: (k + 1) * each - MARGIN.bottom,
    };
    drawChart(context, chart, box, { palette, last, range: chart.range ?? costRange });
  });
}

function drawChart(context, { title, points: known, series, levels, marks }, box, { palette, last, range: [least, most] }) {
  const room = (most - least) * 0.06;
  const x = (round) => box.left + (round / last) * (box.right - box.left);
  const y = (value) => box.bottom - ((value - least + room) / (most - least + 2 * room)) * (box.bottom - box.top);
  heading(context, title, series, box, palette);
  (marks ?? ticks(least, most)).forEach((tick) => {
    line(context, [box.left, y(tick), box.right, y(tick)], palette.faint, 1);
    label(context, format(tick), box.left - 6, y(tick), "right", "middle", palette.ink);
  });
  [0, last / 2, last].forEach((round, k) => {
    const words = k ? round.toLocaleString("en") : "round 0";
    label(context, words, x(round), box.bottom + 4, ["left", "center", "right"][k], "top", palette.ink);
  });
  context.save();
  context.beginPath();
  context.rect(box.left, box.top - 2, box.right - box.left, box.bottom - box.top + 4);
  context.clip();
  for (const { value, colour } of levels) line(context, [box.left, y(value), box.right, y(value)], colour, 1.2, [5, 4]);
  for (const { name, colour } of series) {
    const path = known.filter((point) => name in point.values).flatMap((point) => [x(point.round), y(point.values[name])]);
    line(context, path, colour, 1.8);
  }
  context.restore();
}

/** The chart's name, and behind it the names of its curves, where there are several. */
function heading(context, title, series, box, palette) {
  let right = box.right;
  for (const { label: name, colour } of series.length < 2 ? [] : [...series].reverse()) {
    label(context, name, right, box.top - 8, "right", "bottom", palette.ink);
    right -= context.measureText(name).width + 6;
    line(context, [right - 16, box.top - 14, right, box.top - 14], colour, 3);
    right -= 28;
  }
  context.font = "600 12px system-ui, sans-serif";
  const left = Math.max(0, Math.min(box.left, right - context.measureText(title).width)); // further left where it is too long
  label(context, title, left, box.top - 8, "left", "bottom", palette.ink, "600 12px");
}

/** A range that holds the costs of all these runs, from 0 to 2 at least, and changes seldom. */
export function rangeOfCosts(runs) {
  const costs = runs.flatMap((run) => run.costs.all.flatMap(({ values }) => Object.values(values))).filter(Number.isFinite);
  return [-roundedUp(Math.max(0, -Math.min(...costs, 0))), roundedUp(Math.max(2, ...costs))];
}

/** The next number that is 1, 2 or 5 times a power of ten; 0 for 0. */
function roundedUp(value) {
  if (value === 0) return 0;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((digit) => digit * power).find((candidate) => candidate >= value * (1 - 1e-9));
}

/** The round at the right edge: one that doubles as runs go on. */
export function lastRound(runs) {
  const furthest = Math.max(10, ...runs.map((run) => run.position));
  return 10 * 2 ** Math.ceil(Math.log2(furthest / 10));
}
