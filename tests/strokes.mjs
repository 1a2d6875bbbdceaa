/** Answers the questions of test_strokes.py: JSON from stdin to JSON on stdout, all in one process. */

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const folder = pathToFileURL(process.argv[2] + "/");
const load = (name) => import(new URL(name, folder));
const { Generator } = await load("../page/generator.js");
const { Pool, Searcher, errorOf, wishOf } = await load("search.js");
const { inWords, nameOf } = await load("pictures.js");
const { tableFor, valuesOf } = await load("settings.js");

/** A wish as the laboratory makes it of what Python has written. */
const wished = ({ fields, brushes, cells }, shape) => wishOf(fields.map((field) => valuesOf(field, brushes)), cells, shape);

const questions = {
  wish({ shape, ...asked }) {
    const { places, wanted } = wished(asked, shape);
    return { places: [...places], wanted: [...wanted] };
  },
  table: (brushes) => ({ names: Object.keys(tableFor(brushes).all), brushes: tableFor(brushes).all.brush.values.map(([name]) => name) }),
  setting: ({ brushes, given }) => tableFor(brushes).fromObject(given),
  words: (brushes) => brushes.map(inWords),
  names: (cells) => Array.from({ length: cells ** 2 }, (_, k) => nameOf(k, cells)),
  pool({ generator, latent, categories, seed, count, among, made, ...asked }) {
    const network = new Generator(generator);
    const pool = new Pool(network, latent, seed, categories);
    const grown = [...pool.grow(made)].length;
    const wish = wished(asked, network.shape);
    const members = pool.members.map(({ latent, category, image }) => ({ latent: [...latent], category, image: [...image] }));
    const nearest = pool.nearest(wish, count, among).map((member) => pool.members.indexOf(member));
    return { members, nearest, grown };
  },
  search({ generator, starts, category, nearness, steps, ...asked }) {
    const network = new Generator(generator);
    const wish = wished(asked, network.shape);
    return starts.map((latent) => {
      const searcher = new Searcher(network, { latent, category }, wish, nearness);
      const path = [];
      for (let k = 0; k <= steps; k++) {
        const measured = errorOf(network.image([...searcher.latent, ...category]), wish);
        path.push({ latent: [...searcher.latent], error: searcher.error, measured });
        searcher.step();
      }
      return path;
    });
  },
};

const asked = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(asked.map(([question, details]) => questions[question](details))));
