/** Answers the questions of test_real_or_fake.py: JSON from stdin to JSON on stdout, all in one process. */

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const folder = pathToFileURL(process.argv[2] + "/");
const load = (name) => import(new URL(name, folder));
const { Game } = await load("game.js");
const { sensitivity } = await load("score.js");

const PLAYERS = {
  perfect: (truth) => truth,
  contrary: (truth) => !truth,
  "always real": () => true,
  coin: (_, k) => k % 2 === 0,
};

const questions = {
  score: (counts) => sensitivity(counts),
  game({ pack, seed, player }) {
    const game = new Game(pack, seed);
    const said = [game.describe()];
    for (let k = 0; k < pack.trials + 2; k++) {
      game.answer(PLAYERS[player](game.truth[k], k));
      said.push(game.describe());
    }
    return { ...game, said, counts: game.counts(game.answers) };
  },
  truths: ({ pack, seeds }) => seeds.map((seed) => new Game(pack, seed).truth),
};

const asked = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(asked.map(([question, details]) => questions[question](details))));
