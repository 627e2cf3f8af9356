// A stretch of the plant's time to look for things in.

import { instantsOf, offsetAt, type WallTime } from "./zone.ts";

const DAY = 86_400_000;
const WALL = /^\d{4}-\d\d-\d\dT\d\d:\d\d$/;

/**
 * The instant at which a stretch begins or ends. The hour that comes twice in
 * autumn is wholly inside; one that is skipped in spring counts as the hour after.
 */
export function edgeOf(wall: WallTime, which: "first" | "last", zone: string): string | undefined {
  const asUtc = WALL.test(wall) ? Date.parse(`${wall}Z`) : Number.NaN;
  if (Number.isNaN(asUtc)) return undefined;
  const instants = instantsOf(wall, zone);
  const found = which === "first" ? instants[0] : instants.at(-1);
  return new Date(found ?? asUtc - offsetAt(asUtc - DAY, zone)).toISOString();
}
