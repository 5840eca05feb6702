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

  /**
   * Takes what a tab keeps here, for as long as this page is open. False if that tab is open
   * itself, or if the browser cannot tell, as where the address is neither loopback nor https.
   */
  claim(tab) {
    if (!navigator.locks) return Promise.resolve(false);
    return new Promise((resolve) => {
      const hold = (lock) => {
        resolve(Boolean(lock));
        return lock ? new Promise(() => {}) : undefined;
      };
      navigator.locks.request(`${tab}\n${this.scope}`, { ifAvailable: true }, hold).catch(() => resolve(false));
    });
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
export async function tabName(kept) {
  const known = rememberTab();
  if (known && (!navigator.locks || (await kept.claim(known)))) return known;
  const name = Array.from(crypto.getRandomValues(new Uint32Array(2)), (word) => word.toString(36)).join("");
  await kept.claim(name);
  rememberTab(name);
  return name;
}

function rememberTab(name = null) {
  try {
    if (name) sessionStorage.setItem(TAB, name);
    return sessionStorage.getItem(TAB);
  } catch {
    // A browser that keeps nothing: the page does without.
    return name;
  }
}
