import assert from "node:assert/strict";
import test from "node:test";
import { match } from "./match.ts";

test("a pattern takes the paths of its shape, with their parts", () => {
  assert.deepEqual(match("/", "/"), {});
  assert.deepEqual(match("/requests/:id", "/requests/0190"), { id: "0190" });
  assert.deepEqual(match("/requests/:id", "/requests/0190/"), { id: "0190" });
  assert.deepEqual(match("/ways/:name", "/ways/a%20b"), { name: "a b" });
});

test("nothing else", () => {
  assert.equal(match("/requests/:id", "/requests"), undefined);
  assert.equal(match("/requests/:id", "/requests/"), undefined);
  assert.equal(match("/requests/:id", "/grants/0190"), undefined);
  assert.equal(match("/requests/:id", "/requests/0190/more"), undefined);
  assert.equal(match("/requests/:id", "/requests/%E0%A4%A"), undefined);
});
