import assert from "node:assert/strict";
import test from "node:test";
import { bytesSaid } from "./bytes.ts";

test("sizes", () => {
  assert.equal(bytesSaid(0), "0 bytes");
  assert.equal(bytesSaid(1_023), "1023 bytes");
  assert.equal(bytesSaid(1_536), "1.5 KiB");
  assert.equal(bytesSaid(5 * 1_024 ** 3), "5.0 GiB");
});
