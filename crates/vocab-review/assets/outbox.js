// Decisions on their way to the log, one after the other. What could not be written stays here,
// is shown as not saved, and outlives a reload, the tab and the program.

import { post } from "./api.js";
import { isSame } from "./store.js";

const KEPT = "unsaved ";
const DECIDE = "/api/decide";
const UNDO = "/api/undo";

export class Outbox extends EventTarget {
  /** `tab`: this tab's name. */
  constructor(store, tab) {
    super();
    this.store = store;
    this.tab = tab;
    this.items = [];
    this.failure = null;
    this.busy = false;
    this.isKept = true;
    this.since = 0;
  }

  /**
   * Takes up what former visits under this name could not save: this tab's, and those of tabs that
   * are closed. Tells how many decisions they are.
   */
  async restore() {
    const { kept } = this.store;
    let restored = 0;
    for (const name of kept.names(KEPT)) {
      const tab = name.slice(KEPT.length);
      const isOurs = tab === this.tab;
      // What was decided for another log of this name waits for that.
      if (!kept.read(name, []).every((item) => this.fits(item))) {
        if (isOurs) kept.write(`${name} elsewhere`, kept.read(name, []));
        continue;
      }
      if (!isOurs && !(await kept.claim(tab))) continue;
      const items = kept.read(name, []);
      for (const item of items) this.put({ ...item, edition: this.store.edition });
      restored += items.filter(({ withdrawn }) => !withdrawn).length;
      this.keep();
      if (!isOurs) kept.forget(name);
    }
    if (this.items.length) this.send();
    return restored;
  }

  /** Whether it was decided for the log that is open: another may have taken its place. */
  fits({ edition }) {
    const [log, now] = [edition, this.store.edition].map((words) => words.split(".")[1]);
    return !log || log === now;
  }

  /** Decides, in the background. */
  decide(places, judgement, adjudicates = false) {
    const tags = places.map((at) => this.store.tag(at));
    const { annotator, edition } = this.store;
    this.put({ path: DECIDE, at: Date.now(), annotator, edition, tags, judgement, adjudicates });
    return this.send();
  }

  undo() {
    const last = this.items.findLastIndex((item) => !item.withdrawn);
    if (this.failure && this.items[last]?.path === DECIDE) {
      this.withdraw(last);
      return Promise.resolve();
    }
    this.put({ path: UNDO, annotator: this.store.annotator });
    return this.send();
  }

  /**
   * Takes back what did not reach the log, here. Of what was sent without an answer nobody knows:
   * the program takes it back if it was made.
   */
  withdraw(index) {
    const item = this.items[index];
    if (!item.adjudicates) this.store.release(this.placesOf(item));
    if (item.wasSent && !this.holdsAnyway(item)) this.items[index] = { ...item, withdrawn: true };
    else this.items.splice(index, 1);
    if (!this.items.length) this.failure = null;
    this.store.changed();
    this.settled("withdrawn", item, { stroke: this.placesOf(item) });
    this.tell();
  }

  /** Whether the item changes nothing. */
  holdsAnyway({ adjudicates, judgement, tags }) {
    const states = this.placesOf({ tags }).map((at) => this.store.state(at));
    return states.every(({ own, adjudication }) => isSame(adjudicates ? adjudication : own, judgement));
  }

  /** Steps back that were waiting for what could not be sent. */
  withdrawWaiting() {
    for (;;) {
      const at = this.items.findIndex((item, index) => item.path === UNDO && this.items[index - 1]?.path === DECIDE && !this.items[index - 1].withdrawn);
      if (at < 0) return;
      this.items.splice(at, 1);
      this.withdraw(at - 1);
    }
  }

  /** Whether a step back or forth is on its way: what it leads to is not known yet. */
  get stepping() {
    return this.busy && this.items.some(({ path }) => path !== DECIDE);
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
    while (this.items.length && !this.failure) {
      this.since = Date.now();
      await this.sendFirst();
    }
    this.busy = false;
    this.tell();
  }

  async sendFirst() {
    const item = this.items[0];
    const { path, tags, judgement, adjudicates, withdrawn, annotator } = item;
    const isUnsure = item.wasSent;
    item.wasSent = true;
    this.keep();
    const { version, reveal, edition } = this.store;
    const body = { annotator, since: version, reveal, edition };
    try {
      const changes = await post(path, tags ? { ...body, tags, judgement, adjudicates, withdrawn } : body);
      this.finish(item);
      this.store.apply(changes, { tell: false });
      this.store.changed();
      if (!withdrawn) this.settled("saved", item, changes);
    } catch (error) {
      // A step back is not tried again: it may have been made, and only the answer was lost.
      if (!error.refused && item.path === DECIDE) {
        this.failure = error;
        item.wasSent = isUnsure || !error.isKnown;
        this.withdrawWaiting();
        this.dispatchEvent(new CustomEvent("failed", { detail: error }));
        return;
      }
      this.finish(item);
      this.store.changed();
      if (!withdrawn) this.settled("refused", item, { reason: error.message, stroke: this.placesOf(item) });
    }
  }

  put(item) {
    this.items.push(item);
    if (!item.adjudicates && !item.withdrawn) this.store.hold(this.placesOf(item), item.judgement);
  }

  finish(item) {
    this.items.shift();
    if (!item.adjudicates && !item.withdrawn) this.store.release(this.placesOf(item));
  }

  placesOf(item) {
    return (item.tags ?? []).map((tag) => this.store.place(tag)).filter((at) => at !== undefined);
  }

  settled(how, item, answer) {
    this.dispatchEvent(new CustomEvent("settled", { detail: { how, item, answer } }));
  }

  tell() {
    this.keep();
    this.dispatchEvent(new Event("change"));
  }

  /** Another tab took this for closed, and has what had not been saved by then. */
  leave(when) {
    const since = this.items.filter(({ at }) => at > when);
    if (!this.isKept || (since.length && !this.store.kept.write(`${KEPT}${this.tab} since`, since))) return;
    this.store.kept.forget(KEPT + this.tab);
    this.items = [];
    location.reload();
  }

  /** If there is no room for a large step, the page still holds it, and warns before it is left. */
  keep() {
    const items = this.items.filter(({ path }) => path === DECIDE);
    if (items.length) this.isKept = this.store.kept.write(KEPT + this.tab, items);
    else this.store.kept.forget(KEPT + this.tab);
  }
}
