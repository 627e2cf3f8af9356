// People at the desks of a running program, each in a browser context of their own.
// Nothing may fail in a page unseen: errors, refused scripts and styles are faults.

import { access, readFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { chromium } from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];

async function find() {
  for (const directory of (process.env.PATH ?? "").split(delimiter)) {
    for (const name of NAMES) {
      const path = join(directory, name);
      if (await access(path).then(() => true, () => false)) return path;
    }
  }
  throw new Error("there is no Chromium: install the package chromium");
}

/** What the program that runs told us: {api, password, …}. */
export const facts = JSON.parse(await readFile(process.argv[2], "utf8"));

export const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
export const DESK = { viewport: { width: 1280, height: 800 } };

export class People {
  #browser;
  /** What went wrong in pages, in words. */
  faults = [];

  static async come() {
    const people = new People();
    // As root Chromium has no sandbox, and what is opened here is our own.
    people.#browser = await chromium.launch({
      executablePath: await find(),
      args: ["--no-sandbox"],
    });
    return people;
  }

  /** Somebody who has not signed in yet. */
  async stranger(options = DESK) {
    const context = await this.#browser.newContext({
      ignoreHTTPSErrors: true,
      timezoneId: "Asia/Tokyo",
      ...options,
    });
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    page.on("pageerror", (error) => this.faults.push(`${page.url()}: ${error.message}`));
    page.on("dialog", (dialog) => {
      // Leaving an open terminal is asked about.
      if (dialog.type() === "beforeunload") return void dialog.accept();
      this.faults.push(`${page.url()}: a dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on("console", (message) => {
      const text = message.text();
      // Before somebody has signed in, asking who is there is answered with 401.
      const expected = text.includes("status of 401") && !page.isSignedIn;
      if (message.type() === "error" && !expected) this.faults.push(`${page.url()}: ${text}`);
    });
    return page;
  }

  async signIn(name, options = DESK, path = "/") {
    const page = await this.stranger(options);
    await page.goto(facts.api + path);
    await page.getByLabel("Account").fill(name);
    await page.getByLabel("Password").fill(facts.passwords?.[name] ?? facts.password);
    await page.getByRole("button", { name: "I accept, sign me in" }).click();
    await page.waitForURL((url) => !url.pathname.startsWith("/sign-in"));
    page.isSignedIn = true;
    await page.getByRole("heading", { level: 1 }).first().waitFor();
    return page;
  }

  async leave() {
    await this.#browser.close();
  }
}

/** Waits until a terminal in the page shows it, a text or what a pattern says. */
export async function shows(page, what, within = 20_000) {
  const pattern = what instanceof RegExp ? what.source : what.replace(/[^\w\s]/g, "\\$&");
  const appears = page.waitForFunction(
    (pattern) =>
      [...document.querySelectorAll(".xterm-rows")].some((rows) =>
        new RegExp(pattern).test([...rows.children].map((row) => row.textContent).join("\n")),
      ),
    pattern,
    { timeout: within },
  );
  await appears.catch(async () => {
    throw new Error(`${page.url()} does not show ${pattern} but:\n${await screen(page)}`);
  });
}

/** What the terminal in the page shows. */
export const screen = (page) =>
  page.evaluate(() =>
    [...document.querySelectorAll(".xterm-rows > div")].map((row) => row.textContent).join("\n"),
  );

/** Vera at her terminal, and Olga who has joined her session. */
export async function watchedTerminal(people) {
  const vera = await people.signIn("vera");
  await vera.goto(`${facts.api}/grants/${facts.grant}/terminal`);
  await shows(vera, "This session is recorded");
  const olga = await people.signIn("olga");
  await olga.getByRole("link", { name: /Open the session of vera/ }).first().click();
  await olga.getByRole("button", { name: "Join and watch" }).click();
  await vera.locator(".xterm-helper-textarea").focus();
  return { vera, olga };
}

/** How long a page takes to answer, in ms. */
async function answers(page) {
  const asked = Date.now();
  await page.evaluate(() => new Promise((then) => requestAnimationFrame(() => then(0))));
  return Date.now() - asked;
}

/**
 * Output without end for some seconds, until somebody presses Ctrl-C: the slowest
 * answer of the pages meanwhile, and how long it took to be over, in ms. `during` is
 * done before the end.
 */
export async function flood({ vera, olga }, seconds, during = async () => {}) {
  await vera.keyboard.type("yes 'a flood of lines that does not end by itself'\n");
  let slowest = 0;
  for (let second = 0; second < seconds; second += 1) {
    await vera.waitForTimeout(1000);
    slowest = Math.max(slowest, await answers(vera), await answers(olga));
  }
  await during();
  const pressed = Date.now();
  await vera.keyboard.press("Control+c");
  await vera.keyboard.type("echo after-$((40 + 5))\n");
  await shows(vera, "after-45", 60_000);
  const stopped = Date.now() - pressed;
  await shows(olga, "after-45", 60_000);
  return { slowest, stopped };
}

/** Tells the one who started us, and ends. */
export function tell(outcome) {
  process.stdout.write(`${JSON.stringify(outcome)}\n`);
}

export class Clock {
  #began = Date.now();
  steps = [];
  step(what) {
    this.steps.push(`${((Date.now() - this.#began) / 1000).toFixed(1)} s ${what}`);
  }
}
