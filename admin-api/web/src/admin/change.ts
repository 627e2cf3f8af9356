// Which events are changes of the plant, and what a plant file changed.

import type { PlantApplied } from "../api/contract.ts";

export const families = ["all", "plant", "account", "conduit", "credential"] as const;
export type Family = (typeof families)[number];

/** Of accounts not the whole family: to sign in changes nothing. */
const ofAccounts = ["created", "changed", "disabled", "enabled", "password_set", "clock_corrected"]
  .map((what) => `account.${what}`)
  .join();

/** The actions of a family, as the audit log is asked for them. */
export function actionsOf(family: Family): string {
  if (family === "all") return families.slice(1).map(actionsOf).join();
  return family === "account" ? ofAccounts : family;
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
