// One tag: what it is, how captions use it, and what is to become of it.

import { announce, captionLine, count, describe, el, keyHint, kindBadge, number, setText, speak, verdictBadge } from "./dom.js";
import { SUGGESTIONS, isCluster } from "./suggestions.js";

const KINDS = [["object", "o"], ["scene", "s"], ["action", "a"], ["attribute", "t"]];
const VERDICTS = [["keep", "Keep", "k"], ["drop", "Drop", "d"], ["merge", "Merge…", "m"], ["mute", "Mute", "u"]];
const DRAFTS = "drafts";
/** Whether a tag of this verdict stays, under its name and kind. */
export const stays = (verdict) => verdict === "keep" || verdict === "mute";
/** So many tags of a cluster are named on the card. */
const MOST = 6;

export class Card {
  /**
   * `act(action)`: as if its key were pressed. `decide(places, judgement)` decides about tags other
   * than by a key, `edited()` says that name, kind or note changed, `go(at)` shows another tag,
   * `closer(suggestion)` a suggestion with all its tags.
   */
  constructor(node, store, examples, { act, decide, edited, go, closer }) {
    Object.assign(this, { node, store, examples, decide, go, closer });
    this.proposed = 0;
    this.at = null;
    this.settles = false;
    this.drafts = new Map(store.kept.read(DRAFTS, []));
    this.heading = el("h1", { tabindex: "-1" });
    this.facts = el("p", { class: "facts" });
    this.standing = el("p", { class: "standing" });
    this.captions = el("ol", { class: "captions" });
    this.proposals = el("section", { class: "proposals", "aria-label": "Suggestions" });
    this.others = el("section", { class: "others", "aria-label": "Other annotators" });
    this.kinds = KINDS.map(([kind, key]) => el("input", { type: "radio", name: "kind", value: kind, "aria-keyshortcuts": key, onchange: () => this.setKind(kind) }));
    this.rename = el("input", { id: "rename", type: "text", maxlength: "100", autocomplete: "off", spellcheck: "true", "aria-keyshortcuts": "r" });
    this.note = el("input", { id: "note", type: "text", maxlength: "2000", autocomplete: "off", "aria-keyshortcuts": "n" });
    this.hint = el("p", { class: "hint", role: "status" });
    this.edited = edited;
    this.buttons = VERDICTS.map(([verdict, label, key]) =>
      el("button", { class: "judge", "data-verdict": verdict, "aria-keyshortcuts": key, "aria-pressed": "false", onclick: () => act(verdict) }, el("span", {}, label), keyHint(key)));
    this.build(act);
    for (const field of [this.rename, this.note]) this.listenTo(field);
    store.kept.watch(DRAFTS, (drafts) => this.readDrafts(drafts));
  }

  build(act) {
    const step = (action, label, key) => el("button", { class: "step", "aria-keyshortcuts": key, onclick: () => act(action) }, el("span", {}, label), keyHint(key));
    this.clear = step("clear", "Clear", "c");
    this.mode = el("p", { class: "mode" });
    this.inside = el("div", { class: "inside" },
      el("button", { class: "close", onclick: () => act("leave") }, "‹ Back to the list"),
      el("div", { class: "sight" },
        el("header", {}, this.heading, this.facts, this.standing),
        // Captions first: they are read for every tag, and stay in their place.
        el("section", { class: "examples", "aria-label": "Example captions" }, this.captions),
        this.proposals,
        this.others,
        el("fieldset", { class: "kinds" }, el("legend", {}, "Kind"), this.kinds.map((input, index) => {
          const [kind, key] = KINDS[index];
          return el("label", { "data-kind": kind }, input, el("span", {}, kind), keyHint(key));
        })),
        el("div", { class: "fields" },
          el("label", { for: "rename" }, "Name ", keyHint("r")), this.rename,
          el("label", { for: "note" }, "Note ", keyHint("n")), this.note),
        this.hint),
      el("div", { class: "deck" },
        this.mode,
        el("div", { class: "verdicts", role: "group", "aria-label": "Verdict" }, this.buttons),
        el("div", { class: "steps", role: "group", "aria-label": "Go" }, step("backward", "Back", "b"), this.clear, step("forward", "Forward", "f"))),
    );
    this.empty = el("p", { class: "empty" });
    this.node.replaceChildren(this.empty, this.inside);
  }

  listenTo(field) {
    field.addEventListener("input", () => this.keepDraft());
    field.addEventListener("change", () => this.edited());
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing) return;
      field.blur();
      // What was typed before the page was loaded again is no change to the browser.
      this.edited();
    });
  }

  /** Shows a tag, or a word on why there is none. `settles`: verdicts settle a disagreement. */
  show(at, { settles = false, empty = "" } = {}) {
    const isOther = at !== this.at || settles !== this.settles;
    this.at = at;
    this.settles = settles;
    this.inside.hidden = at === null;
    this.empty.hidden = at !== null;
    this.empty.textContent = empty;
    if (at === null) return;
    if (isOther) {
      this.proposed = 0;
      this.node.scrollTop = 0;
      this.inside.querySelector(".sight").scrollTop = 0;
    }
    this.draw();
  }

  /** The judgement that the card is about. */
  judgement() {
    return this.settles ? this.store.state(this.at).adjudication : this.store.own(this.at);
  }

  draw() {
    const { store, at } = this;
    if (at === null) return;
    const hadFocus = this.inside.contains(document.activeElement);
    const tag = store.tag(at);
    this.node.dataset.kind = tag.kind;
    this.heading.replaceChildren(el("span", { class: "name" }, tag.name), el("span", { class: "unseen" }, ", "), kindBadge(tag.kind));
    this.facts.textContent = `${count(store.images[at], "image")} · ${count(store.captions[at], "caption")} · ${count(store.mentions[at], "mention")} · rank ${number(at + 1)} of ${number(store.size)}`;
    this.drawStanding(tag);
    this.drawExamples();
    this.drawProposals();
    this.drawOthers(tag);
    this.drawForm(tag);
    // What had the focus may be gone.
    if (hadFocus && !this.node.contains(document.activeElement)) this.heading.focus({ preventScroll: true });
  }

  drawStanding(tag) {
    const own = this.store.own(this.at);
    const saved = this.store.isUnsaved(this.at) ? el("span", { class: "unsaved" }, "not saved yet") : own ? el("span", { class: "saved" }, "saved") : null;
    this.standing.replaceChildren("You: ", verdictBadge(own?.verdict, describe(own, tag)), " ", saved ?? "", ...this.warnings(own));
  }

  warnings(own) {
    if (own?.verdict !== "merge") return [];
    const target = this.store.place(own.into);
    const verdict = target === undefined ? undefined : this.store.own(target)?.verdict;
    return verdict === "drop" ? [el("span", { class: "warning" }, `you have dropped ${own.into.name}: a merge into it is lost`)] : [];
  }

  drawExamples() {
    const found = this.examples.of(this.at);
    if (!found) {
      this.captions.replaceChildren(el("li", { class: "note" }, "…"));
      return;
    }
    const caption = (pieces) => el("li", { dir: "auto" }, captionLine(pieces));
    this.captions.replaceChildren(...(found.length ? found.map(caption) : [el("li", { class: "note" }, "This run keeps no example captions.")]));
  }

  /** What is suggested about the tag and was not waved off. */
  open() {
    const { suggestions } = this.store;
    return suggestions.about(this.at).filter((suggestion) => !suggestions.isWaved(suggestion));
  }

  drawProposals() {
    const open = this.open();
    const waved = this.store.suggestions.about(this.at).slice(open.length);
    this.proposed = Math.min(this.proposed, Math.max(0, open.length - 1));
    this.proposals.hidden = !open.length && !waved.length;
    const again = () => waved.forEach((suggestion) => this.store.suggestions.wave(suggestion, false));
    this.proposals.replaceChildren(
      ...open.map((suggestion, index) => this.drawProposal(suggestion, index === this.proposed, open.length > 1)),
      waved.length ? el("div", { class: "proposal waved" }, el("p", {}, `${count(waved.length, "suggestion")} waved off`), el("button", { onclick: again }, "Show again")) : "");
  }

  drawProposal(suggestion, isMarked, isOneOfMany) {
    const { kind, tags, reason } = suggestion;
    const key = (letter) => (isMarked ? keyHint(letter) : null);
    const keyed = (letter) => (isMarked ? letter : null);
    const shown = tags.length > MOST ? tags.slice(0, MOST) : tags;
    const names = tags.length > 1 ? [shown.map((at) => this.drawMember(at)), tags.length > MOST ? `and ${tags.length - MOST} more` : ""].flat() : [];
    const offer = this.store.suggestions.offer(suggestion, this.at);
    const what = SUGGESTIONS[kind].toLowerCase();
    return el("div", { class: isMarked && isOneOfMany ? "proposal marked" : "proposal", role: "group", "aria-label": SUGGESTIONS[kind], "aria-current": isMarked && isOneOfMany && "true" },
      el("p", {}, el("strong", {}, SUGGESTIONS[kind]), reason ? ` (${reason})` : "", names.length ? ": " : "", names),
      el("div", { class: "answers" },
        offer && el("button", { onclick: () => this.decide(offer.places, offer.judgement), "aria-keyshortcuts": keyed("p") }, el("span", {}, offer.label), key("p")),
        isCluster(suggestion) && (!offer || tags.length > 2) && el("button", { onclick: () => this.closer(suggestion), "aria-keyshortcuts": keyed("v") }, el("span", {}, `All ${tags.length}…`), key("v")),
        el("button", { onclick: () => this.wave(suggestion), "aria-label": `Not so: wave off “${what}”`, "aria-keyshortcuts": keyed("x") }, el("span", {}, "Not so"), key("x"))));
  }

  drawMember(at) {
    const own = this.store.own(at);
    return el("button", { class: "member", disabled: at === this.at, onclick: () => this.go(at) }, this.store.names[at], " ", el("small", {}, number(this.store.images[at])), own && verdictBadge(own.verdict));
  }

  /** The suggestion that keys are about. */
  marked() {
    return this.open()[this.proposed];
  }

  /** Makes the next suggestion the one that keys are about. */
  markNext() {
    const open = this.open();
    if (open.length) this.proposed = (this.proposed + 1) % open.length;
    this.drawProposals();
    announce(open.length ? `Suggestion ${this.proposed + 1} of ${open.length}: ${SUGGESTIONS[this.marked().kind].toLowerCase()}.` : "There is no suggestion.");
  }

  /** Does as the marked suggestion says; a cluster of which several are left is looked at first. */
  follow() {
    const marked = this.marked();
    const offer = marked && this.store.suggestions.offer(marked, this.at);
    if (offer) this.decide(offer.places, offer.judgement);
    else if (marked && isCluster(marked)) this.closer(marked);
    else announce("There is no suggestion to follow.");
  }

  wave(suggestion = this.marked()) {
    if (!suggestion) {
      announce("There is no suggestion to wave off.");
      return;
    }
    this.store.suggestions.wave(suggestion);
    announce(`Waved off: ${SUGGESTIONS[suggestion.kind].toLowerCase()}.`);
  }

  /** Reads the captions out. */
  readOut() {
    const found = this.examples.of(this.at) ?? [];
    speak(found.length ? found.map((pieces) => pieces.join("")).join(" — ") : "There are no examples.");
  }

  /** What a screen reader is to say of the tag. */
  words() {
    const { store, at } = this;
    const open = this.open().length;
    return `${store.names[at]}, ${store.kinds[at]}, ${count(store.images[at], "image")}${open ? `, ${count(open, "suggestion")}` : ""}`;
  }

  drawOthers(tag) {
    const { others } = this.store.state(this.at);
    const own = this.store.own(this.at);
    const mayKnow = Boolean(own) || this.settles;
    this.others.hidden = !others.length && !this.settles;
    if (!mayKnow) {
      this.others.replaceChildren(el("p", { class: "note" }, `${count(others.length, "other")} ${others.length === 1 ? "has" : "have"} judged this. What they say is shown after your verdict.`));
      return;
    }
    const rows = own && this.settles ? [{ by: `${this.store.annotator} (you)`, judgement: own }, ...others] : others;
    const { adjudication } = this.store.state(this.at);
    const row = ({ by, judgement }) => el("li", {},
      el("bdi", { class: "by" }, by),
      judgement ? verdictBadge(judgement.verdict, describe(judgement, tag)) : el("span", { class: "note" }, "…"),
      judgement?.note ? el("bdi", { class: "said" }, judgement.note) : null,
      this.settles && judgement && el("button", { onclick: () => this.decide([this.at], judgement) }, "Settle so"));
    this.others.replaceChildren(
      el("ul", {}, rows.map(row)),
      adjudication ? el("p", { class: "settled" }, "Settled: ", verdictBadge(adjudication.verdict, describe(adjudication, tag)), adjudication.note ? [" ", el("bdi", {}, adjudication.note)] : "") : "");
  }

  drawForm(tag) {
    const draft = this.draft();
    const held = this.judgement();
    for (const input of this.kinds) input.checked = input.value === draft.kind;
    if (this.rename.value !== draft.rename) this.rename.value = draft.rename;
    if (this.note.value !== draft.note) this.note.value = draft.note;
    for (const button of this.buttons) button.setAttribute("aria-pressed", String(button.dataset.verdict === held?.verdict));
    this.clear.disabled = !held;
    this.mode.hidden = !this.settles;
    this.mode.textContent = "Your verdict settles this for everyone.";
    this.drawHint(tag, draft, held);
  }

  drawHint(tag, draft, held) {
    const name = draft.rename.trim();
    const other = this.isRenamed() ? this.store.place({ name, kind: draft.kind }) : undefined;
    if (other !== undefined) setText(this.hint, `${name} (${draft.kind}) is a tag already: merge into it (m) instead?`);
    else if (!this.hasDraft()) setText(this.hint, "");
    else if (!held) setText(this.hint, "Saved with your verdict.");
    else if (!stays(held.verdict) && this.isRenamed() && draft.note.trim() === (held.note ?? "")) setText(this.hint, "Name and kind are saved when you keep or mute it.");
    else setText(this.hint, "Not saved yet: Enter in the field saves it.");
  }

  key() {
    const { name, kind } = this.store.tag(this.at);
    return `${this.settles ? "settled " : ""}${name}/${kind}`;
  }

  /** Name, kind and note as the fields have them. */
  draft() {
    const draft = this.drafts.get(this.key());
    if (draft) return draft;
    const tag = this.store.tag(this.at);
    const held = this.judgement();
    return { kind: held?.kind ?? tag.kind, rename: held?.rename ?? tag.name, note: held?.note ?? "" };
  }

  hasDraft() {
    return this.drafts.has(this.key());
  }

  /** Whether the fields give it another name or kind. */
  isRenamed() {
    const tag = this.store.tag(this.at);
    const { kind, rename } = this.draft();
    return kind !== tag.kind || Boolean(rename.trim() && rename.trim() !== tag.name);
  }

  keepDraft(change = {}) {
    this.drafts.set(this.key(), { kind: this.draft().kind, rename: this.rename.value, note: this.note.value, ...change });
    this.keepDrafts();
    this.drawHint(this.store.tag(this.at), this.draft(), this.judgement());
  }

  /** In another tab something was typed, or decided. */
  readDrafts(drafts) {
    this.drafts = new Map(drafts);
    if (this.at !== null) this.drawForm(this.store.tag(this.at));
  }

  /** Puts what was refused into the fields again. */
  takeBack({ kind, rename, note }) {
    const tag = this.store.tag(this.at);
    this.drafts.set(this.key(), { kind: kind ?? tag.kind, rename: rename ?? tag.name, note: note ?? "" });
    this.drawForm(tag);
  }

  setKind(kind) {
    this.keepDraft({ kind });
    this.drawForm(this.store.tag(this.at));
    this.edited();
  }

  /** A judgement of this verdict, with what the fields say. */
  compose(verdict) {
    const { kind, rename, note } = this.draft();
    const tag = this.store.tag(this.at);
    const judgement = typeof verdict === "string" ? { verdict } : { ...verdict };
    if (note.trim()) judgement.note = note.trim();
    if (stays(judgement.verdict)) {
      if (kind !== tag.kind) judgement.kind = kind;
      if (rename.trim() && rename.trim() !== tag.name) judgement.rename = rename.trim();
    }
    return judgement;
  }

  /** The fields are part of a decision now, or are given up. */
  dropDraft() {
    if (this.drafts.delete(this.key())) this.keepDrafts(this.key());
  }

  /** What was typed and belongs to no decision yet outlives a reload, and is not another tab's to lose. */
  keepDrafts(gone = null) {
    const all = new Map([...this.store.kept.read(DRAFTS, []), ...this.drafts]);
    all.delete(gone);
    this.store.kept.write(DRAFTS, [...all]);
  }
}

