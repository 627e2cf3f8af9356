// Fails the build when the first page grows too heavy for a hotel's network:
// what index.html loads before anything is asked for.

import { readFile, stat } from "node:fs/promises";

const BUDGET = 150 * 1024;
const dist = new URL("../dist/", import.meta.url);

const page = await readFile(new URL("index.html", dist), "utf8");
const scripts = new Set([...page.matchAll(/(?:src|href)="\/(assets\/[^"]+\.js)"/g)].map((m) => m[1]));
if (scripts.size === 0) throw new Error("index.html loads no script: the budget cannot be checked");

let total = 0;
for (const script of scripts) total += (await stat(new URL(`${script}.gz`, dist))).size;
if (total > BUDGET) {
  console.error(
    `The first page is ${total} bytes of compressed JavaScript; ${BUDGET} is the limit. ` +
      "Load what is not needed at once with import().",
  );
  process.exit(1);
}
console.log(`first page: ${(total / 1024).toFixed(1)} KiB of JavaScript, compressed`);
