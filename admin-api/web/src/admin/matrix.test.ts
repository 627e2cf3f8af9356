import assert from "node:assert/strict";
import test from "node:test";
import type { Conduit, Zone } from "../api/contract.ts";
import { matrixOf } from "./matrix.ts";

const zone = (name: string, security_level: number, safety = false): Zone => ({
  name, title: name, security_level, safety, approvals: 1, longest_session_seconds: 1, retention_seconds: 1,
});
const conduit = (name: string, to: string, operations: string[], state = "open"): Conduit => ({
  name, zone: to, protocols: ["ssh"], operations, state, environment: [], longest_session_seconds: 1, record: "standard",
});

test("the most guarded zone comes first, and each zone is there", () => {
  const { rows } = matrixOf([zone("a", 1), zone("sis", 3, true), zone("b", 4)], []);
  assert.deepEqual(rows.map((row) => row.zone.name), ["sis", "b", "a"]);
  assert.ok(rows.every(({ conduit, cells }) => conduit === undefined && cells.length === 0));
});

test("what no conduit lets through, does not pass; what is closed, neither", () => {
  const { columns, rows } = matrixOf(
    [zone("a", 1), zone("b", 2)],
    [conduit("x", "a", ["shell", "exec"]), conduit("y", "b", ["shell"], "closed")],
  );
  assert.deepEqual(columns.map(({ operation }) => operation), ["exec", "shell"]);
  assert.deepEqual(rows.map(({ cells }) => cells), [["never", "closed"], ["open", "open"]]);
});

test("a state that is not known is not open", () => {
  const { rows } = matrixOf([zone("a", 1)], [conduit("x", "a", ["shell"], "new-word")]);
  assert.deepEqual(rows[0]?.cells, ["closed"]);
});
