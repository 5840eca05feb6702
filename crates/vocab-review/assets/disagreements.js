// Where annotators say different things, and how that is settled.

import { byId, describe, el, number, setText, verdictBadge } from "./dom.js";
import { VirtualList } from "./list.js";

export class Disagreements {
  /** `onreveal(on)`: what others say of tags that one has not judged is to be known, or not. */
  constructor(node, store, { onselect, onreveal }) {
    this.store = store;
    this.items = [];
    this.list = new VirtualList({ label: "Disagreements", onselect, row: (at) => this.row(at) });
    this.shown = el("select", { "aria-label": "Which", onchange: () => this.refresh() }, el("option", { value: "open" }, "open"), el("option", { value: "settled" }, "settled"), el("option", { value: "all" }, "open and settled"));
    this.reveal = el("input", { type: "checkbox", onchange: () => onreveal(this.reveal.checked) });
    this.hidden = el("p", { class: "note" });
    this.none = el("p", { class: "note" });
    node.replaceChildren(
      el("div", { class: "bar" }, el("h2", {}, "Disagreements"), this.shown, el("label", { class: "switch" }, this.reveal, " also what I have not judged")),
      this.hidden, this.none, this.list.node);
  }

  row(at) {
    const { store } = this;
    const state = store.state(at);
    const own = store.own(at);
    const voices = own ? [{ by: "you", judgement: own }, ...state.others] : state.others;
    // Where the verdicts are the same, what differs is said too.
    const known = voices.filter(({ judgement }) => judgement).map(({ judgement }) => [judgement.verdict, describe(judgement, store.tag(at))]);
    const [verdicts, words] = [0, 1].map((index) => new Set(known.map((voice) => voice[index])).size);
    const badge = (judgement) => verdictBadge(judgement?.verdict, judgement && verdicts < words ? describe(judgement, store.tag(at)) : undefined);
    return [
      el("span", { class: "dot", "data-kind": store.kinds[at], role: "img", "aria-label": store.kinds[at] }),
      el("span", { class: "name" }, store.names[at]),
      el("span", { class: "voices" }, voices.map(({ by, judgement }) => el("span", { class: "voice" }, el("small", {}, el("bdi", {}, by)), badge(judgement)))),
      state.settled ? el("span", { class: "detail" }, state.disputed ? "settled" : "settled, agreed since") : "",
    ];
  }

  refresh() {
    const { store } = this;
    let open = 0;
    let covered = 0;
    const items = [];
    for (const [at, state] of store.states) {
      // A settlement holds, and can be taken back, also where all agree by now.
      if (!state.disputed && !state.settled) continue;
      if (!state.settled) open += 1;
      if (this.shown.value !== "all" && (this.shown.value === "settled") !== Boolean(state.settled)) continue;
      if (this.has(at)) items.push(at);
      else covered += 1;
    }
    this.items = items.sort((a, b) => a - b);
    this.list.show(this.items);
    this.none.hidden = items.length > 0;
    setText(this.none, this.empty);
    this.hidden.hidden = !covered;
    setText(this.hidden, `${number(covered)} more on tags that you have not judged: what others say would sway you.`);
    setText(byId("disputed-count"), open ? number(open) : "");
  }

  /** Whether there is something to settle, or settled, that one may see. */
  has(at) {
    const { disputed, settled } = this.store.state(at);
    return Boolean((disputed || settled) && (this.store.own(at) || this.store.reveal));
  }

  /** The next one that is not settled, else the first. */
  next(at) {
    const rest = this.items.filter((item) => item !== at);
    return rest.find((item) => item > at) ?? rest[0] ?? null;
  }

  ahead(at) {
    return this.items.filter((item) => item > (at ?? -1)).slice(0, 16);
  }

  select(at) {
    this.list.select(at);
  }

  get empty() {
    return this.store.annotators.length < 2 ? "Disagreements need two annotators." : "There is nothing to settle here.";
  }
}
