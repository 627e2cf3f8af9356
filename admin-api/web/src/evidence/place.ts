// Places in a recording: in its own time, and in a replay whose pauses are cut short.

import type { ReplayIndex } from "../api/contract.ts";

type Cut = Pick<ReplayIndex, "segments" | "duration">;

/** Where in the replay a second of the recording is; inside of a segment, as near as is known. */
export function toShown(real: number, { segments, duration }: Cut): number {
  const at = lastBefore(segments, (s) => s.real <= real);
  const segment = segments[at];
  if (!segment) return 0;
  const end = segments[at + 1]?.start ?? duration;
  return Math.min(segment.start + Math.max(0, real - segment.real), end);
}

/** Which second of the recording is shown at a second of the replay. */
export function toReal(shown: number, { segments }: Cut): number {
  const at = lastBefore(segments, (s) => s.start <= shown);
  const segment = segments[at];
  if (!segment) return shown;
  const end = segments[at + 1]?.real ?? Infinity;
  return Math.min(segment.real + Math.max(0, shown - segment.start), end);
}

function lastBefore(
  segments: Cut["segments"],
  before: (segment: Cut["segments"][number]) => boolean,
): number {
  let [low, high] = [0, segments.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    const segment = segments[middle];
    if (segment && before(segment)) low = middle;
    else high = middle - 1;
  }
  return low;
}

/**
 * The address of an index that was opened before: its segments say how it was cut,
 * so that asking for it with the same words opens nothing anew.
 */
export function sameIndex(path: string, { segments }: Cut): string {
  const cut = segments[0]?.url.split("?")[1];
  return cut === undefined ? path : `${path.split("?")[0]}?${cut}`;
}

/** `1:02:03` or `2:03`. */
export function clockOf(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (n: number) => String(n).padStart(2, "0");
  const hours = Math.floor(whole / 3_600);
  const minutes = Math.floor(whole / 60) % 60;
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** `1:02:03`, `2:03`, `45` or `45.5` in seconds; nothing for anything else. */
export function secondsOf(text: string): number | undefined {
  if (!/^\d{1,6}(:[0-5]?\d){0,2}(\.\d+)?$/.test(text.trim())) return undefined;
  return text
    .trim()
    .split(":")
    .reduce((sum, part) => sum * 60 + Number(part), 0);
}
