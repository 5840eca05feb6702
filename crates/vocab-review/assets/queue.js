// What one has not judged yet, the most frequent first.

import { announce, byId, el, kindOptions, number, setText } from "./dom.js";
import { VirtualList } from "./list.js";

export class Queue {
  constructor(node, store, onselect) {
    this.store = store;
    this.kind = "";
    this.items = [];
    this.list = new VirtualList({
      label: "Undecided tags", onselect,
      row: (at) => [
        el("span", { class: "dot", "data-kind": store.kinds[at], role: "img", "aria-label": store.kinds[at] }),
        el("span", { class: "name" }, store.names[at]),
        el("span", { class: "detail" }, number(store.images[at])),
      ],
    });
    this.filter = el("select", { "aria-label": "Kind", "aria-keyshortcuts": "Shift+O Shift+S Shift+A Shift+T", onchange: () => this.setKind() }, kindOptions().map(([value, text]) => el("option", { value }, text)));
    this.found = el("span", { class: "found" });
    node.replaceChildren(el("div", { class: "bar" }, el("h2", {}, "To judge"), this.found, el("button", { class: "lists", "aria-expanded": "false" }, "List"), this.filter), this.list.node);
  }

  setKind() {
    this.kind = this.filter.value;
    this.refresh();
    this.list.onselect(this.items[0] ?? null, false);
  }

  /** Asks for tags of this kind only; or, if it does so already, for all again. */
  limit(kind) {
    this.filter.value = this.filter.value === kind ? "" : kind;
    announce(this.filter.value ? `Only ${kind}s.` : "All kinds.");
    this.setKind();
  }

  /** Reads the queue anew: what is undecided. */
  refresh() {
    const { store, kind } = this;
    const items = [];
    let open = 0;
    for (let at = 0; at < store.size; at += 1) {
      if (store.own(at)) continue;
      open += 1;
      if (!kind || store.kinds[at] === kind) items.push(at);
    }
    this.items = items;
    this.list.show(items);
    setText(byId("queue-count"), number(open));
    setText(this.found, kind ? number(items.length) : "");
    return open;
  }

  /** The next undecided tag behind this one, else the first. */
  next(at) {
    return this.items.find((item) => item > (at ?? -1)) ?? this.items.find((item) => item !== at) ?? null;
  }

  /** The tags that will probably come next. */
  ahead(at) {
    const from = this.items.findIndex((item) => item > (at ?? -1));
    return from < 0 ? [] : this.items.slice(from, from + 16);
  }

  select(at) {
    this.list.select(at);
  }

  get empty() {
    return this.kind ? `No ${this.kind} is left to judge.` : "You have judged every tag. The summary shows where annotators disagree.";
  }
}
