import assert from "node:assert/strict";
import test from "node:test";
import { countdownOf, lengthOf, momentOf, urgencyOf, utcOf, windowOf, zoneName } from "./say.ts";

const OSLO = "Europe/Oslo";
const at = (text: string) => Date.parse(text);
const now = at("2026-11-29T10:00Z");

test("a moment has its day only when that is not today", () => {
  assert.equal(momentOf(at("2026-11-29T13:05Z"), OSLO, now), "14:05");
  assert.equal(momentOf(at("2026-11-29T23:05Z"), OSLO, now), "Mon 30 Nov 00:05");
  assert.equal(momentOf(at("2025-11-28T09:00Z"), OSLO, now), "28 Nov 2025 10:00");
});

test("a window over midnight is not said to end on the day it began", () => {
  assert.equal(
    windowOf(at("2026-11-29T21:00Z"), at("2026-11-30T01:00Z"), OSLO, now),
    "22:00 – 02:00",
  );
  assert.equal(
    windowOf(at("2026-11-30T21:00Z"), at("2026-12-02T01:00Z"), OSLO, now),
    "Mon 30 Nov 22:00 – Wed 2 Dec 02:00",
  );
});

test("UTC and the zone's name stand beside", () => {
  assert.equal(utcOf(now), "2026-11-29 10:00 UTC");
  assert.equal(zoneName(now, OSLO), "CET");
  assert.equal(zoneName(at("2026-07-01T10:00Z"), OSLO), "CEST");
});

test("lengths in the largest two units", () => {
  assert.equal(lengthOf(45 * 60_000), "45 min");
  assert.equal(lengthOf(150 * 60_000), "2 h 30 min");
  assert.equal(lengthOf(26 * 3_600_000 + 60_000), "1 d 2 h");
  assert.equal(lengthOf(0), "0 min");
});

test("a countdown ends at nothing and gets pressing before", () => {
  assert.equal(countdownOf(3_723_000), "1:02:03");
  assert.equal(countdownOf(59_001), "1:00");
  assert.equal(countdownOf(-5), "0:00");
  assert.equal(countdownOf(86_399_000), "23:59:59");
  assert.equal(countdownOf(38.25 * 3_600_000), "1 d 14 h");
  assert.equal(urgencyOf(600_001), "calm");
  assert.equal(urgencyOf(600_000), "soon");
  assert.equal(urgencyOf(120_000), "now");
});
