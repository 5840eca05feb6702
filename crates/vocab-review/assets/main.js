// Starts the page.

import { annotator, askName } from "./annotator.js";
import { get } from "./api.js";
import { byId, watchHeight } from "./dom.js";
import { Kept, tabName } from "./kept.js";
import { markKeys } from "./keys.js";
import { Page } from "./page.js";
import { Store } from "./store.js";

async function start() {
  markKeys();
  watchHeight();
  const listing = get("/api/candidates");
  const name = annotator() ?? (await askName());
  const changes = get("/api/review", { annotator: name, since: 0 });
  const listed = await listing;
  const kept = new Kept(listed.log, name);
  const store = new Store(listed, name, kept);
  store.apply(await changes, { fresh: true });
  const page = new Page(store, await tabName(kept));
  await page.start();
  document.body.dataset.ready = "true";
}

start().catch((error) => {
  const trouble = byId("trouble");
  trouble.hidden = false;
  trouble.textContent = `The page cannot be shown: ${error.message}`;
});
