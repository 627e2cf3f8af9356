// Which window somebody wants, from what they chose.

import { instantsOf, nextAtHour, type WallTime } from "./zone.ts";

const MINUTE = 60_000;
const EVENING = 20;

export type When = "now" | "tonight" | "pick";

export interface Choice {
  when: When;
  minutes: number;
  /** For `pick`: the plant's time, and which of two instants if it comes twice. */
  picked: WallTime;
  second: boolean;
}

export type Wanted =
  | { kind: "window"; start: number; end: number; twice: boolean }
  | { kind: "missing" | "skipped" | "past" };

export function wanted(choice: Choice, now: number, zone: string): Wanted {
  if (choice.when === "pick") return picked(choice, now, zone);
  const start = choice.when === "now" ? now : nextAtHour(EVENING, now, zone);
  return { kind: "window", start, end: start + choice.minutes * MINUTE, twice: false };
}

function picked({ picked, second, minutes }: Choice, now: number, zone: string): Wanted {
  if (picked === "") return { kind: "missing" };
  const instants = instantsOf(picked, zone);
  const start = instants[second ? instants.length - 1 : 0];
  if (start === undefined) return { kind: "skipped" };
  // The minute that is running may still be chosen.
  if (start + MINUTE <= now) return { kind: "past" };
  return { kind: "window", start, end: start + minutes * MINUTE, twice: instants.length > 1 };
}

const USUAL = [30, 60, 120, 240, 480];

/** The lengths to choose from, in minutes: usual ones, and the longest that is allowed. */
export function lengths(longestSeconds: number): number[] {
  const longest = Math.floor(longestSeconds / 60);
  const shorter = USUAL.filter((minutes) => minutes < longest);
  return longest > 0 && longest <= 480 ? [...shorter, longest] : shorter;
}

export type Shift = "day" | "night" | "both";

/** Whether a window is in the plant's day (06:00 to 18:00), its night, or both. */
export function shiftOf(start: number, end: number, zone: string): Shift {
  const nextDay = nextAtHour(6, start, zone);
  const nextNight = nextAtHour(18, start, zone);
  const turn = Math.min(nextDay, nextNight);
  const first = nextDay < nextNight ? "night" : "day";
  if (turn === start) {
    const after = nextDay === start ? "day" : "night";
    return end <= Math.min(nextAtHour(6, start + 1, zone), nextAtHour(18, start + 1, zone)) ? after : "both";
  }
  return end <= turn ? first : "both";
}
