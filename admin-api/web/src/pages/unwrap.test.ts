import assert from "node:assert/strict";
import test from "node:test";
import { unwrapped } from "./unwrap.ts";

test("a full line goes on, a short one and a blank one end", () => {
  const full = "This is the access broker of an industrial plant. Only those whom the plant has";
  assert.equal(unwrapped(`${full}\napproved may enter.`), `${full} approved may enter.`);
  assert.equal(unwrapped("North Ridge\nCall 555-0142"), "North Ridge\nCall 555-0142");
  assert.equal(unwrapped(`${full}\n\nanother`), `${full}\n\nanother`);
  assert.equal(unwrapped(`${full}\n * a point`), `${full}\n * a point`);
  assert.equal(unwrapped(""), "");
});
