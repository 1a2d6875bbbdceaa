/** Pictures: the fields, and the images that answer. */

import { label, prepare } from "../page/canvas.js";
import { bytesOf, drawImage } from "../page/images.js";
import { FREE, isColour, valuesOf } from "./settings.js";

const GROUND = "#C4D3DD"; // of a free field; in every light, as the brushes are
const DARK = "#1A1A1A";
const LIGHT = "#FFFFFF";
const SMALLEST = 8; // pixels of a word that can be read
const HEADING = 26; // pixels above an image, for its words
const GAP = 12;

/** The number of the field at a point of the canvas, row by row; beyond the edge, of the nearest. */
export function fieldAt(canvas, cells, [x, y]) {
  const [column, row] = [x / canvas.clientWidth, y / canvas.clientHeight].map((share) => Math.floor(share * cells));
  const inside = (k) => Math.max(0, Math.min(cells - 1, k));
  return inside(row) * cells + inside(column);
}

/** The name of a field, such as c2: third column, second row. */
export function nameOf(field, cells) {
  return `${String.fromCharCode(97 + (field % cells))}${Math.floor(field / cells) + 1}`;
}

/** A brush in words: colours of one's own have no name. */
export function inWords(brush) {
  return brush.startsWith("#") ? `own colour ${brush}` : brush;
}

/**
 * All fields, as the images will be where they obey; free ones have a dot, those of a colour its name, where there is room. The field
 * that keys have reached has a frame in the brush's colour.
 */
export function drawFields(canvas, { fields, cells, cursor, brush, brushes }, palette) {
  const { context, width, height } = prepare(canvas);
  const side = width / cells;
  context.fillStyle = palette.paper;
  context.fillRect(0, 0, width, height);
  fields.forEach((field, k) => {
    const [x, y] = [(k % cells) * side, Math.floor(k / cells) * side];
    const [middle, below] = [x + side / 2, y + side / 2];
    const values = valuesOf(field, brushes);
    context.fillStyle = paint(values);
    context.fillRect(x, y, side, side);
    context.strokeStyle = palette.other;
    context.lineWidth = 1;
    context.strokeRect(x + 0.5, y + 0.5, side - 1, side - 1);
    if (!values) label(context, "·", middle, below, "center", "middle", DARK, "16px");
    else if (isColour(values)) nameIn(context, field, values, middle, below, side);
  });
  const [x, y] = [(cursor % cells) * side, Math.floor(cursor / cells) * side];
  const frame = (colour, inset, thick) => {
    context.strokeStyle = colour;
    context.lineWidth = thick;
    context.strokeRect(x + inset, y + inset, side - 2 * inset, side - 2 * inset);
  };
  frame(palette.generator, 2, 4);
  frame(paint(valuesOf(brush, brushes)), 6, 4);
}

/** What is asked for as a colour of the page. */
function paint(values) {
  if (!values) return GROUND;
  const [red, green, blue] = bytesOf(values, [values.length, 1, 1]);
  return `rgb(${red}, ${green}, ${blue})`;
}

/** The name of a colour in its field, as large as others of six letters or as there is room, if that can be read. */
function nameIn(context, field, values, x, y, side) {
  const word = field.startsWith("#") ? "own" : field;
  const size = Math.min(13, (1.4 * side) / Math.max(6, word.length));
  if (size < SMALLEST) return;
  const [red, green, blue] = values;
  const light = 0.3 * red + 0.59 * green + 0.11 * blue > 0;
  label(context, word, x, y, "center", "middle", light ? DARK : LIGHT, `${size}px`);
}

/** The best image at large, the others below it, each with how far it misses the strokes, whose fields are framed. */
export function drawAnswers(canvas, answers, { fields, cells, shape }, palette) {
  const { context, width, height } = prepare(canvas);
  context.fillStyle = palette.paper;
  context.fillRect(0, 0, width, height);
  const small = (width - (answers.length - 2) * GAP) / (answers.length - 1);
  answers.forEach(({ image, error }, k) => {
    const side = k ? small : height - small - 2 * HEADING - GAP;
    const x = k ? (k - 1) * (small + GAP) : 0;
    const top = k ? height - small : HEADING;
    const words = error === null ? "random" : percent(error);
    label(context, k || error === null ? words : `missed by ${words}`, x, top - 6, "left", "bottom", palette.ink, k ? "13px" : "600 14px");
    drawImage(context, image, shape, x, top, side, side);
    frameFields(context, fields, cells, x, top, side, palette);
    context.strokeStyle = palette.other;
    context.lineWidth = 1;
    context.strokeRect(x + 0.5, top + 0.5, side - 1, side - 1);
  });
}

/** An error as a share of the largest that there is, black against white. */
export function percent(error) {
  return `${((100 * error) / 4).toFixed(error < 0.4 ? 1 : 0)} %`;
}

/** A line around the fields in which the same is asked for, and none between two of them. */
function frameFields(context, fields, cells, x, y, side, palette) {
  const size = side / cells;
  const asked = (column, row) => (column >= 0 && row >= 0 && column < cells && row < cells ? fields[row * cells + column] : FREE);
  context.strokeStyle = palette.generator;
  context.lineWidth = side > 150 ? 2 : 1;
  context.beginPath();
  fields.forEach((field, k) => {
    const [column, row] = [k % cells, Math.floor(k / cells)];
    const [left, top] = [x + column * size, y + row * size];
    const edge = (across, down, from, to) => {
      if (field === FREE || asked(column + across, row + down) === field) return;
      context.moveTo(...from);
      context.lineTo(...to);
    };
    edge(-1, 0, [left, top], [left, top + size]);
    edge(1, 0, [left + size, top], [left + size, top + size]);
    edge(0, -1, [left, top], [left + size, top]);
    edge(0, 1, [left, top + size], [left + size, top + size]);
  });
  context.stroke();
}
