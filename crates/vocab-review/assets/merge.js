// Finding a tag by name: to merge into, or to go to.

import { el, kindBadge, number, openDialog } from "./dom.js";

const MOST = 60;

/** Candidates whose names have the words, the likeliest first: whole name, beginning, anywhere. */
export function find(store, text, { kind = null, without = new Set() } = {}) {
  const query = text.trim().toLowerCase();
  if (!query) return [];
  const ranks = [[], [], [], []];
  for (let at = 0; at < store.size; at += 1) {
    const place = store.names[at].indexOf(query);
    if (place < 0 || without.has(at)) continue;
    const isWhole = store.names[at].length === query.length;
    const isStart = place === 0 || store.names[at][place - 1] === " ";
    ranks[isWhole ? 0 : isStart ? (store.kinds[at] === kind ? 1 : 2) : 3].push(at);
  }
  return ranks.flat().slice(0, MOST);
}

/** Asks for a tag. Resolves to its place, or null. `offers`: places shown before anything is typed. */
export function pickTag(store, { title, label, kind, without, offers = [] }) {
  return new Promise((resolve) => {
    let found = [];
    let active = 0;
    let picked = null;
    const list = el("ul", { id: "found", role: "listbox", "aria-label": "Tags" });
    const hint = el("p", { class: "note", role: "status" });
    const pick = (at) => {
      picked = at;
      dialog.close();
    };
    const mark = () => {
      [...list.children].forEach((item, index) => item.setAttribute("aria-selected", String(index === active)));
      const item = list.children[active];
      item?.scrollIntoView({ block: "nearest" });
      if (item) input.setAttribute("aria-activedescendant", item.id);
      else input.removeAttribute("aria-activedescendant");
    };
    const refresh = () => {
      const isEmpty = !input.value.trim();
      found = isEmpty ? offers : find(store, input.value, { kind, without });
      active = 0;
      list.replaceChildren(...found.map((at) => option(store, at, () => pick(at))));
      hint.textContent = found.length ? "" : isEmpty ? "Type a part of its name." : "No candidate has this in its name.";
      mark();
    };
    const move = (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step && found.length) {
        event.preventDefault();
        active = (active + step + found.length) % found.length;
        mark();
      } else if (event.key === "Enter" && !event.isComposing) {
        event.preventDefault();
        if (found.length) pick(found[active]);
      }
    };
    const input = el("input", {
      // Not of the type "search", in which Esc would empty the field rather than close the window.
      type: "text", enterkeyhint: "go", role: "combobox", "aria-label": label, "aria-controls": "found", "aria-expanded": "true",
      "aria-autocomplete": "list", autocomplete: "off", spellcheck: "false", placeholder: label, oninput: refresh, onkeydown: move,
    });
    const dialog = openDialog("pick", title, el("h2", {}, title), input, hint, list);
    dialog.addEventListener("close", () => resolve(picked));
    refresh();
    input.focus();
  });
}

function option(store, at, onclick) {
  const own = store.own(at);
  return el("li", { id: `found-${at}`, role: "option", onclick },
    el("span", { class: "name" }, store.names[at]),
    kindBadge(store.kinds[at]),
    el("span", { class: "detail" }, own ? `${own.verdict} · ` : "", `${number(store.images[at])} images`));
}
