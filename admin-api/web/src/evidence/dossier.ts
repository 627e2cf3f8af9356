import * as api from "../api/calls.ts";
import type { By } from "../api/client.ts";
import type { AuditEvent, Grant, Recording, Request, Session } from "../api/contract.ts";
import * as evidence from "../api/evidence.ts";

/** All that is known about a session. */
export interface Dossier {
  session: Session;
  recordings: Recording[];
  grant: Grant;
  request: Request;
  /** For those who may read the audit log. */
  events?: AuditEvent[];
}

export async function dossierOf(by: By, id: string, withLog: boolean): Promise<Dossier> {
  const session = await api.session(by, id);
  const [recordings, grant] = await Promise.all([
    evidence.recordings(by, { session: id, limit: 200 }),
    api.grant(by, session.grant),
  ]);
  const about = (subject: string) =>
    evidence.audit(by, { subject, oldest_first: true, limit: 200 }).then(({ items }) => items);
  const [request, events] = await Promise.all([
    api.request(by, grant.request),
    withLog
      ? Promise.all([about(`session/${id}`), about(`grant/${grant.id}`), about(`request/${grant.request}`)])
      : undefined,
  ]);
  return {
    session,
    recordings: recordings.items.sort((a, b) => a.channel - b.channel),
    grant,
    request,
    events: events?.flat(),
  };
}
