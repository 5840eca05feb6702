// The tags of a suggestion, each to be left in or out; of a cluster also which one the others go into.

import { captionLine, count, describe, el, verdictBadge } from "./dom.js";
import { isCluster } from "./suggestions.js";

export class Members {
  /** `changed()`: something was chosen. `open(at)`: a tag is wanted by itself. */
  constructor(store, examples, { changed, open }) {
    Object.assign(this, { store, examples, changed, open });
    this.choices = new Map();
    this.suggestion = null;
    this.rows = [];
    this.node = el("ul", { class: "members", onkeydown: (event) => this.move(event) });
  }

  show(suggestion) {
    if (suggestion === this.suggestion) return this.draw();
    this.suggestion = suggestion;
    this.marked = null;
    this.rows = suggestion.tags.map((at) => this.build(at));
    this.node.setAttribute("aria-label", isCluster(suggestion) ? "Tags that may be one" : "Tags");
    this.node.replaceChildren(...this.rows.map(({ node }) => node));
    return this.draw();
  }

  build(at) {
    const { store } = this;
    const box = el("input", { type: "checkbox", onchange: () => this.tick(at, box.checked), onfocus: () => this.mark(at) });
    const into = isCluster(this.suggestion) && el("input", { type: "radio", name: "into", "aria-label": `Merge into ${store.names[at]}`, onchange: () => this.choose(at), onfocus: () => this.mark(at) });
    const verdict = el("span", { class: "own" });
    const captions = el("ul", { class: "captions", "aria-label": `Examples of ${store.names[at]}`, "data-kind": store.kinds[at] });
    const node = el("li", { "data-at": at },
      el("label", { class: "in" }, box, el("span", { class: "dot", "data-kind": store.kinds[at], "aria-hidden": "true" }), el("span", { class: "name" }, store.names[at]), " ", el("span", { class: "detail" }, `${store.kinds[at]}, ${count(store.images[at], "image")}`)),
      verdict,
      into && el("label", { class: "into" }, into, el("span", {}, "into this")),
      el("button", { class: "open", "aria-label": `Open ${store.names[at]}`, onclick: () => this.open(at) }, "Open"),
      captions);
    return { at, node, box, into, verdict, captions, drawn: null };
  }

  /** What was chosen for the suggestion shown: which are in, and the one that they go into. */
  get choice() {
    const { store, suggestion } = this;
    let choice = this.choices.get(suggestion.key);
    if (!choice) {
      const into = isCluster(suggestion) ? store.suggestions.head(suggestion) : null;
      choice = { into, out: new Set(suggestion.tags.filter((at) => at !== into && store.own(at))) };
      this.choices.set(suggestion.key, choice);
    }
    return choice;
  }

  /** The tags that are in. */
  places() {
    const { into, out } = this.choice;
    return this.suggestion.tags.filter((at) => at !== into && !out.has(at));
  }

  tick(at, isIn) {
    if (isIn) this.choice.out.delete(at);
    else this.choice.out.add(at);
    this.draw();
    this.changed();
  }

  /** The others are to go into this one. */
  choose(at) {
    this.choice.into = at;
    this.draw();
    this.changed();
  }

  mark(at) {
    this.marked = at;
    for (const row of this.rows) row.node.classList.toggle("marked", row.at === at);
  }

  /** Goes to the next tag. */
  step(by = 1) {
    const from = this.rows.findIndex(({ at }) => at === this.marked);
    const to = this.rows[(Math.max(from, by > 0 ? -1 : 0) + by + this.rows.length) % this.rows.length];
    to.node.scrollIntoView({ block: "nearest" });
    (to.box.disabled ? to.into : to.box).focus();
  }

  move(event) {
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    // Among the round ones arrows choose, as everywhere.
    if (!by || event.target.type !== "checkbox") return;
    event.preventDefault();
    this.step(by);
  }

  draw() {
    const { store, choice } = this;
    for (const row of this.rows) {
      const { at } = row;
      const isInto = at === choice.into;
      row.box.checked = isInto || !choice.out.has(at);
      row.box.disabled = isInto;
      if (row.into) row.into.checked = isInto;
      row.node.classList.toggle("is-into", isInto);
      row.node.classList.toggle("is-out", !isInto && choice.out.has(at));
      const own = store.own(at);
      row.verdict.replaceChildren(own ? verdictBadge(own.verdict, describe(own, store.tag(at))) : "");
      this.drawCaptions(row);
    }
  }

  /** The fewer tags, the more captions of each. */
  drawCaptions(row) {
    const found = this.examples.of(row.at);
    if (!found || row.drawn === found) return;
    row.drawn = found;
    const most = this.rows.length > 6 ? 1 : this.rows.length > 3 ? 2 : 3;
    row.captions.replaceChildren(...found.slice(0, most).map((pieces) => el("li", { dir: "auto" }, captionLine(pieces))));
  }
}
