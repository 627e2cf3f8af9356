// Makes one page of all: dist/replay.html, the template that the program puts a
// recording into (recorder/src/replay/page.rs).

import { createHash } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { build } from "esbuild";

const PLACE = "__DRAWBRIDGE_RECORDING__";
const here = (path) => new URL(path, import.meta.url);

const bundled = async (entry) => {
  const result = await build({
    entryPoints: [here(entry).pathname],
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    target: "es2022",
    charset: "utf8",
    legalComments: "none",
  });
  return result.outputFiles[0].text.trim();
};

const packages = JSON.parse(await readFile(here("package-lock.json"), "utf8")).packages;
const parts = ["asciinema-player", "solid-js"].map((name) => {
  const { version, license } = packages[`node_modules/${name}`];
  return `${name} ${version} (${license})`;
});

const script = await bundled("src/page.js");
const style = await bundled("src/page.css");
// The browser hashes what stands between the tags.
const hash = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
// The terminal is WebAssembly, which comes with the script.
const policy = [
  "default-src 'none'",
  `script-src ${hash(script)} 'wasm-unsafe-eval'`,
  `style-src ${hash(style)}`,
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

const template = await readFile(here("src/page.html"), "utf8");
const page = template
  .replace("{{policy}}", () => policy)
  .replace("{{parts}}", () => parts.join(", "))
  .replace("{{style}}", () => style)
  .replace("{{script}}", () => script);

if (page.split(PLACE).length !== 2) throw new Error(`the page must have ${PLACE} once`);
if (/<\/script/i.test(script)) throw new Error("the script would end early");
await mkdir(here("dist"), { recursive: true });
await writeFile(here("dist/replay.html"), page);
