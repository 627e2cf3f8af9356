// How times are written for people: the plant's zone first, UTC beside it.

import { wallTime } from "./zone.ts";

const formats = new Map<string, Intl.DateTimeFormat>();

function format(zone: string, shape: keyof typeof SHAPES): Intl.DateTimeFormat {
  const key = `${shape} ${zone}`;
  let made = formats.get(key);
  if (!made) {
    made = new Intl.DateTimeFormat("en-GB", { ...SHAPES[shape], timeZone: zone });
    formats.set(key, made);
  }
  return made;
}

const SHAPES = {
  clock: { hour: "2-digit", minute: "2-digit", hourCycle: "h23" },
  clockSeconds: { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" },
  day: { weekday: "short", day: "numeric", month: "short" },
  dayYear: { day: "numeric", month: "short", year: "numeric" },
  zone: { hour: "2-digit", timeZoneName: "short" },
} as const satisfies Record<string, Intl.DateTimeFormatOptions>;

export const clockOf = (instant: number, zone: string) => format(zone, "clock").format(instant);
export const secondsOf = (instant: number, zone: string) =>
  format(zone, "clockSeconds").format(instant);

/** The zone's short name at an instant: `CET`, `GMT+2`. */
export function zoneName(instant: number, zone: string): string {
  const part = format(zone, "zone")
    .formatToParts(instant)
    .find(({ type }) => type === "timeZoneName");
  return part?.value ?? zone;
}

const dayKey = (instant: number, zone: string) => wallTime(instant, zone).slice(0, 10);
const yearOf = (instant: number, zone: string) => wallTime(instant, zone).slice(0, 4);

/** `Fri 27 Nov`, with the year when it is not this one. */
export function dayOf(instant: number, zone: string, now: number): string {
  const shape = yearOf(instant, zone) === yearOf(now, zone) ? "day" : "dayYear";
  return format(zone, shape).format(instant).replace(",", "");
}

export const sameDay = (one: number, other: number, zone: string) =>
  dayKey(one, zone) === dayKey(other, zone);

/** `14:05`, and the day before it when that is not today. */
export function momentOf(instant: number, zone: string, now: number): string {
  const clock = clockOf(instant, zone);
  return sameDay(instant, now, zone) ? clock : `${dayOf(instant, zone, now)} ${clock}`;
}

/** `Fri 27 Nov 22:00 – 02:00`: the second day only where it is another. */
export function windowOf(start: number, end: number, zone: string, now: number): string {
  const last =
    sameDay(start, end, zone) || end - start < 86_400_000
      ? clockOf(end, zone)
      : momentOf(end, zone, now);
  return `${momentOf(start, zone, now)} – ${last}`;
}

export const utcOf = (instant: number) =>
  `${new Date(instant).toISOString().slice(0, 16).replace("T", " ")} UTC`;

export const utcSecondsOf = (instant: number) =>
  `${new Date(instant).toISOString().slice(0, 19).replace("T", " ")} UTC`;

/** `2 h 30 min`, `45 min`, `3 d`. */
export function lengthOf(ms: number): string {
  const minutes = Math.max(0, Math.round(ms / 60_000));
  const days = Math.floor(minutes / 1_440);
  const hours = Math.floor((minutes % 1_440) / 60);
  const rest = minutes % 60;
  const said = [days && `${days} d`, hours && `${hours} h`, rest && `${rest} min`].filter(Boolean);
  return said.slice(0, 2).join(" ") || "0 min";
}

/** `1:02:03` or `9:59`: what is left, never less than nothing; `1 d 14 h` when it is far. */
export function countdownOf(ms: number): string {
  if (ms >= 86_400_000) return lengthOf(ms);
  const seconds = Math.max(0, Math.ceil(ms / 1_000));
  const hours = Math.floor(seconds / 3_600);
  const two = (n: number) => String(n).padStart(2, "0");
  const tail = `${two(seconds % 60)}`;
  const minutes = Math.floor((seconds % 3_600) / 60);
  return hours > 0 ? `${hours}:${two(minutes)}:${tail}` : `${minutes}:${tail}`;
}

/** How pressing the time is: amber from ten minutes, red from two. */
export function urgencyOf(ms: number): "calm" | "soon" | "now" {
  if (ms <= 120_000) return "now";
  return ms <= 600_000 ? "soon" : "calm";
}
