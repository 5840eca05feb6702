// Every key, what it does, and when it is not ours.

import { el, keyHint, openDialog } from "./dom.js";

export const KEYS = [
  ["Verdict", [
    ["k", "keep", "Keep"],
    ["d", "drop", "Drop"],
    ["m", "merge", "Merge into…"],
    ["u", "mute", "Mute: keep, never show"],
    ["c", "clear", "Clear: take your verdict back"],
  ]],
  ["About the tag", [
    ["o", "object", "It is an object"],
    ["s", "scene", "It is a scene"],
    ["a", "action", "It is an action"],
    ["t", "attribute", "It is an attribute"],
    ["r", "rename", "Rename"],
    ["n", "note", "Note"],
    ["e", "examples", "Read the examples out"],
  ]],
  ["Suggestions", [
    ["p", "suggestion", "Do as proposed"],
    ["j", "other-suggestion", "Next proposal; next tag of a cluster"],
    ["x", "wave", "Wave off: do not ask again"],
    ["i", "into", "The cluster goes into this tag"],
    ["v", "closer", "From a tag to its cluster, and back"],
  ]],
  ["Go", [
    ["f", "forward", "Forward, without a verdict"],
    ["b", "backward", "Back to the last tag"],
    ["g", "find", "Go to a tag, by name"],
    ["1", "queue", "Queue"],
    ["2", "suggestions", "Suggestions"],
    ["3", "table", "Table"],
    ["4", "disagreements", "Disagreements"],
    ["5", "summary", "Summary"],
  ]],
  ["Only one kind, in queue and suggestions", [
    ["O", "only-object", "Objects, or all again"],
    ["S", "only-scene", "Scenes"],
    ["A", "only-action", "Actions"],
    ["T", "only-attribute", "Attributes"],
  ]],
  ["Else", [
    ["z", "undo", "Undo (also Ctrl+Z)"],
    ["y", "redo", "Redo (also Ctrl+Shift+Z)"],
    ["?", "help", "These keys"],
    ["Esc", "leave", "Leave a field or a window"],
  ]],
];

/** Actions that a key held down may repeat. */
const REPEATS = ["forward", "backward", "undo", "redo"];
const OFF = "single-keys-off";

const ACTIONS = new Map(KEYS.flatMap(([, keys]) => keys).map(([key, action]) => [key, action]));

/** Calls `act(action)` for keys that are meant for the page. */
export function listen(act) {
  leaveChoices();
  document.addEventListener("keydown", (event) => {
    if (event.isComposing || document.querySelector("dialog[open]")) return;
    if (event.key === "Escape") return act("leave");
    if (isField(event.target)) return;
    const action = actionOf(event);
    if (!action || (event.repeat && !REPEATS.includes(action))) return;
    event.preventDefault();
    act(action);
  });
}

function actionOf(event) {
  if (event.altKey) return null;
  if (event.ctrlKey || event.metaKey) {
    if (event.key.toLowerCase() !== "z") return null;
    return event.shiftKey ? "redo" : "undo";
  }
  return singleKeys() ? ACTIONS.get(letter(event)) : null;
}

/**
 * The key's letter, a capital with Shift whatever Caps Lock says; on keyboards of other scripts, that
 * of its place.
 */
function letter({ key, code, shiftKey }) {
  if (key.length !== 1) return key;
  const own = key > "\x7f" && code.startsWith("Key") ? code.slice(3) : key;
  return shiftKey ? own.toUpperCase() : own.toLowerCase();
}

/**
 * Where a choice was made in a list that opens, keys act again. Not where it is made by arrows or
 * letters: there is more to come.
 */
function leaveChoices() {
  let moves = false;
  document.addEventListener("pointerdown", () => { moves = false; }, true);
  document.addEventListener("keydown", ({ key }) => { moves = key !== "Enter" && key !== " " && key !== "Tab"; }, true);
  document.addEventListener("change", ({ target }) => {
    if (target.matches("main select") && !moves) target.blur();
  });
}

/** Where keys are letters. */
function isField(node) {
  return node.matches("textarea, select, input:not([type=radio], [type=checkbox])") || node.isContentEditable;
}

function singleKeys() {
  return !document.cookie.split("; ").includes(`${OFF}=1`);
}

/** Where single keys are off, the page does not show them. */
export function markKeys() {
  document.body.dataset.keys = singleKeys() ? "on" : "off";
}

/** A key as it is printed. */
const printed = (key) => (/^[A-Z]$/.test(key) ? `Shift+${key}` : key);

/** The list of keys, where they can be switched off for screen readers and dictation. */
export function showKeys() {
  const group = ([title, keys]) =>
    el("section", {}, el("h3", {}, title), el("dl", {}, keys.map(([key, , label]) => el("div", {}, el("dt", {}, el("kbd", {}, printed(key))), el("dd", {}, label)))));
  const box = el("input", { type: "checkbox", checked: singleKeys(), onchange: () => {
    document.cookie = `${OFF}=${box.checked ? 0 : 1}; Path=/; SameSite=Strict; Max-Age=31536000`;
    markKeys();
  } });
  const dialog = openDialog(
    "keys",
    "Keys",
    el("header", {}, el("h2", {}, "Keys"), el("button", { onclick: () => dialog.close() }, "Close ", keyHint("Esc"))),
    el("div", { class: "groups" }, KEYS.map(group)),
    el("p", { class: "note" }, "In lists: arrows, Page Up, Page Down, Home and End move, Enter opens. In fields, keys are letters; Enter and Esc leave. A screen reader hands single keys to the page in its focus mode (NVDA: Insert+Space; JAWS: Insert+Z; in lists by itself), and speaks each new tag."),
    el("label", { class: "switch" }, box, "Single keys act (switch off for dictation, or if they clash with a screen reader; every action is a button too)"),
  );
}
