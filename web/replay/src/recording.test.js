import assert from "node:assert/strict";
import { test } from "node:test";
import { clock, readCast, readClock, timeline } from "./recording.js";

const cast = (header, ...events) =>
  `${[{ version: 3, ...header }, ...events].map((line) => JSON.stringify(line)).join("\n")}\n`;

test("events have the time since the start, and no drift", () => {
  const events = Array.from({ length: 3000 }, () => [0.1, "o", "x"]);
  const { events: read } = readCast(cast({ term: { cols: 80, rows: 24, type: "xterm" } }, ...events));
  assert.equal(read.at(-1)[0], 300_000);
});

test("what is pointed out is played to its end", () => {
  const marks = [{ ms: 1000, label: "$ ls" }, { ms: 7100, label: "exit status 3" }];
  const header = { term: { cols: 80, rows: 24, type: "xterm" }, timestamp: 10, title: "t" };
  const recording = readCast(
    cast(header, [1, "o", "a"], [0.1, "r", "99999x0"], [5, "m", "<b>"], [1, "x", "3"], [0, "z", "finished 3"]),
    marks,
  );
  assert.deepEqual(recording.events, [[1000, "o", "a"], [1100, "r", "1000x1"], [7100, "o", ""]]);
  assert.deepEqual(recording.marks, marks);
  assert.equal(recording.started, 10_000);
});

test("without a terminal a line feed returns", () => {
  const { events } = readCast(cast({ term: { cols: 80, rows: 24 } }, [0, "o", "a\nb"]));
  assert.equal(events[0][2], "a\r\nb");
});

test("a torn last line is left out, no header is told", () => {
  assert.equal(readCast(`${cast({}, [0, "o", "a"])}[0.1, "o"`).events.length, 1);
  assert.throws(() => readCast('{"version":2}\n'));
  assert.throws(() => readCast(""));
});

test("pauses are cut short and real time is found again", () => {
  const recording = readCast(
    cast({ term: { type: "xterm" } }, [1, "o", "a"], [600, "o", "b"]),
    [{ ms: 602_000, label: "end" }],
  );
  const { events, toReal, toShown } = timeline(recording, 2);
  assert.deepEqual(events.map(([ms, code]) => [ms, code]), [[1000, "o"], [3000, "o"], [4000, "o"], [4000, "m"]]);
  assert.deepEqual([0, 1500, 3000, 4000].map(toReal), [0, 1500, 601_000, 602_000]);
  assert.deepEqual([0, 1500, 300_000, 601_000, 602_000].map(toShown), [0, 1500, 3000, 3000, 4000]);
  assert.deepEqual([0, 1500, 602_000].map(timeline(recording).toShown), [0, 1500, 602_000]);
});

test("times are written and read", () => {
  assert.equal(clock(3_723_900), "1:02:03");
  assert.equal(readClock("1:02:03"), 3_723_000);
  assert.equal(readClock(" 2:03 "), 123_000);
  assert.equal(readClock("90"), 90_000);
  for (const text of ["", "1:", "1:60", "1:2:3:4", "-1", "1.5", "x"]) assert.equal(readClock(text), undefined);
});
