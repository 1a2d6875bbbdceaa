/** Answers the questions of test_orbit.py: JSON from stdin to JSON on stdout, all in one process. */

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const folder = pathToFileURL(process.argv[2] + "/");
const load = (name) => import(new URL(name, folder));
const { averages, follow, judge } = await load("follow.js");
const { TABLE } = await load("settings.js");
const { distances } = await load("pictures.js");
const { journey, nameOf, verdict } = await load("words.js");

const given = (settings) => TABLE.fromObject(settings).settings;

const questions = {
  orbit(settings) {
    const all = given(settings);
    const path = follow(all);
    const words = `${nameOf(all)}. ${verdict(all, judge(all))} ${journey(path)}`.replaceAll("\u00a0", " ");
    return { path, mean: averages(path), judged: judge(all), words, drawn: distances(path) };
  },
  table: () => ({ settings: TABLE.all, defaults: TABLE.defaults() }),
  read: (settings) => TABLE.fromObject(settings),
};

const asked = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(asked.map(([question, details]) => questions[question](details))));
