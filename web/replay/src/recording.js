// asciicast v3 to what the player takes. The same limits as in the program
// (recorder/src/screen.rs): what is recorded was chosen by others. What is pointed
// out in it was found by the program, which follows the shell on its terminal.

const MOST_COLS = 1000;
const MOST_ROWS = 500;

const bounded = (side, most) => Math.min(Math.max(side | 0, 1), most);

export const readCast = (cast, marks = []) => {
  const first = cast.indexOf("\n");
  const header = JSON.parse(first < 0 ? cast : cast.slice(0, first));
  if (header?.version !== 3) throw new Error("it is no asciicast v3");
  // Without a terminal nothing made a line's end of a line feed.
  const plain = header.term?.type === undefined;
  const events = [];
  let ms = 0;
  for (let at = first + 1; first >= 0 && at < cast.length; ) {
    const end = cast.indexOf("\n", at);
    if (end < 0) break;
    const line = cast.slice(at, end);
    at = end + 1;
    if (line[0] !== "[") continue;
    const [interval, code, data] = JSON.parse(line);
    // Milliseconds, as they were written: sums of fractions would drift.
    ms += Math.round(interval * 1000);
    if (code === "o") {
      events.push([ms, "o", plain ? data.replaceAll("\n", "\r\n") : data]);
    } else if (code === "r") {
      const [cols, rows] = data.split("x").map((side) => Number.parseInt(side, 10));
      events.push([ms, "r", `${bounded(cols, MOST_COLS)}x${bounded(rows, MOST_ROWS)}`]);
    }
  }
  // So that a pause before a mark at the very end is played, too.
  const last = marks.at(-1)?.ms ?? 0;
  if (events.length === 0 || events.at(-1)[0] < last) events.push([last, "o", ""]);
  return {
    cols: bounded(header.term?.cols ?? 80, MOST_COLS),
    rows: bounded(header.term?.rows ?? 24, MOST_ROWS),
    started: Number.isFinite(header.timestamp) ? header.timestamp * 1000 : undefined,
    title: typeof header.title === "string" ? header.title : undefined,
    events,
    marks,
  };
};

// The timeline with pauses cut short, and the way between it and real time.
export const timeline = (recording, idleLimit) => {
  const limit = idleLimit === undefined ? Infinity : idleLimit * 1000;
  const real = [0];
  const shown = [0];
  const pass = (ms) => {
    const pause = ms - real.at(-1);
    if (pause > 0) {
      shown.push(shown.at(-1) + Math.min(pause, limit));
      real.push(ms);
    }
    return shown.at(-1);
  };
  const all = [...recording.events, ...recording.marks.map(({ ms, label }) => [ms, "m", label])];
  all.sort((a, b) => a[0] - b[0]);
  const events = all.map(([ms, code, data]) => [pass(ms), code, data]);
  return {
    events,
    toReal: (ms) => between(ms, shown, real),
    toShown: (ms) => between(ms, real, shown),
  };
};

// Where `value` of one list is in the other. What is in the part of a pause that was
// cut off, is at its end.
const between = (value, from, to) => {
  let [low, high] = [0, from.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (from[middle] <= value) low = middle;
    else high = middle - 1;
  }
  const next = to[low + 1] ?? Infinity;
  return Math.min(to[low] + (value - from[low]), next);
};

export const clock = (ms) => {
  const seconds = Math.floor(ms / 1000);
  const two = (n) => String(n).padStart(2, "0");
  return `${Math.floor(seconds / 3600)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
};

// `1:02:03`, `2:03` or `45`, in milliseconds; nothing for anything else.
export const readClock = (text) => {
  if (!/^\d+(:[0-5]?\d){0,2}$/.test(text.trim())) return undefined;
  const parts = text.trim().split(":");
  return parts.reduce((sum, part) => sum * 60 + Number(part), 0) * 1000;
};
