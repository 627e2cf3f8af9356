// The system's Chromium, without a window.

import { access } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { chromium } from "playwright-core";

const NAMES = ["chromium", "chromium-browser", "google-chrome"];

const find = async () => {
  for (const directory of (process.env.PATH ?? "").split(delimiter)) {
    for (const name of NAMES) {
      const path = join(directory, name);
      if (await access(path).then(() => true, () => false)) return path;
    }
  }
  throw new Error("there is no Chromium: install the package chromium");
};

// As root Chromium has no sandbox, and what is opened here is our own.
export const open = async () =>
  chromium.launch({ executablePath: await find(), args: ["--no-sandbox"] });
