// The story of a session, from what is known of it: a line for each thing that happened.

import { whoOf } from "../audit/who.ts";
import type { AuditEvent, Grant, Request, Session } from "../api/contract.ts";
import type { Tone } from "../story/leaf.ts";
import { t } from "../strings/index.ts";

export interface Told {
  at: string;
  who?: string;
  what: string;
  note?: string;
  tone: Tone;
}

const tones: Record<string, Tone> = {
  "request.denied": "danger",
  "grant.revoked": "danger",
  "session.denied": "danger",
  "session.end_ordered": "danger",
  "recording.failed": "danger",
  "recording.damaged": "danger",
  "target.alarm": "danger",
  "session.input_paused": "wait",
  "session.unwatched": "wait",
  "recording.sealed": "good",
};

/** What nobody did for this session, or what is told elsewhere on its page. */
const elsewhere = new Set([
  "recording.progress",
  "recording.opened",
  "recording.searched",
  "recording.verified",
]);

/** As the audit log has it: everything that happened. */
export function toldByLog(events: readonly AuditEvent[]): Told[] {
  return [...events]
    .sort((a, b) => a.seq - b.seq)
    .filter(({ action }) => !elsewhere.has(action))
    .map((event) => ({
      at: event.at,
      who: whoOf(event.actor),
      what: t.audit.done(event.action),
      note: noteOf(event),
      tone: tones[event.action] ?? "calm",
    }));
}

function noteOf({ action, after, reason }: AuditEvent): string | undefined {
  const fields = (after ?? {}) as Record<string, unknown>;
  if (action === "session.closed") {
    const blame = typeof fields["blame"] === "string" ? fields["blame"] : undefined;
    const ended = blame && t.evidence.blame(blame);
    return [ended, reason].filter(Boolean).join(" ") || undefined;
  }
  if (action === "recording.started") {
    const command = fields["command"];
    return typeof command === "string" ? command : undefined;
  }
  return reason ?? undefined;
}

/** As its request, its grant and the session say, for those who do not read the audit log. */
export function toldByThings(session: Session, grant?: Grant, request?: Request): Told[] {
  const words = t.evidence.told;
  const told: Told[] = [];
  const tell = (at: string | null | undefined, what: string, more: Partial<Told> = {}) => {
    if (at) told.push({ at, what, tone: "calm", ...more });
  };
  const or = (text: string | null | undefined) => text ?? undefined;

  tell(request?.created_at, words.asked, { who: session.account, note: request?.purpose });
  for (const { at, by, note } of request?.approvals ?? []) {
    tell(at, words.approved, { who: or(by), note: or(note) });
  }
  tell(grant?.created_at, words.granted);
  tell(session.opened_at, words.connected, { who: session.account, note: words.from(session.source) });
  const { entry, input, end_order: order, closed } = session;
  if (entry?.state === "let_in") tell(entry.at, words.letIn, { who: or(entry.by) });
  if (input?.state === "paused") {
    tell(input.at, words.paused, { who: or(input.by), note: or(input.reason), tone: "wait" });
  }
  tell(order?.at, words.endOrdered, { who: or(order?.by), note: order?.reason, tone: "danger" });
  tell(closed?.at, words.closed, {
    who: or(closed?.by),
    note: closed ? [t.evidence.blame(closed.blame), closed.text, closed.note].filter(Boolean).join(" ") : undefined,
  });
  return told.sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

/** The second of a recording at which something happened, if it was in it. */
export function secondOf(at: string, started: string, ended?: string | null): number | undefined {
  const ms = Date.parse(at) - Date.parse(started);
  const over = ended ? Date.parse(at) > Date.parse(ended) : false;
  return ms < 0 || over ? undefined : ms / 1_000;
}
