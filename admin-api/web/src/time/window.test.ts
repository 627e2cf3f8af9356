import assert from "node:assert/strict";
import test from "node:test";
import { lengths, shiftOf, wanted, type Choice } from "./window.ts";

const OSLO = "Europe/Oslo";
const at = (text: string) => Date.parse(text);
const now = at("2026-11-29T10:00Z");
const choice = (more: Partial<Choice>): Choice => ({
  when: "now", minutes: 60, picked: "", second: false, ...more,
});

test("now begins now, tonight begins at eight in the plant", () => {
  assert.deepEqual(wanted(choice({}), now, OSLO), {
    kind: "window", start: now, end: at("2026-11-29T11:00Z"), twice: false,
  });
  assert.deepEqual(wanted(choice({ when: "tonight" }), now, OSLO), {
    kind: "window", start: at("2026-11-29T19:00Z"), end: at("2026-11-29T20:00Z"), twice: false,
  });
});

test("a picked start is the plant's time, not the browser's", () => {
  const picked = wanted(choice({ when: "pick", picked: "2026-11-30T08:00" }), now, OSLO);
  assert.deepEqual(picked, {
    kind: "window", start: at("2026-11-30T07:00Z"), end: at("2026-11-30T08:00Z"), twice: false,
  });
});

test("a start that is no start is said to be none", () => {
  const kind = (picked: string) => wanted(choice({ when: "pick", picked }), now, OSLO).kind;
  assert.equal(kind(""), "missing");
  assert.equal(kind("2027-03-28T02:30"), "skipped");
  assert.equal(kind("2026-11-29T10:59"), "past");
  assert.equal(kind("2026-11-29T11:00"), "window");
});

test("a time that comes twice can be either", () => {
  const start = (second: boolean) =>
    wanted(choice({ when: "pick", picked: "2027-10-31T02:30", second }), now, OSLO);
  assert.deepEqual(start(false), {
    kind: "window", start: at("2027-10-31T00:30Z"), end: at("2027-10-31T01:30Z"), twice: true,
  });
  assert.deepEqual(start(true), {
    kind: "window", start: at("2027-10-31T01:30Z"), end: at("2027-10-31T02:30Z"), twice: true,
  });
});

test("no length is offered that would be refused", () => {
  assert.deepEqual(lengths(2 * 3600), [30, 60, 120]);
  assert.deepEqual(lengths(90 * 60), [30, 60, 90]);
  assert.deepEqual(lengths(24 * 3600), [30, 60, 120, 240, 480]);
  assert.deepEqual(lengths(0), []);
});

test("day and night are the plant's", () => {
  assert.equal(shiftOf(at("2026-11-29T05:00Z"), at("2026-11-29T17:00Z"), OSLO), "day");
  assert.equal(shiftOf(at("2026-11-29T17:00Z"), at("2026-11-30T05:00Z"), OSLO), "night");
  assert.equal(shiftOf(at("2026-11-29T16:30Z"), at("2026-11-29T17:30Z"), OSLO), "both");
  assert.equal(shiftOf(at("2026-11-29T01:00Z"), at("2026-11-29T02:00Z"), OSLO), "night");
  assert.equal(shiftOf(at("2026-11-29T05:00Z"), at("2026-11-29T17:01Z"), OSLO), "both");
});
