import assert from "node:assert/strict";
import test from "node:test";
import type { Grant, Request, Session } from "../api/contract.ts";
import { forPlant, forVendor, type Known } from "./news.ts";

const noon = Date.parse("2026-11-29T12:00Z");
const at = (minutes: number) => new Date(noon + minutes * 60_000).toISOString();
const window = { start: at(30), end: at(90) };

const request = (more: Partial<Request> = {}): Request => ({
  id: "r1",
  account: "vera",
  asset: "gt1",
  zone: "hall",
  protocol: "ssh",
  purpose: "Look.",
  wanted: window,
  window,
  created_at: at(-5),
  approvals: [],
  state: "waiting",
  ...more,
});
const grant = (more: Partial<Grant> = {}): Grant => ({
  id: "g1",
  request: "r1",
  account: "vera",
  asset: "gt1",
  zone: "hall",
  protocol: "ssh",
  window,
  created_at: at(-5),
  phase: "scheduled",
  extensions: 0,
  ...more,
});
const session = (state: Session["entry"]["state"], opened_at = at(0)) =>
  ({ id: "s1", account: "vera", asset: "gt1", grant: "g1", opened_at, entry: { required: true, state } }) as Session;

const known = (minutes: number, more: Partial<Known> = {}): Known => ({
  at: noon + minutes * 60_000,
  requests: [],
  grants: [],
  sessions: [],
  ...more,
});
const told = (before: Known, now: Known) => forVendor(before, now, "UTC");
const texts = (before: Known, now: Known) => told(before, now).map(({ text }) => text);
const ofRequest = (now: Partial<Request>, before: Partial<Request> = {}) =>
  told(known(0, { requests: [request(before)] }), known(1, { requests: [request(now)] }));
const ofGrant = (from: number, to: number, now: Partial<Grant> = {}, before: Partial<Grant> = {}) =>
  texts(known(from, { grants: [grant(before)] }), known(to, { grants: [grant(now)] }));

test("a vendor is told what became of a request, once, and where it stands", () => {
  assert.deepEqual(ofRequest({ state: "granted", grant: "g1" }), [
    { tag: "/requests/r1 granted", href: "/grants/g1", text: "Granted: gt1, 12:30 – 13:30 UTC." },
  ]);
  const ended = { at: at(1), reason: "Not today." };
  assert.deepEqual(ofRequest({ state: "denied", ended }), [
    { tag: "/requests/r1 denied", href: "/requests/r1", text: "Denied: gt1. Not today." },
  ]);
  assert.equal(ofRequest({ state: "cancelled", ended }).length, 1);
  assert.deepEqual(ofRequest({ state: "denied", ended }, { state: "denied", ended }), []);
  assert.deepEqual(ofRequest({ state: "withdrawn" }), [], "that they did themselves");
});

test("a request that waits is told of when its window got narrower", () => {
  const narrow = { start: at(40), end: at(60) };
  assert.equal(ofRequest({ window: narrow })[0]?.text, "Narrowed by an approver: gt1, 12:40 – 13:00 UTC.");
  assert.deepEqual(ofRequest({ window: narrow }, { window: narrow }), []);
});

test("more time leads to the window that it was asked for", () => {
  const [news] = ofRequest({ state: "granted", extends: "g0", grant: "g9" });
  assert.equal(news?.href, "/grants/g0");
  assert.match(news?.text ?? "", /^More time/);
});

test("a window is told of when it opens, and ten minutes before its end", () => {
  assert.deepEqual(ofGrant(28, 29), []);
  assert.deepEqual(ofGrant(29, 30), ["Your window on gt1 is open, until 13:30 UTC."]);
  assert.deepEqual(ofGrant(31, 32), []);
  assert.deepEqual(ofGrant(79, 80), ["Ten minutes are left on gt1: the window ends at 13:30 UTC."]);
  assert.deepEqual(ofGrant(80, 81), []);
  assert.deepEqual(ofGrant(89, 90), [], "it is over");
  const longer = { window: { start: at(30), end: at(120) } };
  assert.equal(ofGrant(109, 110, longer, longer).length, 1, "once more, after it was made longer");
});

test("a window that is new is told of as a request alone", () => {
  assert.deepEqual(texts(known(35), known(36, { grants: [grant({ phase: "open" })] })), []);
});

test("a window that was taken back says why; one that is over says nothing", () => {
  const ended = (why: string) => ({ phase: "closed", ended: { at: at(40), why, reason: "Load change." } });
  assert.deepEqual(ofGrant(39, 40, ended("revoked")), ["The plant took back your window on gt1. Load change."]);
  assert.deepEqual(ofGrant(89, 90, ended("expired")), []);
  assert.deepEqual(ofGrant(89, 90, { phase: "closed" }), []);
  assert.deepEqual(ofGrant(41, 42, ended("revoked"), ended("revoked")), []);
});

test("one who stood in the lobby is told that they were let in", () => {
  const lobby = known(0, { sessions: [session("waiting")] });
  const inside = known(1, { sessions: [session("let_in")] });
  assert.deepEqual(told(lobby, inside), [
    { tag: "/sessions/s1 in", href: "/grants/g1", text: "You were let in to gt1." },
  ]);
  assert.deepEqual(told(inside, inside), []);
  assert.deepEqual(told(known(0), known(1, { sessions: [session("open")] })), []);
});

test("the plant is told of who waits, and approvers of what is asked", () => {
  const fresh = { requests: [request({ created_at: at(0.5) })], sessions: [session("waiting", at(0.6))] };
  const waiting = known(1, fresh);
  assert.deepEqual(
    forPlant(known(0), waiting, true).map(({ href }) => href),
    ["/sessions/s1", "/requests/r1"],
  );
  assert.deepEqual(forPlant(known(0), waiting, false).map(({ href }) => href), ["/sessions/s1"]);
  assert.deepEqual(forPlant(waiting, waiting, true), []);
});

test("what has waited for long is not told as new, though it was not among those that were known", () => {
  const old = known(1, { requests: [request()], sessions: [session("waiting", at(-5))] });
  assert.deepEqual(forPlant(known(0), old, true), []);
});
