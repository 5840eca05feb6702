// One tag: what it is, how captions use it, and what is to become of it.

import { count, describe, el, kindBadge, number, verdictBadge } from "./dom.js";

const KINDS = [["object", "o"], ["scene", "s"], ["action", "a"], ["attribute", "t"]];
const VERDICTS = [["keep", "Keep", "k"], ["drop", "Drop", "d"], ["merge", "Merge…", "m"], ["mute", "Mute", "u"]];
const DRAFTS = "drafts";
const PROPOSALS = { variants: "Variants", synonyms: "Near-synonyms", kind: "Kind is doubtful", "not-visible": "Probably not visible" };

export class Card {
  /**
   * `act(action)`: as if its key were pressed. `decide(places, judgement)` decides about tags other
   * than by a key, `edited()` says that name, kind or note changed, `go(at)` shows another tag.
   */
  constructor(node, store, examples, { act, decide, edited, go }) {
    Object.assign(this, { node, store, examples, decide, go });
    this.at = null;
    this.settles = false;
    this.drafts = readDrafts();
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
      el("button", { class: "judge", "data-verdict": verdict, "aria-keyshortcuts": key, "aria-pressed": "false", onclick: () => act(verdict) }, el("span", {}, label), el("kbd", {}, key)));
    this.build(act);
    for (const field of [this.rename, this.note]) this.listenTo(field);
  }

  build(act) {
    const step = (action, label, key) => el("button", { class: "step", "aria-keyshortcuts": key, onclick: () => act(action) }, el("span", {}, label), el("kbd", {}, key));
    this.clear = step("clear", "Clear", "c");
    this.mode = el("p", { class: "mode" });
    this.inside = el("div", { class: "inside" },
      el("button", { class: "close", onclick: () => act("leave") }, "‹ Back to the list"),
      el("div", { class: "sight" },
        el("header", {}, this.heading, this.facts, this.standing),
        this.proposals,
        el("section", { class: "examples", "aria-label": "Example captions" }, this.captions),
        this.others,
        el("fieldset", { class: "kinds" }, el("legend", {}, "Kind"), this.kinds.map((input, index) => {
          const [kind, key] = KINDS[index];
          return el("label", { "data-kind": kind }, input, el("span", {}, kind), el("kbd", {}, key));
        })),
        el("div", { class: "fields" },
          el("label", { for: "rename" }, "Name ", el("kbd", {}, "r")), this.rename,
          el("label", { for: "note" }, "Note ", el("kbd", {}, "n")), this.note),
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
      if (event.key === "Enter" && !event.isComposing) field.blur();
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
    this.heading.replaceChildren(el("span", { class: "name" }, tag.name), " ", kindBadge(tag.kind));
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
    const caption = (pieces) => el("li", { dir: "auto" }, pieces.map((piece, index) => (index % 2 ? el("mark", {}, piece) : piece)));
    this.captions.replaceChildren(...(found.length ? found.map(caption) : [el("li", { class: "note" }, "This run keeps no example captions.")]));
  }

  drawProposals() {
    const all = this.store.suggestions.get(this.at) ?? [];
    this.proposals.hidden = !all.length;
    this.proposals.replaceChildren(...all.map((suggestion, index) => this.drawProposal(suggestion, index)));
  }

  drawProposal(suggestion, index) {
    const { kind, tags, reason } = suggestion;
    const key = index === 0 ? el("kbd", {}, "p") : null;
    const names = tags.length > 1 ? tags.map((at) => this.drawMember(at)) : [];
    const offer = this.proposal(suggestion);
    return el("div", { class: "proposal" },
      el("p", {}, el("strong", {}, PROPOSALS[kind]), reason ? ` (${reason})` : "", names.length ? ": " : "", names),
      offer && el("button", { onclick: () => this.decide(offer.places, offer.judgement), "aria-keyshortcuts": key && "p" }, el("span", {}, offer.label), key));
  }

  drawMember(at) {
    const own = this.store.own(at);
    return el("button", { class: "member", disabled: at === this.at, onclick: () => this.go(at) }, this.store.names[at], el("small", {}, number(this.store.images[at])), own && verdictBadge(own.verdict));
  }

  /** What a suggestion comes to for this tag: places, judgement and its words. */
  proposal({ kind, tags, better }) {
    const { store, at } = this;
    if (kind === "kind") {
      return better && better !== store.kinds[at] && { places: [at], judgement: { verdict: "keep", kind: better }, label: `Keep as ${better}` };
    }
    if (kind === "not-visible") return { places: [at], judgement: { verdict: "drop" }, label: "Drop" };
    const [first, ...rest] = tags;
    const judgement = { verdict: "merge", into: store.tag(first) };
    if (at !== first) return { places: [at], judgement, label: `Merge into ${store.names[first]}` };
    const open = rest.filter((other) => !store.own(other));
    return open.length > 0 && { places: open, judgement, label: `Merge ${open.map((other) => store.names[other]).join(", ")} into this` };
  }

  /** What the first suggestion proposes. */
  firstProposal() {
    const [first] = this.store.suggestions.get(this.at) ?? [];
    return first ? this.proposal(first) : null;
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
      el("span", { class: "by" }, by),
      judgement ? verdictBadge(judgement.verdict, describe(judgement, tag)) : el("span", { class: "note" }, "…"),
      judgement?.note ? el("span", { class: "said" }, judgement.note) : null,
      this.settles && judgement && el("button", { onclick: () => this.decide([this.at], judgement) }, "Settle so"));
    this.others.replaceChildren(
      el("ul", {}, rows.map(row)),
      adjudication ? el("p", { class: "settled" }, "Settled: ", verdictBadge(adjudication.verdict, describe(adjudication, tag)), adjudication.note ? ` ${adjudication.note}` : "") : "");
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
    const isChanged = name !== tag.name || draft.kind !== tag.kind;
    const other = isChanged ? this.store.place({ name, kind: draft.kind }) : undefined;
    if (other !== undefined) this.hint.textContent = `${name} (${draft.kind}) is a tag already: merge into it (m) instead?`;
    else if (!held && this.drafts.has(this.key())) this.hint.textContent = "Saved with your verdict.";
    else this.hint.textContent = "";
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

  keepDraft(change = {}) {
    this.drafts.set(this.key(), { kind: this.draft().kind, rename: this.rename.value, note: this.note.value, ...change });
    writeDrafts(this.drafts);
    this.drawHint(this.store.tag(this.at), this.draft(), this.judgement());
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
    if (judgement.verdict === "keep" || judgement.verdict === "mute") {
      if (kind !== tag.kind) judgement.kind = kind;
      if (rename.trim() && rename.trim() !== tag.name) judgement.rename = rename.trim();
    }
    return judgement;
  }

  /** The fields are part of a decision now, or are given up. */
  dropDraft() {
    if (this.drafts.delete(this.key())) writeDrafts(this.drafts);
  }
}

/** What was typed and belongs to no decision yet outlives a reload. */
function readDrafts() {
  try {
    return new Map(JSON.parse(sessionStorage.getItem(DRAFTS) ?? "[]"));
  } catch {
    return new Map();
  }
}

function writeDrafts(drafts) {
  try {
    sessionStorage.setItem(DRAFTS, JSON.stringify([...drafts]));
  } catch {
    // They stay as long as the page does.
  }
}
