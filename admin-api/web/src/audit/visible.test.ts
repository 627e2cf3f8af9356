import assert from "node:assert/strict";
import test from "node:test";
import { visible } from "./visible.ts";

test("what turns text round or hides in it is shown", () => {
  assert.equal(visible("a\u202egnp.exe"), "a⟨U+202E⟩gnp.exe");
  assert.equal(visible("x\u0000\u200b\u001b[2J"), "x⟨U+0000⟩⟨U+200B⟩⟨U+001B⟩[2J");
});

test("plain text stays as it is, in any script", () => {
  assert.equal(visible("Kjøl <b> 冷却\tשלום\n"), "Kjøl <b> 冷却\tשלום\n");
});
