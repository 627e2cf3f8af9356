// The stand-alone page as a person meets it, from disk and with the network cut:
//
//   node browser/page.js FILE PICTURE
//
// Goes to the end, then to the last mark, and prints {"title", "shown" (the text of
// the terminal at the end), "marks", "at" (the time after the jump to the last mark),
// "errors"}. PICTURE gets what the page looks like then.

import { pathToFileURL } from "node:url";
import { open } from "./chromium.js";

const [file, picture] = process.argv.slice(2);
const browser = await open();
const context = await browser.newContext({ viewport: { width: 1100, height: 900 }, offline: true });
const page = await context.newPage();
const errors = [];
page.on("pageerror", (error) => errors.push(String(error)));
page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
page.on("request", (request) => {
  const { protocol } = new URL(request.url());
  if (!["file:", "data:", "blob:"].includes(protocol)) errors.push(`asks for ${request.url()}`);
});
page.on("dialog", async (dialog) => {
  errors.push(`a dialog: ${dialog.message()}`);
  await dialog.dismiss();
});

await page.goto(pathToFileURL(file).href);
await page.locator(".ap-term").waitFor();
await page.locator("#goto").fill("9:00:00");
await page.locator("#goto").press("Enter");
await page.waitForFunction(() => document.querySelector(".ap-term").textContent.trim() !== "");
// The last of what was shown is drawn in the next frames.
await page.waitForTimeout(300);
const shown = await page.locator(".ap-term").innerText();

const marks = await page.locator("#list button span").allTextContents();
if (marks.length > 0) {
  await page.locator("#marks summary").click();
  await page.locator("#list button").last().click();
  await page.waitForTimeout(300);
}
const at = await page.locator("#when").textContent();
await page.screenshot({ path: picture, fullPage: true });
console.log(JSON.stringify({ title: await page.title(), shown, marks, at, errors }));
await browser.close();
