/** Answers the questions of test_playground.py: JSON from stdin to JSON on stdout, all in one process. */

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const folder = pathToFileURL(process.argv[2] + "/");
const load = (name) => import(new URL(name, folder));
const { DATA, drawing, latents, LIMIT, realPoints } = await load("data.js");
const { Game } = await load("game.js");
const { History } = await load("history.js");
const measures = await load("measures.js");
const { Trace } = await load("network.js");
const { PALETTES } = await load("../page/palettes.js");
const { Random } = await load("../page/random.js");
const { Run } = await load("run.js");
const { TABLE: settings } = await load("settings.js");
const { Live } = await load("live.js");
const { dashed, legend } = await load("legend.js");
const { playPhase } = await load("phases.js");
const { charts } = await load("picture.js");
const { LOSSES } = await load("losses.js");
const { mount } = await load("playground.js");

const plain = (value) => JSON.parse(JSON.stringify(value, (_, inner) => (ArrayBuffer.isView(inner) ? Array.from(inner) : inner)));

/** Plays a game from given weights on given draws. */
function play({ settings: changes, later, weights, vectors, draws, rounds }) {
  const now = { ...settings.defaults(), ...changes };
  const waiting = draws.map(({ real, latent, mix }) => ({
    real: Float64Array.from(real.flat()),
    latent: Float64Array.from(latent.flat()),
    mix: Float64Array.from(mix),
  }));
  const game = new Game(now, () => waiting.shift());
  for (const player of ["generator", "discriminator"]) {
    game[player].parameters.forEach(({ value }, p) => value.set(weights[player][p].flat()));
  }
  game.discriminator.layers.forEach((layer, k) => {
    if (vectors.length) Object.assign(layer, { left: Float64Array.from(vectors[k][0]), right: Float64Array.from(vectors[k][1]) });
  });
  const costs = [];
  for (let round = 0; round < rounds; round++) {
    if (round === rounds / 2) game.change({ ...now, ...later });
    game.round();
    costs.push({ ...game.costs });
  }
  const parameters = (player) => game[player].parameters.map(({ value }) => value);
  return { generator: parameters("generator"), discriminator: parameters("discriminator"), costs, left: waiting.length };
}

/** By how much the phases, one at a time, end elsewhere than whole rounds. */
function byPhases(changes) {
  const now = { ...settings.defaults(), ...changes };
  const [whole, apart] = [0, 1].map(() => new Game(now, drawing(() => now)));
  for (let round = 0; round < 3; round++) whole.round();
  const seen = [];
  while (apart.rounds < 3) seen.push(apart.phase());
  const others = values(apart);
  return { seen, apart: Math.max(...values(whole).map((value, k) => Math.abs(value - others[k]))) };
}

const values = (game) => [...game.generator.parameters, ...game.discriminator.parameters].flatMap(({ value }) => Array.from(value));

/** By how much a game that is changed after some phases ends elsewhere than one that is changed when that turn, or round, is over. */
function changedAfter({ settings: changes, phases, later }) {
  const now = { ...settings.defaults(), width: 4, batch: 16, ...changes };
  const [changed, patient] = [0, 1].map(() => new Game(now, drawing(() => now)));
  for (let phase = 0; phase < phases; phase++) for (const game of [changed, patient]) game.phase();
  while (patient.phases || (later.order && patient.next)) patient.phase();
  for (const game of [changed, patient]) {
    game.change({ ...now, ...later });
    for (let round = 0; round < 2; round++) game.round();
  }
  const others = values(patient);
  return Math.max(...values(changed).map((value, k) => Math.abs(value - others[k])));
}

/** What is left of a game that diverges: before the change (`early`: within it), and after. */
function stopped({ early }) {
  const now = { ...settings.defaults(), optimiser: "sgd", rateD: 1e30, rateG: 1e30 };
  const played = (phases) => {
    const game = new Game(now, drawing(() => now));
    let played = 0;
    try {
      while (played < phases) {
        game.phase();
        played++;
      }
    } catch {}
    return { game, played };
  };
  const last = played(1000).played;
  const { game } = early ? played(last) : played(1000);
  const before = Boolean(game.stopped);
  for (const later of [{ loss: "hinge" }, { order: "DDG" }, { order: "D+G", regulariser: "spectral" }]) game.change({ ...now, ...later });
  const errors = [() => game.round(), () => game.phase(), () => game.turnOf("generator")].map((act) => {
    try {
      act();
    } catch (error) {
      return error.message;
    }
  });
  return { before, message: game.stopped?.message, errors, settings: game.settings };
}

/** What is said of a run, and the levels in its chart of costs. */
function said(changes) {
  const run = new Run({ ...settings.defaults(), ...changes });
  const levels = charts(run, PALETTES.light)[0].levels.map(({ value }) => value);
  const judged = [0, 1].map(() => playPhase(run).words)[1];
  const words = { legend: legend(run, { longest: 0.04123, here: null }), two: legend(run, { longest: 112.3, here: 0.5 }) };
  return { ...words, judged, dashed: dashed(run), levels };
}

/** A run of drawn points, of which there is one more now and then the last one, beside one that knew them all from the beginning. */
function stroke({ points }) {
  const at = (count) => ({ ...settings.defaults(), data: "drawn", points: points.slice(0, count) });
  const run = new Run(at(0));
  const empty = run.describe();
  run.change(at(1));
  run.measure();
  const meanwhile = { real: run.real.length, words: run.describe(), levels: charts(run, PALETTES.light).at(-1).levels.length };
  run.change(at(points.length));
  run.lookAtData();
  run.measure();
  const whole = new Run(at(points.length));
  return { empty, meanwhile, drawn: [run.floor, run.divergence], whole: [whole.floor, whole.divergence] };
}

/** The modes captured by 2,500 samples every 50 rounds at the default setting, until there are seven. */
function ring({ seed, rounds }) {
  const now = { ...settings.defaults(), seed };
  const game = new Game(now, drawing(() => now));
  const latent = latents(new Random(seed, "looking"), 2500, now);
  const captured = [];
  while (game.rounds < rounds && !(captured.at(-1) >= 7)) {
    for (let k = 0; k < 50; k++) game.round();
    const samples = game.generator.forward(new Trace(), latent, 2500);
    captured.push(measures.modes(samples, DATA.ring.mixture).captured);
  }
  return captured;
}

function diverging() {
  const now = { ...settings.defaults(), optimiser: "sgd", rateD: 1e30, rateG: 1e30 };
  const game = new Game(now, drawing(() => now));
  try {
    for (let round = 0; round < 20; round++) game.round();
  } catch (error) {
    return error.message;
  }
  return "";
}

/** What is seen of a run after some rounds, and the networks that it is seen of; and whether looking has changed them. */
function view(changes) {
  const now = { ...settings.defaults(), ...changes };
  const [run, twin] = [new Run(now), new Run(now)];
  for (let round = 0; round < 3; round++) for (const each of [run, twin]) each.round();
  const points = Float64Array.from([0, 0, 1, 0, -0.5, 0.7]);
  const networks = ({ game }) => {
    const values = (network) => network.parameters.map(({ value }) => Array.from(value));
    return { generator: values(game.generator), discriminator: values(game.discriminator) };
  };
  const seen = {
    networks: networks(run),
    arrows: run.arrows(),
    real: run.real,
    samples: run.samples().slice(),
    lattice: run.lattice().map((curve) => Array.from(curve)),
    points,
    verdicts: run.verdicts(points, 3),
    outputs: run.outputs(new Trace(), points, 3),
  };
  run.measure();
  const words = run.describe();
  for (const each of [run, twin]) each.round();
  return { ...seen, words, same: JSON.stringify(networks(run)) === JSON.stringify(networks(twin)) };
}

/** A history of the numbers 1, 2, ..., count, each at its own round. */
function history({ count }) {
  const kept = new History();
  for (let round = 1; round <= count; round++) kept.add(round, { number: round });
  return kept.all;
}

const FRAME = 1000 / 60;

/**
 * What the loop does in `seconds` of sixty frames each, on a clock of its own: a round, a phase or a picture takes as many milliseconds
 * as is said; `failing` is the number of a round that fails.
 */
function loop({ speed, seconds, round = 1, picture = 1, playing = true, visible = true, failing = 0 }) {
  let [clock, tick] = [0, null];
  globalThis.requestAnimationFrame = (next) => (tick = next);
  Object.defineProperty(globalThis, "performance", { value: { now: () => clock }, configurable: true });
  const did = { round: 0, phase: 0, measure: 0, draw: 0, stopped: 0 };
  const live = new Live({
    speed: () => speed,
    round() {
      did.round++;
      clock += round;
      if (did.round === failing) throw new Error("as was asked");
    },
    phase: () => did.phase++,
    measure: () => did.measure++,
    draw() {
      did.draw++;
      clock += picture;
    },
    stopped: () => did.stopped++,
  });
  live.visible = visible;
  if (playing) live.play();
  let longest = 0;
  for (let frame = 1; frame < 60 * seconds; frame = Math.floor(clock / FRAME + 1e-6) + 1) {
    clock = frame * FRAME;
    tick(clock);
    longest = Math.max(longest, clock - frame * FRAME);
  }
  return { ...did, longest, playing: live.playing };
}

const questions = {
  loop,
  view,
  history,
  coin: ({ loss }) => LOSSES[loss].coin,
  mounts: () => typeof mount,
  play,
  byPhases,
  ring,
  diverging,
  changedAfter,
  said,
  stroke,
  another: ({ name, settings: changes }) => settings.another(name, { ...settings.defaults(), ...changes }),
  matters: ({ settings: changes }) =>
    Object.keys(settings.all).filter((name) => settings.mattersInAny(name, { ...settings.defaults(), ...changes })),
  stopped,
  modes: ({ samples, data, least }) => measures.modes(Float64Array.from(samples.flat()), DATA[data].mixture, least),
  mixture: ({ data }) => DATA[data].mixture,
  divergence: ({ a, b }) => {
    const [p, q] = [a, b].map((samples) => measures.shares(Float64Array.from(samples.flat()), LIMIT));
    return { p, q, value: measures.jensenShannon(p, q), limit: LIMIT };
  },
  points: ({ data, seed, count, points }) => realPoints(new Random(seed, "batches"), count, { data, points }),
  latents: ({ latent, kind, count }) => latents(new Random(0, "latents"), count, { latent, kind }),
  table: () => ({ settings: settings.all, comparable: settings.compared, defaults: settings.defaults() }),
  written: ({ settings: changes }) => settings.toAddress({ ...settings.defaults(), ...changes }),
  completed: ({ settings: changes }) => settings.fromObject(changes),
  read: ({ address }) => settings.fromAddress(address),
};

const asked = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(plain(asked.map(([question, details]) => questions[question](details)))));
