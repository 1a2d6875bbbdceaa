/** Pictures: the plane, the distance by round, the eigenvalues. */

import { disc, format, label, line, prepare, raised, ticks } from "../page/canvas.js";
import { LIMIT } from "./settings.js";

const ARROWS = 15; // a side
const FAR = 1e4; // in pixels: what is further away is drawn there
const LEAST = 1e-12; // of distances that are drawn: where it leaves them a curve ends
const MOST = 1e8;

/** A square of the plane around (0, 0), `limit` to each side, as a map to pixels and back. */
export function square(width, limit) {
  const clip = (value) => (Number.isNaN(value) ? FAR : Math.max(-FAR, Math.min(FAR, value)));
  return {
    place: ([x, y]) => [clip(((x + limit) / (2 * limit)) * width), clip(((limit - y) / (2 * limit)) * width)],
    point: (a, b) => [(a / width) * 2 * limit - limit, limit - (b / width) * 2 * limit],
  };
}

/**
 * The plane: where everybody wants to go, the orbits, their averages, the start.
 *
 * @param {{game, settings, path, mean, judged, colour, dash, second}[]} runs `second` says that it is the second of two.
 * @param {number} upTo how many rounds are drawn.
 */
export function drawPlane(canvas, runs, upTo, palette) {
  const { context, width } = prepare(canvas);
  const { place } = square(width, LIMIT);
  context.fillStyle = palette.paper;
  context.fillRect(0, 0, width, width);
  grid(context, width, LIMIT, runs[0].game.names, palette);
  field(context, width, runs[0], palette);
  const zero = place([0, 0]);
  for (const { path: whole, mean, colour, dash, second } of runs) {
    const path = whole.slice(0, upTo + 1);
    line(context, path.flatMap(place), colour, path.length > 400 ? 1 : 1.6, dash);
    if (path.length <= 400) {
      context.fillStyle = colour;
      for (const point of path) {
        const [a, b] = place(point);
        if (second) context.fillRect(a - 2, b - 2, 4, 4);
        else {
          context.beginPath();
          context.arc(a, b, 2.3, 0, 2 * Math.PI);
          context.fill();
        }
      }
    }
    if (mean) line(context, mean.slice(0, upTo + 1).flatMap(place), palette.ink, 2, [2, 4]);
  }
  for (const { path, colour } of runs) disc(context, ...place(path[Math.min(upTo, path.length - 1)]), 6, colour, palette.paper, 2);
  disc(context, ...place(runs[0].path[0]), 8, palette.paper, palette.ink, 2.5);
  const [a, b] = place(runs[0].path[0]);
  label(context, "start", a + 13, b - 10, "left", "middle", palette.ink, "600 14px");
  line(context, [zero[0] - 8, zero[1], zero[0] + 8, zero[1]], palette.ink, 2.5); // over an orbit that has arrived
  line(context, [zero[0], zero[1] - 8, zero[0], zero[1] + 8], palette.ink, 2.5);
}

function grid(context, width, limit, names, palette) {
  const { place } = square(width, limit);
  for (const tick of ticks(-limit, limit)) {
    const [a, b] = place([tick, tick]);
    line(context, [a, 0, a, width], palette.faint, tick ? 0.7 : 1.4);
    line(context, [0, b, width, b], palette.faint, tick ? 0.7 : 1.4);
    if (Math.abs(tick) === limit || !tick) continue;
    label(context, format(tick), a, width - 4, "center", "bottom", palette.ink, "13px");
    label(context, format(tick), 4, b, "left", "middle", palette.ink, "13px");
  }
  label(context, names[0], width - 8, width / 2 - 6, "right", "bottom", palette.ink, "italic 600 17px");
  label(context, names[1], width / 2 + 8, 6, "left", "top", palette.ink, "italic 600 17px");
}

/** Minus the field, as arrows of one length. */
function field(context, width, { game, settings }, palette) {
  const { place, point } = square(width, LIMIT);
  const cell = width / ARROWS;
  for (let k = 0; k < ARROWS * ARROWS; k++) {
    const at = point(((k % ARROWS) + 0.5) * cell, (Math.floor(k / ARROWS) + 0.5) * cell);
    const [u, v] = game.field(...at, settings.penalty);
    const size = Math.hypot(u, v);
    if (size < 1e-9) continue;
    const [a, b] = place(at);
    const [along, up] = [(-u / size) * 0.33 * cell, (v / size) * 0.33 * cell];
    line(context, [a - along, b - up, a + along, b + up], palette.other, 1);
    const angle = Math.atan2(up, along);
    const head = [2.6, -2.6].map((turn) => [a + along + 5 * Math.cos(angle + turn), b + up + 5 * Math.sin(angle + turn)]);
    line(context, [...head[0], a + along, b + up, ...head[1]], palette.other, 1);
  }
}

/** The distances from (0, 0), as long as they are within what can be drawn. */
export function distances(path) {
  const all = path.map((point) => Math.hypot(...point));
  const end = all.findIndex((distance) => !(distance >= LEAST && distance <= MOST));
  return end < 0 ? all : all.slice(0, end);
}

/** The distances by round, on a logarithmic scale. The axes are those of the whole orbits. */
export function drawDistances(canvas, runs, upTo, palette) {
  const { context, width, height } = prepare(canvas);
  context.fillStyle = palette.paper;
  context.fillRect(0, 0, width, height);
  const box = { left: 58, right: width - 14, top: 28, bottom: height - 26 };
  const shown = runs.flatMap(({ path, mean }) => [distances(path), ...(mean ? [distances(mean)] : [])]).flat();
  const [low, high] = [Math.floor(Math.log10(Math.min(0.01, ...shown))), Math.ceil(Math.log10(Math.max(10, ...shown)))];
  const last = runs[0].path.length - 1;
  const x = (round) => box.left + (round / last) * (box.right - box.left);
  const y = (distance) => box.bottom - ((Math.log10(distance) - low) / (high - low)) * (box.bottom - box.top);
  label(context, "distance from (0, 0)", 4, 4, "left", "top", palette.ink, "600 14px");
  const every = Math.ceil((high - low) / 6);
  for (let power = low; power <= high; power += every) {
    line(context, [box.left, y(10 ** power), box.right, y(10 ** power)], palette.faint, 1);
    label(context, `10${raised(power)}`, box.left - 7, y(10 ** power), "right", "middle", palette.ink, "13px");
  }
  for (const [round, align] of [[0, "left"], [last, "right"]]) {
    label(context, round ? `round ${round.toLocaleString("en")}` : "round 0", x(round), box.bottom + 6, align, "top", palette.ink, "13px");
  }
  for (const start of distances(runs[0].path.slice(0, 1))) {
    line(context, [box.left, y(start), box.right, y(start)], palette.ink, 1, [5, 4]);
  }
  const curve = (path) => distances(path.slice(0, upTo + 1)).flatMap((distance, round) => [x(round), y(distance)]);
  for (const { path, mean, colour, dash } of runs) {
    line(context, curve(path), colour, 2.4, dash);
    if (mean) line(context, curve(mean), palette.ink, 2, [2, 4]);
  }
}

/** Of how many rounds the eigenvalues are, which are more than one for lookahead. */
export function titleOf(runs) {
  const rounds = [...new Set(runs.map(({ judged }) => judged.rounds))].sort((a, b) => a - b);
  return rounds.at(-1) === 1 ? "eigenvalues of a round" : `eigenvalues of ${rounds.join(" and ")} rounds`;
}

/** The eigenvalues against the unit circle, and the circle of the largest. */
export function drawEigenvalues(canvas, runs, palette) {
  const { context, width, height } = prepare(canvas);
  context.fillStyle = palette.paper;
  context.fillRect(0, 0, width, height);
  const side = Math.min(width, height - 24);
  const furthest = Math.max(1, ...runs.flatMap(({ judged }) => judged.values.map((value) => Math.hypot(...value))));
  const limit = Math.max(1.35, 1.12 * furthest);
  const middle = [width / 2, 24 + side / 2];
  const unit = side / (2 * limit);
  const place = ([real, imaginary]) => [middle[0] + real * unit, middle[1] - imaginary * unit];
  label(context, titleOf(runs), 4, 4, "left", "top", palette.ink, "600 14px");
  line(context, [middle[0] - side / 2, middle[1], middle[0] + side / 2, middle[1]], palette.faint, 1);
  line(context, [middle[0], middle[1] - side / 2, middle[0], middle[1] + side / 2], palette.faint, 1);
  const circle = (radius, colour, thick, dash = []) => {
    const turned = Array.from({ length: 181 }, (_, k) => [radius * Math.cos((k * Math.PI) / 90), radius * Math.sin((k * Math.PI) / 90)]);
    line(context, turned.flatMap(place), colour, thick, dash);
  };
  circle(1, palette.ink, 1.6);
  label(context, "1", place([1, 0])[0] + 4, place([1, 0])[1] + 3, "left", "top", palette.ink, "13px");
  label(context, "i", place([0, 1])[0] + 4, place([0, 1])[1] - 3, "left", "bottom", palette.ink, "italic 13px");
  for (const { judged, colour, second } of runs) {
    if (!judged.values.length) continue;
    circle(Math.hypot(...judged.values[0]), colour, 1.4, [4, 4]);
    for (const value of judged.values) {
      const [a, b] = place(value);
      mark(context, a, b, colour, second, palette);
    }
  }
  runs.forEach((run, k) => lens(context, run, middle, side, k, palette));
}

/** An eigenvalue: a disc, or a square for the second run. */
function mark(context, a, b, colour, second, palette) {
  if (!second) {
    disc(context, a, b, 6, colour, palette.paper, 1.5);
    return;
  }
  context.fillStyle = colour;
  context.fillRect(a - 5, b - 5, 10, 10);
  context.strokeStyle = palette.paper;
  context.lineWidth = 1.5;
  context.strokeRect(a - 5, b - 5, 10, 10);
}

/** A lens over the largest eigenvalue, where one could not see without it on which side of the unit circle it lies. */
function lens(context, { judged, colour, second }, middle, side, corner, palette) {
  const [largest] = judged.values;
  const modulus = largest && Math.hypot(...largest);
  if (!largest || Math.abs(modulus - 1) > 0.12) return;
  const radius = 0.128 * side;
  const centre = [middle[0] + (corner ? -1 : 1) * (side / 2 - radius), middle[1] + side / 2 - radius - 2];
  const reach = Math.max(2.2 * Math.abs(modulus - 1), 1e-4); // of the lens, in the plane of the eigenvalues
  const unit = radius / reach;
  const near = largest.map((part) => part / modulus); // on the unit circle
  const place = ([real, imaginary]) => [centre[0] + (real - near[0]) * unit, centre[1] - (imaginary - near[1]) * unit];
  context.save();
  context.beginPath();
  context.arc(...centre, radius, 0, 2 * Math.PI);
  context.fillStyle = palette.paper;
  context.fill();
  context.clip();
  const turn = Math.atan2(near[1], near[0]);
  const spread = Math.min(Math.PI, 2.5 * reach);
  const arc = Array.from({ length: 61 }, (_, k) => turn + ((k - 30) / 30) * spread).map((angle) => [Math.cos(angle), Math.sin(angle)]);
  const behind = [1 - 3 * reach, 1 - 3 * reach].map((scale, k) => arc.at(k ? 0 : -1).map((part) => part * scale));
  context.beginPath();
  for (const point of [...arc, ...behind]) context.lineTo(...place(point));
  context.fillStyle = palette.faint;
  context.fill();
  line(context, arc.flatMap(place), palette.ink, 1.6);
  mark(context, ...place(largest), colour, second, palette);
  context.restore();
  context.beginPath();
  context.arc(...centre, radius, 0, 2 * Math.PI);
  context.strokeStyle = colour;
  context.lineWidth = 2;
  context.stroke();
}
