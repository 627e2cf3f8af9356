// Takes a picture of each page, light and dark, wide and on a phone, and runs
// axe on it. Needs Chromium (CHROMIUM, or /usr/bin/chromium) and a built dist/.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

const port = "8091";
const base = `http://127.0.0.1:${port}`;
const out = new URL("../shots/", import.meta.url).pathname;
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
// A part of a picture's name, to take only those.
const only = process.argv[2];

const pages = {
  vera: ["/", "/account", "/requests/:waiting", "/grants/:open", "/grants/:open/terminal", "/nowhere"],
  anna: ["/", "/requests/:waiting", "/sessions/:open", "/sessions", "/calendar", "/ways"],
  olga: ["/", "/sessions/:lobby"],
};
const shapes = [
  { name: "wide-light", viewport: { width: 1440, height: 900 }, colorScheme: "light" },
  { name: "wide-dark", viewport: { width: 1440, height: 900 }, colorScheme: "dark" },
  { name: "phone-light", viewport: { width: 390, height: 844 }, colorScheme: "light", hasTouch: true, isMobile: true },
  { name: "phone-dark", viewport: { width: 390, height: 844 }, colorScheme: "dark", hasTouch: true, isMobile: true },
];

async function targets(page) {
  const ask = (path) => page.evaluate((p) => fetch(`/api/v1${p}`).then((r) => r.json()), path);
  const [waiting] = (await ask("/requests?state=waiting")).items;
  const [grant] = (await ask("/grants?phase=open")).items;
  const open = (await ask("/sessions?open=true")).items;
  return {
    "/requests/:waiting": `/requests/${waiting.id}`,
    "/grants/:open": `/grants/${grant.id}`,
    "/grants/:open/terminal": `/grants/${grant.id}/terminal`,
    "/sessions/:open": `/sessions/${open[0].id}`,
    "/sessions/:lobby": `/sessions/${open.find((s) => s.entry.state === "waiting")?.id}`,
  };
}

let bad = 0;
async function look(page, name) {
  const path = `${out}${name}.png`;
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

const mock = spawn(process.execPath, [new URL("mock.js", import.meta.url).pathname], {
  env: { ...process.env, PORT: port },
  stdio: ["ignore", "pipe", "inherit"],
});
await once(mock.stdout, "data");
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});
await mkdir(out, { recursive: true });
try {
  for (const { name: shape, ...options } of shapes) {
    const context = await browser.newContext({ ...options, bypassCSP: false });
    const page = await context.newPage();
    page.on("console", (m) => m.type() === "error" && !m.text().includes("401") && console.log(`${page.url()}: ${m.text()}`));
    page.on("pageerror", (error) => console.log(`${page.url()}: ${error}`));
    await page.goto(`${base}/sign-in`);
    await page.getByRole("button").waitFor();
    if (!only) await look(page, `sign-in.${shape}`);
    for (const [account, paths] of Object.entries(pages)) {
      await page.goto(`${base}/sign-in`);
      await page.getByLabel("Account").fill(account);
      await page.getByLabel("Password").fill("a long password");
      await page.getByRole("button").click();
      await page.locator("nav").waitFor();
      const to = await targets(page);
      for (const path of paths) {
        const name = `${account}${path === "/" ? "-desk" : path.replaceAll(/[/:]+/g, "-")}.${shape}`;
        if (only && !name.includes(only)) continue;
        await page.goto(base + (to[path] ?? path));
        await page.locator("h1").waitFor();
        await page.waitForTimeout(900);
        await look(page, name);
      }
    }
    await context.close();
  }
} finally {
  await browser.close();
  mock.kill();
}
if (bad > 0) {
  console.error(`axe found ${bad} serious or critical violations`);
  process.exit(1);
}
