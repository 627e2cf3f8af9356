import assert from "node:assert/strict";
import test from "node:test";
import { bytesOf, channelOf, endOf, objectOf, sizeOf, toldBy } from "./messages.ts";

test("bytes are those that were sent, whatever they are", () => {
  assert.deepEqual([...bytesOf("AP8bWzFt")], [0, 255, 27, 91, 49, 109]);
  assert.equal(bytesOf("***").length, 0);
  assert.equal(bytesOf(undefined).length, 0);
});

test("a size is one that a terminal can have", () => {
  assert.deepEqual(sizeOf({ cols: 132, rows: 43 }), { cols: 132, rows: 43 });
  assert.deepEqual(sizeOf({ cols: -1, rows: "x" }), { cols: 80, rows: 24 });
});

test("a channel is a whole number", () => {
  assert.equal(channelOf({ channel: 3 }), 3);
  assert.equal(channelOf({ channel: "3" }), 0);
  assert.equal(channelOf({ channel: 0.5 }), 0);
});

test("what is no object is an empty one", () => {
  assert.deepEqual(objectOf('{"a":1}'), { a: 1 });
  assert.deepEqual(objectOf("null"), {});
  assert.deepEqual(objectOf("{"), {});
});

test("the broker's words beside the output", () => {
  assert.deepEqual(toldBy('{"opened":{"session":"0190"}}'), { kind: "opened", session: "0190" });
  assert.deepEqual(toldBy('{"exit":0}'), { kind: "exit", status: 0 });
  assert.deepEqual(toldBy('{"refused":{"code":"conduit_closed","detail":"It is closed."}}'), {
    kind: "refused",
    why: "It is closed.",
  });
  assert.deepEqual(toldBy('{"opened":null}'), { kind: "unknown" });
});

test("each way for a line to end is told apart", () => {
  assert.deepEqual(endOf(1000, "", 3), { kind: "exit", status: 3 });
  assert.deepEqual(endOf(1000, "", undefined), { kind: "over" });
  assert.deepEqual(endOf(4403, "The window has ended.", undefined), {
    kind: "refused",
    why: "The window has ended.",
  });
  assert.deepEqual(endOf(1011, "", undefined), { kind: "failed", why: "" });
  assert.deepEqual(endOf(1006, "", undefined), { kind: "lost" });
});
