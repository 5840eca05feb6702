// What one has not judged yet, the most frequent first.

import { byId, el, number } from "./dom.js";
import { VirtualList } from "./list.js";

export class Queue {
  constructor(node, store, onselect) {
    this.store = store;
    this.kind = "";
    this.items = [];
    this.list = new VirtualList({
      label: "Undecided tags", onselect,
      row: (at) => [
        el("span", { class: "dot", "data-kind": store.kinds[at] }),
        el("span", { class: "name" }, store.names[at]),
        el("span", { class: "detail" }, number(store.images[at])),
      ],
    });
    this.filter = el("select", { "aria-label": "Kind", onchange: () => this.setKind() },
      el("option", { value: "" }, "All kinds"),
      ["object", "scene", "action", "attribute"].map((kind) => el("option", { value: kind }, `${kind}s`)));
    node.replaceChildren(el("div", { class: "bar" }, el("h2", {}, "To judge"), this.filter), this.list.node);
  }

  setKind() {
    this.kind = this.filter.value;
    this.refresh();
    if (this.items.length) this.list.onselect(this.items[0], false);
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
    byId("queue-count").textContent = number(open);
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
