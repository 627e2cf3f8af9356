// Takes a picture of each page, light and dark, wide and on a phone, and runs
// axe on it. Needs Chromium (CHROMIUM, or /usr/bin/chromium) and a built dist/.

import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { complaints, signIn, withDesks } from "./desks.js";
import { crowded, empty, manyStreams, states } from "./states.js";

const out = new URL("../shots/", import.meta.url).pathname;
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
// A part of a picture's name, to take only those.
const only = process.argv[2];

const pages = {
  vera: ["/", "/ask?asset=esd-logic", "/account", "/requests/:waiting", "/requests/:denied", "/grants/:open", "/grants/:coming", "/grants/:open/terminal", "/nowhere"],
  anna: ["/", "/requests/:waiting", "/sessions/:open", "/sessions/:closed", "/sessions", "/calendar", "/ways", "/grants/:open"],
  olga: ["/", "/sessions/:lobby", "/account"],
  audun: ["/", "/?q=trip+reset", "/?show=recordings", "/recordings/:closed", "/recordings/:broken", "/recordings/:session", "/audit", "/checkpoints", "/account"],
  ada: ["/", "/plant", "/accounts", "/changes", "/retention", "/notices"],
};
const shapes = [
  { name: "wide-light", viewport: { width: 1440, height: 900 }, colorScheme: "light" },
  { name: "wide-dark", viewport: { width: 1440, height: 900 }, colorScheme: "dark" },
  { name: "phone-light", viewport: { width: 390, height: 844 }, colorScheme: "light", hasTouch: true, isMobile: true },
  { name: "phone-dark", viewport: { width: 390, height: 844 }, colorScheme: "dark", hasTouch: true, isMobile: true },
];

async function targets(page) {
  const ask = (path) => page.evaluate((p) => fetch(`/api/v1${p}`).then((r) => r.json()), path);
  const list = async (path) => (await ask(path)).items;
  const [waiting] = await list("/requests?state=waiting");
  const [denied] = await list("/requests?state=denied");
  const [grant] = await list("/grants?phase=open");
  const [coming] = await list("/grants?phase=scheduled");
  const open = await list("/sessions?open=true");
  const over = await list("/sessions?open=false&limit=60");
  return {
    "/requests/:waiting": `/requests/${waiting?.id}`,
    "/requests/:denied": `/requests/${denied?.id}`,
    "/grants/:open": `/grants/${grant?.id}`,
    "/grants/:coming": `/grants/${coming?.id}`,
    "/grants/:open/terminal": `/grants/${grant?.id}/terminal`,
    "/sessions/:open": `/sessions/${open[0]?.id}`,
    "/sessions/:closed": `/sessions/${over[0]?.id}`,
    "/recordings/:closed": `/recordings/${over[4]?.id}?at=83`,
    "/recordings/:broken": `/recordings/${over[1]?.id}`,
    "/recordings/:session": `/recordings/${open[0]?.id}`,
    "/sessions/:lobby": `/sessions/${open.find((s) => s.entry.state === "waiting")?.id}`,
  };
}

/** What is streamed only while it is in view comes into view. */
async function unfold(page) {
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  await page.setViewportSize({ width: page.viewportSize().width, height: Math.min(height, 9_000) });
  await page.waitForTimeout(900);
}

let bad = 0;
async function look(page, name) {
  const path = `${out}${name}.png`;
  if (name.includes("desk")) await unfold(page);
  await page.screenshot({ path, fullPage: true });
  await page.evaluate(axe);
  // What an asset prints has colours of its own; dim text stays dim.
  const { violations } = await page.evaluate(() => window.axe.run({ exclude: [".xterm-rows"] }));
  for (const { id, impact, nodes } of violations) {
    if (impact === "serious" || impact === "critical") bad += 1;
    console.log(`${name}: ${impact} ${id}: ${nodes[0].target.join(" ")} (${nodes.length})`);
  }
  const wide = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
  if (wide) console.log(`${name}: wider than the screen`);
}

/** Takes what each account sees; what a state does to a page comes before its picture. */
async function take(shape, browser, base, pages, mark = "") {
  const { name: shapeName, ...options } = shape;
  const context = await browser.newContext(options);
  await context.addInitScript(manyStreams);
  const page = await context.newPage();
  const heard = complaints(page);
  await page.goto(`${base}/sign-in`);
  await page.getByRole("button").waitFor();
  if (!only && mark === "") await look(page, `sign-in.${shapeName}`);
  for (const [account, seen] of Object.entries(pages)) {
    await page.goto(`${base}/sign-in`);
    await signIn(page, account);
    await page.locator("nav").waitFor();
    const to = await targets(page);
    for (const [path, state, before] of seen.map((one) => [one].flat())) {
      const called = state ?? (path === "/" ? "desk" : path.replaceAll(/[^a-z0-9]+/g, "-").replace(/^-/, ""));
      const name = `${account.slice(0, 5)}-${mark}${called}.${shapeName}`;
      if (only && !name.includes(only)) continue;
      await page.unrouteAll();
      await page.setViewportSize(options.viewport);
      await page.goto(base + (to[path] ?? path));
      await page.locator("h1").waitFor();
      await before?.(page);
      await page.waitForTimeout(900);
      await look(page, name);
    }
  }
  for (const complaint of new Set(heard)) console.log(`${shapeName}: ${complaint}`);
  bad += heard.length;
  await context.close();
}

await mkdir(out, { recursive: true });
await withDesks(async (browser, base) => {
  for (const shape of shapes) {
    await take(shape, browser, base, pages);
    await take(shape, browser, base, states);
  }
});
for (const [mark, env, seen] of [["crowd-", { CROWD: "1" }, crowded], ["empty-", { EMPTY: "1" }, empty]]) {
  await withDesks(async (browser, base) => {
    for (const shape of shapes.filter(({ name }) => name !== "wide-dark" && name !== "phone-light")) {
      await take(shape, browser, base, seen, mark);
    }
  }, env);
}
if (bad > 0) {
  console.error(`${bad} serious or critical violations or complaints of the browser`);
  process.exit(1);
}
