/** Slow motion: what each phase of a turn shows in the plane, and says. */

import { arrows, points, segments, verdictStyle } from "./picture.js";

const SIZE = 3.4; // a sample's radius in pixels
const HARDEST = 8; // that of the sample that presses hardest
const ARROWS = 40; // few, so that they do not hide the points
const ENLARGED = 10; // steps are too short to be seen

/**
 * Plays one phase of a run. Returns {words, draw(plane, palette)}: what happened, and how it is drawn over verdicts and lattice.
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
  const scale = "from surely real (blue) to surely generated (vermilion)";
  return {
    words: `Turn of ${who}, judge. D gives each point a verdict, ${scale}; ${movers.map(cost).join(", ")}.`,
    draw(plane, palette) {
      points(plane, real, { fill: (n) => verdictStyle(ofReal[n], palette), edge: palette.data, size: SIZE + 1, line: 2 });
      points(plane, fake, { fill: (n) => verdictStyle(ofFake[n], palette), edge: palette.generator, size: SIZE + 1, line: 2 });
    },
  };
}

function gradient({ run, who, movers }) {
  const parts = [];
  const words = [];
  if (movers.includes("discriminator")) {
    parts.push(pressure(run));
    words.push("The larger a disc, the harder this point presses on D's output.");
  }
  if (movers.includes("generator")) {
    parts.push(pulls(run));
    words.push("Arrows: where the slope of the cost pulls some of the generated points.");
  }
  return {
    words: `Turn of ${who}, gradient. ${words.join(" ")}`,
    draw: (plane, palette) => parts.forEach((draw) => draw(plane, palette)),
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

function pulls(run) {
  const { real, fake } = batch(run);
  const [from, along] = [fake.slice(0, 2 * ARROWS), run.game.pulls().slice(0, 2 * ARROWS).map((slope) => -slope)];
  return (plane, palette) => {
    points(plane, real, { fill: palette.data, edge: palette.edge, size: SIZE - 1 });
    points(plane, fake, { fill: palette.generator, edge: palette.rim, size: SIZE });
    arrows(plane, { from, along }, palette);
  };
}

function move({ run, who, movers }, before) {
  const { real, latent } = run.game.drawn;
  const after = run.generatedFrom(latent, run.game.count);
  const ends = before.map((start, k) => start + ENLARGED * (after[k] - start));
  const what = {
    discriminator: "D's verdicts have changed a little",
    generator: `each generated point moves; the lines are ${ENLARGED} times as long as the steps`,
  };
  return {
    words: `Turn of ${who}, move. One step down the gradient; ${movers.map((mover) => what[mover]).join(", and ")}.`,
    draw(plane, palette) {
      points(plane, real, { fill: palette.data, edge: palette.edge, size: SIZE - 1 });
      points(plane, after, { fill: palette.generator, edge: palette.rim, size: SIZE });
      if (movers.includes("generator")) segments(plane, before, ends, palette.ink, 1.4);
    },
  };
}
