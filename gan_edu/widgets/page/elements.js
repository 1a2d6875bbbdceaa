/** Small pieces of a page. */

/**
 * An element with attributes and children. A property whose name begins with "on" is a listener; what is null or false is left out.
 *
 * @returns {HTMLElement}
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false) made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null));
  return made;
}

let made = 0;

/** A name that no other element of the page has. */
export function freshId() {
  made += 1;
  return `gan-lab-${made}`;
}
