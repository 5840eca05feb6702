// Decisions on their way to the log, one after the other. What could not be written stays here,
// is shown as not saved, and outlives a reload.

import { post } from "./api.js";

const KEPT = "unsaved-decisions";
const DECIDE = "/api/decide";

export class Outbox extends EventTarget {
  constructor(store) {
    super();
    this.store = store;
    this.items = [];
    this.failure = null;
    this.busy = false;
  }

  /** Takes up what a former visit of this tab could not save. */
  restore() {
    const kept = read();
    for (const item of kept) this.put(item);
    if (kept.length) this.send();
  }

  /** Decides, in the background. */
  decide(places, judgement, adjudicates = false) {
    const tags = places.map((at) => this.store.tag(at));
    this.put({ path: DECIDE, annotator: this.store.annotator, tags, judgement, adjudicates });
    return this.send();
  }

  undo() {
    // What never reached the log is taken back here.
    const last = this.items.at(-1);
    if (this.failure && last?.path === DECIDE) {
      this.items.pop();
      if (this.isShown(last)) this.store.release(this.placesOf(last));
      this.store.changed();
      this.settled("withdrawn", last, { stroke: this.placesOf(last) });
      this.tell();
      return Promise.resolve();
    }
    this.put({ path: "/api/undo", annotator: this.store.annotator });
    return this.send();
  }

  redo() {
    this.put({ path: "/api/redo", annotator: this.store.annotator });
    return this.send();
  }

  /** Tries everything again that was not saved. */
  async send() {
    this.tell();
    if (this.busy) return;
    this.busy = true;
    this.failure = null;
    this.tell();
    while (this.items.length && !this.failure) await this.sendFirst();
    this.busy = false;
    this.tell();
  }

  async sendFirst() {
    const item = this.items[0];
    const { path, tags, judgement, adjudicates, annotator } = item;
    const body = { annotator, since: this.store.version, reveal: this.store.reveal };
    try {
      const changes = await post(path, tags ? { ...body, tags, judgement, adjudicates } : body);
      this.finish(item);
      if (annotator === this.store.annotator) this.store.apply(changes, { tell: false });
      this.store.changed();
      this.settled("saved", item, changes);
    } catch (error) {
      // A step back is not tried again: it may have been made, and only the answer was lost.
      if (!error.refused && item.path === DECIDE) {
        this.failure = error.message;
        return;
      }
      this.finish(item);
      this.store.changed();
      this.settled("refused", item, { reason: error.message, stroke: this.placesOf(item) });
    }
  }

  put(item) {
    this.items.push(item);
    if (this.isShown(item)) this.store.hold(this.placesOf(item), item.judgement);
  }

  finish(item) {
    this.items.shift();
    if (this.isShown(item)) this.store.release(this.placesOf(item));
  }

  /** Whether it is this annotator's own word. The name may have been changed with a reload. */
  isShown(item) {
    return !item.adjudicates && item.annotator === this.store.annotator;
  }

  placesOf(item) {
    return (item.tags ?? []).map((tag) => this.store.place(tag)).filter((at) => at !== undefined);
  }

  settled(how, item, answer) {
    this.dispatchEvent(new CustomEvent("settled", { detail: { how, item, answer } }));
  }

  tell() {
    keep(this.items.filter(({ path }) => path === DECIDE));
    this.dispatchEvent(new Event("change"));
  }
}

function read() {
  try {
    return JSON.parse(sessionStorage.getItem(KEPT) ?? "[]");
  } catch {
    return [];
  }
}

function keep(items) {
  try {
    sessionStorage.setItem(KEPT, JSON.stringify(items));
  } catch {
    // No room for a large step: the page still holds it, and warns before it is left.
  }
}
