/** Answers the questions of test_generator.py: JSON from stdin to JSON on stdout, all in one process. */

import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const folder = pathToFileURL(process.argv[2] + "/");
const { Generator } = await import(new URL("generator.js", folder));

const asked = JSON.parse(readFileSync(0, "utf8"));
const answers = asked.map(({ written, latents, gradient }) => {
  const generator = new Generator(written);
  return latents.map((latent) => {
    const all = generator.activations(latent);
    return { image: [...generator.image(latent)], last: [...all.at(-1)], gradient: [...generator.backward(all, gradient)] };
  });
});
process.stdout.write(JSON.stringify(answers));
