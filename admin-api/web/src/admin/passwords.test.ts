import assert from "node:assert/strict";
import test from "node:test";
import { newPassword } from "./passwords.ts";

test("four groups that can be read out", () => {
  const made = newPassword((into) => crypto.getRandomValues(into));
  assert.match(made, /^([a-hjkmnp-z2-9]{5}-){3}[a-hjkmnp-z2-9]{5}$/);
  assert.notEqual(made, newPassword((into) => crypto.getRandomValues(into)));
});

test("a byte beyond the last whole round is not used", () => {
  const bytes = [255, 248, ...Array(20).fill(0)];
  assert.equal(newPassword(() => Uint8Array.of(bytes.shift() ?? 0)), "aaaaa-aaaaa-aaaaa-aaaaa");
  assert.equal(bytes.length, 0);
});
