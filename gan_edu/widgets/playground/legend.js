/** What is to be seen in the plane and in the curves, in sentences. */

/** What a point's colour says of D's output there: only a logit's sigmoid is a probability. By the `verdicts` of a loss. */
const SCALES = {
  logit: "bluer where D takes points for real, more vermilion where it takes them for generated",
  target: "D's output, from 0 or less (vermilion), its target for generated points, to 1 or more (blue), its target for real ones",
  margin: "D's output, from -1 or less (vermilion) to 1 or more (blue); beyond, generated and real points respectively cost D nothing",
  difference: "bluer where D's output is higher, more vermilion where it is lower; colours are relative to its present spread",
};

/** What colours say with the present loss. */
export function scaleOfColours({ game }) {
  return SCALES[game.loss.verdicts];
}

/**
 * The longest arrow's slope, which its length does not tell.
 *
 * @param {{longest: number, here: number | null}} slopes that of the longest arrow; of two runs, which share a scale, also that of the
 *     longest one in this plane.
 */
export function scaleOfArrows({ longest, here }) {
  if (here === null) return `the longest always has the same length, its slope is now ${short(longest)}`;
  return `the longest of both runs always has the same length, its slope is now ${short(longest)}; here the longest has ${short(here)}`;
}

/** Two digits, or a whole number. */
function short(value) {
  return value >= 10 && value < 1e5 ? value.toFixed(0) : value.toPrecision(2);
}

/**
 * What is to be seen in the plane.
 *
 * @param {Run} run
 * @param {{longest: number, here: number | null}} slopes those of the arrows, as in `scaleOfArrows`.
 */
export function legend(run, slopes) {
  const { ready, settings } = run;
  if (!ready) return "Draw some points here, with a mouse, a pen or a finger.";
  const sentences = {
    verdicts: `Ground: ${scaleOfColours(run)}.`,
    manifold: "Thin lines: a lattice of latents, as the generator warps it.",
    arrows: `Green arrows: in which direction D would move generated points to lower G's cost; ${scaleOfArrows(slopes)}.`,
  };
  const layers = Object.keys(sentences).filter((layer) => settings.layers.includes(layer));
  return ["Blue dots: real points. Vermilion dots: generated points.", ...layers.map((layer) => sentences[layer])].join(" ");
}

/** What the dashed lines in the curves are. */
export function dashed({ game: { loss, regulariser }, modeCount }) {
  const aside = regulariser.between ? " without its penalty" : ""; // that of a slope of 1, which a constant output has not
  const whose = loss.anchored ? "the costs" : "D's cost";
  const costs = loss.coin === null ? null : `${whose}${aside} if ${loss.anchored ? "D" : "it"} cannot tell real from generated`;
  const modes = modeCount === null ? null : "all modes";
  return `Dashed: ${[costs, modes, "the divergence of as many real points"].filter(Boolean).join("; ")}.`;
}
