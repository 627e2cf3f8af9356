// Each page of each role, in light, dark and on a phone: looked at by axe-core, and
// as a picture.

import { createRequire } from "node:module";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { DESK, People, PHONE, facts, shows, tell } from "./people.js";

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const LOOKS = {
  light: { ...DESK, colorScheme: "light", bypassCSP: true },
  dark: { ...DESK, colorScheme: "dark", bypassCSP: true },
  phone: { ...PHONE, colorScheme: "light", bypassCSP: true },
};

const people = await People.come();
const found = [];
let looked = 0;

/** Pictures show nothing of the machine that they are taken on. */
async function work(page) {
  await shows(page, "Connected to");
  await page.locator(".xterm-helper-textarea").focus();
  await page.keyboard.type("PS1='gt1$ '; clear; echo work-$((40 + 2))\n");
  await shows(page, "work-42");
  await page.keyboard.type("printf 'unit %s  %s rpm  %s mm/s\\n' GT1 3000 2.1 GT2 0 0.0\n");
}

async function look(page, name) {
  looked += 1;
  if (page.url().endsWith("/terminal")) await work(page);
  await page.waitForTimeout(700);
  await page.screenshot({ path: join(facts.pictures, `${name}.png`) });
  await page.evaluate(axe);
  // What an asset prints has colours of its own.
  const { violations } = await page.evaluate(() => window.axe.run({ exclude: [".xterm-rows"] }));
  for (const { id, impact, nodes } of violations) {
    if (impact !== "serious" && impact !== "critical") continue;
    found.push(`${name}: ${impact}: ${id}: ${nodes.map(({ html }) => html).join(" ")}`);
  }
  const wide = await page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) return [];
    const all = [...document.querySelectorAll("main *")];
    const scrolls = (one) => one && (getComputedStyle(one).overflowX !== "visible" || scrolls(one.parentElement));
    const over = all.filter(
      (one) => one.getBoundingClientRect().right > clientWidth + 1 && !scrolls(one.parentElement),
    );
    return [`by ${scrollWidth - clientWidth}`, ...over.slice(0, 5).map((one) => one.cloneNode().outerHTML)];
  });
  if (wide.length > 0) found.push(`${name}: wider than the window: ${wide.join(" ")}`);
}

try {
  await mkdir(facts.pictures, { recursive: true });
  const looks = Object.entries(LOOKS).filter(([name]) => !facts.look || facts.look === name);
  for (const [look_, options] of looks) {
    const stranger = await people.stranger(options);
    await stranger.goto(`${facts.api}/`);
    await stranger.getByLabel("Account").waitFor();
    await look(stranger, `sign-in-${look_}`);
    await stranger.context().close();
    for (const [role, { name, paths }] of Object.entries(facts.roles)) {
      const page = await people.signIn(name, options);
      for (const [called, path] of Object.entries(paths)) {
        await page.goto(facts.api + path);
        await page.getByRole("heading", { level: 1 }).first().waitFor();
        await look(page, `${role}-${called}-${look_}`);
      }
      await page.context().close();
    }
  }
  // Under the policy as it is, and with an empty cache.
  const page = await people.stranger();
  await page.goto(`${facts.api}/`);
  await page.getByLabel("Account").waitFor();
  const paint = await page.evaluate(
    () => performance.getEntriesByName("first-contentful-paint")[0]?.startTime,
  );
  tell({ looked, found, firstPaintMs: Math.round(paint ?? -1), faults: people.faults });
} catch (error) {
  process.stderr.write(`${people.faults.join("\n")}\n`);
  throw error;
} finally {
  await people.leave();
}
