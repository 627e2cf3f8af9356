// The words of the API, as the pages use them. What openapi.json has comes from
// there; what it does not have yet is written here, and goes once it does.

import type { components } from "./schema.d.ts";

type Schemas = components["schemas"];

export type Account = Schemas["Account"];
export type Site = Schemas["Site"];
export type Window = Schemas["Window"];
export type Request = Schemas["Request"];
export type NewRequest = Schemas["NewRequest"];
export type Grant = Schemas["Grant"];
export type Conduit = Schemas["Conduit"];
export type Ticket = Schemas["Ticket"];

export type Role = "vendor" | "approver" | "operator" | "auditor" | "admin";

export interface Page<T> {
  items: T[];
  next?: string | null;
}

interface AtTheDoor {
  /** The control room lets vendors in. */
  let_in?: boolean;
  /** Nothing is typed while nobody watches. */
  supervised?: boolean;
}

export type Zone = Schemas["Zone"] & AtTheDoor;
export type Asset = Schemas["Asset"] & AtTheDoor;

export interface Entry {
  required: boolean;
  state: "open" | "waiting" | "let_in";
  by?: string | null;
  at?: string | null;
}

export interface Input {
  state: "flows" | "lobby" | "paused" | "unwatched";
  by?: string | null;
  at?: string | null;
  reason?: string | null;
}

export interface Watcher {
  account?: string | null;
  since: string;
}

export type Session = Schemas["Session"] & {
  ends_at?: string;
  entry?: Entry;
  input?: Input;
  supervised?: boolean;
  watchers?: Watcher[];
};

export type Me = Schemas["Me"];
export type Login = Schemas["LoginEntry"];
export type Banner = Schemas["Banner"];
export type BrowserLogin = Schemas["BrowserLoggedIn"];

export type Recording = Schemas["Recording"];
export type RecordingHit = Schemas["RecordingHit"];
export type ReplayIndex = Omit<Schemas["ReplayIndex"], "markers" | "segments"> & {
  markers: [second: number, label: string][];
  segments: { start: number; real: number; url: string }[];
};
export type AuditEvent = Omit<Schemas["AuditEvent"], "before" | "after"> & {
  before?: unknown;
  after?: unknown;
};

export interface SearchQuery {
  q: string;
  input?: boolean;
  asset?: string;
  account?: string;
  zone?: string;
  since?: string;
  until?: string;
}
export type Hold = Schemas["Hold"];
export type Share = Schemas["Share"];
export type SharedLink = Schemas["SharedLink"];
export type NewShare = Schemas["NewShare"];
export type PurgePlan = Schemas["PurgePlan"];
export type LogState = Schemas["LogState"];
export type RecorderState = Schemas["RecorderState"];
export type Health = Schemas["Health"];
export type Credential = Schemas["Credential"];
export type PlantApplied = Schemas["PlantApplied"];

/** That somebody was told of something, or is still to be. */
export interface Notice {
  id: string;
  created_at: string;
  account: string;
  channel: "email" | "webhook";
  kind: string;
  subject: string;
  state: "waiting" | "sent" | "failed";
  tries: number;
  last_error?: string | null;
}
