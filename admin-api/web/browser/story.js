// The whole story, with a browser for each person: request, two approvals, lobby, let
// in, type, watched, paused, resumed, a message, ended, found, replayed, verified,
// exported. It prints what it saw as JSON; any step that does not come is an error.

import { stat } from "node:fs/promises";
import { Clock, DESK, People, PHONE, facts, screen, shows, tell } from "./people.js";

const PURPOSE = "Replace <b>the</b> battery & <img src=x onerror=alert(1)>";
const clock = new Clock();
const people = await People.come();

try {
  const vera = await people.signIn("vera");
  const [anna, aase] = [await people.signIn("anna", PHONE), await people.signIn("aase", PHONE)];
  const olga = await people.signIn("olga");
  clock.step("four desks are open");

  // The vendor asks.
  await vera.getByRole("link", { name: `Ask for ${facts.asset}` }).click();
  await vera.getByLabel("What for").fill(PURPOSE);
  await vera.getByLabel(/Work order/).fill("WO-7");
  await vera.getByRole("button", { name: "Ask", exact: true }).click();
  await vera.getByText("0 of 2 approvals; waiting for two approvers.").waitFor();
  const request = new URL(vera.url()).pathname;
  clock.step("asked");

  // Two approvers, each in two taps on a phone.
  for (const [who, approver] of [["anna", anna], ["aase", aase]]) {
    await approver.getByText(facts.asset).first().waitFor();
    await approver.getByRole("link", { name: /Decide/ }).first().click();
    await approver.getByText(PURPOSE).first().waitFor();
    await approver.getByRole("button", { name: "Approve", exact: true }).tap();
    await approver.getByRole("button", { name: /^Confirm/ }).tap();
    clock.step(`${who} approved`);
    if (who === "anna") {
      await vera.getByText("1 of 2 approvals; waiting for one more approver.").waitFor();
    }
  }
  await vera.getByText("Granted. The bridge comes down").waitFor();

  // The vendor connects, and waits in the lobby.
  await vera.getByRole("link", { name: "Go to the window" }).click();
  await vera.getByRole("link", { name: "Connect" }).click();
  await shows(vera, "Wait until you are let in");
  await vera.keyboard.type("echo too-early\n");
  clock.step("in the lobby");

  // The operator sees that without a reload, and lets them in.
  await olga.getByText("vera is in the lobby").waitFor();
  await olga.getByRole("link", { name: "Let in" }).first().click();
  await olga.getByRole("button", { name: "Let in" }).click();
  clock.step("let in");
  await olga.getByRole("button", { name: "Join and watch" }).click();
  await vera.getByText(/watched/i).first().waitFor();
  await shows(vera, "This session is recorded");

  // Typed, run by the asset, and watched.
  await vera.locator(".xterm-helper-textarea").focus();
  await vera.keyboard.type("echo live-$((40 + 2))\n");
  await shows(vera, "live-42");
  await shows(olga, "live-42");
  clock.step("typed and watched");

  // Paused: what is typed goes nowhere.
  await olga.getByRole("button", { name: "Pause input" }).click();
  await shows(vera, "Input is paused");
  await vera.keyboard.type("echo paused-$((40 + 3))\n");
  // All of it has to be there before input flows again.
  await vera.waitForTimeout(500);
  await olga.getByRole("button", { name: "Let input flow" }).click();
  // It has said so once before, when the operator joined.
  await shows(vera, /Input is paused[^]*Input flows again/);
  await vera.keyboard.type("echo again-$((40 + 4))\n");
  await shows(vera, "again-44");
  const after = await screen(vera);
  if (after.includes("paused-43") || after.includes("too-early\n")) {
    throw new Error(`what was typed while input was held has run:\n${after}`);
  }
  clock.step("paused and resumed");

  // A word to the vendor's screen.
  await olga.getByLabel("Message to the vendor's screen").fill("Stop before step 4.");
  await olga.getByRole("button", { name: "Send" }).click();
  await shows(vera, "Stop before step 4.");

  // Ended: one press, done in a second.
  const pressed = Date.now();
  await olga.getByRole("button", { name: "End the session now" }).click();
  await vera.getByRole("heading", { name: "The connection is closed" }).waitFor();
  const ended = Date.now() - pressed;
  clock.step(`ended within ${ended} ms`);

  // The auditor finds it by what stood on the screen, and replays it there.
  const audun = await people.signIn("audun", DESK);
  await audun.goto(`${facts.api}/`);
  await audun.getByRole("searchbox").first().fill("again-44");
  await audun.keyboard.press("Enter");
  const hit = audun.getByRole("link", { name: /again-44/ }).first();
  for (let tries = 0; tries < 60 && !(await hit.isVisible()); tries += 1) {
    // The index follows a session's end within seconds.
    await audun.waitForTimeout(1000);
    await audun.reload();
    await audun.waitForTimeout(500);
  }
  await hit.click();
  await audun.waitForURL(/\/recordings\//);
  const at = Number(new URL(audun.url()).searchParams.get("at"));
  await audun.waitForFunction(
    () => document.querySelector(".ap-term, .ap-terminal")?.textContent?.includes("again-44"),
  );
  clock.step(`found and replayed at ${at} s`);
  await audun.getByText("Proven", { exact: true }).first().waitFor({ timeout: 90_000 });
  clock.step("verified in front of the auditor");
  const download = audun.waitForEvent("download");
  await audun.getByRole("link", { name: "Download the bundle" }).click();
  await (await download).saveAs(facts.bundle);
  const bytes = (await stat(facts.bundle)).size;
  clock.step(`exported ${bytes} bytes`);
  await audun.getByText(PURPOSE).first().waitFor();

  tell({ request, ended, bytes, at, faults: people.faults, steps: clock.steps });
} catch (error) {
  process.stderr.write(`${clock.steps.join("\n")}\n${people.faults.join("\n")}\n`);
  throw error;
} finally {
  await people.leave();
}
