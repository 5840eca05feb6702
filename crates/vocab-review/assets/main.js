// The page: one tag at a time, in one of four views.

import { annotator, askName } from "./annotator.js";
import { get } from "./api.js";
import { Card } from "./card.js";
import { Disagreements } from "./disagreements.js";
import { announce, byId, count, describe, number } from "./dom.js";
import { Examples } from "./examples.js";
import { listen, showKeys } from "./keys.js";
import { pickTag } from "./merge.js";
import { Outbox } from "./outbox.js";
import { Queue } from "./queue.js";
import { Store } from "./store.js";
import { Summary, drawProgress } from "./summary.js";
import { Table } from "./table.js";

/** Milliseconds between two looks at what others have decided. */
const POLL = 2000;
const KINDS = ["object", "scene", "action", "attribute"];

class Page {
  constructor(store) {
    this.store = store;
    this.outbox = new Outbox(store);
    this.examples = new Examples();
    this.view = "queue";
    this.current = { queue: null, table: null, disagreements: null };
    this.trail = [];
    const onselect = (at, opened) => this.go(at, { opened });
    this.views = {
      queue: new Queue(byId("queue"), store, onselect),
      table: new Table(byId("table"), store, { onselect, decide: (places, judgement) => this.decide(places, judgement) }),
      disagreements: new Disagreements(byId("disagreements"), store, { onselect, onreveal: (on) => this.reveal(on) }),
    };
    this.summary = new Summary(byId("summary"), store);
    this.card = new Card(byId("card"), store, this.examples, {
      act: (action) => this.act(action),
      decide: (places, judgement) => this.decide(places, judgement),
      edited: () => this.saveEdit(),
      go: (at) => this.go(at),
    });
    this.wire();
  }

  wire() {
    this.store.addEventListener("change", () => this.refresh());
    this.outbox.addEventListener("change", () => this.drawSaving());
    this.outbox.addEventListener("settled", (event) => this.settled(event.detail));
    document.querySelectorAll("#top [data-view]").forEach((button) => button.addEventListener("click", () => this.open(button.dataset.view)));
    byId("undo").addEventListener("click", () => this.act("undo"));
    byId("redo").addEventListener("click", () => this.act("redo"));
    byId("help").addEventListener("click", showKeys);
    byId("who").addEventListener("click", () => this.rename());
    byId("who").textContent = this.store.annotator;
    addEventListener("beforeunload", (event) => {
      if (this.outbox.items.length) event.preventDefault();
    });
    listen((action) => this.act(action));
  }

  start() {
    this.outbox.restore();
    this.refresh();
    this.current.queue = this.views.queue.next(null);
    this.open("queue");
    setInterval(() => this.poll(), POLL);
  }

  get at() {
    return this.current[this.view] ?? null;
  }

  // What is shown.

  open(view) {
    this.view = view;
    document.querySelector("main").dataset.view = view;
    document.querySelector("main").classList.remove("opened");
    for (const name of ["queue", "table", "disagreements", "summary"]) byId(name).hidden = name !== view;
    byId("card").hidden = view === "summary";
    document.querySelectorAll("#top [data-view]").forEach((button) => button.setAttribute("aria-current", button.dataset.view === view ? "page" : "false"));
    if (view === "summary") {
      this.summary.refresh();
      return;
    }
    this.views[view].refresh();
    if (this.at === null) this.current[view] = view === "queue" ? this.views.queue.next(null) : (this.views[view].items[0] ?? null);
    this.show();
  }

  /** Shows a tag in this view. `opened`: where there is no room for both, instead of the list. */
  go(at, { opened = false, trail = true } = {}) {
    if (this.view === "summary") this.open("queue");
    if (trail && this.at !== null && this.at !== at) this.trail.push(this.at);
    this.current[this.view] = at;
    document.querySelector("main").classList.toggle("opened", opened || document.querySelector("main").classList.contains("opened"));
    this.show();
  }

  show() {
    const view = this.views[this.view];
    const { at, store } = this;
    const isNew = at !== this.card.at;
    this.card.show(at, { settles: this.view === "disagreements", empty: view.empty });
    view.select(at);
    if (isNew) byId("reader").textContent = at === null ? view.empty : `${store.names[at]}, ${store.kinds[at]}, ${count(store.images[at], "image")}`;
    if (at === null) return;
    this.examples.fetch([at, ...view.ahead(at)]).then((news) => news && this.at === at && this.card.drawExamples());
  }

  refresh() {
    drawProgress(this.store, this.views.queue.refresh());
    this.views.disagreements.refresh();
    if (this.view === "table") this.views.table.refresh();
    byId("undo").disabled = !this.store.undo && !this.outbox.items.length;
    byId("redo").disabled = !this.store.redo;
    if (this.view !== "summary") this.card.draw();
  }

  // What is done.

  async act(action) {
    if (action in this.views || action === "summary") return this.open(action);
    if (action === "help") return showKeys();
    if (action === "undo" || action === "redo") return this.outbox[action]();
    if (action === "find") return this.find();
    if (action === "leave") return this.leave();
    if (this.view === "summary" || this.at === null) return undefined;
    if (action === "forward") return this.advance();
    if (action === "backward") return this.back();
    if (action === "rename" || action === "note") return this.card[action].select();
    if (KINDS.includes(action)) return this.card.setKind(action);
    if (action === "suggestion") return this.propose();
    if (action === "clear") return this.card.judgement() && this.decide([this.at], null);
    if (action === "merge") return this.merge();
    return this.judge(action);
  }

  judge(verdict) {
    const judgement = this.card.compose(verdict);
    this.decide([this.at], judgement);
  }

  async merge() {
    const { at, store } = this;
    const clusters = (store.suggestions.get(at) ?? []).filter(({ tags }) => tags.length > 1);
    const offers = [...new Set(clusters.flatMap(({ tags }) => tags))].filter((other) => other !== at);
    const tag = store.tag(at);
    const into = await pickTag(store, { title: `Merge “${tag.name}” (${tag.kind}) into…`, label: "Name of a tag", kind: tag.kind, without: new Set([at]), offers });
    if (into !== null && this.at === at) this.judge({ verdict: "merge", into: store.tag(into) });
  }

  propose() {
    const proposal = this.card.firstProposal();
    if (proposal) this.decide(proposal.places, proposal.judgement);
    else announce("There is no suggestion to follow.");
  }

  /** Decides in the background and goes on at once. */
  decide(places, judgement) {
    const settles = this.view === "disagreements";
    const isThis = places.length === 1 && places[0] === this.at;
    if (isThis) this.card.dropDraft();
    const { at } = this;
    const next = isThis && judgement ? this.views[this.view].next(at) : at;
    this.outbox.decide(places, judgement, settles);
    if (isThis && judgement) this.advance(next);
  }

  /** A changed name, kind or note of a tag that is judged is saved at once. */
  saveEdit() {
    const held = this.card.judgement();
    if (!held) return;
    const verdict = held.verdict === "merge" ? { verdict: "merge", into: held.into } : held.verdict;
    const judgement = this.card.compose(verdict);
    this.card.dropDraft();
    if (JSON.stringify(sorted(judgement)) === JSON.stringify(sorted(held))) return;
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
    const last = this.trail.pop();
    if (last === undefined) announce("There is no tag before.");
    else this.go(last, { trail: false });
  }

  async find() {
    if (this.view === "table") return this.views.table.find();
    const at = await pickTag(this.store, { title: "Go to a tag", label: "Name of a tag", kind: null, without: new Set() });
    if (at === null) return undefined;
    if (this.view !== "queue") this.open("queue");
    return this.go(at);
  }

  leave() {
    const active = document.activeElement;
    if (active?.matches("input, select, textarea")) active.blur();
    else document.querySelector("main").classList.remove("opened");
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
    await this.read({ fresh: true });
    this.views.disagreements.refresh();
    if (this.view === "disagreements" && !this.views.disagreements.items.includes(this.at)) this.go(this.views.disagreements.items[0] ?? null);
  }

  // What is saved.

  async read({ fresh = false } = {}) {
    const { store } = this;
    const changes = await get("/api/review", { annotator: store.annotator, since: fresh ? 0 : store.version, reveal: store.reveal });
    store.apply(changes, { fresh });
  }

  poll() {
    if (!document.hidden && !this.outbox.busy) this.read().catch(() => {});
  }

  settled({ how, item, answer }) {
    const { store } = this;
    const places = answer.stroke ?? [];
    if (how === "refused") {
      announce(`Not ${{ "/api/undo": "undone", "/api/redo": "redone" }[item.path] ?? "saved"}: ${answer.reason}.`);
      if (places.length !== 1) return;
      this.go(places[0]);
      if (item.judgement) this.card.takeBack(item.judgement);
      return;
    }
    if (how === "saved" && item.path === "/api/decide") return;
    const word = item.path === "/api/redo" ? "Redone" : "Undone";
    if (places.length === 1) {
      const [at] = places;
      announce(`${word}. ${store.names[at]}: ${describe(store.own(at), store.tag(at))}`);
      this.go(at, { trail: false });
    } else announce(`${word}: ${count(places.length, "tag")}.`);
  }

  drawSaving() {
    const { items, failure, busy } = this.outbox;
    const saving = byId("saving");
    const state = failure ? "failed" : items.length || busy ? "busy" : "saved";
    saving.dataset.state = state;
    saving.textContent = { failed: `Not saved: ${number(items.length)}`, busy: "Saving…", saved: "All saved" }[state];
    const trouble = byId("trouble");
    trouble.hidden = !failure;
    if (!failure) trouble.replaceChildren();
    else trouble.replaceChildren(...this.trouble(failure, items.length));
    byId("undo").disabled = !this.store.undo && !items.length;
  }

  trouble(failure, waiting) {
    const retry = document.createElement("button");
    retry.textContent = "Try again";
    retry.addEventListener("click", () => this.outbox.send());
    return [`Not saved: ${count(waiting, "decision")}. ${failure}`, retry];
  }
}

function sorted(judgement) {
  return Object.entries(judgement).filter(([, value]) => value != null).sort();
}

async function start() {
  const listing = get("/api/candidates");
  const name = annotator() ?? (await askName());
  const changes = get("/api/review", { annotator: name, since: 0 });
  const store = new Store(await listing, name);
  store.apply(await changes, { fresh: true });
  const page = new Page(store);
  page.start();
  page.drawSaving();
  document.body.dataset.ready = "true";
}

start().catch((error) => {
  const trouble = byId("trouble");
  trouble.hidden = false;
  trouble.textContent = `The page cannot be shown: ${error.message}`;
});
