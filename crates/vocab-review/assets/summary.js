// How far the review is, how long the rest takes, and how far annotators agree.

import { get } from "./api.js";
import { byId, count, el, kindBadge, number } from "./dom.js";

const KINDS = ["object", "scene", "action", "attribute"];
const OUTCOMES = ["keep", "mute", "merge", "drop", "disagreement", "undecided"];

/** Reasons for which tags are left out, and tags of each, as many as are listed. */
const LISTED = 50;
/** Milliseconds in which changes are gathered. */
const GATHER = 500;

export class Summary {
  /** `open(at)` shows a tag. */
  constructor(node, store, open) {
    this.node = node;
    this.store = store;
    this.asked = 0;
    this.open = (at, stop) => {
      this.left = stop;
      open(at);
    };
  }

  /** Reads it anew, once for many changes. */
  soon() {
    this.timer ??= setTimeout(() => this.refresh(), GATHER);
  }

  async refresh() {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.asked += 1;
    const { asked } = this;
    const { annotator, reveal } = this.store;
    let summary;
    let failure;
    try {
      summary = await get("/api/summary", { annotator, reveal });
    } catch (error) {
      failure = error;
    }
    // What was asked for since is newer; and nothing moves the focus on another view.
    if (asked !== this.asked || this.node.hidden) return;
    if (summary) this.redraw(summary);
    else {
      this.drawn = "";
      this.node.replaceChildren(el("p", { class: "empty" }, `The summary cannot be read: ${failure.message}`));
    }
  }

  /** Draws what has changed, and leaves the focus and what is scrolled where they were. */
  redraw(summary) {
    const stops = () => [...this.node.querySelectorAll("[data-stop]")];
    const text = JSON.stringify([summary, this.store.judged()]);
    let focused = document.activeElement === document.body ? this.left : undefined;
    this.left = undefined;
    if (text !== this.drawn) {
      focused ??= stops().find((stop) => stop === document.activeElement)?.dataset.stop;
      const scrolled = new Map(stops().map((stop) => [stop.dataset.stop, stop.scrollLeft]));
      const top = this.node.scrollTop;
      this.draw(summary);
      this.drawn = text;
      this.node.scrollTop = top;
      for (const stop of stops()) stop.scrollLeft = scrolled.get(stop.dataset.stop) ?? 0;
    }
    if (focused === undefined) return;
    const same = stops().find(({ dataset }) => dataset.stop === focused);
    // What had the focus may be settled by now.
    (same ?? this.node.querySelector("h2[tabindex]")).focus({ preventScroll: Boolean(same) });
  }

  draw(summary) {
    const { store } = this;
    const own = summary.annotators.find(({ name }) => name === store.annotator);
    const left = store.size - store.judged();
    const done = store.size - left;
    this.node.replaceChildren(el("div", { class: "inside" },
      el("h1", {}, "Summary"),
      el("dl", { class: "figures" },
        figure("judged by you", `${number(done)} of ${number(store.size)}`),
        figure("left", number(left)),
        figure("time left", timeLeft(left, own?.pace)),
        figure("your pace", own?.pace ? `${own.pace.toFixed(1)} s a tag` : "–")),
      section("What holds", outcomes(summary)),
      vocabulary(summary, store, this.open),
      section("Annotators", people(summary, store)),
      section("Agreement", ...agreement(summary)),
      el("p", { class: "note" }, "Decisions are kept in ", el("code", {}, store.log))));
  }
}

const figure = (label, value) => el("div", {}, el("dt", {}, label), el("dd", {}, value));

const section = (title, ...children) => el("section", {}, el("h2", {}, title), ...children);

/** "about 2 h 10 min" */
function timeLeft(tags, pace) {
  if (!tags) return "done";
  if (!pace) return "–";
  const minutes = Math.max(1, Math.round((tags * pace) / 60));
  const hours = Math.floor(minutes / 60);
  return `about ${hours ? `${number(hours)} h ` : ""}${minutes % 60} min`;
}

function table(heads, rows) {
  return el("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": heads[0], "data-stop": heads[0] }, el("table", {},
    el("thead", {}, el("tr", {}, heads.map((head) => el("th", { scope: "col" }, head)))),
    el("tbody", {}, rows.map(([first, ...rest]) => el("tr", {}, el("th", { scope: "row" }, first), rest.map((cell) => el("td", {}, cell)))))));
}

const total = (counts, word) => Object.values(counts).reduce((sum, words) => sum + (words[word] ?? 0), 0);

function outcomes({ candidates, outcomes }) {
  const row = (label, all, of) => [label, number(all), ...OUTCOMES.map((word) => number(of(word))), bar(OUTCOMES.map((word) => [word, of(word)]), all)];
  const rows = KINDS.filter((kind) => candidates[kind]).map((kind) => row(kindBadge(kind), candidates[kind], (word) => outcomes[kind]?.[word] ?? 0));
  const all = Object.values(candidates).reduce((sum, value) => sum + value, 0);
  return table(["Kind", "Tags", ...OUTCOMES, "shares"], [...rows, row("all", all, (word) => total(outcomes, word))]);
}

/** What `mine-tags curate` would make. */
function vocabulary({ vocabulary: { tags, left_out: reasons, unheard } }, store, open) {
  const link = (at, stop) => el("button", { "data-stop": stop, onclick: () => open(at, stop) }, `${store.names[at]} (${store.kinds[at]})`);
  const more = (left, noun) => left > 0 && `and ${count(left, noun)} more`;
  const words = ({ reason, target }) => (target ? ["merged into ", link(target.at, `into ${target.at}`), `, which ${target.cause}:`] : `${reason}:`);
  const row = (reason) => el("li", {},
    el("p", {}, words(reason)),
    el("p", { class: "tags" }, reason.tags.slice(0, LISTED).map((at) => link(at, `${at}`)), more(reason.tags.length - LISTED, "tag")));
  const all = reasons.reduce((sum, { tags: out }) => sum + out.length, unheard);
  const alone = unheard ? `, ${number(unheard)} of them by what others say of tags that you have not judged` : "";
  const notes = [
    `mine-tags curate would find ${count(tags, "tag")}, merged ones not counted.`,
    all ? `Beside what is disagreed about, it would leave out ${count(all, "judged tag")}${alone}.` : "",
  ];
  return el("section", {},
    el("h2", { tabindex: "-1" }, "The vocabulary by now"),
    el("p", { class: "note" }, notes.join(" ")),
    reasons.length > 0 && el("ul", { class: "left-out" }, reasons.slice(0, LISTED).map(row)),
    reasons.length > LISTED && el("p", { class: "note" }, more(reasons.length - LISTED, "reason"), ", shown when these are settled."));
}

function people({ annotators }, store) {
  const row = ({ name, verdicts, pace }) => {
    const words = ["keep", "mute", "merge", "drop"].map((word) => total(verdicts, word));
    const judged = words.reduce((sum, value) => sum + value, 0);
    const kinds = KINDS.map((kind) => number(Object.values(verdicts[kind] ?? {}).reduce((sum, value) => sum + value, 0)));
    return [el("span", {}, el("bdi", {}, name), name === store.annotator ? " (you)" : ""), number(judged), ...words.map(number), ...kinds, pace ? pace.toFixed(1) : "–", timeLeft(store.size - judged, pace)];
  };
  if (!annotators.length) return el("p", { class: "note" }, "Nobody has judged a tag yet.");
  return table(["Name", "judged", "keep", "mute", "merge", "drop", ...KINDS.map((kind) => `${kind}s`), "s a tag", "time left"], annotators.map(row));
}

function agreement({ fleiss, cohen }) {
  if (!fleiss.all) return [el("p", { class: "note" }, "Agreement needs tags that two annotators have judged.")];
  const kappa = (measure) => (measure ? `${measure.kappa === null ? "–" : measure.kappa.toFixed(2)}` : "");
  const row = (label, by) => [label, number(by.all.tags), `${Math.round(by.all.observed * 100)} %`, kappa(by.all), ...KINDS.map((kind) => kappa(by[kind]))];
  const pairs = cohen.map(({ names, agreement }) => row(el("span", {}, "Cohen’s κ, ", el("bdi", {}, names[0]), " and ", el("bdi", {}, names[1])), agreement));
  return [
    table(["Measure", "tags", "same verdict", "κ", ...KINDS.map((kind) => `${kind}s`)], [row("Fleiss’ κ, everyone", fleiss), ...pairs]),
    el("p", { class: "note" }, `κ is 1 where annotators always agree and 0 where they agree as often as by chance; – where every verdict is the same. Over ${count(fleiss.all.tags, "tag")} that two or more have judged.`),
  ];
}

/** A bar of shares. */
function bar(parts, all) {
  const node = el("span", { class: "shares", "aria-hidden": "true" });
  for (const [word, value] of parts) {
    const part = el("span", { "data-verdict": word });
    part.style.flexGrow = all ? String(value / all) : "0";
    node.append(part);
  }
  return node;
}

/** The bar at the top of the page. */
export function drawProgress(store, open) {
  const node = byId("progress");
  const done = store.size - open;
  node.setAttribute("aria-valuemax", store.size);
  node.setAttribute("aria-valuenow", done);
  node.setAttribute("aria-valuetext", `${number(done)} of ${number(store.size)}`);
  node.title = `${number(done)} of ${number(store.size)} judged`;
  node.firstElementChild.style.width = `${(100 * done) / Math.max(1, store.size)}%`;
}
