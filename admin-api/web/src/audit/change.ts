// What an event changed, for people: each field that differs, as it was and as it is.

export interface Change {
  key: string;
  before?: string;
  after?: string;
}

/** How deep a value is taken apart; what is deeper is shown as it is. */
const DEEPEST = 3;

export function changesOf(before: unknown, after: unknown): Change[] {
  const was = flat(before);
  const is = flat(after);
  const keys = [...new Set([...was.keys(), ...is.keys()])];
  return keys
    .map((key) => ({ key, before: was.get(key), after: is.get(key) }))
    .filter((change) => change.before !== change.after);
}

function flat(value: unknown): Map<string, string> {
  const fields = new Map<string, string>();
  walk(value, [], fields);
  return fields;
}

function walk(value: unknown, path: string[], fields: Map<string, string>): void {
  if (value === undefined || value === null) return;
  if (typeof value === "object" && !Array.isArray(value) && path.length < DEEPEST) {
    for (const [key, inner] of Object.entries(value)) walk(inner, [...path, key], fields);
  } else {
    fields.set(path.join(" · ").replaceAll("_", " "), textOf(value));
  }
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) {
    return value.every((item) => typeof item !== "object")
      ? value.map(String).join(", ")
      : value.map((item) => JSON.stringify(item)).join("\n");
  }
  if (typeof value === "boolean") return value ? "yes" : "no";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

/** Whether a value is a time, which is shown as one. */
export const isInstant = (text: string) => INSTANT.test(text);
