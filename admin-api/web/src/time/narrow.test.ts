import assert from "node:assert/strict";
import test from "node:test";
import { narrowed } from "./narrow.ts";

const OSLO = "Europe/Oslo";
const window = { start: "2026-11-29T10:00:30Z", end: "2026-11-29T12:00:30Z" };
const kind = (from: string, until: string) => narrowed(window, from, until, OSLO).kind;

test("what was not touched stays whole, to the second", () => {
  assert.equal(kind("2026-11-29T11:00", "2026-11-29T13:00"), "whole");
});

test("one edge moves and the other stays", () => {
  assert.deepEqual(narrowed(window, "2026-11-29T11:00", "2026-11-29T12:15", OSLO), {
    kind: "window",
    window: { start: "2026-11-29T10:00:30.000Z", end: "2026-11-29T11:15:00.000Z" },
  });
});

test("it never gets wider, nor turns round", () => {
  assert.equal(kind("2026-11-29T10:59", "2026-11-29T13:00"), "outside");
  assert.equal(kind("2026-11-29T11:00", "2026-11-29T13:01"), "outside");
  assert.equal(kind("2026-11-29T12:30", "2026-11-29T12:30"), "order");
  assert.equal(kind("", "2026-11-29T12:30"), "missing");
});
