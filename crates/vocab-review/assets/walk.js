// All suggestions, to be walked through one by one.

import { announce, byId, el, kindOptions, number, setText } from "./dom.js";
import { VirtualList } from "./list.js";
import { SUGGESTIONS } from "./suggestions.js";

const STANDINGS = { open: "open", waved: "waved off", done: "done" };

export class Walk {
  constructor(node, store, onselect) {
    this.store = store;
    this.items = [];
    const choice = (label, options) => el("select", { "aria-label": label, onchange: () => this.choose() }, options.map(([value, text]) => el("option", { value }, text)));
    this.kind = choice("Kind of suggestion", [["", "All suggestions"], ...Object.entries(SUGGESTIONS)]);
    this.of = choice("Kind of tag", kindOptions());
    this.standing = choice("Which", [["open", "open"], ["waved", "waved off"], ["done", "done"], ["", "all"]]);
    this.found = el("span", { class: "found" });
    this.list = new VirtualList({ label: "Suggestions", onselect, row: (index) => this.row(index) });
    node.replaceChildren(
      el("div", { class: "bar" }, el("h2", {}, "Suggestions"), this.found, el("button", { class: "lists", "aria-expanded": "false" }, "List"), this.kind, this.of, this.standing),
      this.list.node);
  }

  row(index) {
    const { store } = this;
    const suggestion = store.suggestions.all[index];
    const standing = store.suggestions.standing(suggestion);
    const [first] = suggestion.tags;
    return [
      el("span", { class: "dot", "data-kind": store.kinds[first], role: "img", "aria-label": store.kinds[first] }),
      el("span", { class: "name" }, suggestion.tags.map((at) => store.names[at]).join(", ")),
      standing === "open" ? "" : el("span", { class: "detail" }, STANDINGS[standing]),
    ];
  }

  choose() {
    this.refresh();
    this.list.onselect(this.items[0] ?? null, false);
  }

  /** Shows suggestions about tags of this kind only; or, if it does so already, about all again. */
  limit(kind) {
    this.of.value = this.of.value === kind ? "" : kind;
    announce(this.of.value ? `Only ${kind}s.` : "All kinds.");
    this.choose();
  }

  refresh() {
    const { suggestions, kinds } = this.store;
    const [kind, of, wanted] = [this.kind, this.of, this.standing].map((select) => select.value);
    const items = [];
    let open = 0;
    for (const suggestion of suggestions.all) {
      const standing = suggestions.standing(suggestion);
      if (standing === "open") open += 1;
      if ((!kind || suggestion.kind === kind) && (!of || kinds[suggestion.tags[0]] === of) && (!wanted || standing === wanted)) items.push(suggestion.index);
    }
    this.items = items;
    this.list.show(items);
    setText(byId("suggestion-count"), open ? number(open) : "");
    setText(this.found, number(items.length));
  }

  /** The next one behind this, else the first. */
  next(at) {
    return this.items.find((item) => item > (at ?? -1)) ?? this.items.find((item) => item !== at) ?? null;
  }

  /** The tags whose captions will be wanted. */
  ahead(at) {
    const from = this.items.findIndex((item) => item > (at ?? -1));
    const next = from < 0 ? [] : this.items.slice(from, from + 4);
    return next.flatMap((index) => this.store.suggestions.all[index].tags);
  }

  select(at) {
    this.list.select(at);
  }

  get empty() {
    if (!this.store.suggestions.all.length) return "There is no suggestion about these tags.";
    return this.standing.value === "open" ? "You have gone through all suggestions." : "No suggestion is like this.";
  }
}
