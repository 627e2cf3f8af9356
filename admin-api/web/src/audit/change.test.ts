import assert from "node:assert/strict";
import test from "node:test";
import { changesOf, isInstant } from "./change.ts";

test("only what differs is told", () => {
  assert.deepEqual(
    changesOf({ state: "open", zone: "hall" }, { state: "closed", zone: "hall", sessions: 2 }),
    [
      { key: "state", before: "open", after: "closed" },
      { key: "sessions", before: undefined, after: "2" },
    ],
  );
});

test("what is inside has its path, and lists are lists", () => {
  assert.deepEqual(changesOf({ window: { start: "a", end: "b" } }, { window: { start: "a", end: "c" } }), [
    { key: "window · end", before: "b", after: "c" },
  ]);
  assert.deepEqual(changesOf(null, { zones: ["a", "b"], has_password: true }), [
    { key: "zones", before: undefined, after: "a, b" },
    { key: "has password", before: undefined, after: "yes" },
  ]);
});

test("markup and depth stay text", () => {
  const deep = { a: { b: { c: { d: "<b>" } } } };
  assert.deepEqual(changesOf(undefined, deep), [
    { key: "a · b · c", before: undefined, after: '{"d":"<b>"}' },
  ]);
});

test("a time is known by its shape", () => {
  assert.ok(isInstant("2026-11-29T10:00:00Z"));
  assert.ok(isInstant("2026-11-29T10:00:00.123456Z"));
  assert.ok(!isInstant("2026-11-29"));
});
