// What somebody looks for, as the page's address has it.

import type { SearchQuery } from "../api/contract.ts";
import { edgeOf } from "../time/range.ts";
import type { WallTime } from "../time/zone.ts";

export interface Asked {
  q: string;
  /** What was typed, rather than what was shown. */
  typed: boolean;
  account: string;
  company: string;
  asset: string;
  zone: string;
  since: WallTime;
  until: WallTime;
  show: "sessions" | "recordings";
}

const TEXTS = ["q", "account", "company", "asset", "zone", "since", "until"] as const;

export function askedFrom(query: URLSearchParams): Asked {
  const text = (name: string) => query.get(name) ?? "";
  return {
    q: text("q"),
    typed: query.has("typed"),
    account: text("account"),
    company: text("company"),
    asset: text("asset"),
    zone: text("zone"),
    since: text("since"),
    until: text("until"),
    show: query.get("show") === "recordings" ? "recordings" : "sessions",
  };
}

/** The address that has it; what is not asked for is not in it. */
export function addressOf(path: string, asked: Asked): string {
  const query = new URLSearchParams();
  for (const name of TEXTS) {
    const value = asked[name].trim();
    if (value !== "") query.set(name, value);
  }
  if (asked.typed && query.has("q")) query.set("typed", "1");
  if (asked.show === "recordings") query.set("show", "recordings");
  const text = query.toString();
  return text === "" ? path : `${path}?${text}`;
}

/** What the lists and the search filter by, as the server takes it. */
export function filtersOf({ account, company, asset, zone, since, until }: Asked, plantZone: string) {
  return {
    account,
    company,
    asset,
    zone,
    since: edgeOf(since, "first", plantZone),
    until: edgeOf(until, "last", plantZone),
  };
}

export function searchOf(asked: Asked, plantZone: string): SearchQuery {
  return { q: asked.q, input: asked.typed || undefined, ...filtersOf(asked, plantZone) };
}

/** A part of a text, and whether it is one of the words that were looked for. */
export interface Piece {
  text: string;
  found: boolean;
}

/** Marks the words of a search in a line, as the search takes them: no case, `*` at an end. */
export function piecesOf(line: string, q: string): Piece[] {
  const words = (q.match(/"[^"]*"|[^\s"]+/g) ?? [])
    .map((word) => word.replace(/^"|"$|\*$/g, "").trim())
    .filter((word) => word !== "")
    .map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  if (words.length === 0) return [{ text: line, found: false }];
  return line
    .split(new RegExp(`(${words.join("|")})`, "giu"))
    .map((text, n) => ({ text, found: n % 2 === 1 }))
    .filter(({ text }) => text !== "");
}
