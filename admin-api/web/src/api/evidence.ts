// The calls about evidence: recordings, the audit log, and what becomes of them.

import { BASE, get, post, search, type By } from "./client.ts";
import type {
  AuditEvent,
  Hold,
  LogState,
  NewShare,
  Notice,
  Page,
  PurgePlan,
  Recording,
  RecordingHit,
  ReplayIndex,
  SearchQuery,
  Share,
  SharedLink,
} from "./contract.ts";

const at = (...parts: string[]) => `/${parts.map(encodeURIComponent).join("/")}`;

interface Paging {
  after?: string;
  limit?: number;
}

export interface RecordingQuery extends Paging {
  session?: string;
  account?: string;
  company?: string;
  asset?: string;
  zone?: string;
  /** Those that ran at some time between the two. */
  since?: string;
  until?: string;
}

export interface AuditQuery extends Paging {
  subject?: string;
  /** One, or a family; several are separated by commas. */
  action?: string;
  actor?: string;
  since?: string;
  until?: string;
  oldest_first?: boolean;
}

export const recordings = (by: By, query: RecordingQuery) =>
  get<Page<Recording>>("/recordings", { by, query: { ...query } });
export const searchRecordings = (query: SearchQuery & Paging) =>
  get<Page<RecordingHit>>("/recordings/search", { query: { ...query } });

/** Each call is an opening, which the audit log notes. */
export const openReplay = (session: string, channel: number, idleMs?: number) =>
  get<ReplayIndex>(at("sessions", session, "replay.json"), {
    query: { channel, idle_limit_ms: idleMs },
  });

/** Where the browser gets a file, or a stream, about the recording of a channel. */
export const recordingPath = (
  session: string,
  what: "recording.cast" | "bundle.tar" | "verify" | "replay.json",
  query: { channel: number; input?: boolean },
) => BASE + at("sessions", session, what) + search(query);

export const audit = (by: By, query: AuditQuery) =>
  get<Page<AuditEvent>>("/audit", { by, query: { ...query } });

export const holds = (by: By, query: Paging & { session?: string; zone?: string; in_force?: boolean }) =>
  get<Page<Hold>>("/holds", { by, query: { ...query } });
export const holdSession = (session: string, reason: string) =>
  post<Hold>(at("sessions", session, "hold"), { reason });
export const holdZone = (zone: string, reason: string) =>
  post<Hold>(at("zones", zone, "hold"), { reason });
export const releaseHold = (id: string, reason: string) =>
  post<Hold>(at("holds", id, "release"), { reason });
export const retention = (by: By, limit: number) =>
  get<PurgePlan>("/retention", { by, query: { limit } });

export const shares = (by: By, query: Paging & { session?: string }) =>
  get<Page<Share>>("/shares", { by, query: { ...query } });
export const share = (session: string, terms: NewShare) =>
  post<SharedLink>(at("sessions", session, "shares"), terms);
export const revokeShare = (id: string) => post<Share>(at("shares", id, "revoke"));

export const log = (by: By) => get<LogState>("/log", { by });
export const logFile = (by: By, name: "checkpoint" | "vkeys" | "handovers") =>
  get<string>(`/log/${name}`, { by, base: "" });
export const notices = (by: By, query: Paging) =>
  get<Page<Notice>>("/notices", { by, query: { ...query } });
