// The candidates, and what is known of each: one's own judgement, saved or not, and others'.

import { Suggestions } from "./suggestions.js";

const KINDS = { o: "object", s: "scene", a: "action", t: "attribute" };
const NOTHING = { others: [] };

export class Store extends EventTarget {
  /** `kept`: what this browser keeps for the annotator. */
  constructor(listing, annotator, kept) {
    super();
    this.kept = kept;
    this.annotator = annotator;
    this.names = listing.names;
    this.kinds = Array.from(listing.kinds, (letter) => KINDS[letter]);
    this.images = listing.images;
    this.captions = listing.captions;
    this.mentions = listing.mentions;
    this.log = listing.log;
    this.annotators = [];
    this.version = 0;
    this.edition = "";
    this.reveal = false;
    this.undo = 0;
    this.redo = 0;
    this.states = new Map();
    this.unsaved = new Map();
    this.places = new Map(this.names.map((name, at) => [key(name, this.kinds[at]), at]));
    this.suggestions = new Suggestions(this, listing.suggestions, kept);
  }

  get size() {
    return this.names.length;
  }

  tag(at) {
    return { name: this.names[at], kind: this.kinds[at] };
  }

  /** Where a tag stands, or undefined. */
  place(tag) {
    return this.places.get(key(tag.name, tag.kind));
  }

  state(at) {
    return this.states.get(at) ?? NOTHING;
  }

  /** One's own judgement as the page shows it, saved or not. */
  own(at) {
    const unsaved = this.unsaved.get(at);
    return unsaved ? unsaved.judgement : this.state(at).own;
  }

  isUnsaved(at) {
    return this.unsaved.has(at);
  }

  /** How many tags one has judged. */
  judged() {
    let count = 0;
    for (let at = 0; at < this.size; at += 1) if (this.own(at)) count += 1;
    return count;
  }

  isOpenDispute(at) {
    const state = this.state(at);
    return Boolean(state.disputed && !state.settled);
  }

  /** Shows a judgement that is on its way to the log. */
  hold(places, judgement) {
    for (const at of places) {
      const count = (this.unsaved.get(at)?.count ?? 0) + 1;
      this.unsaved.set(at, { judgement, count });
    }
    this.changed();
  }

  /** The judgement has arrived, or will not. */
  release(places) {
    for (const at of places) {
      const unsaved = this.unsaved.get(at);
      if (!unsaved) continue;
      if (unsaved.count > 1) unsaved.count -= 1;
      else this.unsaved.delete(at);
    }
  }

  /** Takes in what the program says has changed, unless something newer is known. */
  apply(changes, { fresh = false, tell = true } = {}) {
    if (fresh) this.states.clear();
    else if (changes.version < this.version) return;
    const isNews = fresh || changes.version > this.version || changes.undo !== this.undo || changes.redo !== this.redo;
    this.version = changes.version;
    this.edition = changes.edition;
    this.annotators = changes.annotators;
    this.undo = changes.undo;
    this.redo = changes.redo;
    for (const { at, ...state } of changes.tags) {
      state.others ??= [];
      this.states.set(at, state);
    }
    if (isNews && tell) this.changed();
  }

  changed() {
    this.dispatchEvent(new Event("change"));
  }
}

/** Whether two judgements say the same. */
export function isSame(one, other) {
  const sorted = (judgement) => JSON.stringify(Object.entries(judgement ?? {}).filter(([, value]) => value != null).sort());
  return sorted(one) === sorted(other);
}

function key(name, kind) {
  return `${name}/${kind}`;
}
