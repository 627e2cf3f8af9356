import assert from "node:assert/strict";
import test from "node:test";
import { safeTarget } from "./target.ts";

const to = (wanted: string | null) => safeTarget(wanted, "https://desk.example");

test("one comes back to the page one came for", () => {
  assert.equal(to("/sessions?state=open"), "/sessions?state=open");
  assert.equal(to(null), "/");
  assert.equal(to("/sign-in?to=/x"), "/");
});

test("nobody is sent to another place", () => {
  for (const elsewhere of [
    "https://evil.example/",
    "//evil.example",
    "/.//evil.example",
    "/\\evil.example",
    "/\t/evil.example",
    "javascript:alert(1)",
  ]) {
    assert.equal(to(elsewhere), "/", elsewhere);
  }
});
