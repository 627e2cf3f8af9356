// A session with more than one channel, watched: each has a tab, also a command that
// was over before anybody could look. Who started us runs it once {ready} is there.

import { writeFile } from "node:fs/promises";
import { People, facts, shows, tell } from "./people.js";

const people = await People.come();
try {
  const olga = await people.signIn("olga");
  await olga.goto(`${facts.api}/sessions/${facts.session}`);
  await olga.getByRole("button", { name: "Join and watch" }).click();
  await shows(olga, "shown-42");
  if ((await olga.getByRole("tab").count()) !== 0) throw new Error("one channel needs no tabs");
  await writeFile(facts.ready, "");
  const [terminal, command] = [
    olga.getByRole("tab", { name: "Terminal 1" }),
    olga.getByRole("tab", { name: /Command 2.*ended/ }),
  ];
  await command.waitFor();
  const marked = await command.getByText("New output").count();
  await command.click();
  await shows(olga, "quick-43");
  await shows(olga, "» echo quick-$((40 + 3))");
  await command.press("ArrowLeft");
  await shows(olga, "shown-42");
  if ((await terminal.getAttribute("aria-selected")) !== "true") throw new Error("not by keys");
  await olga.keyboard.press("Tab");
  const panel = olga.getByRole("tabpanel", { name: "Terminal 1" });
  if (!(await panel.evaluate((it) => it === document.activeElement))) throw new Error("no key reaches the panel");
  await panel.getByRole("img", { name: /on plc.*Terminal 1$/ }).waitFor();
  // Whoever is not heard of does not count any more, and the page says so.
  await olga.getByText("You are watching").waitFor();
  await olga.route("**/here", (route) => route.fulfill({ status: 204 }));
  await olga.getByText("You do not count as watching").waitFor({ timeout: 40_000 });
  await olga.getByRole("button", { name: "Join and watch" }).waitFor();
  tell({ marked, faults: people.faults });
} catch (error) {
  process.stderr.write(`${people.faults.join("\n")}\n`);
  throw error;
} finally {
  await people.leave();
}
