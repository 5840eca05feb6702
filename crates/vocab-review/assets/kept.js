// What this browser keeps for an annotator of one log: decisions that are not saved, what was typed
// and not decided, suggestions waved off. It outlives a reload, and the program.

const TAB = "tab";

export class Kept {
  constructor(log, annotator) {
    this.scope = `${annotator}\n${log}`;
  }

  read(name, otherwise) {
    return readJson(`${name}\n${this.scope}`) ?? otherwise;
  }

  /** Keeps a value, or says false: there is no room, and it stays as long as the page does. */
  write(name, value) {
    try {
      localStorage.setItem(`${name}\n${this.scope}`, JSON.stringify(value));
      return true;
    } catch {
      return false;
    }
  }

  forget(name) {
    try {
      localStorage.removeItem(`${name}\n${this.scope}`);
    } catch {
      // There was nothing.
    }
  }

  /** Names of this scope that begin so. */
  names(start) {
    try {
      const end = `\n${this.scope}`;
      const keys = Object.keys(localStorage).filter((key) => key.startsWith(start) && key.endsWith(end));
      return keys.map((key) => key.slice(0, -end.length));
    } catch {
      return [];
    }
  }
}

function readJson(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null;
  }
}

/** A name for this tab, which a reload does not change and which no other open tab has. */
export async function tabName() {
  const known = sessionStorage.getItem(TAB);
  if (known && (!navigator.locks || (await claim(known)))) return known;
  const name = Array.from(crypto.getRandomValues(new Uint32Array(2)), (word) => word.toString(36)).join("");
  await claim(name);
  sessionStorage.setItem(TAB, name);
  return name;
}

/** Takes a tab's name, for as long as this page is open. False if another page has it, or none can tell. */
export function claim(name) {
  if (!navigator.locks) return Promise.resolve(false);
  return new Promise((resolve) => {
    const hold = (lock) => {
      resolve(Boolean(lock));
      return lock ? new Promise(() => {}) : undefined;
    };
    navigator.locks.request(`review tab ${name}`, { ifAvailable: true }, hold).catch(() => resolve(false));
  });
}
