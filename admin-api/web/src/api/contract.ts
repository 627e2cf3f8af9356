// The words of the API, as the pages use them. They come from its description; what
// that says in general, and a page has to know exactly, is said here.

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

export type Zone = Schemas["Zone"];
export type Asset = Schemas["Asset"];
export type Watcher = Schemas["Watcher"];

export type Entry = Omit<Schemas["Entry"], "state"> & { state: "open" | "waiting" | "let_in" };
export type Input = Omit<Schemas["Input"], "state"> & {
  state: "flows" | "lobby" | "paused" | "unwatched";
};
export type Session = Omit<Schemas["Session"], "entry" | "input"> & {
  entry: Entry;
  input: Input;
};

export type Me = Schemas["Me"];
export type Login = Schemas["LoginEntry"];
export type LoggedIn = Schemas["LoggedIn"];
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
  company?: string;
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

export type Notice = Omit<Schemas["Notice"], "state"> & { state: "waiting" | "sent" | "failed" };
