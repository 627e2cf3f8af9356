import assert from "node:assert/strict";
import test from "node:test";
import { edgeOf } from "./range.ts";

const OSLO = "Europe/Oslo";

test("a plain time is one instant", () => {
  assert.equal(edgeOf("2026-11-29T10:00", "first", OSLO), "2026-11-29T09:00:00.000Z");
  assert.equal(edgeOf("2026-11-29T10:00", "last", OSLO), "2026-11-29T09:00:00.000Z");
});

test("the hour that comes twice is wholly inside", () => {
  assert.equal(edgeOf("2026-10-25T02:30", "first", OSLO), "2026-10-25T00:30:00.000Z");
  assert.equal(edgeOf("2026-10-25T02:30", "last", OSLO), "2026-10-25T01:30:00.000Z");
});

test("an hour that is skipped counts as the one after", () => {
  assert.equal(edgeOf("2026-03-29T02:30", "first", OSLO), "2026-03-29T01:30:00.000Z");
});

test("half a time is none", () => {
  assert.equal(edgeOf("", "first", OSLO), undefined);
  assert.equal(edgeOf("2026-03", "first", OSLO), undefined);
});
