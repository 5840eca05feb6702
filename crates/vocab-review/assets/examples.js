// Example captions, fetched some tags ahead so that the next tag is there at once.

import { get } from "./api.js";

const AHEAD = 12;
const ENOUGH = 6;

export class Examples {
  constructor() {
    this.known = new Map();
    this.asked = new Set();
  }

  /** The captions of a tag, or undefined while they are on their way. */
  of(at) {
    return this.known.get(at);
  }

  /** Fetches the captions of these tags, the first of them most urgently. */
  async fetch(places) {
    const missing = places.slice(0, AHEAD).filter((at) => !this.known.has(at) && !this.asked.has(at));
    if (!missing.length || (missing[0] !== places[0] && missing.length < AHEAD - ENOUGH)) return false;
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
