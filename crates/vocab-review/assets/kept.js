// What this browser keeps for an annotator of one log: decisions that are not saved, what was typed
// and not decided, suggestions waved off. It outlives a reload, and the program.

const TAB = "tab";
/** Milliseconds in which an open tab answers. */
const ANSWERS = 400;

export class Kept {
  constructor(log, annotator) {
    this.scope = `${annotator}\n${log}`;
    /** Called with the time, in milliseconds, at which another tab took this one for closed. */
    this.onlost = () => {};
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

  /** Calls `tell(value)` when another tab keeps something else. */
  watch(name, tell) {
    const key = `${name}\n${this.scope}`;
    addEventListener("storage", (event) => {
      if (event.key === key) tell(this.read(name, []));
    });
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
   * Takes what a tab keeps here, for as long as this page is open. False if that tab is open itself.
   */
  claim(tab) {
    const name = `${tab}\n${this.scope}`;
    return navigator.locks ? lock(name) : this.ask(name);
  }

  /**
   * Claims where the browser has no locks, as where the address is neither loopback nor https: tabs
   * that are open answer for what is theirs. Of two that ask at once one gets it.
   */
  async ask(name) {
    const channel = this.answer();
    this.asked.set(name, true);
    channel.postMessage({ name, asks: this.page });
    await new Promise((done) => setTimeout(done, ANSWERS));
    const isFree = this.asked.get(name);
    this.asked.delete(name);
    if (isFree) {
      this.claimed.add(name);
      channel.postMessage({ name, takes: this.page, when: Date.now() });
    }
    return isFree;
  }

  /** Answers other tabs, for as long as this page is open. */
  answer() {
    if (this.channel) return this.channel;
    this.channel = new BroadcastChannel("review-tabs");
    this.asked = new Map();
    this.claimed = new Set();
    this.page = randomName();
    this.channel.onmessage = ({ data: { name, asks, answers, takes, when } }) => {
      const isFirst = this.asked.has(name) && this.page < asks;
      if (asks && (this.claimed.has(name) || isFirst)) this.channel.postMessage({ name, answers: asks });
      // An answer that comes too late changes nothing.
      if ((takes || answers === this.page) && this.asked.has(name)) this.asked.set(name, false);
      // A browser may keep a tab from answering while it is out of sight.
      else if (takes && this.claimed.delete(name)) this.onlost(when);
    };
    return this.channel;
  }
}

/** Holds a lock for as long as the page is open. False if another page has it. */
function lock(name) {
  return new Promise((resolve) => {
    const hold = (held) => {
      resolve(Boolean(held));
      return held ? new Promise(() => {}) : undefined;
    };
    navigator.locks.request(name, { ifAvailable: true }, hold).catch(() => resolve(false));
  });
}

const randomName = () => Array.from(crypto.getRandomValues(new Uint32Array(2)), (word) => word.toString(36)).join("");

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
  if (known && (await kept.claim(known))) return known;
  const name = randomName();
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
