/** Controls: one for each setting of a table. */

import { element, freshId } from "./elements.js";

/**
 * A form for settings.
 *
 * @param {object} table as `table.js` makes it.
 * @param {[string, string[]][]} groups [title, names of settings].
 * @param {(changes: object) => void} onChange is told what somebody has set: {name: value}.
 * @returns {{form: HTMLElement, show: (settings: object) => void}} `show` brings the controls to these settings.
 */
export function formOf(table, groups, onChange) {
  const rows = {};
  const row = (name) => (rows[name] = control(table.all[name], (value) => onChange({ [name]: value }))).box;
  const fields = groups.map(([title, names]) => element("fieldset", {}, element("legend", {}, title), ...names.map(row)));
  const compare = table.compared.length ? comparison(table, (value) => onChange({ compare: value })) : null;
  const submit = (event) => event.preventDefault();
  const form = element("form", { class: "controls", onsubmit: submit }, ...fields, compare && compare.box);
  return {
    form,
    show(settings) {
      for (const [name, { box, show }] of Object.entries(rows)) {
        show(settings[name], settings);
        box.hidden = !table.mattersInAny(name, settings);
      }
      compare?.show(settings);
    },
  };
}

/**
 * A labelled control for one setting.
 *
 * @returns {{box: HTMLElement, show: (value: any, settings?: object) => void}}
 */
export function control(setting, onChange) {
  return { choice, number, whole, colour, flag, names }[setting.kind](setting, onChange);
}

/** `named(value, settings)` gives words that depend on the other settings. */
function choice({ label, values, named }, onChange) {
  const id = freshId();
  const options = values.map(([, words], k) => element("option", { value: k }, words));
  const select = element("select", { id }, ...options);
  select.addEventListener("change", () => onChange(values[select.value][0]));
  return {
    box: labelled(id, label, select),
    show(value, settings) {
      select.value = values.findIndex(([known]) => known === value);
      if (named) options.forEach((option, k) => (option.textContent = named(values[k][0], settings)));
    },
  };
}

/** A slider over the setting's steps; a value that was given may lie between two. */
function number({ label, steps }, onChange) {
  const id = freshId();
  const shown = element("output", { for: id });
  const slider = element("input", { id, type: "range", min: 0, max: steps.length - 1, step: 1 });
  const show = (value) => {
    const distances = steps.map((step) => Math.abs(step - value));
    slider.value = distances.indexOf(Math.min(...distances));
    shown.textContent = String(value).replace("-", "−");
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

function colour({ label }, onChange) {
  const id = freshId();
  const input = element("input", { id, type: "color" });
  input.addEventListener("input", () => onChange(input.value));
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
function comparison(table, onChange) {
  const id = freshId();
  const nothing = element("option", { value: "" }, "nothing: one run");
  const others = table.compared.map((name) => element("option", { value: name }, table.all[name].label));
  const which = element("select", { id }, nothing, ...others);
  const place = element("div");
  let settings = null;
  const choose = (name) => onChange(name ? { name, value: table.another(name, settings) } : null);
  which.addEventListener("change", () => choose(which.value));
  return {
    box: element("fieldset", {}, element("legend", {}, "Compare"), labelled(id, "second run: other", which), place),
    show(now) {
      const before = settings?.compare?.name;
      settings = now;
      which.value = now.compare?.name ?? "";
      for (const option of others) option.hidden = !table.mattersInAny(option.value, now) && !option.selected;
      if (which.value !== (before ?? "") || !place.firstChild) {
        const change = (value) => onChange({ name: which.value, value });
        const value = now.compare && control(table.all[which.value], change);
        place.replaceChildren(...(value ? [value.box] : []));
        place.show = value?.show;
      }
      place.show?.(now.compare.value, table.other(now));
    },
  };
}
