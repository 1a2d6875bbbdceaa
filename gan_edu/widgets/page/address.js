/** Where the settings of a laboratory come from, and where they are kept. */

const REST = 200; // milliseconds: browsers refuse to have an address written with every step of a slider

/** The window whose address the reader sees: a laboratory may be framed in a page of its site. */
const shown = globalThis.frameElement ? globalThis.parent : globalThis;

/**
 * Settings that a page gives stay with it. Where it gives none they are those of the address, which then follows what is set, so that a
 * link to the page is a link to the set-up.
 *
 * @param {object} table as `table.js` makes it.
 * @param {object} [given] those that differ from the defaults.
 * @param {(read: {settings: object, problems: string[]}) => void} take is told of another address that the reader has gone to.
 * @param {AbortSignal} [signal] ends the listening.
 * @returns {{read: () => {settings: object, problems: string[]}, write: (settings: object) => void}}
 */
export function keep(table, given, take, signal) {
  return given ? { read: () => table.fromObject(given), write() {} } : new Address(table, take, signal);
}

class Address {
  constructor(table, take, signal) {
    this.table = table;
    this.written = null;
    const followed = () => isPlace() || part() === this.written || take(this.read());
    shown.addEventListener("hashchange", followed, { signal });
  }

  read() {
    return this.table.fromAddress(isPlace() ? "" : part());
  }

  /** Has the address say these settings, once they have come to rest. */
  write(settings) {
    clearTimeout(this.due);
    this.written = this.table.toAddress(settings);
    this.due = setTimeout(() => {
      if (isPlace() ? this.written === "" : this.written === part()) return;
      const { pathname, search } = shown.location;
      shown.history.replaceState(null, "", pathname + search + (this.written && `#${this.written}`));
    }, REST);
  }
}

/** What the address has behind `#`. */
function part() {
  return shown.location.hash.replace(/^#/, "");
}

/** Whether that is the name of a place in the page, and says no settings. */
function isPlace() {
  return part() !== "" && !part().includes("=");
}
