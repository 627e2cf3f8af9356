// Instants and the plant's clock on the wall. Intl knows each zone's rules.

const MINUTE = 60_000;
const DAY = 86_400_000;

/** A time as a clock on the wall shows it: `2026-03-29T02:30`. */
export type WallTime = string;

const formats = new Map<string, Intl.DateTimeFormat>();

function wallFormat(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat("en-CA-u-hc-h23", {
      timeZone: zone,
      year: "numeric",
      month: "2-digit",
      day: "2-digit",
      hour: "2-digit",
      minute: "2-digit",
      second: "2-digit",
    });
    formats.set(zone, format);
  }
  return format;
}

function parts(instant: number, zone: string): Record<string, string> {
  return Object.fromEntries(
    wallFormat(zone)
      .formatToParts(instant)
      .map(({ type, value }) => [type, value]),
  );
}

/** What the clock on the plant's wall shows at an instant, to the minute. */
export function wallTime(instant: number, zone: string): WallTime {
  const { year, month, day, hour, minute } = parts(instant, zone);
  return `${year}-${month}-${day}T${hour}:${minute}`;
}

/** How far the wall is ahead of UTC at an instant, in milliseconds. */
export function offsetAt(instant: number, zone: string): number {
  const { year, month, day, hour, minute, second } = parts(instant, zone);
  const wall = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return wall - Math.floor(instant / 1_000) * 1_000;
}

/**
 * The instants at which the wall shows a time: one as a rule, none in the hour
 * that is skipped in spring, two in the hour that comes twice in autumn.
 */
export function instantsOf(wall: WallTime, zone: string): number[] {
  const asUtc = Date.parse(`${wall}Z`);
  if (Number.isNaN(asUtc)) return [];
  const offsets = new Set([offsetAt(asUtc - DAY, zone), offsetAt(asUtc + DAY, zone)]);
  return [...offsets]
    .map((offset) => asUtc - offset)
    .filter((instant) => wallTime(instant, zone) === wall)
    .sort((a, b) => a - b);
}

/** The next instant, from `after` on, at which the wall shows an hour. */
export function nextAtHour(hour: number, after: number, zone: string): number {
  const clock = `T${String(hour).padStart(2, "0")}:00`;
  for (let ahead = 0; ; ahead += DAY) {
    const day = wallTime(after + ahead, zone).slice(0, 10);
    const found = instantsOf(day + clock, zone).find((instant) => instant >= after);
    if (found !== undefined) return found;
  }
}

/** The instants at which the days begin, from the one that `from` is in. */
export function dayStarts(from: number, count: number, zone: string): number[] {
  const starts: number[] = [];
  let day = wallTime(from, zone).slice(0, 10);
  while (starts.length < count) {
    const start = dayStart(day, zone);
    starts.push(start);
    // Days have 23 to 25 hours: 36 hours on is always in the next one.
    day = wallTime(start + 36 * 60 * MINUTE, zone).slice(0, 10);
  }
  return starts;
}

function dayStart(day: string, zone: string): number {
  // Where the clocks go forward at midnight, the day begins later.
  for (let minute = 0; minute <= 180; minute += 30) {
    const hour = String(Math.floor(minute / 60)).padStart(2, "0");
    const wall = `${day}T${hour}:${String(minute % 60).padStart(2, "0")}`;
    const [first] = instantsOf(wall, zone);
    if (first !== undefined) return first;
  }
  return Date.parse(`${day}T00:00Z`);
}
