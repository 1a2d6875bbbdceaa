/** Buttons that have a key. */

import { element } from "./elements.js";

/** A button that its key presses, too: a letter, or "Space". `title` says what happens. */
export function keyButton(words, key, title, act) {
  return element("button", { type: "button", title: `${title} (${key})`, "aria-keyshortcuts": key, onclick: act }, words);
}

/**
 * Presses the button below `root` whose key that is. A key that somebody types, or that means something where it is pressed, presses
 * nothing.
 *
 * @param {HTMLElement} root
 * @param {KeyboardEvent} event
 */
export function pressByKey(root, event) {
  const { target, key } = event;
  const typed = target.matches("select, input:not([type=checkbox], [type=range])");
  if (typed || event.ctrlKey || event.metaKey || event.altKey) return;
  const name = key === " " ? "Space" : key.toLowerCase();
  const button = [...root.querySelectorAll("button")].find((candidate) => candidate.getAttribute("aria-keyshortcuts") === name);
  if (!button || (key === " " && target.matches("button, input, summary"))) return; // on these, space has a meaning of its own
  event.preventDefault();
  button.click();
}
