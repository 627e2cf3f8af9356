// How long until another place of a long recording stands on the screen:
//
//   node browser/seek.js DIRECTORY
//
// DIRECTORY holds index.json and its segments, as the program serves them. Prints
// {"first": ms, "later": [ms, …]}. A jump ends with the picture after which the
// screen shows what belongs there.

import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { open } from "./chromium.js";

const JUMPS = 60;
const directory = process.argv[2];
const bundle = new URL("../node_modules/asciinema-player/dist/bundle/", import.meta.url).pathname;
const page = `<!doctype html><link rel="stylesheet" href="/asciinema-player.css">
<div id="screen"></div><script src="/asciinema-player.min.js"></script>`;

const server = createServer((request, response) => {
  const name = request.url.slice(1);
  if (name === "") return response.end(page);
  const file = join(name.startsWith("asciinema-player") ? bundle : directory, name);
  createReadStream(file).on("error", () => response.writeHead(404).end()).pipe(response);
});
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));

const { duration } = JSON.parse(await readFile(join(directory, "index.json"), "utf8"));
const browser = await open();
const tab = await browser.newPage({ viewport: { width: 1300, height: 900 } });
await tab.goto(`http://127.0.0.1:${server.address().port}/`);
const result = await tab.evaluate(
  async ([duration, jumps]) => {
    const player = AsciinemaPlayer.create(
      { url: "/index.json", format: "segmented" },
      document.getElementById("screen"),
      { preload: true, fit: "none" },
    );
    const screen = () => document.querySelector(".ap-term")?.textContent ?? "";
    const drawn = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    const jump = async (at) => {
      const before = screen();
      const started = performance.now();
      await player.seek(at);
      do await drawn(); while (screen() === before && performance.now() - started < 5000);
      return performance.now() - started;
    };
    // Loaded, and not yet anywhere.
    while (!(await player.getDuration())) await drawn();
    const first = await jump(duration / 2);
    const later = [];
    for (let n = 1; n <= jumps; n++) later.push(await jump((((n * 37) % jumps) / jumps) * duration + 1));
    return { first, later };
  },
  [duration, JUMPS],
);
console.log(JSON.stringify(result));
await browser.close();
server.close();
