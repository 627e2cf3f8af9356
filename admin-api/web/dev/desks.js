// A browser before the mock, for what looks at the desks and what uses them.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { chromium } from "playwright-core";

export async function withDesks(look, env = {}) {
  const mock = spawn(process.execPath, [new URL("mock.js", import.meta.url).pathname], {
    // Any port that is free.
    env: { ...process.env, ...env, PORT: "0" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [said] = await once(mock.stdout, "data");
  const base = String(said).replace("the desks: ", "").trim();
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox"],
  });
  try {
    await look(browser, base);
  } finally {
    await browser.close();
    mock.kill();
  }
}

export async function signIn(page, account, password = "a long password") {
  await page.getByLabel("Account").fill(account);
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "I accept" }).click();
}

/** What the browser complains of: a blocked style, a fault of the page. */
export function complaints(page) {
  const heard = [];
  // The answer to a login that is over, or to what cannot be so, is no fault.
  page.on("console", (m) => m.type() === "error" && !/status of 4(01|04|22)|ERR_FAILED/.test(m.text()) && heard.push(m.text()));
  page.on("pageerror", (error) => heard.push(String(error)));
  return heard;
}
