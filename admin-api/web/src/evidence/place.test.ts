import assert from "node:assert/strict";
import test from "node:test";
import { clockOf, sameIndex, secondsOf, toReal, toShown } from "./place.ts";

const url = (n: number) => `replay/${n}.json?channel=1&until_ms=90000&idle_limit_ms=2000`;
/** Of ten minutes, eight were a pause in the second segment. */
const cut = {
  duration: 90,
  segments: [
    { start: 0, real: 0, url: url(0) },
    { start: 30, real: 30, url: url(1) },
    { start: 60, real: 540, url: url(2) },
  ],
};

test("a place of the recording is found in the replay", () => {
  assert.equal(toShown(10, cut), 10);
  assert.equal(toShown(35, cut), 35);
  assert.equal(toShown(545, cut), 65);
});

test("what is in a pause that was cut is at its end", () => {
  assert.equal(toShown(400, cut), 60);
  assert.equal(toShown(9_999, cut), 90);
});

test("and back", () => {
  assert.equal(toReal(10, cut), 10);
  assert.equal(toReal(65, cut), 545);
  assert.equal(toReal(toShown(550, cut), cut), 550);
});

test("an index that was opened is asked for in its own words", () => {
  assert.equal(
    sameIndex("/api/v1/sessions/a/replay.json?channel=1", cut),
    "/api/v1/sessions/a/replay.json?channel=1&until_ms=90000&idle_limit_ms=2000",
  );
});

test("times are read and written", () => {
  assert.equal(clockOf(3_723.9), "1:02:03");
  assert.equal(clockOf(63), "1:03");
  assert.equal(secondsOf("1:02:03"), 3_723);
  assert.equal(secondsOf(" 45.5 "), 45.5);
  assert.equal(secondsOf("1:99"), undefined);
  assert.equal(secondsOf("-3"), undefined);
  assert.equal(secondsOf(""), undefined);
});
