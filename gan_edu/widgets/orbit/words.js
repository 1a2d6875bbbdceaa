/** What there is to be seen, in sentences. */

import { raised } from "../page/canvas.js";
import { GAMES } from "./fields.js";
import { TABLE } from "./settings.js";

const VERDICTS = {
  converges: "converges",
  bounded: "stays bounded: an eigenvalue lies on the unit circle, and none outside",
  leaves: "leaves, from almost every start",
  creeps: "leaves, but slowly: a double eigenvalue lies on the unit circle",
};

/** The rule with its weights, as one would say it. */
export function nameOf(settings) {
  const { rule, order, gamma, beta, k } = settings;
  const is = (letter, value) => `, ${letter}\u00a0=\u00a0${String(value).replace("-", "−")}`; // on one line
  const more = { consensus: is("γ", gamma), momentum: is("β", beta), lookahead: is("k", k) }[rule] ?? "";
  return `${TABLE.inWords("rule", rule)}${more}, ${TABLE.all.order.named(order, settings)}${is("α", settings.rate)}`;
}

/** What the eigenvalues say. For a curved game they are those of its linearisation, and may leave the question open. */
export function verdict({ game }, { kind, rounds, radius }) {
  if (kind === "bent") return "The field jumps at ψ = 0 and has no derivative there: no eigenvalues, no verdict.";
  const said = (modulus) => (kind === "converges" || kind === "leaves" ? digits(modulus) : "1.000000");
  const cycle = `a cycle of ${rounds} rounds: ${said(radius ** rounds)}, which makes ${said(radius)} a round`;
  const found = `Spectral radius of ${rounds > 1 ? cycle : `a round: ${said(radius)}`}`;
  if (GAMES[game].linear) return `${found}: ${VERDICTS[kind]}.`;
  const near = { converges: "comes in from nearby", leaves: "leaves the neighbourhood" }[kind];
  return `${found}, of the linearisation at (0, 0): ${near ?? "which does not decide"}.`;
}

/** Where the orbit began and ended. */
export function journey(path) {
  const [first, last] = [path[0], path.at(-1)].map((point) => Math.hypot(...point));
  const end = Number.isFinite(last) ? short(last) : "beyond all numbers";
  return `Distance ${short(first)} at the start, ${end} after ${path.length - 1} rounds.`;
}

/** Six decimals tell a modulus from 1, or else what it has more than 1 is said. */
function digits(modulus) {
  const more = modulus - 1;
  if (Math.abs(more) < 1e-5) return `1\u00a0${more < 0 ? "−" : "+"}\u00a0${short(Math.abs(more))}`;
  return Math.abs(more) < 0.1 ? modulus.toFixed(6) : short(modulus);
}

/** Five digits, and no more of them than there are; of very large and very small numbers two, and a power of ten. */
function short(value) {
  if (value === 0 || (value >= 1e-4 && value < 1e5)) return String(Number(value.toPrecision(5)));
  const [digits, power] = value.toExponential(1).split("e");
  return `${digits}\u00a0·\u00a010${raised(power)}`;
}
