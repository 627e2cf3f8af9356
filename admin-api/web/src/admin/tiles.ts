// How the house stands, as calm tiles: a colour only where somebody must do something.

import type { Health, LogState, RecorderState } from "../api/contract.ts";
import { bytesSaid } from "../evidence/bytes.ts";
import type { Tone } from "../story/leaf.ts";
import { t } from "../strings/index.ts";

export interface Tile {
  name: string;
  tone: Extract<Tone, "calm" | "wait" | "danger">;
  line: string;
  next?: string;
}

/** What was asked and has answered; what did not answer is `null`. */
export interface Known {
  health: Health | null;
  recorder: RecorderState | null;
  log: LogState | null;
}

const MANY_SEGMENTS = 8;

export function tilesOf({ health, recorder, log }: Known): Tile[] {
  return [
    service(health),
    recorder ? disk(recorder) : silent(t.admin.tiles.disk),
    recorder ? recording(recorder) : silent(t.admin.tiles.recorder),
    log ? signing(log) : silent(t.admin.tiles.log),
    log ? anchors(log) : silent(t.admin.tiles.anchors),
  ];
}

const silent = (name: string): Tile => ({
  name,
  tone: "danger",
  line: t.admin.tiles.unknown,
  next: t.admin.tiles.unknownNext,
});

function service(health: Health | null): Tile {
  const words = t.admin.tiles;
  if (!health) return silent(words.service);
  return health.ok
    ? { name: words.service, tone: "calm", line: words.serviceOk(health.version) }
    : { name: words.service, tone: "danger", line: words.serviceBad, next: words.serviceNext };
}

function disk({ space, free_bytes, total_bytes, least_free_bytes }: RecorderState): Tile {
  const words = t.admin.tiles;
  const room =
    free_bytes == null
      ? words.diskUnknown
      : words.diskFree(bytesSaid(free_bytes), total_bytes == null ? undefined : bytesSaid(total_bytes));
  if (space === "ample") return { name: words.disk, tone: "calm", line: room };
  const critical = space !== "low";
  return {
    name: words.disk,
    tone: critical ? "danger" : "wait",
    line: `${room} ${critical ? words.diskCritical : words.diskLow}`,
    next: words.diskNext(bytesSaid(least_free_bytes * 1.25)),
  };
}

function recording({ trouble, open_recordings, waiting_segments }: RecorderState): Tile {
  const words = t.admin.tiles;
  const name = words.recorder;
  if (trouble) {
    return { name, tone: "danger", line: `${words.recorderBad} ${trouble}`, next: words.recorderNext };
  }
  const line = words.recorderOk(open_recordings);
  return waiting_segments > MANY_SEGMENTS
    ? { name, tone: "wait", line, next: words.segments(waiting_segments) }
    : { name, tone: "calm", line };
}

function signing({ not_signed_since, why, signed }: LogState): Tile {
  const words = t.admin.tiles;
  const name = words.log;
  if (not_signed_since) {
    return { name, tone: "danger", line: `${words.logBad} ${why ?? ""}`.trim(), next: words.logNext };
  }
  return signed == null
    ? { name, tone: "wait", line: words.logNone, next: words.logNext }
    : { name, tone: "calm", line: words.logOk(signed.toLocaleString("en-GB")) };
}

function anchors({ anchors }: LogState): Tile {
  const words = t.admin.tiles;
  const name = words.anchors;
  if (anchors.length === 0) {
    return { name, tone: "wait", line: words.anchorsNone, next: words.anchorsNoneNext };
  }
  const failing = anchors.filter(({ failing_since }) => failing_since);
  return failing.length === 0
    ? { name, tone: "calm", line: words.anchorsOk(anchors.length) }
    : {
        name,
        tone: "wait",
        line: words.anchorBad(failing.map((anchor) => anchor.name).join(", ")),
        next: words.anchorNext,
      };
}
