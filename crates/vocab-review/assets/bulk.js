// One verdict for many tags, after a second look. One undo takes all of it back.

import { count, el, number, openDialog } from "./dom.js";
import { pickTag } from "./merge.js";

const VERDICTS = [["keep", "Keep"], ["drop", "Drop"], ["merge", "Merge into…"], ["mute", "Mute"], ["clear", "Clear: take my verdicts back"]];

/** Asks what is to become of these tags. Resolves to places and judgement, or null. */
export function judgeMany(store, items) {
  return new Promise((resolve) => {
    // While the window is open more may be judged, in other tabs or by what was on its way.
    const open = () => items.filter((at) => !store.own(at));
    let into = null;
    let result = null;
    const radio = (name, value, label, checked, disabled) => {
      const input = el("input", { type: "radio", name, value, checked, disabled, onchange: () => refresh() });
      const words = el("span", {}, label);
      return { input, words, label: el("label", {}, input, " ", words) };
    };
    const verdicts = VERDICTS.map(([value, label]) => radio("many-verdict", value, label, value === "keep"));
    const scopes = [
      radio("many-scope", "open", "", open().length > 0, !open().length),
      radio("many-scope", "all", "", !open().length),
    ];
    const target = el("button", { type: "button", onclick: () => pick() });
    const note = el("input", { id: "many-note", type: "text", maxlength: "2000", autocomplete: "off" });
    const confirm = el("button", { type: "submit", class: "main" });
    const value = (choices) => choices.find(({ input }) => input.checked).input.value;
    const chosen = () => {
      const verdict = value(verdicts);
      const scope = value(scopes) === "open" && verdict !== "clear" ? open() : items;
      if (verdict === "clear") return { verdict, places: items.filter((at) => store.own(at)) };
      return { verdict, places: scope.filter((at) => verdict !== "merge" || at !== into) };
    };
    const refresh = () => {
      const { verdict, places } = chosen();
      const left = open().length;
      const judged = items.length - left;
      scopes[0].words.textContent = `Only the ${number(left)} you have not judged`;
      scopes[1].words.textContent = judged ? `All ${number(items.length)}: your ${count(judged, "verdict")} among them, with names, kinds and notes, will be replaced` : `All ${number(items.length)}`;
      target.hidden = verdict !== "merge" || into === null;
      target.textContent = into === null ? "" : `Into ${store.names[into]} (${store.kinds[into]}): choose another…`;
      const goal = verdict === "merge" ? ` ${into === null ? "…" : store.names[into]}` : "";
      const word = VERDICTS.find(([name]) => name === verdict)[1].replace(/[:…].*/, "");
      confirm.textContent = `${word}${goal}: ${count(places.length, "tag")}`;
      confirm.disabled = !places.length;
      scopes.forEach(({ input }) => { input.disabled = verdict === "clear" || (input.value === "open" && !left); });
      note.disabled = verdict === "clear";
    };
    const pick = async () => {
      into = (await pickTag(store, { title: "Merge all of them into…", label: "Name of a tag", kind: null, without: new Set() })) ?? into;
      refresh();
    };
    const submit = (event) => {
      event.preventDefault();
      if (value(verdicts) === "merge" && into === null) {
        pick();
        return;
      }
      const { verdict, places } = chosen();
      if (!places.length) return;
      const judgement = verdict === "clear" ? null : { verdict };
      if (verdict === "merge") judgement.into = store.tag(into);
      if (judgement && note.value.trim()) judgement.note = note.value.trim();
      result = { places, judgement };
      dialog.close();
    };
    const dialog = openDialog("many", "Judge many tags", el("form", { onsubmit: submit },
      el("h2", {}, `Judge ${count(items.length, "tag")} at once`),
      el("fieldset", {}, el("legend", {}, "Verdict"), verdicts.map(({ label }) => label), target),
      el("fieldset", {}, el("legend", {}, "Which"), scopes.map(({ label }) => label)),
      el("label", { for: "many-note" }, "Note"), note,
      el("p", { class: "note" }, "One undo takes all of it back."),
      el("div", { class: "buttons" }, el("button", { type: "button", onclick: () => dialog.close() }, "Cancel"), confirm)));
    store.addEventListener("change", refresh);
    dialog.addEventListener("close", () => {
      store.removeEventListener("change", refresh);
      resolve(result);
    });
    refresh();
  });
}
