import assert from "node:assert/strict";
import test from "node:test";
import { lineSpan } from "./lines.ts";

test("a line is found by its number", () => {
  const text = "one\ntwo\n\nfour";
  assert.deepEqual(lineSpan(text, 1), [0, 3]);
  assert.deepEqual(lineSpan(text, 2), [4, 7]);
  assert.deepEqual(lineSpan(text, 3), [8, 8]);
  assert.deepEqual(lineSpan(text, 4), [9, 13]);
  assert.deepEqual(lineSpan(text, 99), [9, 13]);
  assert.deepEqual(lineSpan("", 1), [0, 0]);
});
