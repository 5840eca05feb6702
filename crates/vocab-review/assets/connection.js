// Whether the program that serves this page is there; and what to do where it is not.

import { count } from "./dom.js";

/** Milliseconds between two looks at what others have decided, and at whether the program answers. */
const POLL = 2000;
/** A request that is on its way for so long does not show that the program answers. */
const SLOW = 5000;

const MEANWHILE = "Go on if you like: what you decide is kept in this browser, and saved when the program answers.";
const WORDS = {
  gone: `mine-tags does not answer. If it was stopped, start it again and open the link it prints in this browser; this tab then goes on by itself. ${MEANWHILE}`,
  locked: `mine-tags was started again. Open the link it printed in this browser; this tab then goes on by itself. ${MEANWHILE}`,
  changed: "mine-tags was started again with other candidates, suggestions or decisions than this tab shows. Load the page again; what is not saved is kept and saved then.",
};

export class Connection extends EventTarget {
  /** `look()` asks for news. `busyFor()`: for how many milliseconds a request has been on its way. */
  constructor(look, busyFor) {
    super();
    Object.assign(this, { look, busyFor });
    this.state = "good";
  }

  start() {
    const again = async () => {
      await this.poll();
      setTimeout(again, POLL);
    };
    setTimeout(again, POLL);
    document.addEventListener("visibilitychange", () => this.poll());
  }

  async poll() {
    const busy = this.busyFor();
    // A tab that is not seen asks for no news; but what it has not saved it saves when it can.
    if ((document.hidden && this.state === "good") || (busy > 0 && busy < SLOW)) return;
    try {
      await this.look();
      this.became("good");
    } catch (error) {
      this.failed(error);
    }
  }

  /** A request failed. True if that is because the program is not there or is another. */
  failed({ status }) {
    const state = { 0: "gone", 403: "locked", 409: "changed" }[status];
    if (state) this.became(state);
    return Boolean(state);
  }

  became(state) {
    const isNews = state !== this.state;
    const wasBad = this.state !== "good";
    this.state = state;
    if (isNews) this.dispatchEvent(new Event("change"));
    if (wasBad && state === "good") this.dispatchEvent(new Event("back"));
  }

  /** What is wrong and what to do, or null. */
  get words() {
    return WORDS[this.state] ?? null;
  }
}

/** Draws the line that says what is wrong. `retry`: for what the program could not write. */
export function drawTrouble(node, { connection, outbox, retry }) {
  const { failure, items } = outbox;
  const words = connection.words ?? (failure && items.length ? `The program could not save: ${failure.message}` : null);
  node.hidden = !words;
  const action = connection.state === "changed" ? "Load again" : "Try again";
  // It is an alert: what has not changed is not said again.
  if (node.dataset.words === `${words}`) return;
  node.dataset.words = words;
  const button = document.createElement("button");
  button.textContent = action;
  button.addEventListener("click", () => (action === "Load again" ? location.reload() : retry()));
  node.replaceChildren(...(words ? [words, button] : []));
  node.title = items.length ? `Not saved: ${count(items.length, "decision")}` : "";
}
