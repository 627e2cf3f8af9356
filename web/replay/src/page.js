// The page: the player, what it is about, and ways to get about in it. Everything
// that comes from the recording goes in as text.

import { create } from "asciinema-player";
import { clock, readCast, readClock, timeline } from "./recording.js";

const by = (id) => document.getElementById(id);
const show = (id) => by(id).removeAttribute("hidden");

const tell = (text) => {
  by("message").textContent = text;
  show("message");
};

const facts = ({ title, rows }, recording) => {
  const name = title || recording?.title || "Recording";
  document.title = name;
  by("title").textContent = name;
  for (const [name, value] of rows ?? []) {
    by("facts").append(
      Object.assign(document.createElement("dt"), { textContent: name }),
      Object.assign(document.createElement("dd"), { textContent: value }),
    );
  }
  if (rows?.length) show("about");
};

const marks = (recording, goTo) => {
  for (const { ms, label } of recording.marks) {
    const time = Object.assign(document.createElement("time"), { textContent: clock(ms) });
    const text = Object.assign(document.createElement("span"), { textContent: label });
    const button = Object.assign(document.createElement("button"), { type: "button" });
    button.append(time, text);
    button.addEventListener("click", () => goTo(ms));
    const item = document.createElement("li");
    item.append(button);
    by("list").append(item);
  }
  const count = recording.marks.length;
  by("marks").querySelector("summary").textContent = count === 1 ? "1 mark" : `${count} marks`;
  if (count > 0) show("marks");
};

const main = () => {
  const data = JSON.parse(by("recording").textContent);
  let recording;
  try {
    recording = readCast(data.cast, data.marks);
  } catch (error) {
    facts(data.facts ?? {});
    tell(`The recording can't be played: ${error.message}.`);
    return;
  }
  facts(data.facts ?? {}, recording);

  let player;
  let line;
  let real = readClock(new URLSearchParams(location.hash.slice(1)).get("t") ?? "") ?? 0;
  const now = () => line.toReal((player.getCurrentTime() ?? 0) * 1000);
  const screen = () => by("screen").querySelector(".ap-wrapper");

  // Speed, pauses and size are the player's from its beginning, so it begins anew.
  const begin = () => {
    const playing = player?.playing ?? false;
    if (player) {
      real = now();
      player.instance.dispose();
    }
    const pauses = by("pauses").value;
    line = timeline(recording, pauses === "" ? undefined : Number(pauses));
    const source = {
      data: { cols: recording.cols, rows: recording.rows, events: line.events },
      parser: (data) => data,
    };
    const instance = create(source, by("screen"), {
      controls: true,
      preload: true,
      autoPlay: playing,
      speed: Number(by("speed").value),
      fit: by("size").value,
      theme: "asciinema",
      startAt: line.toShown(real) / 1000,
      poster: `npt:${line.toShown(real) / 1000}`,
    });
    player = { instance, playing, getCurrentTime: () => instance.getCurrentTime() };
    instance.addEventListener("playing", () => (player.playing = true));
    instance.addEventListener("pause", () => (player.playing = false));
    instance.addEventListener("ended", () => (player.playing = false));
    screen()?.focus({ preventScroll: true });
  };

  const goTo = async (ms) => {
    await player.instance.seek(line.toShown(ms) / 1000);
    screen()?.focus({ preventScroll: true });
    by("screen").scrollIntoView({ block: "nearest" });
    tick();
  };

  const tick = () => {
    const ms = now();
    const at = recording.started;
    const utc = at === undefined ? "" : `, ${new Date(at + ms).toISOString().slice(0, 19).replace("T", " ")} UTC`;
    const text = `${clock(ms)} after the start${utc}`;
    if (by("when").textContent !== text) by("when").textContent = text;
  };

  for (const id of ["speed", "pauses", "size"]) by(id).addEventListener("change", begin);
  by("goto").addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    const ms = readClock(event.target.value);
    event.target.setAttribute("aria-invalid", String(ms === undefined));
    if (ms !== undefined) goTo(ms);
  });
  // The player hears keys only while it has the focus.
  document.addEventListener("keydown", (event) => {
    const { target, ctrlKey, altKey, metaKey } = event;
    const own = target.closest?.("input, select, button, summary, a, .ap-wrapper");
    if (ctrlKey || altKey || metaKey) return;
    if (event.key === "g" && !target.closest?.("input, select")) {
      event.preventDefault();
      by("goto").select();
    } else if (!own && event.key !== "Tab" && screen()) {
      screen().focus({ preventScroll: true });
      const { key, code, shiftKey } = event;
      const again = new KeyboardEvent("keydown", { key, code, shiftKey, bubbles: true, cancelable: true });
      if (!screen().dispatchEvent(again)) event.preventDefault();
    }
  }, true);
  window.addEventListener("hashchange", () => {
    const ms = readClock(new URLSearchParams(location.hash.slice(1)).get("t") ?? "");
    if (ms !== undefined) goTo(ms);
  });

  marks(recording, goTo);
  for (const id of ["tools", "keys"]) show(id);
  begin();
  tick();
  setInterval(tick, 200);
};

main();
