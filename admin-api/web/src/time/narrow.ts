// An approver's narrower window, from two times on the plant's wall.

import type { Window } from "../api/contract.ts";
import { instantsOf, wallTime, type WallTime } from "./zone.ts";

export type Narrowed =
  | { kind: "whole" }
  | { kind: "window"; window: Window }
  | { kind: "missing" | "skipped" | "order" | "outside" };

export function narrowed(window: Window, from: WallTime, until: WallTime, zone: string): Narrowed {
  const start = Date.parse(window.start);
  const end = Date.parse(window.end);
  if (from === "" || until === "") return { kind: "missing" };
  const newStart = edge(from, start, zone);
  const newEnd = edge(until, end, zone);
  if (newStart === undefined || newEnd === undefined) return { kind: "skipped" };
  if (newStart >= newEnd) return { kind: "order" };
  if (newStart < start || newEnd > end) return { kind: "outside" };
  if (newStart === start && newEnd === end) return { kind: "whole" };
  const iso = (instant: number) => new Date(instant).toISOString();
  return { kind: "window", window: { start: iso(newStart), end: iso(newEnd) } };
}

/** An edge that was not touched keeps its seconds, which the wall does not show. */
function edge(wall: WallTime, before: number, zone: string): number | undefined {
  if (wall === wallTime(before, zone)) return before;
  return instantsOf(wall, zone)[0];
}
