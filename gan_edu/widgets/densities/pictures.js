/** Pictures: two densities and the best discriminator, and how the measures change as the generator's mean moves. */

import { disc, format, label, line, prepare, ticks } from "../page/canvas.js";
import { curves, peakOf } from "./measures.js";
import { LIMIT } from "./settings.js";

const LIVE = 0.01; // of its maximum: where neither density reaches that, hardly a sample ever lands

/** The axes of a canvas: places of numbers, and back. */
export function axesOf(width, height, top, [least, most] = [0, top]) {
  const box = { left: 46, right: width - 12, top: 26, bottom: height - 30 };
  return {
    box,
    x: (value) => box.left + ((value + LIMIT) / (2 * LIMIT)) * (box.right - box.left),
    y: (value) => box.bottom - ((value - least) / (most - least)) * (box.bottom - box.top),
    point: (a, b) => [
      ((a - box.left) / (box.right - box.left)) * 2 * LIMIT - LIMIT,
      least + ((box.bottom - b) / (box.bottom - box.top)) * (most - least),
    ],
  };
}

/** The height of the upper picture: D* needs 1, and a narrow density more. */
export function topOf(densities) {
  return 1.06 * Math.max(1, ...Object.values(densities).map((mixture) => peakOf(mixture)[1]));
}

/** The two densities, filled, and D* on the same scale, thick where there are samples to ask it about. */
export function drawDensities(canvas, settings, densities, palette) {
  const { context, width, height } = prepare(canvas);
  const axes = axesOf(width, height, topOf(densities));
  const { box, x, y } = axes;
  context.fillStyle = palette.paper;
  context.fillRect(0, 0, width, height);
  frame(context, axes, ticks(0, topOf(densities)), palette);
  line(context, [box.left, y(0.5), box.right, y(0.5)], palette.discriminator, 1, [3, 5]);
  const xs = Array.from({ length: 481 }, (_, k) => (k / 480) * 2 * LIMIT - LIMIT);
  const { p, q, best } = curves(settings, xs);
  for (const [values, colour] of [[p, palette.data], [q, palette.generator]]) {
    const path = xs.flatMap((at, k) => [x(at), y(values[k])]);
    context.beginPath();
    context.moveTo(x(-LIMIT), y(0));
    for (let k = 0; k < path.length; k += 2) context.lineTo(path[k], path[k + 1]);
    context.lineTo(x(LIMIT), y(0));
    context.globalAlpha = 0.22;
    context.fillStyle = colour;
    context.fill();
    context.globalAlpha = 1;
    line(context, path, colour, 2.6);
  }
  const most = [p, q].map((values) => Math.max(...values));
  line(context, xs.flatMap((at, k) => [x(at), y(best[k])]), palette.discriminator, 1.2, [4, 4]);
  let run = [];
  xs.forEach((at, k) => {
    const live = p[k] > LIVE * most[0] || q[k] > LIVE * most[1];
    if (live) run.push(x(at), y(best[k]));
    if (run.length && (!live || k === xs.length - 1)) {
      line(context, run, palette.discriminator, 3.2);
      run = [];
    }
  });
  const named = { data: "data p", generator: "generator q" };
  for (const [name, mixture] of Object.entries(densities)) {
    const [at, high] = peakOf(mixture); // where it is taken hold of
    disc(context, x(at), y(high), 8, palette[name], palette.paper, 2.5);
    label(context, named[name], x(at), y(high) - 13, "center", "bottom", palette.ink, "600 15px");
  }
  label(context, "D* = p / (p + q)", box.left + 6, 4, "left", "top", palette.ink, "600 15px");
  line(context, [box.left - 30, 12, box.left, 12], palette.discriminator, 3.2);
}

function frame(context, { box, x, y }, heights, palette) {
  for (const tick of heights) {
    line(context, [box.left, y(tick), box.right, y(tick)], palette.faint, 1);
    label(context, format(tick), box.left - 7, y(tick), "right", "middle", palette.ink, "14px");
  }
  for (const tick of ticks(-LIMIT, LIMIT)) {
    line(context, [x(tick), box.bottom, x(tick), box.bottom + 5], palette.ink, 1);
    label(context, format(tick), x(tick), box.bottom + 8, "center", "top", palette.ink, "14px");
  }
}

/** A colour and a dash for each measure: none of them is data or a player. */
export function styleOf(name, palette) {
  return {
    value: { colour: palette.ink, dash: [] },
    js: { colour: palette.first, dash: [] },
    forward: { colour: palette.second, dash: [2, 4] },
    reverse: { colour: palette.first, dash: [2, 4] },
    variation: { colour: palette.ink, dash: [8, 5] },
    transport: { colour: palette.second, dash: [] },
  }[name];
}

/** From where to where the lower picture goes: what has a bound is seen to have one, and the Wasserstein curve to have none. */
export function rangeOf({ drawn }, all) {
  const bounded = drawn.every((name) => ["value", "js", "variation"].includes(name));
  const transport = drawn.includes("transport") ? Math.max(...all.map(({ transport }) => transport)) : 0;
  return [drawn.includes("value") ? -1.5 : 0, bounded ? 1.05 : Math.max(3, 1.05 * transport)];
}

/** The measures over the generator's mean, and where it is. `all` are those of each of `means`. */
export function drawLandscape(canvas, settings, { means, all, now }, palette) {
  const { context, width, height } = prepare(canvas);
  const range = rangeOf(settings, all);
  const axes = axesOf(width, height, null, range);
  const { box, x, y } = axes;
  context.fillStyle = palette.paper;
  context.fillRect(0, 0, width, height);
  frame(context, axes, ticks(...range), palette);
  label(context, "if only G's mean moved", box.left + 6, 4, "left", "top", palette.ink, "600 15px");
  line(context, [x(settings.meanG), box.top, x(settings.meanG), box.bottom], palette.generator, 2);
  context.save();
  context.beginPath();
  context.rect(box.left, box.top, box.right - box.left, box.bottom - box.top);
  context.clip();
  for (const name of settings.drawn) {
    const { colour, dash } = styleOf(name, palette);
    line(context, means.flatMap((mean, k) => [x(mean), y(all[k][name])]), colour, 2.8, dash);
    disc(context, x(settings.meanG), y(now[name]), 6, colour, palette.paper, 2);
  }
  context.restore();
}
