/** Slow motion: what each phase of a turn shows in the plane, and says. */

import { scaleOfColours } from "./legend.js";
import { arrows, points, segments, verdictStyle } from "./picture.js";

const SIZE = 3.4; // a sample's radius in pixels
const HARDEST = 8; // that of the sample that presses hardest
const ARROWS = 40; // few, so that they do not hide the points
const ENLARGED = 10; // steps are too short to be seen

/**
 * Plays one phase of a run. Returns {words, pulls?, draw(plane, palette, longest)}: what happened, the arrows that are among it, and how
 * it is drawn over verdicts and lattice, an arrow of that slope as the longest one.
 *
 * @param {Run} run
 */
export function playPhase(run) {
  const { game } = run;
  const before = game.fakes && positions(game);
  const { phase, movers } = run.phase();
  const turn = { run, movers, who: movers.map((mover) => (mover === "discriminator" ? "D" : "G")).join(" and ") };
  return { sample, judge, gradient, move }[phase](turn, before);
}

function positions({ fakes, count }) {
  return fakes.slice(0, 2 * count);
}

function batch({ game }) {
  return { real: game.drawn.real, fake: positions(game) };
}

function sample({ run, who }) {
  const { real, fake } = batch(run);
  return {
    words: `Turn of ${who}, sample. ${run.game.count} real points (blue), and as many latents that G turns into points (vermilion).`,
    draw(plane, palette) {
      points(plane, real, { fill: palette.data, edge: palette.edge, size: SIZE });
      points(plane, fake, { fill: palette.generator, edge: palette.rim, size: SIZE });
    },
  };
}

function judge({ run, who, movers }) {
  const { real, fake } = batch(run);
  const [ofReal, ofFake] = [real, fake].map((coordinates) => run.verdicts(coordinates, run.game.count));
  const { costs, regulariser } = run.game;
  const penalised = (mover) => mover === "discriminator" && regulariser.penalty;
  const cost = (mover) => `the ${mover}'s cost is ${costs[mover].toFixed(3)}${penalised(mover) ? " without the penalty" : ""}`;
  const said = movers.map(cost).join(", ");
  return {
    words: `Turn of ${who}, judge. Colour of each disc: ${scaleOfColours(run)}. With that, ${said}.`,
    draw(plane, palette) {
      points(plane, real, { fill: (n) => verdictStyle(ofReal[n], palette), edge: palette.data, size: SIZE + 1, line: 2 });
      points(plane, fake, { fill: (n) => verdictStyle(ofFake[n], palette), edge: palette.generator, size: SIZE + 1, line: 2 });
    },
  };
}

function gradient({ run, who, movers }) {
  const parts = [];
  const words = [];
  let along = null;
  if (movers.includes("discriminator")) {
    parts.push(pressure(run));
    words.push("The larger a disc, the harder this point presses on D's output.");
  }
  if (movers.includes("generator")) {
    along = pulls(run);
    parts.push(drawPulls(run, along));
    words.push("Arrows: in which direction some of the generated points would lower G's cost.");
  }
  return {
    words: `Turn of ${who}, gradient. ${words.join(" ")}`,
    pulls: along,
    draw: (plane, palette, longest) => parts.forEach((draw) => draw(plane, palette, longest)),
  };
}

/** How much each point's output counts in the discriminator's cost, to scale. */
function pressure(run) {
  const { real, fake } = batch(run);
  const { realSlopes, fakeSlopes } = run.game.judged.discriminator;
  const hardest = Math.max(1e-30, ...realSlopes.map(Math.abs), ...fakeSlopes.map(Math.abs));
  const radius = (slopes) => (n) => 1 + (HARDEST - 1) * Math.sqrt(Math.abs(slopes[n]) / hardest);
  return (plane, palette) => {
    points(plane, real, { fill: palette.data, edge: palette.edge, size: radius(realSlopes) });
    points(plane, fake, { fill: palette.generator, edge: palette.rim, size: radius(fakeSlopes) });
  };
}

/** Minus the gradients of some points' terms of the generator's cost, in the units of `Run.arrows`. */
function pulls({ game }) {
  const along = game.pulls().slice(0, 2 * Math.min(ARROWS, game.count)).map((slope) => -game.count * slope);
  return { from: positions(game).slice(0, along.length), along };
}

function drawPulls(run, along) {
  const { real, fake } = batch(run);
  return (plane, palette, longest) => {
    points(plane, real, { fill: palette.data, edge: palette.edge, size: SIZE - 1 });
    points(plane, fake, { fill: palette.generator, edge: palette.rim, size: SIZE });
    arrows(plane, along, longest, palette);
  };
}

function move({ run, who, movers }, before) {
  const { real, latent } = run.game.drawn;
  const after = run.generatedFrom(latent, run.game.count);
  const ends = before.map((start, k) => start + ENLARGED * (after[k] - start));
  const what = {
    discriminator: "D's output has changed a little",
    generator: `each generated point moves; the lines are ${ENLARGED} times as long as the steps`,
  };
  return {
    words: `Turn of ${who}, move. One step of the optimiser; ${movers.map((mover) => what[mover]).join(", and ")}.`,
    draw(plane, palette) {
      points(plane, real, { fill: palette.data, edge: palette.edge, size: SIZE - 1 });
      points(plane, after, { fill: palette.generator, edge: palette.rim, size: SIZE });
      if (movers.includes("generator")) segments(plane, before, ends, palette.ink, 1.4);
    },
  };
}
