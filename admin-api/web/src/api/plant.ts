// The calls by which an admin looks after the plant and its accounts.

import { call, get, post, type By } from "./client.ts";
import type {
  Account,
  Credential,
  Health,
  Page,
  PlantApplied,
  RecorderState,
} from "./contract.ts";

const at = (...parts: string[]) => `/${parts.map(encodeURIComponent).join("/")}`;

interface Paging {
  after?: string;
  limit?: number;
}

export const health = (by: By) => get<Health>("/health", { by });
export const recorder = (by: By) => get<RecorderState>("/recorder", { by });

export const accounts = (by: By, query: Paging) =>
  get<Page<Account>>("/accounts", { by, query: { ...query } });
export const disable = (name: string, reason: string) =>
  post<Account>(at("accounts", name, "disable"), { reason });
export const enable = (name: string, reason: string) =>
  post<Account>(at("accounts", name, "enable"), { reason });
export const setPassword = (name: string, password: string) =>
  post(at("accounts", name, "password"), { password });

export const credentials = (by: By, query: Paging) =>
  get<Page<Credential>>("/credentials", { by, query: { ...query } });
export const setCredential = (name: string, kind: string, secret: string) =>
  call("PUT", at("credentials", name), { body: { kind, secret } });
export const removeCredential = (name: string) => call("DELETE", at("credentials", name));

export const plantFile = (by: By) => get<string>("/plant", { by });

/** `try` says what would change; `apply` changes it. */
export const putPlant = (file: string, how: "try" | "apply", revoke = false) =>
  call<PlantApplied>("PUT", "/plant", {
    query: { dry_run: how === "try" || undefined, revoke: revoke || undefined },
    body: file,
    type: "application/toml",
  });
