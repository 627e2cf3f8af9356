import assert from "node:assert/strict";
import test from "node:test";
import { around, meets, pieceOf } from "./track.ts";

test("only what is on the track is drawn", () => {
  const track = { from: 0, to: 200 };
  assert.deepEqual(pieceOf(track, 50, 100), { x: 25, width: 25 });
  assert.deepEqual(pieceOf(track, -50, 100), { x: 0, width: 50 });
  assert.deepEqual(pieceOf(track, 150, 900), { x: 75, width: 25 });
  assert.equal(pieceOf(track, 200, 300), undefined);
});

test("a window is in the middle, and short ones have an hour around them", () => {
  assert.deepEqual(around(0, 1_800_000), { from: -3_600_000, to: 5_400_000 });
  assert.deepEqual(around(0, 14_400_000), { from: -7_200_000, to: 21_600_000 });
});

test("spans that only touch do not meet", () => {
  assert.equal(meets({ from: 0, to: 5 }, { from: 5, to: 9 }), false);
  assert.equal(meets({ from: 0, to: 5 }, { from: 4, to: 9 }), true);
});
