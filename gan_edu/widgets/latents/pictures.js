/** Pictures: one image at large, the samples, and the way between two of them with the latents' lengths. */

import { disc, format, label, line, prepare, ticks } from "../page/canvas.js";
import { drawImage } from "../page/images.js";
import { lengthOf } from "./walk.js";

/** How many images are shown on the way, its ends included. */
export const STOPS = 7;

const COLUMNS = 4; // of samples
const GAP = 6;
const LEFT = 46; // of the picture of lengths, for its numbers
const ENDS = { start: "first", end: "second" }; // colours of the palette

/** One image as large as the canvas. */
export function drawLarge(canvas, image, shape) {
  const { context, width, height } = prepare(canvas);
  if (image) drawImage(context, image, shape, 0, 0, width, height);
}

/** Where samples lie in a canvas: [x, y, side] of number k, from 1 on. */
function placeOf(k, width) {
  const side = (width - (COLUMNS - 1) * GAP) / COLUMNS;
  return [((k - 1) % COLUMNS) * (side + GAP), Math.floor((k - 1) / COLUMNS) * (side + GAP), side];
}

/** The number of the sample at a point, or null between two. */
export function sampleAt(canvas, [x, y], count) {
  const inside = (k) => {
    const [left, top, side] = placeOf(k, canvas.clientWidth);
    return x >= left && x < left + side && y >= top && y < top + side;
  };
  return Array.from({ length: count }, (_, k) => k + 1).find(inside) ?? null;
}

/** All samples; the ends of the way have a frame and a word. */
export function drawSamples(canvas, images, settings, shape, palette) {
  const { context, width, height } = prepare(canvas);
  context.fillStyle = palette.paper;
  context.fillRect(0, 0, width, height);
  images.forEach((image, index) => {
    const [x, y, side] = placeOf(index + 1, width);
    if (image) drawImage(context, image, shape, x, y, side, side);
    const ends = Object.keys(ENDS).filter((name) => settings[name] === index + 1);
    ends.forEach((name, n) => frame(context, x, y, side, palette[ENDS[name]], palette.paper, name, n));
    if (!ends.length) edge(context, x, y, side, palette.other, 1);
  });
}

function edge(context, x, y, side, colour, width) {
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.strokeRect(x + width / 2, y + width / 2, side - width, side - width);
}

/** A frame with a word in it; a second one lies within the first. */
function frame(context, x, y, side, colour, ground, word, n) {
  edge(context, x + 4 * n, y + 4 * n, side - 8 * n, colour, 4);
  context.fillStyle = colour;
  const wide = 9 + 8 * word.length;
  context.fillRect(n ? x + side - wide : x, y + side - 18, wide, 18);
  label(context, word, (n ? x + side - wide : x) + wide / 2, y + side - 8.5, "center", "middle", ground, "600 13px");
}

/** Places in the picture of the way: images above, and below lengths over the position. */
export function axesOf(canvas, most) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const step = (width - LEFT - 8) / STOPS;
  const side = step - 4;
  const [first, last] = [LEFT + step / 2, width - 8 - step / 2];
  const [top, bottom] = [side + 30, height - 26];
  return {
    side, top, bottom, first, last,
    x: (t) => first + t * (last - first),
    t: (x) => Math.min(1, Math.max(0, (x - first) / (last - first))),
    y: (length) => bottom - (length / most) * (bottom - top),
  };
}

/**
 * The way: its images, below them how long its latents are, beside those of the other way, and where random ones lie.
 *
 * @param {object} walk a `Walk`.
 * @param {(Float32Array | undefined)[]} images of the stops.
 */
export function drawWay(canvas, walk, images, shell, shape, palette) {
  const { context, width, height } = prepare(canvas);
  const { way, position } = walk.settings;
  const ts = Array.from({ length: 61 }, (_, k) => k / 60);
  const lengths = Object.fromEntries(["sphere", "line"].map((name) => [name, ts.map((t) => lengthOf(walk.at(t, name)))]));
  const most = 1.1 * Math.max(shell.high, ...lengths.sphere, ...lengths.line);
  const { side, top, bottom, first, last, x, y } = axesOf(canvas, most);
  context.fillStyle = palette.paper;
  context.fillRect(0, 0, width, height);
  context.fillStyle = palette.faint;
  context.fillRect(first, y(shell.high), last - first, y(shell.low) - y(shell.high));
  for (const value of ticks(0, most)) label(context, format(value), LEFT + 2, y(value), "right", "middle", palette.ink);
  label(context, "length |z|", 0, top - 9, "left", "bottom", palette.ink);
  line(context, [first, y(0), last, y(0)], palette.ink, 1);
  line(context, [first, y(shell.root), last, y(shell.root)], palette.ink, 1, [2, 4]);
  const other = way === "sphere" ? "line" : "sphere";
  const path = (values) => ts.flatMap((t, k) => [x(t), y(values[k])]);
  line(context, path(lengths[other]), palette.other, 2, [6, 4]);
  line(context, path(lengths[way]), palette.generator, 3);
  label(context, "start", first, bottom + 5, "center", "top", palette.first, "600 13px");
  label(context, "position on the way", (first + last) / 2, bottom + 5, "center", "top", palette.ink);
  label(context, "end", last, bottom + 5, "center", "top", palette.second, "600 13px");
  images.forEach((image, k) => {
    const left = x(k / (STOPS - 1)) - side / 2;
    if (image) drawImage(context, image, shape, left, 0, side, side);
    edge(context, left, 0, side, k && k < STOPS - 1 ? palette.other : palette[k ? "second" : "first"], k && k < STOPS - 1 ? 1 : 3);
  });
  line(context, [x(position), side + 4, x(position), bottom], palette.ink, 1.5);
  disc(context, x(position), y(lengthOf(walk.at(position))), 9, palette.generator, palette.edge, 2);
}
