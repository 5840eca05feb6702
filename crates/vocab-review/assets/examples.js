// Example captions, fetched some tags ahead so that the next tag is there at once.

import { get } from "./api.js";

/** How many tags a request asks for, the fewest worth one that is not urgent, and the most that may be. */
const MANY = 12;
const ENOUGH = 6;
const MOST = 64;

export class Examples {
  constructor() {
    this.known = new Map();
    this.asked = new Set();
  }

  /** The captions of a tag, or undefined while they are on their way. */
  of(at) {
    return this.known.get(at);
  }

  /** Fetches the captions of tags that are shown, and of tags that will be. True: there are new ones. */
  async fetch(shown, ahead) {
    const isMissing = (at) => !this.known.has(at) && !this.asked.has(at);
    const urgent = shown.filter(isMissing);
    const missing = [...new Set([...urgent, ...ahead.filter(isMissing)])].slice(0, Math.min(MOST, Math.max(MANY, urgent.length)));
    if (!missing.length || (!urgent.length && missing.length < ENOUGH)) return false;
    missing.forEach((at) => this.asked.add(at));
    try {
      const found = await get("/api/examples", { at: missing.join(",") });
      for (const { at, examples } of found) this.known.set(at, examples);
      return true;
    } catch {
      return false;
    } finally {
      missing.forEach((at) => this.asked.delete(at));
    }
  }
}
