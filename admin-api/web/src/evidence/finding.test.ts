import assert from "node:assert/strict";
import test from "node:test";
import { findingOf, verdictOf } from "./finding.ts";

const finding = (state: string) => findingOf({ name: "a check", state, detail: "" });

test("proven is what the server proved, with what is only noted", () => {
  assert.equal(verdictOf({ verdict: "proven" }, [finding("proven"), finding("noted")]), "proven");
  assert.equal(verdictOf({ verdict: "noted" }, []), "proven");
});

test("no verdict is better than its findings", () => {
  assert.equal(verdictOf({ verdict: "proven" }, [finding("contradicted")]), "contradicted");
  assert.equal(verdictOf({ verdict: "proven" }, [finding("undecided")]), "undecided");
  assert.equal(verdictOf({ verdict: "contradicted" }, [finding("proven")]), "contradicted");
});

test("what is not understood proves nothing", () => {
  assert.equal(finding("ok").outcome, "undecided");
  assert.equal(verdictOf({}, [finding("proven")]), "undecided");
  assert.deepEqual(findingOf({ name: 7 }), { name: "", outcome: "undecided", detail: "" });
});
