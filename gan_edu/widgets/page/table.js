/**
 * Tables of what may be set in a laboratory, and how settings are given: by a page, as an object, or in an address,
 * `#loss=hinge&regulariser=r1`, all that differs from the defaults.
 *
 * A setting is {label, kind, standard, read, write, ...}. `read(text)` gives the value that `write(value)` has written, and throws a
 * RangeError that says what there may be.
 * needs: {name: values}, with which alone the setting has an effect; or {name: (value) => whether it has one}. restarts: a change
 * begins a run anew. possible(value, settings): whether a comparison may propose the value. example: a value, for a sentence about what is none.
 */

/** One of `values` [[value, label], ...]. */
export function choice(label, standard, values, more = {}) {
  const read = (text) => {
    const found = values.find(([value]) => String(value) === text);
    if (!found) throw new RangeError(`choose one of ${values.map(([value]) => value).join(", ")}`);
    return found[0];
  };
  return { label, kind: "choice", standard, values, read, write: String, ...more };
}

/** A number from the first to the last of `steps`, which a slider has. */
export function number(label, standard, steps, more = {}) {
  const [least, most] = [steps[0], steps.at(-1)];
  return { label, kind: "number", standard, steps, least, most, read: (text) => readNumber(text, least, most), write: String, ...more };
}

/** A whole number. */
export function whole(label, standard, least, most, more = {}) {
  const read = (text) => {
    const value = readNumber(text, least, most);
    if (!Number.isInteger(value)) throw new RangeError(`give a whole number from ${least} to ${most}`);
    return value;
  };
  return { label, kind: "whole", standard, least, most, read, write: String, ...more };
}

/** A whole number from the first to the last of `steps`, which a slider has. */
export function count(label, standard, steps, more = {}) {
  const { read } = whole(label, standard, steps[0], steps.at(-1));
  return number(label, standard, steps, { read, ...more });
}

/** Yes or no. */
export function flag(label, standard, more = {}) {
  const read = (text) => {
    if (text !== "yes" && text !== "no") throw new RangeError("write yes or no");
    return text === "yes";
  };
  return { label, kind: "flag", standard, read, write: (value) => ({ true: "yes", false: "no" })[value] ?? String(value), ...more };
}

/** A colour, such as #ff8800. */
export function colour(label, standard, more = {}) {
  const read = (text) => {
    if (!/^#[\da-f]{6}$/i.test(text)) throw new RangeError("write red, green and blue with two digits from 0 to f each, such as #ff8800");
    return text.toLowerCase();
  };
  return { label, kind: "colour", standard, read, write: String, ...more };
}

/** Some of `values` [[name, label], ...]. */
export function names(label, standard, values, more = {}) {
  const known = values.map(([name]) => name);
  const read = (text) => {
    const given = text.split(",").filter(Boolean);
    if (!given.every((name) => known.includes(name))) {
      throw new RangeError(`write some of ${known.join(", ")}, with commas between`);
    }
    return known.filter((name) => given.includes(name));
  };
  return { label, kind: "names", standard, values, read, write: (value) => value.join(","), ...more };
}

function readNumber(text, least, most) {
  const value = Number(text);
  if (text.trim() === "" || !(value >= least && value <= most)) throw new RangeError(`give a number from ${least} to ${most}`);
  return value;
}

/** [[name, label], ...] of a table {name: {label}}. */
export function labels(table) {
  return Object.entries(table).map(([name, { label }]) => [name, label]);
}

/** [[number, its words], ...]. */
export function numbers(...values) {
  return values.map((value) => [value, String(value)]);
}

/** One, two and five times each power of ten, from `least` to `most`. */
export function decades(least, most) {
  const powers = Array.from({ length: 12 }, (_, k) => k - 8);
  return powers.flatMap((power) => [1, 2, 5].map((digit) => Number(`${digit}e${power}`))).filter((x) => x >= least && x <= most);
}

/** Numbers from `least` to `most` in steps of `by`, as people write them. */
export function evenly(least, most, by) {
  return Array.from({ length: Math.round((most - least) / by) + 1 }, (_, k) => Number((least + k * by).toFixed(6)));
}

/**
 * What can be done with a table {name: setting}. `compared` are the names of those in which a second run may differ from the first;
 * where there are some, the setting `compare`, {name, value} or null, is added.
 */
export function tableOf(settings, compared = []) {
  const example = compared.length && { name: compared[0], value: settings[compared[0]].standard };
  const compare = { label: "compare with another", kind: "change", standard: null, example, read: readChange, write: writeChange };
  const all = compared.length ? { ...settings, compare } : settings;
  const write = (name, value) => all[name].write(value);

  function readChange(text) {
    if (text === "") return null;
    const [name, ...rest] = text.split(":");
    if (!compared.includes(name)) throw new RangeError(`compare one of ${compared.join(", ")}, as in compare=${compared[0]}:...`);
    return { name, value: all[name].read(rest.join(":")) };
  }

  function writeChange(value) {
    return value ? `${value.name}:${write(value.name, value.value)}` : "";
  }

  /** All settings at their defaults. */
  function defaults() {
    return Object.fromEntries(Object.entries(all).map(([name, { standard }]) => [name, structuredClone(standard)]));
  }

  /** Whether a setting has an effect with these settings. */
  function matters(name, settings) {
    const suits = (needed, value) => (typeof needed === "function" ? needed(value) : needed.includes(value));
    return Object.entries(all[name].needs ?? {}).every(([other, needed]) => suits(needed, settings[other]));
  }

  /** Whether a setting has an effect in the run with these settings, or in the one that it is compared with. */
  function mattersInAny(name, settings) {
    return [settings, other(settings)].some((each) => each && matters(name, each));
  }

  /** These settings without a comparison in something that has an effect in neither run: {settings, problem}, a sentence or "". */
  function withoutIdleComparison(settings) {
    const { compare } = settings;
    if (!compare || mattersInAny(compare.name, settings)) return { settings, problem: "" };
    const problem = `“${all[compare.name].label}” has no effect with these settings, so nothing is compared.`;
    return { settings: { ...settings, compare: null }, problem };
  }

  /** The settings of the second run of a comparison, or null if there is none. */
  function other(settings) {
    const { compare = null } = settings;
    return compare && { ...settings, [compare.name]: compare.value };
  }

  /** A value in words, as a control shows it. */
  function inWords(name, value) {
    const setting = all[name];
    if (setting.kind === "choice") return setting.values.find(([known]) => known === value)[1];
    return write(name, value);
  }

  /** What distinguishes the runs of a comparison, in words: [of the first, of the second]. */
  function titles(settings) {
    const { name, value } = settings.compare;
    return [settings[name], value].map((each) => `${all[name].label}: ${inWords(name, each)}`);
  }

  /**
   * A value of a setting near the present one: the next on its list, or the one before where there is none.
   */
  function another(name, settings) {
    const { kind, values, steps, possible = () => true } = all[name];
    const now = settings[name];
    if (kind === "flag") return !now;
    if (kind === "whole") return now > 0 ? now - 1 : 1;
    const list = kind === "choice" ? values.map(([value]) => value).filter((value) => possible(value, settings)) : steps;
    return list.find((value, k) => list[k - 1] === now || (kind === "number" && value > now)) ?? list.at(-2);
  }

  /** The settings as the part of an address behind `#`; empty if all are the defaults. */
  function toAddress(settings) {
    return Object.entries(all)
      .map(([name, { standard }]) => [name, write(name, settings[name]), write(name, standard)])
      .filter(([, written, standard]) => written !== standard)
      .map(([name, written]) => `${name}=${encodeURIComponent(written).replace(/%2[BC]|%3A/g, decodeURIComponent)}`) // + , : may stay
      .join("&");
  }

  /**
   * Reads what `toAddress` writes. What cannot be read is at its default, and said.
   *
   * @param {string} address with or without `#`.
   * @returns {{settings: object, problems: string[]}} problems: a sentence for each part that is wrong.
   */
  function fromAddress(address) {
    const parts = address.replace(/^#/, "").split("&").filter(Boolean);
    return gathered(parts, "address", (part) => {
      const [name, ...rest] = part.split("=");
      return [name, () => all[name].read(decodeURIComponent(rest.join("=")))];
    });
  }

  /**
   * All settings, where some are given. A value that cannot be is replaced by its default, and said, as in `fromAddress`.
   *
   * @param {object} given {name: value}.
   */
  function fromObject(given) {
    return gathered(Object.entries(given), "page", ([name, value]) => [name, () => all[name].read(write(name, value))]);
  }

  /** The settings that parts name and give; `take(part)` is the name, and a function that gives the value. */
  function gathered(parts, where, take) {
    const given = defaults();
    const problems = [];
    for (const part of parts) {
      const [name, value] = take(part);
      try {
        if (!Object.hasOwn(all, name)) {
          throw new RangeError(`there is no setting of that name; there are ${Object.keys(all).join(", ")}`);
        }
        given[name] = value();
      } catch (error) {
        const said = Array.isArray(part) ? `${name}: ${JSON.stringify(part[1])}` : part;
        problems.push(`The ${where} says “${said}”: ${reason(error, all[name])}. The default is used.`);
      }
    }
    const { settings, problem } = withoutIdleComparison(given);
    return { settings, problems: problem ? [...problems, problem] : problems };
  }

  return {
    all, compared, defaults, matters, mattersInAny, withoutIdleComparison, other, inWords, titles, another, toAddress, fromAddress,
    fromObject,
  };
}

function reason(error, setting) {
  if (error instanceof RangeError) return error.message;
  if (error instanceof URIError) return "a percent sign must be followed by two digits";
  return `this is no value for it, which would look like ${JSON.stringify(setting.example ?? setting.standard)}`;
}
