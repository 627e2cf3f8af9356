import type { Grant, Request, Session } from "../api/contract.ts";
import { t } from "../strings/index.ts";
import type { Story } from "./leaf.ts";

/** How far a request has come, and for whom it waits. */
export function requestStory(request: Request): Story {
  const words = t.request.story;
  const reason = request.ended?.reason;
  switch (request.state) {
    case "waiting": {
      const have = request.approvals.length;
      const needed = request.approvals_needed ?? undefined;
      return {
        leaf: have > 0 ? "lowering" : "raised",
        tone: "wait",
        line: needed === undefined ? words.zoneGone : words.waiting(have, needed),
      };
    }
    case "granted":
      return {
        leaf: "ready",
        tone: "good",
        line: request.extends ? words.extended : words.granted,
      };
    case "denied":
      return { leaf: "gone", tone: "danger", line: words.denied(reason ?? undefined) };
    case "withdrawn":
      return { leaf: "gone", tone: "calm", line: words.withdrawn };
    case "lapsed":
      return { leaf: "gone", tone: "calm", line: words.lapsed };
    default:
      return { leaf: "gone", tone: "calm", line: words.cancelled(reason ?? undefined) };
  }
}

/** Whether the vendor may cross now, and if not, why not; in words for one of the two. */
export function grantStory(grant: Grant, now: number, reader: "vendor" | "plant"): Story {
  const words = t.grant.story;
  const over: Story = { leaf: "gone", tone: "calm", line: words.over[reader] };
  if (grant.phase === "closed") {
    const { why, reason = "" } = grant.ended ?? {};
    if (why === "revoked") return { leaf: "gone", tone: "danger", line: words.revoked(reason) };
    return why === undefined || why === "expired" ? over : { ...over, line: words.ended(reason) };
  }
  // The server says so at the next change; the clock says so now.
  if (now >= Date.parse(grant.window.end)) return over;
  return now < Date.parse(grant.window.start)
    ? { leaf: "ready", tone: "calm", line: words.scheduled }
    : { leaf: "lowered", tone: reader === "vendor" ? "good" : "calm", line: words.open[reader] };
}

/** How a session stands: who waits for whom. */
export function sessionStory(session: Session, now: number): Story {
  const words = t.session.story;
  if (session.state !== "open") {
    return { leaf: "gone", tone: "calm", line: session.closed?.text ?? words.closed };
  }
  if (session.ends_at && now >= Date.parse(session.ends_at)) {
    return { leaf: "gone", tone: "calm", line: words.ending };
  }
  if (session.entry?.state === "waiting") {
    return { leaf: "raised", tone: "wait", line: words.lobby };
  }
  switch (session.input?.state) {
    case "lobby":
      return { leaf: "raised", tone: "wait", line: words.lobby };
    case "paused":
      return { leaf: "lowering", tone: "wait", line: words.paused(session.input.reason ?? undefined) };
    case "unwatched":
      return { leaf: "lowering", tone: "wait", line: words.unwatched };
    default:
      // What runs as it should needs nobody's eye.
      return { leaf: "lowered", tone: "calm", line: words.flows(session.watchers?.length ?? 0) };
  }
}
