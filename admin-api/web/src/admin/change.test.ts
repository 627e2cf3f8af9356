import assert from "node:assert/strict";
import test from "node:test";
import { isChange, plantChanges } from "./change.ts";

test("signing in is no change; switching an account off is one", () => {
  assert.ok(!isChange({ action: "account.signed_in" }, "account"));
  assert.ok(isChange({ action: "account.disabled" }, "account"));
  assert.ok(isChange({ action: "account.disabled" }, "all"));
  assert.ok(!isChange({ action: "account.disabled" }, "plant"));
  assert.ok(!isChange({ action: "session.opened" }, "all"));
});

test("a plant file's changes are read without trust", () => {
  const zone = { verb: "add", kind: "zone", name: "hall", detail: "" };
  assert.deepEqual(plantChanges({ changes: [zone, 7, null] }), [zone]);
  assert.deepEqual(plantChanges({ changes: "all" }), []);
  assert.deepEqual(plantChanges(null), []);
});
