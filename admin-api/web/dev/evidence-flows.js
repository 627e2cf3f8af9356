// How auditors and admins use their desks.

import assert from "node:assert/strict";
import { signIn } from "./desks.js";

const seen = (page, text) => page.getByText(text).first().waitFor({ timeout: 10_000 });
const press = (page, name) => page.getByRole("button", { name, exact: true }).first().click();

export const evidenceFlows = {
  async "a word on a screen leads to the second at which it stood there"(page, base) {
    await page.goto(`${base}/sign-in`);
    await signIn(page, "audun");
    await page.locator("[data-row]").first().waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("trip reset");
    await page.keyboard.press("Enter");
    await page.locator("[data-row] mark").nth(4).waitFor();
    await page.locator("[data-row]").nth(1).focus();
    await page.keyboard.press("ArrowDown");
    const href = await page.evaluate(() => document.activeElement.getAttribute("href"));
    assert.match(href, /^\/recordings\/.*at=\d+$/);
    await page.keyboard.press("Enter");
    const at = Number(new URL(href, base).searchParams.get("at"));
    const clock = `${Math.floor(at / 60)}:${String(at % 60).padStart(2, "0")} after the start`;
    await seen(page, clock);
    await page.locator(".ap-term").waitFor();
    await seen(page, "Your opening of this recording is in the audit log.");
  },
  async "a recording is proven, gone about in by keys, and its link is of that second"(page, base) {
    await page.goto(`${base}/sign-in`);
    await signIn(page, "audun");
    const id = await closedSession(page);
    await page.goto(`${base}/recordings/${id}`);
    await seen(page, "The recording is what was sealed");
    await page.locator(".ap-term").waitFor();
    for (const second of ["0:02", "1:04", "1:15"]) {
      await page.keyboard.press("m");
      await seen(page, `${second} after the start`);
    }
    await page.keyboard.press("ArrowRight");
    await seen(page, "1:20 after the start");
    await page.keyboard.press("?");
    await seen(page, "to the marker before and after");
    await page.keyboard.press("Escape");
    await page.keyboard.press("g");
    await page.keyboard.type("10:00");
    await page.keyboard.press("Enter");
    await seen(page, "10:00 after the start");
    await page.getByLabel("Speed").selectOption("4");
    await seen(page, "10:00 after the start");
    await page.getByRole("button", { name: "Show it: 6:00" }).click();
    await seen(page, "6:00 after the start");
    await page.getByRole("link", { name: "See who opened it" }).click();
    await page.locator("li").getByText("opened the recording").first().waitFor();
  },
  async "what does not hold is said in red, with what to do"(page, base) {
    await page.goto(`${base}/sign-in`);
    await signIn(page, "audun");
    await page.goto(`${base}/recordings/${await closedSession(page, 6)}`);
    await seen(page, "Not proven");
    await seen(page, "Do not rely on what is shown.");
  },
  async "a link for somebody outside is shown once"(page, base) {
    await page.goto(`${base}/sign-in`);
    await signIn(page, "audun");
    await page.goto(`${base}/recordings/${await closedSession(page)}`);
    await press(page, "Make a link");
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("With whom").fill("The insurer.");
    await dialog.getByRole("button", { name: "Make a link" }).click();
    await seen(page, `${base}/api/v1/shared/dbs_`);
    await press(page, "Done");
    await seen(page, "The insurer.");
    assert.equal(await page.getByText("/api/v1/shared/").count(), 0);
  },
  async "a hold on the zone is shown with each of its sessions"(page, base) {
    await page.goto(`${base}/sign-in`);
    await signIn(page, "audun");
    await page.locator("nav").waitFor();
    const { items } = await page.evaluate(() => fetch("/api/v1/sessions?zone=protection").then((r) => r.json()));
    await page.goto(`${base}/recordings/${items[0].id}`);
    await seen(page, "It is on all of the zone protection, this session included.");
    assert.equal(await page.getByRole("button", { name: "Release" }).count(), 0);
    await press(page, "Place a hold");
    await page.getByRole("dialog").getByLabel("Case and reason").fill("Case 18.");
    await page.getByRole("dialog").getByRole("button", { name: "Place a hold" }).click();
    await seen(page, "Case 18.");
    assert.equal(await page.getByRole("button", { name: "Release" }).count(), 1);
  },
  async "a plant file is tried before it is applied, and says where it is wrong"(page, base) {
    await page.goto(`${base}/sign-in`);
    await signIn(page, "ada");
    await page.getByRole("link", { name: "Plant", exact: true }).click();
    const file = page.getByLabel("Plant file, in TOML");
    await page.waitForFunction(() => document.querySelector("textarea")?.value.includes("[[zone]]"));
    const text = await file.inputValue();
    assert.ok(await page.getByRole("button", { name: "Apply it" }).isDisabled());
    await file.fill(text.replace("security_level = 4", "security_level = 9"));
    await press(page, "Try it");
    await seen(page, "is no security level");
    await page.getByRole("button", { name: /^Line \d+$/ }).click();
    const chosen = await file.evaluate((area) => area.value.slice(area.selectionStart, area.selectionEnd));
    assert.equal(chosen, "security_level = 9");
    await file.fill(`${text}\n# more`);
    await press(page, "Try it");
    await seen(page, "This would change:");
    await file.fill(`${text}\n# and more`);
    assert.ok(await page.getByRole("button", { name: "Apply it" }).isDisabled(), "what was not tried");
    await press(page, "Try it");
    await seen(page, "This would change:");
    await press(page, "Apply it");
    await seen(page, "1 open session ends.");
    await page.getByRole("dialog").getByRole("button", { name: "Apply it" }).click();
    await seen(page, "Applied. This was changed:");
  },
  async "an account is switched off for a reason, and a password is shown once"(page, base) {
    await page.goto(`${base}/sign-in`);
    await signIn(page, "ada");
    await page.getByRole("link", { name: "Accounts", exact: true }).click();
    await page.getByLabel("Find").fill("nils");
    await seen(page, "1 of 9 accounts");
    await page.getByRole("button", { name: "New password for newcomer" }).click();
    await press(page, "Make it");
    const made = await page.locator("dialog[open] code").textContent();
    assert.match(made, /^([a-z2-9]{5}-){3}[a-z2-9]{5}$/);
    await press(page, "Done");
    assert.equal(await page.getByText(made).count(), 0);
    await page.getByRole("button", { name: "Switch off newcomer" }).click();
    await page.getByLabel("Reason, for the audit log").fill("Never came.");
    await page.getByRole("dialog").getByRole("button", { name: "Switch off" }).click();
    await seen(page, "Never came.");
  },
};

/** A session of the made-up plant that is over; the seventh of all is one that does not hold. */
async function closedSession(page, of = 9) {
  await page.locator("nav").waitFor();
  const { items } = await page.evaluate(() => fetch("/api/v1/sessions?limit=20").then((r) => r.json()));
  return items[of].id;
}
