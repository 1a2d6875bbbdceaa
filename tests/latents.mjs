/** Answers the questions of test_latents.py: JSON from stdin to JSON on stdout, all in one process. */

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const folder = pathToFileURL(process.argv[2] + "/");
const load = (name) => import(new URL(name, folder));
const { SAMPLES, groupsFor, tableFor } = await load("settings.js");
const { WAYS, Walk, lengthOf, shellOf } = await load("walk.js");
const { bytesOf } = await load("../page/images.js");

const questions = {
  way: ({ way, a, b, ts }) => ts.map((t) => WAYS[way](a, b, t)),
  shell: (latent) => shellOf(latent),
  walk({ space, given, ts }) {
    const walk = new Walk(space, tableFor(space).fromObject(given).settings);
    const samples = Array.from({ length: SAMPLES }, (_, k) => walk.sample(k + 1));
    return { samples, raw: walk.samples, way: ts.map((t) => walk.at(t)), told: ts.map((t) => walk.told(walk.at(t))), other: walk.at(0.5, "line") };
  },
  table(space) {
    const table = tableFor(space);
    return { names: Object.keys(table.all), shown: groupsFor(space).flatMap(([, names]) => names) };
  },
  lengths: (latents) => latents.map(lengthOf),
  bytes: ({ image, shape }) => [...bytesOf(image, shape)],
};

const asked = JSON.parse(readFileSync(0, "utf8"));
const plain = (value) => JSON.stringify(value, (_, each) => (ArrayBuffer.isView(each) ? [...each] : each));
process.stdout.write(plain(asked.map(([question, details]) => questions[question](details))));
