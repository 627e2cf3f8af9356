import assert from "node:assert/strict";
import test from "node:test";
import { actionsOf, plantChanges } from "./change.ts";

test("signing in is no change; switching an account off is one", () => {
  const all = actionsOf("all").split(",");
  for (const change of ["plant", "conduit", "credential", "account.disabled"]) assert.ok(all.includes(change));
  assert.ok(!all.includes("account") && !all.includes("account.signed_in") && !all.includes("all"));
  assert.equal(actionsOf("plant"), "plant");
  assert.ok(actionsOf("account").split(",").every((action) => action.startsWith("account.")));
});

test("a plant file's changes are read without trust", () => {
  const zone = { verb: "add", kind: "zone", name: "hall", detail: "" };
  assert.deepEqual(plantChanges({ changes: [zone, 7, null] }), [zone]);
  assert.deepEqual(plantChanges({ changes: "all" }), []);
  assert.deepEqual(plantChanges(null), []);
});
