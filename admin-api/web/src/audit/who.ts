import { t } from "../strings/index.ts";
import { named } from "./subject.ts";

/** Who did something, as people call them. */
export function whoOf(actor: string): string {
  const { kind, name } = named(actor);
  if (kind === "account" && name !== "") return name;
  if (kind === "system") return t.audit.system;
  return kind === "host" ? t.audit.host : actor;
}
