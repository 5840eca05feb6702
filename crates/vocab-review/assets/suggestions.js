// What is suggested about tags, how far an annotator has got with it, and what following it means.

/** The kinds of suggestions, in words. */
export const SUGGESTIONS = { variants: "Variants", synonyms: "Near-synonyms", kind: "Kind is doubtful", "not-visible": "Probably not visible" };

const WAVED = "waved-off";
const FOLLOWED = "followed";

/** Whether it is about tags that may be one. */
export const isCluster = ({ kind }) => kind === "variants" || kind === "synonyms";

/** All suggestions about the candidates, by the most frequent tag of each. */
export class Suggestions {
  constructor(store, listed, kept) {
    this.store = store;
    this.kept = kept;
    this.all = listed
      .map((suggestion) => ({ ...suggestion, first: Math.min(...suggestion.tags), key: keyOf(store, suggestion) }))
      .sort((a, b) => a.first - b.first);
    this.waved = new Set(kept.read(WAVED, []));
    // Of those the ones that were followed, though not for all of their tags.
    this.followed = new Set(kept.read(FOLLOWED, []));
    this.byTag = new Map();
    this.all.forEach((suggestion, index) => {
      suggestion.index = index;
      for (const at of suggestion.tags) {
        if (!this.byTag.has(at)) this.byTag.set(at, []);
        this.byTag.get(at).push(suggestion);
      }
    });
  }

  /** Those about a tag; those that were waved off come last. */
  about(at) {
    const all = this.byTag.get(at) ?? [];
    const isWaved = (suggestion) => Number(this.isWaved(suggestion));
    return all.length > 1 ? all.toSorted((a, b) => isWaved(a) - isWaved(b)) : all;
  }

  has(at, kind = null) {
    return Boolean(this.byTag.get(at)?.some((suggestion) => !this.isWaved(suggestion) && (!kind || suggestion.kind === kind)));
  }

  isWaved({ key }) {
    return this.waved.has(key);
  }

  /** Waves a suggestion off: this annotator is not asked about it again. Or takes that back. */
  wave(suggestion, on = true) {
    this.waved = this.keep(WAVED, this.waved, suggestion, on);
    if (!on) this.followed = this.keep(FOLLOWED, this.followed, suggestion, false);
    this.store.changed();
  }

  /** Another tab of the same annotator may have kept some too. */
  keep(name, known, { key }, on) {
    const all = new Set([...known, ...this.kept.read(name, [])]);
    if (on) all.add(key);
    else all.delete(key);
    this.kept.write(name, [...all]);
    return all;
  }

  /** A cluster was followed: what was left out of it was seen, and does not make it open again. */
  close(suggestion) {
    if (!this.left(suggestion).length) return;
    this.followed = this.keep(FOLLOWED, this.followed, suggestion, true);
    this.wave(suggestion);
  }

  /** A stroke was taken back: the cluster that it followed is open again. */
  reopen(places) {
    for (const suggestion of this.byTag.get(places[0]) ?? []) {
      if (this.followed.has(suggestion.key) && places.every((at) => suggestion.tags.includes(at))) this.wave(suggestion, false);
    }
  }

  /** "open", "waved" or "done": nothing that it is about is undecided. */
  standing(suggestion) {
    if (this.isWaved(suggestion)) return "waved";
    return this.left(suggestion).length ? "open" : "done";
  }

  /** The tags that it is about and that are undecided; without the one that others go into. */
  left(suggestion) {
    const { store } = this;
    const head = isCluster(suggestion) ? this.head(suggestion) : null;
    return suggestion.tags.filter((at) => at !== head && !store.own(at));
  }

  /** The tag of a cluster that the others go into: the one that some went into already, else the first. */
  head({ tags }) {
    const { store } = this;
    const target = (at) => {
      const own = store.own(at);
      const into = own?.verdict === "merge" ? store.place(own.into) : undefined;
      return into !== at && tags.includes(into) ? into : null;
    };
    return tags.map(target).find((into) => into !== null) ?? tags[0];
  }

  /** What following it means for one of its tags: places, judgement and its words. Or null. */
  offer(suggestion, at) {
    const { store } = this;
    const { kind, better } = suggestion;
    if (kind === "kind") {
      return better && better !== store.kinds[at] ? { places: [at], judgement: { verdict: "keep", kind: better }, label: `Keep as ${better}` } : null;
    }
    if (kind === "not-visible") return { places: [at], judgement: { verdict: "drop" }, label: "Drop" };
    const head = this.head(suggestion);
    if (at !== head) return { places: [at], judgement: { verdict: "merge", into: store.tag(head) }, label: `Merge into ${store.names[head]}` };
    const left = this.left(suggestion);
    if (left.length !== 1) return null;
    return { places: left, judgement: { verdict: "merge", into: store.tag(head) }, label: `Merge ${store.names[left[0]]} into this` };
  }
}

/** What tells a suggestion from others, also after the program was started again. */
function keyOf(store, { kind, tags }) {
  return `${kind}: ${tags.map((at) => `${store.names[at]}/${store.kinds[at]}`).join(", ")}`;
}
