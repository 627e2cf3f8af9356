// A list of ten thousand sessions: a page of it at a time, found by its filters.

import { People, facts, tell } from "./people.js";

const people = await People.come();
try {
  const olga = await people.signIn("olga");
  const began = Date.now();
  await olga.goto(`${facts.api}/sessions`);
  const rows = olga.getByRole("row").or(olga.getByRole("listitem"));
  await olga.getByRole("button", { name: "Older" }).or(olga.getByRole("link", { name: "Older" })).first().waitFor();
  const first = Date.now() - began;
  const counts = [await rows.count()];
  const texts = [await olga.getByRole("main").innerText()];
  for (let page = 0; page < 5; page += 1) {
    await olga.getByRole("button", { name: "Older" }).or(olga.getByRole("link", { name: "Older" })).first().click();
    await olga.waitForFunction(
      (before) => document.querySelector("main")?.innerText !== before,
      texts.at(-1),
    );
    texts.push(await olga.getByRole("main").innerText());
    counts.push(await rows.count());
  }
  const elements = await olga.evaluate(() => document.querySelectorAll("*").length);
  await olga.getByLabel("Vendor").fill("nobody");
  await olga.getByRole("button", { name: "Find" }).click();
  await olga.getByText("No session fits.").waitFor();
  tell({ first, counts, elements, pages: new Set(texts).size, faults: people.faults });
} finally {
  await people.leave();
}
