// Making elements and words. Everything becomes text: nothing is ever parsed as HTML.

/** Makes an element: attributes, listeners (`onclick`), then children. */
export function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value === true) node.setAttribute(key, "");
    else if (value !== false && value != null) node.setAttribute(key, value);
  }
  node.append(...children.flat().filter((child) => child != null && child !== false));
  return node;
}

export const byId = (id) => document.getElementById(id);

const NUMBER = new Intl.NumberFormat("en");

/** 12,345 */
export const number = (value) => NUMBER.format(value);

/** "1 tag", "2 tags" */
export const count = (value, noun) => `${number(value)} ${noun}${value === 1 ? "" : "s"}`;

/** A key on a button, to be seen: screen readers have it from aria-keyshortcuts. */
export const keyHint = (key) => el("kbd", { "aria-hidden": "true" }, key);

/** A coloured dot and the word for a kind. */
export function kindBadge(kind) {
  return el("span", { class: "kind", "data-kind": kind }, kind);
}

/** The word for a verdict, or a dash. */
export function verdictBadge(verdict, text = verdict) {
  return el("span", { class: "verdict", "data-verdict": verdict ?? "none" }, text ?? "–");
}

/** A judgement in words: "keep as city street (scene)". */
export function describe(judgement, tag) {
  if (!judgement) return "undecided";
  if (judgement.verdict === "merge") return `merge into ${judgement.into.name} (${judgement.into.kind})`;
  const { verdict, kind, rename } = judgement;
  if (!kind && !rename) return verdict;
  return `${verdict} as ${rename ?? tag.name} (${kind ?? tag.kind})`;
}

/** A caption in pieces, by turns plain and marked. */
export const captionLine = (pieces) => pieces.map((piece, index) => (index % 2 ? el("mark", {}, piece) : piece));

/** Choices of a kind of tag. */
export const kindOptions = () => [["", "All kinds"], ["object", "objects"], ["scene", "scenes"], ["action", "actions"], ["attribute", "attributes"]];

/** Changes a text only if it is another: what did not change is not to be read out again. */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

let words = [];

/** Tells a screen reader. What is said at one moment is read out as one. */
export function speak(text) {
  if (!words.length) setTimeout(() => {
    byId("reader").replaceChildren(el("span", {}, words.join(" ")));
    words = [];
  });
  words.push(text);
}

/** Shows for a moment, and tells a screen reader, what has happened. */
export function announce(text, spoken = text) {
  speak(spoken);
  const live = byId("live");
  live.textContent = text;
  live.classList.remove("fresh");
  requestAnimationFrame(() => live.classList.add("fresh"));
}

/** A dialog that is shown now and gone when closed. */
export function openDialog(className, label, ...children) {
  const before = document.activeElement;
  const dialog = el("dialog", { class: className, "aria-label": label }, ...children);
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (before?.isConnected) before.focus({ preventScroll: true });
  });
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** What a keyboard on the screen leaves to be seen. */
export function watchHeight() {
  const view = window.visualViewport;
  view?.addEventListener("resize", () => document.documentElement.style.setProperty("--seen", `${view.height}px`));
}
