// Each call of the API that the pages make, by name.

import type {
  Asset,
  Banner,
  BrowserLogin,
  Conduit,
  Grant,
  LoggedIn,
  Login,
  Me,
  NewRequest,
  Page,
  Request,
  Session,
  Ticket,
  Window,
  Zone,
} from "./contract.ts";
import { get, post, type By } from "./client.ts";

const at = (...parts: string[]) => `/${parts.map(encodeURIComponent).join("/")}`;

export interface ListQuery {
  account?: string;
  asset?: string;
  zone?: string;
  after?: string;
  limit?: number;
}

type List<Q, T> = (by: By, query?: Q) => Promise<Page<T>>;
const list =
  <Q extends ListQuery, T>(path: string): List<Q, T> =>
  (by, query) =>
    get(path, { by, query: { ...query } });

export const banner = () => get<Banner>("/banner", { by: "page" });
export const signIn = (name: string, password: string) =>
  post<BrowserLogin>("/login/browser", { name, password, banner_accepted: true });
/** A token for a program. The browser's own login does not suffice to get one. */
export const tokenFor = (name: string, password: string, label: string) =>
  post<LoggedIn>("/login", { name, password, label });
export const signOut = () => post("/logout");
export const me = (by: By) => get<Me>("/me", { by });
export const ownLogins = (by: By) => get<{ items: Login[] }>("/me/logins", { by });
export const revokeLogin = (id: string) => post(at("me", "logins", id, "revoke"));
export const changePassword = (current: string, password: string) =>
  post("/me/password", { current, password });

export const assets = list<ListQuery, Asset>("/assets");
export const zones = list<ListQuery, Zone>("/zones");
export const conduits = list<ListQuery, Conduit>("/conduits");
export const requests = list<ListQuery & { state?: string }, Request>("/requests");
export const grants = list<ListQuery & { phase?: string }, Grant>("/grants");
export interface SessionQuery extends ListQuery {
  grant?: string;
  open?: boolean;
  company?: string;
  /** Those that ran at some time between the two. */
  since?: string;
  until?: string;
}
export const sessions = list<SessionQuery, Session>("/sessions");

export const request = (by: By, id: string) => get<Request>(at("requests", id), { by });
export const grant = (by: By, id: string) => get<Grant>(at("grants", id), { by });
export const session = (by: By, id: string) => get<Session>(at("sessions", id), { by });

export const ask = (body: NewRequest) => post<Request>("/requests", body);
export const withdraw = (id: string) => post<Request>(at("requests", id, "withdraw"));
export const approve = (id: string, narrowed?: Window, note?: string) =>
  post<Request>(at("requests", id, "approve"), {
    not_before: narrowed?.start,
    not_after: narrowed?.end,
    note: note || undefined,
  });
export const deny = (id: string, reason: string) =>
  post<Request>(at("requests", id, "deny"), { reason });

export const takeTicket = (grant: string) => post<Ticket>(at("grants", grant, "tickets"));
export const extendGrant = (grant: string, not_after: string, note?: string) =>
  post<Request>(at("grants", grant, "extend"), { not_after, note: note || undefined });
export const revokeGrant = (grant: string, reason: string) =>
  post<Grant>(at("grants", grant, "revoke"), { reason });

export const letIn = (session: string, note?: string) =>
  post<Session>(at("sessions", session, "let-in"), { note: note || undefined });
export const pause = (session: string, reason?: string) =>
  post<Session>(at("sessions", session, "pause"), { reason: reason || undefined });
export const resume = (session: string, note?: string) =>
  post<Session>(at("sessions", session, "resume"), { note: note || undefined });
export const tell = (session: string, text: string) =>
  post(at("sessions", session, "message"), { text });
export const endSession = (session: string, reason: string) =>
  post<Session>(at("sessions", session, "end"), { reason });

export const closeConduit = (name: string, reason: string) =>
  post<Conduit>(at("conduits", name, "close"), { reason });
export const openConduit = (name: string, reason: string) =>
  post<Conduit>(at("conduits", name, "open"), { reason });
export const closeSite = (reason: string) =>
  post<{ closed: string[] }>("/conduits/close", { reason });

/** All of a list that is short by nature, page after page. */
export async function everything<T>(page: (after?: string) => Promise<Page<T>>): Promise<T[]> {
  const items: T[] = [];
  let after: string | undefined;
  do {
    const { items: more, next } = await page(after);
    items.push(...more);
    after = next ?? undefined;
  } while (after !== undefined);
  return items;
}
