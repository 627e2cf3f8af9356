import assert from "node:assert/strict";
import test from "node:test";
import { tilesOf, type Known } from "./tiles.ts";

const GIB = 1_024 ** 3;
const well: Known = {
  health: { ok: true, now: "", version: "1", recordings: "ample", log: "signed" },
  recorder: {
    space: "ample", free_bytes: 80 * GIB, total_bytes: 100 * GIB, least_free_bytes: 8 * GIB,
    open_recordings: 2, waiting_segments: 1,
  },
  log: { signed: 12_345, signed_at: "", anchors: [{ name: "file:/worm", size: 12_345, behind: 0 }] },
};
const tones = (known: Known) => tilesOf(known).map(({ tone }) => tone);

test("what is well is calm, and asks for nothing", () => {
  assert.deepEqual(tones(well), Array(5).fill("calm"));
  assert.ok(tilesOf(well).every(({ next }) => next === undefined));
});

test("whatever is not calm says what to do", () => {
  const states: Known[] = [
    { health: null, recorder: null, log: null },
    { ...well, health: { ...well.health!, ok: false } },
    { ...well, recorder: { ...well.recorder!, space: "low" } },
    { ...well, recorder: { ...well.recorder!, space: "critical" } },
    { ...well, recorder: { ...well.recorder!, trouble: "The directory is read-only." } },
    { ...well, recorder: { ...well.recorder!, waiting_segments: 9 } },
    { ...well, log: { ...well.log!, not_signed_since: "2026", why: "No key." } },
    { ...well, log: { anchors: [] } },
    { ...well, log: { ...well.log!, anchors: [{ name: "w", failing_since: "2026" }] } },
  ];
  for (const state of states) {
    const loud = tilesOf(state).filter(({ tone }) => tone !== "calm");
    assert.ok(loud.length > 0, JSON.stringify(state));
    assert.ok(loud.every(({ next }) => next), JSON.stringify(loud));
  }
});

test("a space that is not known is no calm one", () => {
  assert.equal(tones({ ...well, recorder: { ...well.recorder!, space: "new-word" } })[1], "danger");
});
