// What a hostile asset prints: markup, titles, links, the clipboard, junk, and without
// end. Nothing of it runs, nothing freezes, for the vendor and for who watches.

import { People, flood, screen, shows, tell, watchedTerminal } from "./people.js";

const MARKUP = "<img src=x onerror=alert(1)><script>alert(2)</script>";
const people = await People.come();

try {
  const desks = await watchedTerminal(people);
  const { vera, olga } = desks;
  const titles = [await vera.title(), await olga.title()];
  const type = (text) => vera.keyboard.type(`${text}\n`);

  await type(`printf '%s\\n' '${MARKUP}'`);
  await shows(vera, MARKUP);
  await shows(olga, MARKUP);
  // A title, a link of the asset's choice, the clipboard, an answer-back, other screens.
  await type(String.raw`printf '\033]0;owned\007\033]2;owned\007\033]8;;javascript:alert(3)\007click\033]8;;\007\033]52;c;b3duZWQ=\007\033[?1049h\033[?1049l\n'`);
  // What a terminal answers when it is asked is typed, and read by who asked.
  await type("printf '\\033[c'; read -rs -t 5 -d c answer; printf 'answered-%s\\n' yes");
  await shows(vera, "answered-yes");
  await type("printf 'after-%s\\n' sequences");
  await shows(vera, "after-sequences");
  await vera.getByText("click", { exact: true }).first().click({ trial: true }).catch(() => {});
  // Junk of all 256 bytes.
  await type("head -c 200000 /dev/urandom; printf '\\033c'; echo 'after-junk'");
  await shows(vera, "after-junk", 60_000);
  await shows(olga, "after-junk", 60_000);

  // Without end, until somebody presses Ctrl-C.
  // The junk may have asked the terminal something as well.
  await vera.keyboard.press("Control+u");
  const { slowest } = await flood(desks, 6);

  const now = [await vera.title(), await olga.title()];
  if (now.join() !== titles.join()) throw new Error(`the titles are ${now}`);
  tell({ slowest, faults: people.faults, shown: (await screen(vera)).length });
} catch (error) {
  process.stderr.write(`${people.faults.join("\n")}\n`);
  throw error;
} finally {
  await people.leave();
}
