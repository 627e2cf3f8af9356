// What a vendor does with the terminal beside typing: copies from it, and lets it fill
// the screen.

import { DESK, People, facts, screen, shows, tell } from "./people.js";

const people = await People.come();

/** The terminal's size, as the asset knows it. */
async function size(page, mark) {
  await page.keyboard.type(`echo ${mark}-$(stty size | tr ' ' x)-end\n`);
  const found = new RegExp(`${mark}-(\\d+)x(\\d+)-end`);
  await page.waitForFunction(
    (pattern) =>
      new RegExp(pattern).test([...document.querySelectorAll(".xterm-rows > div")].map((row) => row.textContent).join("\n")),
    found.source,
  );
  const [, rows, cols] = found.exec(await screen(page));
  return { rows: Number(rows), cols: Number(cols) };
}

/** By two clicks, as a person does. */
async function select(row) {
  const { x, y, height } = await row.boundingBox();
  await row.page().mouse.dblclick(x + 20, y + height / 2);
}

try {
  const vera = await people.signIn("vera", { ...DESK, permissions: ["clipboard-read", "clipboard-write"] });
  await vera.goto(`${facts.api}/grants/${facts.grant}/terminal`);
  await shows(vera, "This session is recorded");
  await vera.locator(".xterm-helper-textarea").focus();
  const clipboard = () => vera.evaluate(() => navigator.clipboard.readText());

  // By a press, and by keys: Ctrl-C alone goes to the asset.
  await vera.keyboard.type("echo copied$((40 + 2))by$((50 + 1))press\n");
  const row = vera.locator(".xterm-rows > div", { hasText: /^copied42by51press/ });
  await select(row);
  await vera.getByRole("button", { name: "Copy", exact: true }).click();
  await vera.getByText("Copied").first().waitFor();
  if ((await clipboard()).trim() !== "copied42by51press") throw new Error(`copied ${await clipboard()}`);
  await vera.evaluate(() => navigator.clipboard.writeText("something else"));
  await select(row);
  await vera.keyboard.press("Control+Shift+C");
  await vera.waitForFunction(async () => (await navigator.clipboard.readText()).includes("copied42by51press"));
  // What an asset prints does not get there.
  await vera.keyboard.type(String.raw`printf '\033]52;c;b3duZWQ=\007'; echo osc-$((40 + 3))` + "\n");
  await shows(vera, "osc-43");
  if (!(await clipboard()).includes("copied42by51press")) throw new Error("the asset wrote to the clipboard");

  const before = await size(vera, "before");
  await vera.getByRole("button", { name: "Full screen" }).click();
  await vera.waitForFunction(() => document.fullscreenElement !== null);
  await vera.waitForTimeout(500);
  const full = await size(vera, "full");
  await vera.getByRole("button", { name: "Full screen" }).click();
  await vera.waitForFunction(() => document.fullscreenElement === null);
  await vera.locator(".xterm-helper-textarea").focus();
  await vera.waitForTimeout(500);
  const again = await size(vera, "again");
  // Another window is another size.
  await vera.setViewportSize({ width: 700, height: 600 });
  await vera.waitForTimeout(500);
  const narrow = await size(vera, "narrow");
  tell({ before, full, again, narrow, faults: people.faults });
} catch (error) {
  process.stderr.write(`${people.faults.join("\n")}\n`);
  throw error;
} finally {
  await people.leave();
}
