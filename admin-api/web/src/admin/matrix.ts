// The conduits as a matrix: a row for each, a column for each operation of a protocol.

import type { Conduit, Zone } from "../api/contract.ts";

export interface Column {
  protocol: string;
  operation: string;
}

export type Cell = "open" | "closed" | "never";

export interface Row {
  zone: Zone;
  /** None leads there, if it is absent. */
  conduit?: Conduit;
  cells: Cell[];
}

export interface Matrix {
  columns: Column[];
  rows: Row[];
}

/** Zones by their level, the most guarded first. */
export function matrixOf(zones: readonly Zone[], conduits: readonly Conduit[]): Matrix {
  const columns = columnsOf(conduits);
  const sorted = [...zones].sort(
    (a, b) =>
      Number(b.safety) - Number(a.safety) ||
      b.security_level - a.security_level ||
      a.name.localeCompare(b.name),
  );
  const rows = sorted.flatMap((zone): Row[] => {
    const into = conduits.filter((conduit) => conduit.zone === zone.name);
    if (into.length === 0) return [{ zone, cells: columns.map(() => "never") }];
    return into.map((conduit) => ({
      zone,
      conduit,
      cells: columns.map((column) => cellOf(conduit, column)),
    }));
  });
  return { columns, rows };
}

function columnsOf(conduits: readonly Conduit[]): Column[] {
  const columns = new Map<string, Column>();
  for (const { protocols, operations } of conduits) {
    for (const protocol of protocols) {
      for (const operation of operations) {
        columns.set(`${protocol} ${operation}`, { protocol, operation });
      }
    }
  }
  return [...columns.entries()].sort(([a], [b]) => a.localeCompare(b)).map(([, column]) => column);
}

function cellOf({ protocols, operations, state }: Conduit, { protocol, operation }: Column): Cell {
  if (!protocols.includes(protocol) || !operations.includes(operation)) return "never";
  // Whatever is not said to be open is not.
  return state === "open" ? "open" : "closed";
}
