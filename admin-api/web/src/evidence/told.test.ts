import assert from "node:assert/strict";
import test from "node:test";
import type { AuditEvent, Grant, Request, Session } from "../api/contract.ts";
import { secondOf, toldByLog, toldByThings } from "./told.ts";

const event = (seq: number, action: string, more: Partial<AuditEvent> = {}): AuditEvent => ({
  seq, action, id: String(seq), at: `2026-11-29T10:00:0${seq}Z`, actor: "account/anna",
  source: "", subject: "session/s", ...more,
});

test("the log's story is in its order, and leaves out who only read", () => {
  const told = toldByLog([
    event(3, "session.closed", { actor: "system", after: { blame: "policy" }, reason: "Window over." }),
    event(1, "request.approved", { reason: "Agreed." }),
    event(2, "recording.opened"),
  ]);
  assert.deepEqual(told.map(({ who }) => who), ["anna", "Drawbridge"]);
  assert.equal(told[0]?.note, "Agreed.");
  assert.match(told[1]?.note ?? "", /rule.* Window over\./);
});

test("without the log, the things themselves tell it, in the order of time", () => {
  const window = { start: "", end: "" };
  const session = {
    account: "vera", source: "198.51.100.24", opened_at: "2026-11-29T10:05:00Z",
    closed: { at: "2026-11-29T10:30:00Z", blame: "vendor", code: "", text: "They left." },
    entry: { required: true, state: "let_in", by: "olga", at: "2026-11-29T10:06:00Z" },
  } as Session;
  const request = {
    created_at: "2026-11-29T09:00:00Z", purpose: "Update.",
    approvals: [{ by: "anna", at: "2026-11-29T09:30:00Z", window, note: "Yes." }],
  } as Request;
  const told = toldByThings(session, { created_at: "2026-11-29T09:30:00Z" } as Grant, request);
  assert.deepEqual(told.map(({ who }) => who), ["vera", "anna", undefined, "vera", "olga", undefined]);
  assert.match(told.at(-1)?.note ?? "", /They left\./);
});

test("what happened in the recording has its second", () => {
  const [started, ended] = ["2026-11-29T10:00:00Z", "2026-11-29T10:10:00Z"];
  assert.equal(secondOf("2026-11-29T10:01:30Z", started, ended), 90);
  assert.equal(secondOf("2026-11-29T09:59:59Z", started, ended), undefined);
  assert.equal(secondOf("2026-11-29T10:10:01Z", started, ended), undefined);
});
