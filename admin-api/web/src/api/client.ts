import { clock } from "../time/clock.svelte.ts";
import { t } from "../strings/index.ts";
import { Problem, problemFrom } from "./problem.ts";

/** Who asks: a person, or the page by itself, which does not keep a login alive. */
export type By = "person" | "page";

type Query = Record<string, string | number | boolean | undefined>;

export interface Options {
  by?: By;
  query?: Query;
  body?: unknown;
  /** What the body is, if it is a text that goes as it is. */
  type?: string;
  /** For what does not stand under the API. */
  base?: string;
}

interface Listener {
  signedOut(): void;
  usedByPerson(): void;
}

let listener: Listener = { signedOut: () => {}, usedByPerson: () => {} };

/** Tells one listener when the login is over, and when a person has used it. */
export function onLogin(next: Listener): void {
  listener = next;
}

export const BASE = "/api/v1";

export function get<T>(path: string, options: Options = {}): Promise<T> {
  return call<T>("GET", path, options);
}

export function post<T = void>(path: string, body?: unknown): Promise<T> {
  return call<T>("POST", path, { body });
}

export async function call<T>(method: string, path: string, options: Options = {}): Promise<T> {
  const { by = "person", query, body, type, base = BASE } = options;
  const headers: Record<string, string> = { Accept: "application/json, */*;q=0.5" };
  if (by === "page") headers["Drawbridge-Background"] = "1";
  if (body !== undefined) headers["Content-Type"] = type ?? "application/json";

  const response = await fetch(base + path + search(query), {
    method,
    headers,
    body: type === undefined ? JSON.stringify(body) : String(body),
    credentials: "same-origin",
    cache: "no-store",
  }).catch(() => {
    throw new Problem(0, "unreachable", t.problem.unreachable);
  });
  clock.hear(response.headers.get("Date"));

  if (!response.ok) {
    const problem = problemFrom(
      response.status,
      await response.json().catch(() => undefined),
      t.problem.unexplained(response.status),
    );
    if (response.status === 401 && !path.startsWith("/login")) listener.signedOut();
    throw problem;
  }
  if (by === "person") listener.usedByPerson();
  if (response.status === 204) return undefined as T;
  const json = response.headers.get("Content-Type")?.includes("json") ?? false;
  return (await (json ? response.json() : response.text())) as T;
}

export function search(query: Query = {}): string {
  const parts = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value !== undefined && value !== "") parts.set(key, String(value));
  }
  const text = parts.toString();
  return text === "" ? "" : `?${text}`;
}

/** What was thrown, as a problem: a fault of the page itself is one too. */
export function asProblem(thrown: unknown): Problem {
  return thrown instanceof Problem ? thrown : new Problem(0, "page_fault", t.problem.pageFault);
}
