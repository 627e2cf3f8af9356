import assert from "node:assert/strict";
import test from "node:test";
import { dayStarts, instantsOf, nextAtHour, wallTime } from "./zone.ts";

const OSLO = "Europe/Oslo";
const at = (text: string) => Date.parse(text);

test("the wall shows the plant's time, in summer and in winter", () => {
  assert.equal(wallTime(at("2026-07-01T12:00Z"), OSLO), "2026-07-01T14:00");
  assert.equal(wallTime(at("2026-12-01T23:30Z"), OSLO), "2026-12-02T00:30");
});

test("a time on the wall is one instant as a rule", () => {
  assert.deepEqual(instantsOf("2026-11-29T22:00", OSLO), [at("2026-11-29T21:00Z")]);
  assert.deepEqual(instantsOf("2026-11-29T22:00", "Asia/Kolkata"), [at("2026-11-29T16:30Z")]);
});

test("the hour that is skipped in spring has no instant", () => {
  assert.deepEqual(instantsOf("2026-03-29T02:30", OSLO), []);
  assert.deepEqual(instantsOf("2026-03-29T03:00", OSLO), [at("2026-03-29T01:00Z")]);
});

test("the hour that comes twice in autumn has two, the earlier first", () => {
  assert.deepEqual(instantsOf("2026-10-25T02:30", OSLO), [
    at("2026-10-25T00:30Z"),
    at("2026-10-25T01:30Z"),
  ]);
});

test("what is no time has no instant", () => {
  assert.deepEqual(instantsOf("", OSLO), []);
  assert.deepEqual(instantsOf("tomorrow", OSLO), []);
});

test("the next evening is today's until its hour has come, then tomorrow's", () => {
  assert.equal(nextAtHour(20, at("2026-11-29T12:00Z"), OSLO), at("2026-11-29T19:00Z"));
  assert.equal(nextAtHour(20, at("2026-11-29T19:00Z"), OSLO), at("2026-11-29T19:00Z"));
  assert.equal(nextAtHour(20, at("2026-11-29T19:01Z"), OSLO), at("2026-11-30T19:00Z"));
});

test("days are as long as the zone makes them", () => {
  assert.deepEqual(dayStarts(at("2026-03-28T12:00Z"), 3, OSLO), [
    at("2026-03-27T23:00Z"),
    at("2026-03-28T23:00Z"),
    at("2026-03-29T22:00Z"),
  ]);
});
