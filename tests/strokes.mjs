/** Answers the questions of test_strokes.py: JSON from stdin to JSON on stdout, all in one process. */

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const folder = pathToFileURL(process.argv[2] + "/");
const load = (name) => import(new URL(name, folder));
const { Generator } = await load("../page/generator.js");
const { Pool, Searcher, errorOf, wishOf } = await load("search.js");
const { nameOf } = await load("pictures.js");

const questions = {
  wish: ({ fields, cells, side }) => wishOf(fields, cells, side),
  names: (cells) => Array.from({ length: cells ** 2 }, (_, k) => nameOf(k, cells)),
  pool({ generator, latent, seed, fields, cells, count, among, made }) {
    const network = new Generator(generator);
    const pool = new Pool(network, latent, seed);
    const grown = [...pool.grow(made)].length;
    const wish = wishOf(fields, cells, network.shape[1]);
    const members = pool.members.map(({ latent, image }) => ({ latent: [...latent], image: [...image] }));
    const nearest = pool.nearest(wish, count, among).map((member) => pool.members.indexOf(member));
    return { members, nearest, grown };
  },
  search({ generator, starts, fields, cells, nearness, steps }) {
    const network = new Generator(generator);
    const wish = wishOf(fields, cells, network.shape[1]);
    return starts.map((start) => {
      const searcher = new Searcher(network, start, wish, nearness);
      const path = [];
      for (let k = 0; k <= steps; k++) {
        path.push({ latent: [...searcher.latent], error: searcher.error, measured: errorOf(network.image(searcher.latent), wish) });
        searcher.step();
      }
      return path;
    });
  },
};

const asked = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(asked.map(([question, details]) => questions[question](details))));
