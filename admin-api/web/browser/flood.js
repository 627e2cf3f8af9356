// More output than anybody can read: in the browser for some seconds, until somebody
// presses Ctrl-C, and then {bytes} of it to a client that draws nothing.

import { readFile } from "node:fs/promises";
import { WebSocket } from "ws";
import { People, facts, shows, tell } from "./people.js";

const people = await People.come();

/** What a process holds in memory just now, in bytes. */
async function resident(pid) {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)[1]) * 1024;
}

/** How long a page takes to answer, in ms. */
async function answers(page) {
  const asked = Date.now();
  await page.evaluate(() => new Promise((then) => requestAnimationFrame(() => then(0))));
  return Date.now() - asked;
}

/** What a page's scripts hold, in bytes. */
async function heap(page) {
  await page.requestGC();
  return page.evaluate(() => performance.memory.usedJSHeapSize);
}

/** Has a command run over a line of its own and acknowledges all; what came of it. */
function drain(cookie, command) {
  const url = `${facts.api.replace("https", "wss")}/api/v1/grants/${facts.grant}/terminal`;
  const headers = { cookie: `${cookie.name}=${cookie.value}` };
  const socket = new WebSocket(url, { rejectUnauthorized: false, origin: facts.api, headers });
  return new Promise((then, fail) => {
    let [bytes, typed, last] = [0, false, ""];
    socket.on("error", fail);
    socket.on("message", (data, isBinary) => {
      if (!isBinary) return;
      bytes += data.length;
      last = (last + data.toString("latin1", Math.max(0, data.length - 200))).slice(-200);
      socket.send(JSON.stringify({ ack: data.length }));
      if (!typed) {
        typed = true;
        socket.send(Buffer.from(`${command}\n`));
      }
    });
    socket.on("close", (code) => then({ code, bytes, last }));
  });
}

try {
  const vera = await people.signIn("vera");
  await vera.goto(`${facts.api}/grants/${facts.grant}/terminal`);
  await shows(vera, "This session is recorded");
  const olga = await people.signIn("olga");
  await olga.getByRole("link", { name: /Open the session of vera/ }).first().click();
  await olga.getByRole("button", { name: "Join and watch" }).click();
  const before = { broker: await resident(facts.pid), vendor: await heap(vera), watcher: await heap(olga) };

  await vera.locator(".xterm-helper-textarea").focus();
  await vera.keyboard.type("yes 'a flood of lines that does not end by itself'\n");
  const slow = [];
  for (let second = 0; second < 15; second += 1) {
    await vera.waitForTimeout(1000);
    slow.push(Math.max(await answers(vera), await answers(olga)));
  }
  const during = { broker: await resident(facts.pid), vendor: await heap(vera), watcher: await heap(olga) };
  const pressed = Date.now();
  await vera.keyboard.press("Control+c");
  await vera.keyboard.type("echo after-$((40 + 5))\n");
  await shows(vera, "after-45", 60_000);
  const stopped = Date.now() - pressed;
  await shows(olga, "after-45", 60_000);

  const [cookie] = (await vera.context().cookies()).filter(({ name }) => name.includes("drawbridge"));
  const began = Date.now();
  const whole = await drain(
    cookie,
    `stty -echo; head -c ${facts.bytes} /dev/zero | tr '\\0' x | fold -w 127; echo; echo whole-$((40 + 6)); exit`,
  );
  const seconds = (Date.now() - began) / 1000;
  const after = { broker: await resident(facts.pid) };
  tell({
    slowest: Math.max(...slow), stopped, whole, seconds,
    megabytesPerSecond: Math.round(whole.bytes / 1e6 / seconds),
    before, during, after, faults: people.faults,
  });
} catch (error) {
  process.stderr.write(`${people.faults.join("\n")}\n`);
  throw error;
} finally {
  await people.leave();
}
