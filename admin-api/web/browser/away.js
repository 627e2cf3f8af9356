// The program goes away and comes back while pages are open: they say so, and heal.
// Who started us stops the program when {away} is there, and starts it again when it
// is gone.

import { rm, writeFile } from "node:fs/promises";
import { People, facts, shows, tell } from "./people.js";

const LOST = "Not connected; trying again";
const people = await People.come();

try {
  const vera = await people.signIn("vera");
  const audun = await people.signIn("audun");
  const olga = await people.signIn("olga");
  const worker = await people.signIn("vera");
  await worker.goto(`${facts.api}/grants/${facts.grant}/terminal`);
  await shows(worker, "This session is recorded");
  await olga.getByRole("link", { name: /Open the session of vera/ }).first().waitFor();
  const desks = [vera, audun, olga];
  for (const page of desks) await page.evaluate(() => (window.wasHere = true));

  // A cable that is pulled for a moment.
  await olga.context().setOffline(true);
  await olga.getByText(LOST).first().waitFor();
  await olga.context().setOffline(false);
  await olga.getByText(LOST).first().waitFor({ state: "hidden" });

  // A program that hangs: nothing is closed, and nothing comes.
  process.kill(facts.pid, "SIGSTOP");
  const hung = Date.now();
  const lost = olga.getByText(LOST).first().waitFor({ timeout: 40_000 });
  await lost.finally(() => process.kill(facts.pid, "SIGCONT"));
  const noticed = Date.now() - hung;
  await olga.getByText(LOST).first().waitFor({ state: "hidden" });

  await writeFile(facts.away, "");
  for (const page of desks) await page.getByText(LOST).first().waitFor();
  // The terminal does not wait for it: it says why it is over.
  await worker.getByRole("heading", { name: "The connection is closed" }).waitFor();
  const why = worker.getByRole("alert");
  await why.getByText("The last lines in the terminal say why").waitFor();
  await rm(facts.away);
  const gone = Date.now();
  for (const page of desks) await page.getByText(LOST).first().waitFor({ state: "hidden", timeout: 60_000 });
  const healed = Date.now() - gone;
  await why.getByText("The access broker is being stopped").waitFor();
  await worker.getByRole("button", { name: "Connect again" }).click();
  await shows(worker, "This session is recorded");
  await olga.getByRole("link", { name: /Open the session of vera/ }).first().click();
  await worker.locator(".xterm-helper-textarea").focus();
  await worker.keyboard.type("echo back-$((40 + 2))\n");
  await shows(olga, "back-42");
  // Healed, not loaded anew, and nobody had to sign in again.
  for (const page of desks) {
    if (!(await page.evaluate(() => window.wasHere))) throw new Error(`${page.url()} was loaded anew`);
  }
  // While it was away, requests failed; nothing else did.
  const faults = people.faults.filter((fault) => !/Failed to load resource|ERR_|WebSocket/.test(fault));
  tell({ noticed, healed, faults });
} catch (error) {
  process.stderr.write(`${people.faults.join("\n")}\n`);
  throw error;
} finally {
  await people.leave();
}
