import assert from "node:assert/strict";
import test from "node:test";
import type { Grant } from "../api/contract.ts";
import { byDay } from "./by-day.ts";

const grant = (id: string, start: string): Grant => ({
  id, request: "", account: "vera", asset: "gt1", zone: "hall", protocol: "ssh", created_at: "",
  extensions: 0, phase: "open", window: { start, end: "2026-12-09T00:00Z" },
});

test("a window stands under the plant's day, and one that runs under today", () => {
  const days = byDay(
    [
      grant("late", "2026-11-29T23:30Z"),
      grant("running", "2026-11-27T08:00Z"),
      grant("evening", "2026-11-29T20:00Z"),
    ],
    Date.parse("2026-11-29T10:00Z"),
    "Europe/Oslo",
  );
  assert.deepEqual(
    days.map((day) => day.grants.map(({ id }) => id)),
    [["running", "evening"], ["late"]],
  );
});
