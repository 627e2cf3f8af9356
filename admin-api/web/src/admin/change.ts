// Which events are changes of the plant, and what a plant file changed.

import type { AuditEvent, PlantApplied } from "../api/contract.ts";

export const families = ["all", "plant", "account", "conduit", "credential"] as const;
export type Family = (typeof families)[number];

/** People coming and going is no change of anything. */
const comings = new Set(["account.signed_in", "account.signed_out", "account.sign_in_failed"]);

export function isChange({ action }: Pick<AuditEvent, "action">, family: Family): boolean {
  if (comings.has(action)) return false;
  const of = action.split(".")[0];
  return family === "all" ? families.some((one) => one === of) : of === family;
}

type PlantChange = PlantApplied["changes"][number];

/** What an applied plant file changed, as its event has it. */
export function plantChanges(after: unknown): PlantChange[] {
  const { changes } = (after ?? {}) as { changes?: unknown };
  return Array.isArray(changes) ? changes.flatMap(changeOf) : [];
}

function changeOf(value: unknown): PlantChange[] {
  if (typeof value !== "object" || value === null) return [];
  const fields = value as Record<string, unknown>;
  const text = (name: string) => (typeof fields[name] === "string" ? fields[name] : "");
  return [{ verb: text("verb"), kind: text("kind"), name: text("name"), detail: text("detail") }];
}
