import assert from "node:assert/strict";
import test from "node:test";
import type { Grant, Request, Session } from "../api/contract.ts";
import { grantStory, requestStory, sessionStory } from "./story.ts";

const window = { start: "2026-11-29T10:00:00Z", end: "2026-11-29T12:00:00Z" };
const at = (clock: string) => Date.parse(`2026-11-29T${clock}Z`);
const yes = { at: window.start, window };

const request = (more: Partial<Request>): Request => ({
  id: "r", account: "vera", asset: "gt1", zone: "hall", protocol: "ssh", purpose: "", created_at: "",
  approvals: [], approvals_needed: 2, state: "waiting", wanted: window, window, ...more,
});
const grant = (more: Partial<Grant>): Grant => ({
  id: "g", request: "r", account: "vera", asset: "gt1", zone: "hall", protocol: "ssh", window,
  created_at: "", extensions: 0, phase: "open", ...more,
});
const session = (more: Partial<Session>): Session => ({
  id: "s", account: "vera", asset: "gt1", zone: "hall", protocol: "ssh", conduit: "c", grant: "g",
  source: "", opened_at: "", state: "open", ends_at: window.end, supervised: false, watchers: [],
  entry: { required: false, state: "open" }, input: { state: "flows" }, ...more,
});

test("a request says for how many it still waits", () => {
  assert.match(requestStory(request({})).line, /^0 of 2 approvals; waiting for two/);
  const one = requestStory(request({ approvals: [yes] }));
  assert.equal(one.leaf, "lowering");
  assert.match(one.line, /^1 of 2 approvals; waiting for one more/);
});

test("a denied request gives the reason", () => {
  const denied = requestStory(request({ state: "denied", ended: { at: "", reason: "Not today." } }));
  assert.match(denied.line, /Not today\./);
  assert.equal(denied.tone, "danger");
});

test("a window is over by the clock, whatever was heard last", () => {
  assert.equal(grantStory(grant({ phase: "scheduled" }), at("09:59:59"), "vendor").leaf, "ready");
  assert.equal(grantStory(grant({ phase: "scheduled" }), at("10:00:00"), "vendor").leaf, "lowered");
  assert.equal(grantStory(grant({}), at("12:00:00"), "vendor").leaf, "gone");
});

test("who waits in a session", () => {
  const now = at("11:00:00");
  const story = (more: Partial<Session>) => sessionStory(session(more), now);
  assert.equal(story({ entry: { required: true, state: "waiting" } }).leaf, "raised");
  assert.match(story({ input: { state: "paused", reason: "Load change." } }).line, /Load change\./);
  assert.equal(story({ input: { state: "unwatched" } }).tone, "wait");
  assert.equal(story({ input: { state: "flows" } }).leaf, "lowered");
  assert.equal(sessionStory(session({}), at("12:00:00")).leaf, "gone");
});
