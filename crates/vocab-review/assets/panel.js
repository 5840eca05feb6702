// One suggestion: its tags side by side, and what is to become of them at one stroke.

import { announce, count, el, keyHint, number } from "./dom.js";
import { Members } from "./members.js";
import { SUGGESTIONS, isCluster } from "./suggestions.js";

const ASKS = {
  variants: "Merge those that are one tag. Leave out what does not belong.",
  synonyms: "Merge those that say the same. Leave out what does not belong.",
  kind: "Is it of another kind?",
  "not-visible": "Drop it if no image shows it.",
};
const SINGLE = ["keep", "drop", "mute", "clear"];
const KINDS = ["object", "scene", "action", "attribute"];

export class Panel {
  /** `act(action)`: as if its key were pressed. `decide(places, judgement)`. `open(at)`: a tag's card. `done(at)`: go on. */
  constructor(node, store, examples, { act, decide, open, done }) {
    Object.assign(this, { node, store, decide, open, done });
    this.at = null;
    this.heading = el("h1", { tabindex: "-1" });
    this.facts = el("p", { class: "facts" });
    this.ask = el("p", { class: "ask-for" });
    this.warning = el("p", { class: "hint" });
    this.members = new Members(store, examples, { changed: () => this.drawDeck(), open });
    this.follow = button("suggestion", "p", "judge", act);
    this.wave = button("wave", "x", "step", act);
    this.empty = el("p", { class: "empty" });
    this.inside = el("div", { class: "inside" },
      el("div", { class: "sight" },
        el("header", {}, this.heading, this.facts, this.ask),
        this.members.node,
        this.warning,
        el("p", { class: "note by-keys" }, el("kbd", {}, "j"), " next tag, ", el("kbd", {}, "Space"), " in or out, ", el("kbd", {}, "i"), " the others go into it, ", el("kbd", {}, "k"), " ", el("kbd", {}, "d"), " ", el("kbd", {}, "u"), " judge it alone, ", el("kbd", {}, "v"), " open it.")),
      el("div", { class: "deck" },
        el("div", { class: "verdicts", role: "group", "aria-label": "Verdict" }, this.follow.node, this.wave.node),
        el("div", { class: "steps", role: "group", "aria-label": "Go" },
          button("backward", "b", "step", act, "Back").node, button("forward", "f", "step", act, "Forward").node)));
    node.replaceChildren(this.empty, this.inside);
  }

  get suggestion() {
    return this.store.suggestions.all[this.at];
  }

  /** Shows a suggestion, or a word on why there is none. */
  show(at, { empty = "" } = {}) {
    const isOther = at !== this.at;
    this.at = at;
    this.inside.hidden = at === null;
    this.empty.hidden = at !== null;
    this.empty.textContent = empty;
    if (at === null) return;
    const hadFocus = this.inside.contains(document.activeElement);
    if (isOther) this.inside.querySelector(".sight").scrollTop = 0;
    this.draw();
    if (hadFocus && !this.node.contains(document.activeElement)) this.heading.focus({ preventScroll: true });
  }

  draw() {
    if (this.at === null) return;
    const { kind, reason, tags } = this.suggestion;
    this.heading.textContent = SUGGESTIONS[kind];
    this.facts.textContent = [count(tags.length, "tag"), reason].filter(Boolean).join(" · ");
    this.ask.textContent = ASKS[kind];
    this.members.show(this.suggestion);
    this.drawDeck();
  }

  drawExamples() {
    if (this.at !== null) this.members.draw();
  }

  /** What following the suggestion comes to, as things are chosen. */
  offer() {
    const { store, suggestion } = this;
    const places = this.members.places();
    const what = places.length === 1 ? store.names[places[0]] : count(places.length, "tag");
    if (isCluster(suggestion)) {
      const { into } = this.members.choice;
      return { places, judgement: { verdict: "merge", into: store.tag(into) }, label: `Merge ${what} into ${store.names[into]}` };
    }
    if (suggestion.kind === "not-visible") return { places, judgement: { verdict: "drop" }, label: `Drop ${what}` };
    const { better } = suggestion;
    return better ? { places, judgement: { verdict: "keep", kind: better }, label: `Keep ${what} as ${better}` } : null;
  }

  drawDeck() {
    const { store, suggestion } = this;
    const offer = this.offer();
    this.follow.node.hidden = !offer;
    this.follow.node.disabled = !offer?.places.length;
    this.follow.node.dataset.verdict = offer?.judgement.verdict ?? "none";
    this.follow.label.textContent = offer?.label ?? "";
    this.wave.label.textContent = store.suggestions.isWaved(suggestion) ? "Ask again" : isCluster(suggestion) ? "Not the same" : "Not so";
    const into = isCluster(suggestion) ? this.members.choice.into : null;
    const isLost = into !== null && store.own(into)?.verdict === "drop";
    this.warning.textContent = isLost ? `You have dropped ${store.names[into]}: a merge into it is lost.` : "";
  }

  /** Does what a key or a button means here. False if it means nothing here. */
  act(action) {
    if (this.at === null) return false;
    if (action === "suggestion" || action === "merge") this.followIt();
    else if (action === "wave") this.waveIt();
    else if (action === "other-suggestion") this.members.step();
    else if (SINGLE.includes(action)) this.judgeMarked(action);
    else if (KINDS.includes(action) && this.suggestion.kind === "kind") this.keepAs(action);
    else if (action === "closer") this.withMarked((at) => this.open(at));
    else if (action === "into" && isCluster(this.suggestion)) this.withMarked((at) => this.chooseMarked(at));
    else return false;
    return true;
  }

  followIt() {
    const { at, suggestion } = this;
    const offer = this.offer();
    if (!offer?.places.length) {
      announce(offer ? "No tag is ticked." : "There is nothing to follow: open the tag.");
      return;
    }
    this.decide(offer.places, offer.judgement);
    this.store.suggestions.close(suggestion);
    announce(`${offer.label}.`);
    this.done(at);
  }

  waveIt() {
    const { at, suggestion } = this;
    const { suggestions } = this.store;
    const isWaved = suggestions.isWaved(suggestion);
    suggestions.wave(suggestion, !isWaved);
    announce(isWaved ? "Asked again." : "Waved off.");
    if (!isWaved) this.done(at);
  }

  /** The kind in question is told. */
  keepAs(kind) {
    const { at } = this;
    this.decide(this.members.places(), { verdict: "keep", kind });
    announce(`Keep as ${kind}.`);
    this.done(at);
  }

  withMarked(act) {
    const { tags } = this.suggestion;
    if (tags.length === 1) act(tags[0]);
    else if (this.members.marked === null) announce("Choose one of the tags first: j goes to the next.");
    else act(this.members.marked);
  }

  chooseMarked(at) {
    this.members.choose(at);
    announce(`The others go into ${this.store.names[at]}.`);
  }

  /** Judges one of the tags by itself. It is out then. */
  judgeMarked(verdict) {
    const shown = this.at;
    this.withMarked((at) => {
      const judgement = verdict === "clear" ? null : { verdict };
      if (!judgement && !this.store.own(at)) return;
      if (at !== this.members.choice.into) this.members.tick(at, !judgement);
      this.decide([at], judgement);
      announce(`${this.store.names[at]}: ${judgement ? verdict : "undecided"}.`);
      if (judgement && this.suggestion.tags.length === 1) this.done(shown);
    });
  }

  /** What a screen reader is to say of the suggestion. */
  words() {
    const { kind, tags } = this.suggestion;
    const names = tags.map((at) => `${this.store.names[at]}, ${number(this.store.images[at])}`);
    return `${SUGGESTIONS[kind]}: ${names.join("; ")}`;
  }
}

function button(action, key, className, act, label = "") {
  const text = el("span", {}, label);
  return { label: text, node: el("button", { class: className, "aria-keyshortcuts": key, onclick: () => act(action) }, text, keyHint(key)) };
}
