// The page: one tag, or one suggestion, at a time, in one of five views.

import { askName } from "./annotator.js";
import { get } from "./api.js";
import { Card, stays } from "./card.js";
import { Connection, drawTrouble } from "./connection.js";
import { Disagreements } from "./disagreements.js";
import { announce, byId, count, describe, el, number, setText, speak } from "./dom.js";
import { Examples } from "./examples.js";
import { listen, showKeys } from "./keys.js";
import { pickTag } from "./merge.js";
import { Outbox } from "./outbox.js";
import { Panel } from "./panel.js";
import { Queue } from "./queue.js";
import { isSame } from "./store.js";
import { isCluster } from "./suggestions.js";
import { Summary, drawProgress } from "./summary.js";
import { Table } from "./table.js";
import { Walk } from "./walk.js";

const KINDS = ["object", "scene", "action", "attribute"];
/** Milliseconds for which keys wait for an undo. Later they would come as a surprise. */
const HASTE = 1000;
const VIEWS = ["queue", "suggestions", "table", "disagreements", "summary"];

export class Page {
  constructor(store, tab) {
    this.store = store;
    this.outbox = new Outbox(store, tab);
    this.examples = new Examples();
    this.view = "queue";
    this.current = { queue: null, suggestions: null, table: null, disagreements: null };
    this.trail = [];
    this.waiting = [];
    this.main = document.querySelector("main");
    const onselect = (at, opened) => this.go(at, { opened });
    const decide = (places, judgement) => this.decide(places, judgement);
    const act = (action) => this.act(action);
    this.views = {
      queue: new Queue(byId("queue"), store, onselect),
      suggestions: new Walk(byId("suggestions"), store, onselect),
      table: new Table(byId("table"), store, { onselect, decide }),
      disagreements: new Disagreements(byId("disagreements"), store, { onselect, onreveal: (on) => this.reveal(on) }),
    };
    this.summary = new Summary(byId("summary"), store, (at) => this.showTag(at));
    this.card = new Card(byId("card"), store, this.examples, {
      act, decide,
      edited: () => this.saveEdit(),
      go: (at) => this.go(at),
      closer: (suggestion) => this.showSuggestion(suggestion),
    });
    this.panel = new Panel(byId("suggestion"), store, this.examples, {
      act, decide,
      open: (at) => this.showTag(at),
      done: (at) => this.afterSuggestion(at),
    });
    this.connection = new Connection(() => this.read(), () => (this.outbox.busy ? Date.now() - this.outbox.since : 0));
    this.wire();
  }

  wire() {
    this.store.addEventListener("change", () => this.refresh());
    this.outbox.addEventListener("change", () => this.drawSaving());
    this.outbox.addEventListener("settled", (event) => {
      this.settled(event.detail);
      this.actOnWaiting();
    });
    this.outbox.addEventListener("failed", (event) => this.connection.failed(event.detail));
    this.connection.addEventListener("change", () => this.drawSaving());
    this.connection.addEventListener("back", () => this.isBack());
    document.querySelectorAll("#top [data-view]").forEach((button) => button.addEventListener("click", () => this.open(button.dataset.view)));
    byId("undo").addEventListener("click", () => this.act("undo"));
    byId("redo").addEventListener("click", () => this.act("redo"));
    document.querySelectorAll(".lists").forEach((button) => button.addEventListener("click", () => this.list(!this.main.classList.contains("listing"))));
    byId("help").addEventListener("click", showKeys);
    byId("who").addEventListener("click", () => this.rename());
    byId("who").replaceChildren(el("bdi", {}, this.store.annotator));
    byId("who").setAttribute("aria-label", `${this.store.annotator}: change your name`);
    addEventListener("beforeunload", (event) => {
      if (this.outbox.items.length) event.preventDefault();
    });
    listen((action) => this.act(action));
    this.store.kept.onlost = (when) => this.outbox.leave(when);
  }

  async start() {
    const restored = await this.outbox.restore();
    this.refresh();
    this.current.queue = this.views.queue.next(null);
    this.open("queue");
    this.drawSaving();
    this.connection.start();
    if (restored) announce(`${count(restored, "decision")} of your last visit ${restored === 1 ? "is" : "are"} saved now.`);
  }

  get at() {
    return this.current[this.view] ?? null;
  }

  /** What shows one thing closely. */
  get detail() {
    return this.view === "suggestions" ? this.panel : this.card;
  }

  // What is shown.

  open(view) {
    // What was to be judged in the queue may be judged elsewhere.
    if (this.view === "queue") this.wasOpen = this.at !== null && !this.store.own(this.at);
    this.view = view;
    this.returns = null;
    this.main.dataset.view = view;
    this.main.classList.remove("opened");
    this.list(false);
    for (const name of VIEWS) byId(name).hidden = name !== view;
    byId("card").hidden = view === "summary" || view === "suggestions";
    byId("suggestion").hidden = view !== "suggestions";
    document.querySelectorAll("#top [data-view]").forEach((button) => button.setAttribute("aria-current", button.dataset.view === view ? "page" : "false"));
    document.querySelector(".skip").href = view === "summary" ? "#summary" : `#${this.detail.node.id}`;
    if (view === "summary") {
      this.summary.refresh();
      speak("Summary.");
      return;
    }
    this.views[view].refresh();
    if (view === "queue" && this.wasOpen && this.store.own(this.at)) {
      this.trail.push([view, this.at]);
      this.current.queue = this.views.queue.next(this.at);
    }
    if (this.at === null) this.current[view] = view === "queue" ? this.views.queue.next(null) : (this.views[view].items[0] ?? null);
    this.card.at = null;
    this.panel.at = null;
    speak(`${document.querySelector(`#top [data-view=${view}]`).firstChild.textContent.trim()}.`);
    this.show();
  }

  /** Where there is no room for both: the list, or what it is a list of. */
  list(on) {
    this.main.classList.toggle("listing", on);
    document.querySelectorAll(".lists").forEach((button) => button.setAttribute("aria-expanded", String(on)));
    if (on) this.views[this.view].select(this.at);
  }

  /** Shows a tag or suggestion in this view. `opened`: where there is no room for both, instead of the list. */
  go(at, { opened = false, trail = true } = {}) {
    if (this.view === "summary") this.open("queue");
    if (trail && this.at !== null && this.at !== at) this.trail.push([this.view, this.at]);
    // Here verdicts settle: what nobody disagrees about is judged elsewhere.
    if (this.view === "disagreements" && at !== null && !this.views.disagreements.has(at)) this.open("queue");
    this.current[this.view] = at;
    if (opened) {
      this.main.classList.add("opened");
      this.list(false);
    }
    this.show();
  }

  show() {
    const view = this.views[this.view];
    const { at, detail } = this;
    const isNew = at !== detail.at;
    detail.show(at, { settles: this.view === "disagreements", empty: view.empty });
    view.select(at);
    if (isNew && at === null) speak(view.empty);
    else if (isNew && !view.list.tells(at)) speak(`${detail.words()}.`);
    if (at !== null) this.fetchExamples();
  }

  async fetchExamples() {
    const { at, view } = this;
    const shown = view === "suggestions" ? this.panel.suggestion.tags : [at];
    const isNews = await this.examples.fetch(shown, this.views[view].ahead(at));
    // What is shown by now may have been asked for as what comes next.
    if (isNews && this.view !== "summary" && this.at !== null) this.detail.drawExamples();
  }

  /** A tag by itself, from a suggestion about it or from the summary. */
  showTag(at) {
    const isFromSummary = this.view === "summary";
    this.open("queue");
    if (isFromSummary) this.trail.push(["summary", null]);
    this.go(at, { opened: true, trail: !isFromSummary });
  }

  /** A suggestion with all its tags, from one of them. */
  showSuggestion(suggestion) {
    const { view } = this;
    this.current.suggestions = suggestion.index;
    this.open("suggestions");
    this.returns = view;
  }

  /** A suggestion is followed or waved off: back to where it was opened from, or to the next. */
  afterSuggestion(at) {
    if (this.returns) this.open(this.returns);
    else this.go(this.views.suggestions.next(at));
  }

  refresh() {
    drawProgress(this.store, this.views.queue.refresh());
    this.views.disagreements.refresh();
    this.views.suggestions.refresh();
    if (this.view === "table") this.views.table.refresh();
    byId("undo").disabled = !this.store.undo && !this.outbox.items.length;
    byId("redo").disabled = !this.store.redo;
    if (this.view === "summary") this.summary.soon();
    else this.detail.draw();
  }

  // What is done.

  act(action) {
    // A key is about what is shown once a step back is made, not about what is shown until then.
    if (!this.outbox.stepping) return this.perform(action);
    if (Date.now() - this.outbox.since < HASTE) this.waiting.push(action);
    else announce("The last step is on its way: wait a moment.");
    return undefined;
  }

  /** Does what waited for a step back, unless that has led to where keys mean something else. */
  actOnWaiting() {
    if (this.waiting.length && Date.now() - this.outbox.since > HASTE) {
      this.waiting = [];
      announce("The program was slow: press the key again.");
    }
    while (this.waiting.length && !this.outbox.stepping) {
      if (document.querySelector("dialog[open]") || document.activeElement?.matches("input, select")) this.waiting = [];
      else this.perform(this.waiting.shift());
    }
  }

  async perform(action) {
    if (VIEWS.includes(action)) return this.open(action);
    if (action === "help") return showKeys();
    if (action === "undo" || action === "redo") return this.outbox[action]();
    if (action === "find") return this.find();
    if (action === "leave") return this.leave();
    if (action === "backward") return this.back();
    if (action.startsWith("only-")) return this.limit(action.slice("only-".length));
    if (this.view === "summary" || this.at === null) return undefined;
    if (action === "forward") return this.advance();
    if (this.view === "suggestions") return this.panel.act(action) || announce("This key is for single tags: v opens one.");
    return this.actOnTag(action);
  }

  actOnTag(action) {
    const { card } = this;
    if (action === "rename" || action === "note") return card[action].select();
    if (KINDS.includes(action)) return card.setKind(action);
    if (action === "examples") return card.readOut();
    if (action === "suggestion") return card.follow();
    if (action === "other-suggestion") return card.markNext();
    if (action === "wave") return card.wave();
    if (action === "closer") return this.closer();
    if (action === "clear") return card.judgement() && this.decide([this.at], null);
    if (action === "merge") return this.merge();
    return action === "into" ? announce("This key is for clusters: v opens one.") : this.judge(action);
  }

  /** From a tag to its cluster. */
  closer() {
    const marked = this.card.marked() ?? this.store.suggestions.about(this.at)[0];
    if (marked) this.showSuggestion(marked);
    else announce("There is no suggestion about this tag.");
  }

  /** Tags of one kind alone. */
  limit(kind) {
    if (!this.views[this.view]?.limit) this.open("queue");
    this.views[this.view].limit(kind);
  }

  judge(verdict) {
    const judgement = this.card.compose(verdict);
    this.decide([this.at], judgement);
  }

  async merge() {
    const { at, store } = this;
    const clusters = store.suggestions.about(at).filter(isCluster);
    const offers = [...new Set(clusters.flatMap(({ tags }) => tags))].filter((other) => other !== at);
    const tag = store.tag(at);
    const into = await pickTag(store, { title: `Merge “${tag.name}” (${tag.kind}) into…`, label: "Name of a tag", kind: tag.kind, without: new Set([at]), offers });
    if (into !== null && this.at === at) this.judge({ verdict: "merge", into: store.tag(into) });
  }

  /** Decides in the background and goes on at once. */
  decide(places, judgement) {
    if (this.card.settles && this.view === "disagreements" && !this.views.disagreements.has(this.at)) {
      announce(`Nobody disagrees about ${this.store.names[this.at]} any more.`);
      this.advance();
      return;
    }
    const isThis = this.view !== "suggestions" && places.length === 1 && places[0] === this.at;
    if (isThis) this.card.dropDraft();
    const { at } = this;
    const next = isThis && judgement ? this.views[this.view].next(at) : at;
    this.outbox.decide(places, judgement, isThis && this.view === "disagreements");
    if (isThis && judgement) {
      speak(`${describe(judgement, this.store.tag(at))}.`);
      this.advance(next);
    }
  }

  /**
   * A changed name, kind or note of a tag that is judged is saved at once; but name and kind, where
   * they do not count, when they do.
   */
  saveEdit() {
    const held = this.card.judgement();
    if (!held || !this.card.hasDraft()) return;
    const verdict = held.verdict === "merge" ? { verdict: "merge", into: held.into } : held.verdict;
    const judgement = this.card.compose(verdict);
    if (stays(held.verdict) || !this.card.isRenamed()) this.card.dropDraft();
    this.card.draw();
    if (isSame(judgement, held)) return;
    this.outbox.decide([this.at], judgement, this.view === "disagreements");
  }

  advance(next = this.views[this.view].next(this.at)) {
    if (next === null && this.view === "table") {
      announce("This is the last one.");
      return;
    }
    this.go(next);
  }

  back() {
    const [view, at] = this.trail.pop() ?? [];
    if (view === undefined) {
      announce("There is none before.");
      return;
    }
    if (view !== this.view) this.open(view);
    if (view !== "summary") this.go(at, { trail: false });
  }

  async find() {
    if (this.view === "table") return this.views.table.find();
    const at = await pickTag(this.store, { title: "Go to a tag", label: "Name of a tag", kind: null, without: new Set() });
    if (at === null) return undefined;
    if (this.view !== "queue") this.open("queue");
    return this.go(at, { opened: true });
  }

  leave() {
    const active = document.activeElement;
    if (active?.matches("input, select, textarea")) active.blur();
    else if (this.returns) this.open(this.returns);
    else {
      this.main.classList.remove("opened");
      this.list(false);
    }
  }

  async rename() {
    if (this.outbox.items.length) {
      announce("First save what is not saved yet.");
      return;
    }
    const name = await askName({ canCancel: true });
    if (name !== null && name !== this.store.annotator) location.reload();
  }

  async reveal(on) {
    this.store.reveal = on;
    try {
      await this.read({ fresh: true });
    } catch (error) {
      this.connection.failed(error);
      return;
    }
    this.views.disagreements.refresh();
    if (this.view === "disagreements" && !this.views.disagreements.items.includes(this.at)) this.go(this.views.disagreements.items[0] ?? null);
  }

  // What is saved.

  async read({ fresh = false } = {}) {
    const { store } = this;
    const changes = await get("/api/review", { annotator: store.annotator, since: fresh ? 0 : store.version, reveal: store.reveal, edition: store.edition });
    store.apply(changes, { fresh });
  }

  /** The program answers again. */
  isBack() {
    if (this.outbox.items.length) this.outbox.send();
    else announce("The program answers again.");
    if (this.view === "summary") this.summary.refresh();
    else if (this.at !== null) this.fetchExamples();
  }

  settled({ how, item, answer }) {
    const { store } = this;
    const places = answer.stroke ?? [];
    if (how === "refused" || item.path === "/api/undo" || how === "withdrawn") store.suggestions.reopen(places);
    if (how === "refused") {
      announce(`Not ${{ "/api/undo": "undone", "/api/redo": "redone" }[item.path] ?? "saved"}: ${answer.reason}.`);
      if (this.view === "suggestions") this.showStroke(places);
      else if (places.length === 1) this.takeBack(places[0], item);
      return;
    }
    if (how === "saved" && item.path === "/api/decide") return;
    const word = item.path === "/api/redo" ? "Redone" : "Undone";
    if (this.view === "suggestions") this.showStroke(places);
    if (places.length === 1) {
      const [at] = places;
      const what = describe(store.own(at), store.tag(at));
      const isNamedAnyway = this.view !== "suggestions" && at !== this.at;
      announce(`${word}. ${store.names[at]}: ${what}`, isNamedAnyway ? `${word}: ${what}.` : `${word}. ${store.names[at]}: ${what}.`);
      if (this.view !== "suggestions") this.go(at, { trail: false });
    } else announce(`${word}: ${count(places.length, "tag")}.`);
  }

  /** What was refused is shown again, with what was typed. */
  takeBack(at, item) {
    this.go(at);
    if (item.judgement) this.card.takeBack(item.judgement);
  }

  /** The suggestion that a stroke was about, which may have been taken back. */
  showStroke(places) {
    const isAll = ({ tags }) => places.every((at) => tags.includes(at));
    const found = this.store.suggestions.about(places[0]).find(isAll);
    if (found) this.go(found.index, { trail: false });
  }

  drawSaving() {
    const { outbox, connection } = this;
    const { items, failure, busy } = outbox;
    const isBad = (failure && items.length) || connection.state !== "good";
    const state = isBad ? "failed" : items.length || busy ? "busy" : "saved";
    const saving = byId("saving");
    if (state === "saved" && saving.dataset.state === "failed") announce("All saved.");
    saving.dataset.state = state;
    setText(saving, isBad ? (items.length ? `Not saved: ${number(items.length)}` : "No answer") : state === "busy" ? "Saving…" : "All saved");
    drawTrouble(byId("trouble"), { connection, outbox, retry: () => this.retry() });
    byId("undo").disabled = !this.store.undo && !items.length;
  }

  retry() {
    if (this.outbox.items.length) this.outbox.send();
    this.connection.poll();
  }
}
