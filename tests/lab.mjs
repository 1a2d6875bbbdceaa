/** Answers the questions of test_widgets.py: JSON from stdin to JSON on stdout, all in one process. */

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const { Scene } = await import(new URL("scene.js", pathToFileURL(process.argv[2] + "/")));

/** An answer as the kernel gives it. */
const typed = ({ said, arrays }) => {
  const entries = Object.entries(arrays).map(([name, { shape, values }]) => [name, { shape, values: new Float32Array(values) }]);
  return { said, arrays: Object.fromEntries(entries) };
};

const questions = {
  /** The rounds of the histories after these answers. */
  histories(answers) {
    const [first, ...others] = answers.map(typed);
    const scene = new Scene(first);
    for (const answer of others) scene.take(answer);
    return { costs: scene.costs.all.map(({ round }) => round), measures: scene.measures.all.map(({ round }) => round), known: scene.known };
  },
};

const asked = JSON.parse(readFileSync(0, "utf8"));
process.stdout.write(JSON.stringify(asked.map(([question, details]) => questions[question](details))));
