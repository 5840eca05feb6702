// Who judges: asked at the first visit, kept in the browser.

import { get } from "./api.js";
import { el, openDialog } from "./dom.js";

// A cookie, not storage: it holds for every port, and the program may take another each time.
const NAME = "review-annotator";

export function annotator() {
  const pair = document.cookie.split("; ").find((cookie) => cookie.startsWith(`${NAME}=`));
  try {
    const name = pair && decodeURIComponent(pair.slice(NAME.length + 1));
    return name && isName(name) ? name : null;
  } catch {
    // The cookie is damaged.
    return null;
  }
}

/** Whether the program takes it for a name. */
const isName = (name) => name === name.trim() && name !== "" && [...name].length <= 64 && !/\p{Cc}/u.test(name);

/** Asks for a name, and offers those of others who have judged. */
export async function askName({ canCancel = false } = {}) {
  const known = await get("/api/annotators").catch(() => []);
  return new Promise((resolve) => {
    const input = el("input", { id: "name", type: "text", maxlength: "64", autocomplete: "off", spellcheck: "false", list: "known", required: true });
    const trouble = el("p", { class: "trouble", role: "alert" });
    const done = (event) => {
      event.preventDefault();
      const name = input.value.trim();
      if (!isName(name)) {
        trouble.textContent = "Give a name of up to 64 characters.";
        return;
      }
      document.cookie = `${NAME}=${encodeURIComponent(name)}; Path=/; SameSite=Strict; Max-Age=31536000`;
      resolve(name);
      dialog.close();
    };
    const dialog = openDialog(
      "ask",
      "Your name",
      el("form", { onsubmit: done },
        el("label", { for: "name" }, "Under which name do you judge?"),
        input,
        el("datalist", { id: "known" }, known.map((name) => el("option", { value: name }))),
        el("p", { class: "note" }, "Every decision is kept under it. Use the same name each time."),
        trouble,
        el("div", { class: "buttons" },
          canCancel && el("button", { type: "button", onclick: () => dialog.close() }, "Cancel"),
          el("button", { type: "submit", class: "main" }, "Begin")),
      ),
    );
    if (canCancel) dialog.addEventListener("close", () => resolve(null));
    else dialog.addEventListener("cancel", (event) => event.preventDefault());
    input.value = annotator() ?? "";
    input.select();
  });
}
