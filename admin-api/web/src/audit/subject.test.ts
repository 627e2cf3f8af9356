import assert from "node:assert/strict";
import test from "node:test";
import { named, placeOf, shortName } from "./subject.ts";

test("kind and name", () => {
  assert.deepEqual(named("account/anna"), { kind: "account", name: "anna" });
  assert.deepEqual(named("log/north/2"), { kind: "log", name: "north/2" });
  assert.deepEqual(named("system"), { kind: "system", name: "" });
});

test("each subject leads somewhere inside of the desk", () => {
  assert.equal(placeOf("session/0190"), "/recordings/0190");
  assert.equal(placeOf("account/anna"), "/audit?subject=account%2Fanna");
  assert.equal(placeOf("session/../../api"), "/recordings/..%2F..%2Fapi");
  assert.equal(placeOf("constructor/x"), "/audit?subject=constructor%2Fx");
});

test("an id is told by its end, a name in full", () => {
  assert.equal(shortName("0190b8c2-0001-7000-8000-000000abcdef"), "…abcdef");
  assert.equal(shortName("gt1-plc"), "gt1-plc");
});
