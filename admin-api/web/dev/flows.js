// Uses the desks as people do, before the mock, under the program's policy.

import assert from "node:assert/strict";
import { evidenceFlows } from "./evidence-flows.js";
import { complaints, signIn, withDesks } from "./desks.js";

const seen = (page, text) => page.getByText(text).first().waitFor({ timeout: 10_000 });
const press = (page, name) => page.getByRole("button", { name, exact: true }).first().click();

/** In the page: nobody looks at it, and what the browser would tell is kept. */
function lookElsewhere() {
  Object.assign(window, { told: [], elsewhere: true });
  Object.defineProperty(document, "hidden", { get: () => window.elsewhere });
  window.Notification = class {
    static permission = "granted";
    close() {}
    constructor(_, { body, tag }) {
      Object.assign(this, { body, tag });
      window.told.push(this);
    }
  };
}

const ask = (page, request) =>
  page.evaluate(
    (body) =>
      fetch("/api/v1/requests", { method: "POST", headers: { "Content-Type": "application/json" }, body }).then(() => {}),
    JSON.stringify({ ...request, not_after: new Date(Date.now() + 3_600_000).toISOString() }),
  );

const flows = {
  ...evidenceFlows,
  async "signing in comes back to the page one came for"(page, base) {
    await page.goto(`${base}/sessions?state=open`);
    await signIn(page, "anna", "wrong");
    await seen(page, "The account or the password is not right");
    await signIn(page, "anna");
    await page.waitForURL(`${base}/sessions?state=open`);
    await seen(page, "in the lobby");
  },
  async "a vendor asks, and an approver decides with two presses"(page, base, other) {
    await page.goto(`${base}/sign-in`);
    await signIn(page, "vera");
    await page.getByRole("link", { name: "Ask for Gas turbine 1, governor" }).click();
    await page.getByLabel("What for").fill("Look at the governor's trend.");
    await page.getByText("2 h", { exact: true }).click();
    await seen(page, "2 h in all.");
    await press(page, "Ask");
    await seen(page, "0 of 1 approvals; waiting for one approver.");
    await other.goto(page.url());
    await signIn(other, "anna");
    await press(other, "Approve");
    await other.getByRole("button", { name: /^Confirm: / }).click();
    await seen(other, "Granted.");
    await seen(page, "Granted.");
    await page.getByRole("link", { name: "Go to the window" }).click();
    await press(page, "Get a ticket");
    await seen(page, "ssh -p 2222 vera+gt1-plc@");
  },
  async "a denied request says why"(page, base, other) {
    await other.goto(`${base}/sign-in`);
    await signIn(other, "anna");
    await other.getByRole("link", { name: "viktor on boiler-dcs" }).first().click();
    await press(other, "Deny");
    await press(other, "Not at this time.");
    await other.getByRole("dialog").getByRole("button", { name: "Deny" }).click();
    await seen(other, "Denied. Not at this time.");
  },
  async "a terminal takes what is typed, and says why it closed"(page, base) {
    await page.goto(`${base}/sign-in`);
    await signIn(page, "vera");
    await page.getByRole("link", { name: "Connect" }).first().click();
    await page.getByRole("link", { name: "Connect", exact: true }).click();
    await seen(page, "this session is recorded");
    await page.keyboard.type("uptime");
    await seen(page, "uptime");
    const colour = await page.evaluate(() => {
      const coloured = [...document.querySelectorAll(".xterm-rows span")].find((s) => s.style.color);
      return coloured && getComputedStyle(coloured).color;
    });
    assert.equal(colour, "rgb(242, 182, 61)");
    await page.keyboard.press("Control+Shift+ArrowUp");
    assert.equal(await page.evaluate(() => document.activeElement?.textContent?.trim()), "Copy");
    await page.getByRole("link", { name: "Desk" }).click();
    await seen(page, "End this session?");
    await press(page, "Cancel");
    await page.locator(".xterm-helper-textarea").focus();
    await page.keyboard.press("Control+d");
    await seen(page, "ended in order");
    await press(page, "Connect again");
    await seen(page, "this session is recorded");
  },
  async "the control room lets in, joins, pauses and ends with one press"(page, base) {
    await page.goto(`${base}/sign-in`);
    await signIn(page, "olga");
    await page.getByRole("link", { name: "Let in" }).click();
    await press(page, "Let in");
    await seen(page, "nobody watches");
    await press(page, "Join and watch");
    await seen(page, "Running, watched by the control room.");
    await seen(page, "trace -f");
    let streams = 0;
    page.on("request", (request) => {
      if (request.url().includes("/live")) streams += 1;
    });
    await press(page, "Pause input");
    await seen(page, "Input is paused");
    await press(page, "Let input flow");
    await page.getByLabel("Message to the vendor's screen").fill("Stop there, please.");
    await press(page, "Send");
    await seen(page, "Sent.");
    assert.equal(streams, 0, "to watch goes on, whatever else changes");
    await press(page, "End the session now");
    await seen(page, "Ended by the control room.");
  },
  async "whoever looks elsewhere is told by the browser, and a click leads to the very page"(page, base, other) {
    for (const [one, account] of [[page, "vera"], [other, "anna"]]) {
      await one.context().grantPermissions(["notifications"]);
      await one.addInitScript(lookElsewhere);
      await one.goto(`${base}/sign-in`);
      await signIn(one, account);
      await one.locator("h2").first().waitFor();
    }
    await ask(page, { asset: "cooling-gw", purpose: "Look at the pump." });
    await other.waitForFunction(() => told.length === 1);
    assert.equal(await other.evaluate(() => told[0].body), "vera asks for cooling-gw.");
    await other.evaluate(() => told[0].onclick());
    await press(other, "Approve");
    assert.equal(await page.evaluate(() => told.length), 0, "one's own request is no news");
    await other.getByRole("button", { name: /^Confirm: / }).click();
    await page.waitForFunction(() => told.length === 1);
    assert.match(await page.evaluate(() => told[0].body), /^Granted: cooling-gw, /);
    await page.evaluate(() => told[0].onclick());
    await page.getByRole("heading", { name: "Window on cooling-gw" }).waitFor();
    await page.evaluate(() => (elsewhere = false));
    await ask(page, { asset: "gt1-plc", purpose: "Look at the trend." });
    await other.waitForFunction(() => told.length === 2);
    await other.evaluate(() => (told[1].onclick(), elsewhere = false));
    await press(other, "Approve");
    await other.getByRole("button", { name: /^Confirm: / }).click();
    await seen(other, "Granted.");
    await page.waitForTimeout(700);
    assert.equal(await page.evaluate(() => told.length), 1, "whoever looks is told by the page");
  },
  async "sessions are found by company and time"(page, base) {
    await page.goto(`${base}/sessions`);
    await signIn(page, "anna");
    await page.getByLabel("Company").fill("kessel");
    await page.getByLabel("Asset").fill("gt1-plc");
    await page.getByLabel("State").selectOption("open");
    await press(page, "Find");
    await seen(page, "viktor, Kessel & Sohn");
    assert.equal(await page.locator("tbody tr").count(), 1);
    await page.getByLabel("Until").fill("2020-01-01T00:00");
    await press(page, "Find");
    await seen(page, "No session fits.");
    await press(page, "Clear");
    await page.waitForURL(`${base}/sessions`);
    await seen(page, "vera, Turbine Works");
  },
  async "a token for a program needs the password, and is shown once"(page, base) {
    await page.goto(`${base}/account`);
    await signIn(page, "vera");
    await press(page, "Make a token for a program");
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name of the program").fill("Trend reader");
    await dialog.getByLabel("Your password").fill("wrong");
    await press(page, "Make the token");
    await seen(page, "The account or the password is not right");
    await dialog.getByLabel("Your password").fill("a long password");
    await press(page, "Make the token");
    await seen(page, /^dbt_/);
    await press(page, "Done");
    assert.equal(await page.getByText(/^dbt_/).count(), 0);
    await page.getByRole("button", { name: "End it: Token Trend reader" }).click();
    await page.getByText("Trend reader").waitFor({ state: "hidden" });
  },
  async "each channel of a session has its tab, and what is not shown is marked"(page, base) {
    await page.goto(`${base}/sign-in`);
    await signIn(page, "anna");
    await page.getByRole("link", { name: "Open the session of vera on gt1-plc" }).last().click();
    const tab = (name) => page.getByRole("tab", { name });
    const chosen = (name) => page.getByRole("tab", { name, selected: true }).waitFor();
    await chosen("Terminal 3");
    await tab("New output: Terminal 1").waitFor();
    await tab("Command 2 ended").click();
    await seen(page, "governor.bak");
    await tab("New output: Terminal 3").waitFor();
    await page.keyboard.press("ArrowLeft");
    await chosen("Terminal 1");
    await seen(page, "trace -f 0");
    assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("aria-selected")), "true");
    await page.keyboard.press("ArrowLeft");
    await chosen("Terminal 3");
  },
  async "the site closes for a reason, and a conduit opens again"(page, base) {
    await page.goto(`${base}/sign-in`);
    await signIn(page, "anna");
    await page.getByRole("link", { name: "Ways in" }).click();
    await press(page, "Close the site");
    const dialog = page.getByRole("dialog");
    assert.ok(await dialog.getByRole("button", { name: "Close the site" }).isDisabled());
    await dialog.getByLabel("Why").fill("Drill.");
    await dialog.getByRole("button", { name: "Close the site" }).click();
    await seen(page, "Closed: turbine-maintenance");
    await press(page, "Open it again");
    await page.getByRole("dialog").getByLabel("Why").fill("Drill is over.");
    await page.getByRole("dialog").getByRole("button", { name: "Open it again" }).click();
    await seen(page, "through it now");
  },
};

// With a login that ends by itself soon after two minutes.
const idleFlows = {
  async "somebody who does nothing is asked, and stays where they were"(page, base) {
    await page.goto(`${base}/sessions`);
    await signIn(page, "olga");
    await page.getByLabel("Asset").fill("half a w");
    await seen(page, "Still there?");
    await press(page, "I am still here");
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    assert.equal(await page.getByLabel("Asset").inputValue(), "half a w");
  },
};

let failed = 0;
async function run(flows, env) {
  await withDesks(async (browser, base) => {
    for (const [name, flow] of Object.entries(flows)) {
      if (process.argv[2] && !name.includes(process.argv[2])) continue;
      const contexts = [await browser.newContext(), await browser.newContext()];
      const [page, other] = await Promise.all(contexts.map((context) => context.newPage()));
      const heard = [complaints(page), complaints(other)];
      try {
        await flow(page, base, other);
        assert.deepEqual(heard.flat(), []);
        console.log(`ok: ${name}`);
      } catch (error) {
        failed += 1;
        console.error(`FAILED: ${name}\n${error.message}\n${heard.flat().join("\n")}\nat ${page.url()}`);
      }
      await Promise.all(contexts.map((context) => context.close()));
    }
  }, env);
}
await run(flows);
await run(idleFlows, { IDLE_SECONDS: "125" });
process.exit(failed > 0 ? 1 : 0);
