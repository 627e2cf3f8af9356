import assert from "node:assert/strict";
import test from "node:test";
import { problemFrom } from "./problem.ts";

test("a problem is told in the server's words", () => {
  const problem = problemFrom(422, { code: "invalid_value", detail: "Say what for.", errors: [{ key: "purpose", message: "empty" }] }, "?");
  assert.equal(problem.message, "Say what for.");
  assert.equal(problem.code, "invalid_value");
  assert.deepEqual(problem.fields, [{ key: "purpose", message: "empty" }]);
});

test("an answer without words gets ours", () => {
  for (const body of [undefined, null, "gateway", { detail: "" }, { detail: 5, errors: [null, {}] }]) {
    const problem = problemFrom(502, body, "It did not say why.");
    assert.equal(problem.message, "It did not say why.");
    assert.deepEqual(problem.fields, []);
  }
});
