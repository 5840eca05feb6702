// A list of any length of which only what is seen is in the document.

import { el } from "./dom.js";

const SPARE = 8;

let lists = 0;

export class VirtualList {
  /**
   * `row(at)`: the cells of a row. `onselect(at, opened)` is told which row was chosen, and whether
   * it is to be opened. `head`: the heads of columns, which make it a table.
   */
  constructor({ label, row, onselect, head = null }) {
    this.row = row;
    this.onselect = onselect;
    this.id = `list-${(lists += 1)}`;
    this.items = [];
    this.selected = null;
    this.first = -1;
    this.isTable = Boolean(head);
    this.body = el("div", { class: "rows", role: "presentation" });
    const listen = { onkeydown: (event) => this.move(event), onclick: (event) => this.click(event) };
    const onscroll = () => this.draw();
    if (this.isTable) {
      this.scroller = el("div", { class: "list", role: "rowgroup", tabindex: "-1", onscroll }, this.body);
      this.node = el("div", { class: "grid", role: "grid", "aria-label": label, "aria-readonly": "true", tabindex: "0", ...listen }, el("div", { role: "rowgroup" }, head), this.scroller);
    } else {
      this.scroller = el("div", { class: "list", role: "listbox", "aria-label": label, tabindex: "0", onscroll, ...listen }, this.body);
      this.node = this.scroller;
    }
    new ResizeObserver(() => this.refresh()).observe(this.scroller);
  }

  /** Whether a screen reader tells by itself which row is selected. */
  tells(at) {
    return document.activeElement === this.node && this.items.includes(at);
  }

  /** Shows these. */
  show(items) {
    this.items = items;
    if (this.isTable) this.node.setAttribute("aria-rowcount", items.length + 1);
    this.refresh();
  }

  /** Marks one and brings it into sight. */
  select(at, { center = false } = {}) {
    this.selected = at;
    const index = this.items.indexOf(at);
    if (index >= 0) this.reveal(index, center);
    this.refresh();
  }

  refresh() {
    this.first = -1;
    this.height = rowHeight(this.scroller);
    this.body.style.height = `${this.items.length * this.height}px`;
    this.draw();
  }

  reveal(index, center) {
    const view = this.scroller.clientHeight;
    const top = index * this.height;
    const { scrollTop } = this.scroller;
    if (top >= scrollTop && top + this.height <= scrollTop + view) return;
    const above = top < scrollTop;
    this.scroller.scrollTop = center ? top - view / 2 : above ? top : top + this.height - view;
  }

  draw() {
    if (!this.scroller.clientHeight) return;
    const first = Math.max(0, Math.floor(this.scroller.scrollTop / this.height) - SPARE);
    if (first === this.first) return;
    this.first = first;
    const last = Math.min(this.items.length, first + Math.ceil(this.scroller.clientHeight / this.height) + 2 * SPARE);
    const rows = [];
    for (let index = first; index < last; index += 1) rows.push(this.drawRow(index));
    this.body.replaceChildren(...rows);
    const id = rows.find((row) => row.getAttribute("aria-selected") === "true")?.id;
    if (id) this.node.setAttribute("aria-activedescendant", id);
    else this.node.removeAttribute("aria-activedescendant");
  }

  drawRow(index) {
    const at = this.items[index];
    const place = this.isTable ? { role: "row", "aria-rowindex": index + 2 } : { role: "option", "aria-posinset": index + 1, "aria-setsize": this.items.length };
    const row = el("div", { class: "row", id: `${this.id}-${at}`, "data-at": at, "aria-selected": String(at === this.selected), ...place }, ...this.row(at));
    row.style.transform = `translateY(${index * this.height}px)`;
    return row;
  }

  click(event) {
    const row = event.target.closest(".row");
    if (row) this.onselect(Number(row.dataset.at), true);
  }

  move(event) {
    // The heads of columns are buttons.
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("button")) return;
    const page = Math.max(1, Math.floor(this.scroller.clientHeight / this.height) - 1);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (event.key === "Enter" && this.selected !== null) {
      event.preventDefault();
      this.onselect(this.selected, true);
    } else if (event.key in steps && this.items.length) {
      event.preventDefault();
      const from = this.items.indexOf(this.selected);
      const to = Math.min(this.items.length - 1, Math.max(0, (from < 0 ? -1 : from) + steps[event.key]));
      this.onselect(this.items[to], false);
    }
  }
}

function rowHeight(node) {
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
  return Math.round(rem * (parseFloat(getComputedStyle(node).getPropertyValue("--row")) || 2));
}
