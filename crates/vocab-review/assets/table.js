// Everything: sorted, searched, filtered, and judged many at a time.

import { judgeMany } from "./bulk.js";
import { byId, count, el, kindOptions, number, setText, verdictBadge } from "./dom.js";
import { VirtualList } from "./list.js";
import { SUGGESTIONS } from "./suggestions.js";

const COLUMNS = [
  ["rank", "Rank"], ["name", "Name"], ["kind", "Kind"], ["images", "Images"], ["captions", "Captions"],
  ["verdict", "You"], ["note", "Note"],
];
/** Columns where the largest comes first. */
const DOWN = ["images", "captions"];

export class Table {
  constructor(node, store, { onselect, decide }) {
    this.store = store;
    this.decide = decide;
    this.items = [];
    this.orders = new Map();
    this.sort = { by: "rank", down: false };
    this.heads = COLUMNS.map(([key, label], index) =>
      el("div", { class: `cell of-${key}`, role: "columnheader", "aria-colindex": index + 1 }, el("button", { onclick: () => this.sortBy(key) }, label)));
    const head = el("div", { class: "head", role: "row", "aria-rowindex": "1" }, this.heads);
    this.list = new VirtualList({ label: "All tags", onselect, head, row: (at) => this.row(at) });
    this.list.node.setAttribute("aria-colcount", COLUMNS.length);
    this.build(node);
  }

  build(node) {
    const choice = (label, options) => el("select", { "aria-label": label, onchange: () => this.refresh() }, options.map(([value, text]) => el("option", { value }, text)));
    this.query = el("input", { id: "search", type: "search", placeholder: "Search names and notes", "aria-label": "Search names and notes", autocomplete: "off", spellcheck: "false", oninput: () => this.refresh() });
    this.kind = choice("Kind", kindOptions());
    this.who = choice("Whose verdict", []);
    this.verdict = choice("Verdict", [["", "Any verdict"], ["undecided", "undecided"], ["judged", "judged"], ["keep", "keep"], ["drop", "drop"], ["merge", "merge"], ["mute", "mute"], ["disagreement", "disagreement"], ["unsaved", "not saved"]]);
    this.suggestion = choice("Suggestion", [["", "Any suggestion or none"], ["any", "with a suggestion"], ...Object.entries(SUGGESTIONS).map(([kind, label]) => [kind, label.toLowerCase()])]);
    this.found = el("p", { class: "found", role: "status" });
    this.many = el("button", { onclick: () => this.judgeAll() }, "Judge all of these…");
    this.reset = el("button", { onclick: () => this.clear() }, "Clear filters");
    node.replaceChildren(
      el("div", { class: "bar filters", role: "search" }, this.query, this.kind, this.who, this.verdict, this.suggestion),
      el("div", { class: "bar" }, this.found, this.reset, this.many),
      this.list.node);
    this.listAnnotators();
  }

  listAnnotators() {
    const names = this.store.annotators.filter((name) => name !== this.store.annotator);
    const known = [...this.who.options].slice(2).map((option) => option.textContent);
    if (this.who.options.length && known.join("\n") === names.join("\n")) return;
    const chosen = this.who.value;
    this.who.replaceChildren(el("option", { value: "me" }, "your verdict"), el("option", { value: "outcome" }, "what holds"), ...names.map((name) => el("option", { value: `by ${name}` }, name)));
    this.who.value = chosen || "me";
  }

  row(at) {
    const { store } = this;
    const own = store.own(at);
    const column = (name) => COLUMNS.findIndex(([key]) => key === name) + 1;
    const cell = (name, ...children) => el("div", { class: `cell of-${name}`, role: "gridcell", "aria-colindex": column(name) }, ...children);
    return [
      cell("rank", number(at + 1)),
      cell("name", store.names[at], store.suggestions.has(at) ? el("span", { class: "flag", role: "img", "aria-label": "has a suggestion", title: "has a suggestion" }, "◆") : ""),
      cell("kind", el("span", { class: "kind", "data-kind": store.kinds[at] }, store.kinds[at])),
      cell("images", number(store.images[at])),
      cell("captions", number(store.captions[at])),
      cell("verdict", verdictBadge(own?.verdict, words(own)), store.isUnsaved(at) ? el("span", { class: "unsaved", role: "img", "aria-label": "not saved yet", title: "not saved yet" }, " ●") : ""),
      cell("note", el("bdi", {}, own?.note ?? "")),
    ];
  }

  /** Sorts and filters anew. */
  refresh() {
    this.listAnnotators();
    const fits = this.test();
    this.items = this.order().filter(fits);
    this.list.show(this.items);
    setText(this.found, this.items.length === this.store.size ? count(this.items.length, "tag") : `${number(this.items.length)} of ${count(this.store.size, "tag")}`);
    this.many.disabled = !this.items.length;
    this.reset.hidden = !this.isFiltered();
    COLUMNS.forEach(([key], index) => {
      const direction = this.sort.by !== key ? "none" : this.sort.down ? "descending" : "ascending";
      this.heads[index].setAttribute("aria-sort", direction);
    });
  }

  isFiltered() {
    return Boolean(this.query.value || this.kind.value || this.verdict.value || this.suggestion.value || this.who.value !== "me");
  }

  /** Whether a tag passes the filters. */
  test() {
    const { store } = this;
    const query = this.query.value.trim().toLowerCase();
    const [kind, suggestion, verdict, who] = [this.kind, this.suggestion, this.verdict, this.who].map((select) => select.value);
    const byVerdict = verdictTest(store, who, verdict);
    return (at) =>
      (!kind || store.kinds[at] === kind) &&
      (!query || store.names[at].includes(query) || Boolean(store.own(at)?.note?.toLowerCase().includes(query))) &&
      (!suggestion || store.suggestions.has(at, suggestion === "any" ? null : suggestion)) &&
      byVerdict(at);
  }

  /** All places, sorted. What does not change is sorted once. */
  order() {
    const { by, down } = this.sort;
    const { store } = this;
    let order = this.orders.get(by);
    if (!order) {
      order = Array.from({ length: store.size }, (_, at) => at);
      const value = { rank: null, name: store.names, kind: store.kinds, images: store.images, captions: store.captions }[by];
      const key = value === undefined ? (at) => sortText(store.own(at), by) : (at) => value?.[at] ?? at;
      const keys = order.map(key);
      order.sort((a, b) => (keys[a] < keys[b] ? -1 : keys[a] > keys[b] ? 1 : a - b));
      if (value !== undefined) this.orders.set(by, order);
    }
    return down ? order.toReversed() : order;
  }

  sortBy(by) {
    const down = this.sort.by === by ? !this.sort.down : DOWN.includes(by);
    this.sort = { by, down };
    this.refresh();
    this.list.scroller.scrollTop = 0;
    this.list.refresh();
  }

  clear() {
    for (const field of [this.query, this.kind, this.verdict, this.suggestion]) field.value = "";
    this.who.value = "me";
    this.refresh();
    this.query.focus();
  }

  async judgeAll() {
    const chosen = await judgeMany(this.store, this.items);
    if (chosen) this.decide(chosen.places, chosen.judgement);
  }

  next(at) {
    return this.items[this.after(at)] ?? null;
  }

  ahead(at) {
    const from = this.after(at);
    return this.items.slice(from, from + 16);
  }

  /** The row behind a tag's, or behind where it would be if it passed the filters. */
  after(at) {
    const index = this.items.indexOf(at);
    if (index >= 0 || at === null) return index + 1;
    const order = this.order();
    const before = new Set(order.slice(0, order.indexOf(at)));
    return this.items.filter((item) => before.has(item)).length;
  }

  select(at) {
    this.list.select(at, { center: true });
  }

  get empty() {
    return "Choose a tag in the table.";
  }

  find() {
    byId("search").focus();
  }
}

/** A test of a tag's verdict: one's own, what holds, or another's as far as it may be known. */
function verdictTest(store, who, verdict) {
  const isOther = who.startsWith("by ");
  if (!verdict && !isOther) return () => true;
  if (verdict === "unsaved") return (at) => store.isUnsaved(at);
  const other = (at) => store.state(at).others.find(({ by }) => by === who.slice(3));
  const found = (at) => {
    if (who === "outcome") return store.state(at).outcome ?? (store.state(at).others.length ? "judged" : "undecided");
    if (isOther) return other(at) ? (other(at).judgement?.verdict ?? "judged") : "undecided";
    return store.own(at)?.verdict ?? "undecided";
  };
  if (!verdict || verdict === "judged") return (at) => found(at) !== "undecided";
  return (at) => found(at) === verdict;
}

function words(judgement) {
  if (!judgement) return undefined;
  return judgement.verdict === "merge" ? `merge → ${judgement.into.name}` : judgement.verdict;
}

/** What a judgement is sorted by; tags without come last. */
const sortText = (judgement, by) => (by === "verdict" ? (words(judgement) ?? "~") : (judgement?.note ?? "\uffff"));
