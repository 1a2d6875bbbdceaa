/** The controls: one for each setting, from the table of `settings.js`. */

import { element, freshId } from "./elements.js";
import { COMPARABLE, inWords, mattersInAny, SETTINGS } from "./settings.js";

const GROUPS = [
  ["Data and costs", ["data", "loss", "regulariser", "weight", "weightGP", "bound"]],
  ["Play", ["order", "rateD", "rateG", "momentum", "optimiser", "batch"]],
  ["Networks", ["width", "depth", "waves", "latent", "kind"]],
  ["Picture", ["layers"]],
];

/**
 * A form for all settings but seed and speed.
 *
 * @param {(changes: object) => void} onChange is told what somebody has set: {name: value}.
 * @returns {{form: HTMLElement, show: (settings: object) => void}} `show` brings the controls to these settings.
 */
export function controls(onChange) {
  const rows = {};
  const row = (name) => (rows[name] = control(name, (value) => onChange({ [name]: value }))).box;
  const groups = GROUPS.map(([title, names]) => element("fieldset", {}, element("legend", {}, title), ...names.map(row)));
  const compare = comparison((value) => onChange({ compare: value }));
  const form = element("form", { class: "controls", onsubmit: (event) => event.preventDefault() }, ...groups, compare.box);
  return {
    form,
    show(settings) {
      for (const [name, { box, show }] of Object.entries(rows)) {
        show(settings[name]);
        box.hidden = !mattersInAny(name, settings);
      }
      compare.show(settings);
    },
  };
}

/**
 * A labelled control for one setting.
 *
 * @returns {{box: HTMLElement, show: (value: any) => void}}
 */
export function control(name, onChange) {
  const setting = SETTINGS[name];
  return { choice, number, whole, flag, names }[setting.kind](setting, onChange);
}

function choice({ label, values }, onChange) {
  const id = freshId();
  const select = element("select", { id }, ...values.map(([, words], k) => element("option", { value: k }, words)));
  select.addEventListener("change", () => onChange(values[select.value][0]));
  return {
    box: labelled(id, label, select),
    show: (value) => (select.value = values.findIndex(([known]) => known === value)),
  };
}

/** A slider over the setting's steps; a value from an address may lie between two. */
function number({ label, steps }, onChange) {
  const id = freshId();
  const shown = element("output", { for: id });
  const slider = element("input", { id, type: "range", min: 0, max: steps.length - 1, step: 1 });
  const show = (value) => {
    const distances = steps.map((step) => Math.abs(step - value));
    slider.value = distances.indexOf(Math.min(...distances));
    shown.textContent = value;
    slider.setAttribute("aria-valuetext", value);
  };
  slider.addEventListener("input", () => {
    show(steps[slider.value]);
    onChange(steps[slider.value]);
  });
  return { box: labelled(id, label, element("div", { class: "slider" }, slider, shown)), show };
}

function whole({ label, least, most }, onChange) {
  const id = freshId();
  const input = element("input", { id, type: "number", min: least, max: most, step: 1, inputmode: "numeric" });
  input.addEventListener("change", () => {
    const value = Math.round(Number(input.value));
    input.value = Math.min(most, Math.max(least, Number.isFinite(value) ? value : least));
    onChange(Number(input.value));
  });
  return { box: labelled(id, label, input), show: (value) => (input.value = value) };
}

function flag({ label }, onChange) {
  const box = checkbox(label, onChange);
  return { box: element("div", { class: "row wide" }, box.label), show: box.show };
}

/** A checkbox for each name. */
function names({ values }, onChange) {
  const boxes = values.map(([name, words]) => [name, checkbox(words, () => onChange(checked()))]);
  const checked = () => boxes.filter(([, box]) => box.checked()).map(([name]) => name);
  return {
    box: element("div", { class: "row wide" }, ...boxes.map(([, box]) => box.label)),
    show: (value) => boxes.forEach(([name, box]) => box.show(value.includes(name))),
  };
}

function checkbox(words, onChange) {
  const input = element("input", { type: "checkbox", onchange: () => onChange(input.checked) });
  return {
    label: element("label", { class: "check" }, input, " ", words),
    checked: () => input.checked,
    show: (value) => (input.checked = value),
  };
}

function labelled(id, label, input) {
  return element("div", { class: "row" }, element("label", { for: id }, label), input);
}

/** Which setting a second run differs in, and what it has instead. */
function comparison(onChange) {
  const id = freshId();
  const nothing = element("option", { value: "" }, "nothing: one run");
  const others = COMPARABLE.map((name) => element("option", { value: name }, SETTINGS[name].label));
  const which = element("select", { id }, nothing, ...others);
  const place = element("div");
  let settings = null;
  which.addEventListener("change", () => onChange(which.value ? { name: which.value, value: another(which.value, settings) } : null));
  return {
    box: element("fieldset", {}, element("legend", {}, "Compare"), labelled(id, "second run: other", which), place),
    show(now) {
      const before = settings?.compare?.name;
      settings = now;
      which.value = now.compare?.name ?? "";
      for (const option of others) option.hidden = !mattersInAny(option.value, now) && !option.selected;
      if (which.value !== (before ?? "") || !place.firstChild) {
        const value = now.compare && control(which.value, (chosen) => onChange({ name: which.value, value: chosen }));
        place.replaceChildren(...(value ? [value.box] : []));
        place.show = value?.show;
      }
      place.show?.(now.compare.value);
    },
  };
}

/**
 * A value of a setting near the present one: the next on its list, or the one before where there is none. Drawn data is none as long as
 * nobody has drawn.
 */
export function another(name, settings) {
  const { kind, values, steps } = SETTINGS[name];
  const now = settings[name];
  if (kind === "flag") return !now;
  if (kind === "whole") return now > 0 ? now - 1 : 1;
  const possible = (value) => value !== "drawn" || settings.points.length > 0;
  const list = kind === "choice" ? values.map(([value]) => value).filter(possible) : steps;
  return list.find((value, k) => list[k - 1] === now || (kind === "number" && value > now)) ?? list.at(-2);
}

/** What distinguishes the runs of a comparison, in words: [of the first, of the second]. */
export function titles(settings) {
  const { compare } = settings;
  const title = (value) => `${SETTINGS[compare.name].label}: ${inWords(compare.name, value)}`;
  return [title(settings[compare.name]), title(compare.value)];
}
