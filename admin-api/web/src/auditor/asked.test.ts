import assert from "node:assert/strict";
import test from "node:test";
import { addressOf, askedFrom, piecesOf, searchOf } from "./asked.ts";

const asked = (query: string) => askedFrom(new URLSearchParams(query));

test("the address and what is asked for are the same thing", () => {
  const query = "q=trip+reset&account=vera&zone=hall&since=2026-11-29T08%3A00&typed=1";
  assert.equal(addressOf("/", asked(query)), `/?${query}`);
  assert.deepEqual(asked(addressOf("", asked(query)).slice(1)), asked(query));
  assert.equal(addressOf("/", asked("q=+&show=other")), "/");
});

test("typed without words is nothing to look for", () => {
  assert.equal(addressOf("/", asked("typed=1")), "/");
});

test("the plant's time goes to the server as an instant", () => {
  const query = searchOf(asked("q=a&since=2026-11-29T08:00&until=2026-11-29T09:00"), "Europe/Oslo");
  assert.equal(query.since, "2026-11-29T07:00:00.000Z");
  assert.equal(query.until, "2026-11-29T08:00:00.000Z");
});

test("each filter goes to the server", () => {
  const query = searchOf(asked("q=a&account=vera&company=Works&asset=gt1&zone=hall&typed=1"), "UTC");
  assert.deepEqual({ ...query }, {
    q: "a",
    input: true,
    account: "vera",
    company: "Works",
    asset: "gt1",
    zone: "hall",
    since: undefined,
    until: undefined,
  });
});

test("found words are marked, and signs of patterns are only signs", () => {
  assert.deepEqual(piecesOf("rm -rf /tmp", "RM"), [
    { text: "rm", found: true },
    { text: " -rf /tmp", found: false },
  ]);
  const found = piecesOf("a firmware update failed (x)", '"firmware update" fail* (x)');
  assert.deepEqual(found.filter((p) => p.found).map((p) => p.text), ["firmware update", "fail", "(x)"]);
  assert.deepEqual(piecesOf("line", ""), [{ text: "line", found: false }]);
});
