/** Answers the questions of test_densities.py: JSON from stdin to JSON on stdout, all in one process. */

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const folder = pathToFileURL(process.argv[2] + "/");
const load = (name) => import(new URL(name, folder));
const { curves, densitiesOf, landscape, measures, peakOf } = await load("measures.js");
const { rangeOf, topOf } = await load("pictures.js");
const { TABLE } = await load("settings.js");
const { cumulative, density, quantile } = await load("../page/normal.js");

const questions = {
  measures: (settings) => measures({ ...TABLE.defaults(), ...settings }),
  landscape: ({ means, ...settings }) => landscape({ ...TABLE.defaults(), ...settings }, means),
  curves({ xs, ...settings }) {
    const found = curves({ ...TABLE.defaults(), ...settings }, xs);
    return Object.fromEntries(Object.entries(found).map(([name, values]) => [name, Array.from(values)]));
  },
  pictured({ means, ...settings }) {
    const all = { ...TABLE.defaults(), ...settings };
    return { peak: peakOf(densitiesOf(all).data), top: topOf(densitiesOf(all)), range: rangeOf(all, landscape(all, means)) };
  },
  normal: ({ xs, shares }) => ({ cumulative: xs.map(cumulative), density: xs.map(density), quantile: shares.map(quantile) }),
  read: (settings) => TABLE.fromObject(settings),
  matters: (settings) => Object.keys(TABLE.all).filter((name) => TABLE.matters(name, TABLE.fromObject(settings).settings)),
};

const asked = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(asked.map(([question, details]) => questions[question](details))));
