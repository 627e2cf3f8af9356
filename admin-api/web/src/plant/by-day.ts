import type { Grant } from "../api/contract.ts";
import { wallTime } from "../time/zone.ts";

export interface Day {
  /** An instant in the day that names it. */
  start: number;
  grants: Grant[];
}

/** Windows under the day in the plant on which they begin; those that run, under today. */
export function byDay(grants: readonly Grant[], now: number, zone: string): Day[] {
  const startOf = ({ window }: Grant) => Math.max(Date.parse(window.start), now);
  const order = (one: Grant, other: Grant) =>
    Date.parse(one.window.start) - Date.parse(other.window.start) || one.id.localeCompare(other.id);
  const days = new Map<string, Day>();
  for (const grant of [...grants].sort(order)) {
    const start = startOf(grant);
    const name = wallTime(start, zone).slice(0, 10);
    const day = days.get(name) ?? { start, grants: [] };
    day.grants.push(grant);
    days.set(name, day);
  }
  return [...days.values()];
}
