// What there is to tell somebody who does not look, from what was known before and
// what is known now.

import type { Grant, Request, Session, Window } from "../api/contract.ts";
import { t } from "../strings/index.ts";
import { momentOf, windowOf, zoneName } from "../time/say.ts";

export interface Known {
  at: number;
  /** Those of the person's own, or those into zones that they answer for. */
  requests: readonly Request[];
  grants: readonly Grant[];
  sessions: readonly Session[];
}

export interface News {
  /** The same for the same thing, so that a browser tells it once, from however many pages. */
  tag: string;
  href: string;
  text: string;
}

const words = t.notify;
const SOON = 10 * 60_000;
/** Clocks differ, and what is known was asked for a moment before. */
const LATE = 60_000;

export function forPlant(before: Known, now: Known, decides: boolean): News[] {
  const waited = new Set([...before.requests.filter(waits), ...before.sessions.filter(inLobby)].map(id));
  const lobby = now.sessions.filter(inLobby).map((session) => ({
    ...session,
    since: session.opened_at,
    href: `/sessions/${session.id}`,
    text: words.waits(session.account, session.asset),
  }));
  const asked = now.requests.filter((request) => decides && waits(request)).map((request) => ({
    ...request,
    since: request.created_at,
    href: `/requests/${request.id}`,
    text: words.asks(request.account, request.asset),
  }));
  // Where more wait than are asked for, one that was not known before may be old.
  const isNew = (since: string) => Date.parse(since) > before.at - LATE;
  return [...lobby, ...asked]
    .filter(({ id, since }) => !waited.has(id) && isNew(since))
    .map(({ href, text }) => ({ tag: href, href, text }));
}

export function forVendor(before: Known, now: Known, zone: string): News[] {
  const say: Say = {
    window: ({ start, end }) =>
      `${windowOf(Date.parse(start), Date.parse(end), zone, now.at)} ${zoneName(Date.parse(end), zone)}`,
    moment: (at) => `${momentOf(Date.parse(at), zone, now.at)} ${zoneName(Date.parse(at), zone)}`,
  };
  const was = <T extends { id: string }>(all: readonly T[], { id }: T) =>
    all.find((one) => one.id === id);
  return [
    ...now.requests.flatMap((request) => ofRequest(was(before.requests, request), request, say)),
    ...now.grants.flatMap((grant) => {
      const known = was(before.grants, grant);
      return known ? ofGrant(known, before.at, grant, now.at, say) : [];
    }),
    ...now.sessions.flatMap((session) => ofSession(was(before.sessions, session), session)),
  ];
}

interface Say {
  window: (window: Window) => string;
  moment: (at: string) => string;
}

function ofRequest(was: Request | undefined, request: Request, say: Say): News[] {
  const { id, asset, state, window, grant } = request;
  const reason = request.ended?.reason ?? "";
  const page = `/requests/${id}`;
  const tell = (what: string, text: string, href = page) => [{ tag: `${page} ${what}`, href, text }];
  if (state === "waiting") {
    const same = !was || (was.window.start === window.start && was.window.end === window.end);
    return same ? [] : tell(`${window.start} ${window.end}`, words.narrowed(asset, say.window(window)));
  }
  if (was?.state === state) return [];
  switch (state) {
    case "granted": {
      const said = (request.extends ? words.longer : words.granted)(asset, say.window(window));
      const leads = request.extends ?? grant;
      return tell(state, said, leads ? `/grants/${leads}` : page);
    }
    case "denied":
      return tell(state, words.denied(asset, reason));
    case "cancelled":
      return tell(state, words.cancelled(asset, reason));
    default:
      return [];
  }
}

function ofGrant(was: Grant, then: number, grant: Grant, now: number, say: Say): News[] {
  const { id, asset, phase, ended } = grant;
  const href = `/grants/${id}`;
  const tell = (what: string, text: string) => [{ tag: `${href} ${what}`, href, text }];
  if (phase === "closed") {
    const taken = was.phase !== "closed" && ended != null && ended.why !== "expired";
    return taken ? tell("revoked", words.revoked(asset, ended.reason)) : [];
  }
  const [start, end] = [Date.parse(grant.window.start), Date.parse(grant.window.end)];
  if (now < start || now >= end) return [];
  if (then < start) return tell("open", words.opens(asset, say.moment(grant.window.end)));
  const soon = end - now <= SOON && Date.parse(was.window.end) - then > SOON;
  return soon ? tell(`over ${grant.window.end}`, words.soonOver(asset, say.moment(grant.window.end))) : [];
}

function ofSession(was: Session | undefined, { id, asset, grant, entry }: Session): News[] {
  if (entry.state !== "let_in" || was?.entry.state === "let_in") return [];
  return [{ tag: `/sessions/${id} in`, href: `/grants/${grant}`, text: words.letIn(asset) }];
}

const id = (thing: { id: string }) => thing.id;
const waits = ({ state }: Request) => state === "waiting";
const inLobby = ({ entry }: Session) => entry.state === "waiting";
