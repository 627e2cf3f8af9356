// More output than anybody can read: in the browser for some seconds, until somebody
// presses Ctrl-C, and then {bytes} of it to a client that draws nothing.

import { readFile } from "node:fs/promises";
import { WebSocket } from "ws";
import { People, facts, flood, tell, watchedTerminal } from "./people.js";

const people = await People.come();

/** What a process holds in memory just now, in bytes. */
async function resident(pid) {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)[1]) * 1024;
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
  const desks = await watchedTerminal(people);
  const { vera, olga } = desks;
  const holds = async () => ({ broker: await resident(facts.pid), vendor: await heap(vera), watcher: await heap(olga) });
  const before = await holds();
  let during;
  const { slowest, stopped } = await flood(desks, 15, async () => {
    during = await holds();
  });

  const [cookie] = (await vera.context().cookies()).filter(({ name }) => name.includes("drawbridge"));
  const began = Date.now();
  const whole = await drain(
    cookie,
    `stty -echo; head -c ${facts.bytes} /dev/zero | tr '\\0' x | fold -w 127; echo; echo whole-$((40 + 6)); exit`,
  );
  const seconds = (Date.now() - began) / 1000;
  const after = { broker: await resident(facts.pid) };
  tell({
    slowest, stopped, whole, seconds,
    megabytesPerSecond: Math.round(whole.bytes / 1e6 / seconds),
    before, during, after, faults: people.faults,
  });
} catch (error) {
  process.stderr.write(`${people.faults.join("\n")}\n`);
  throw error;
} finally {
  await people.leave();
}
