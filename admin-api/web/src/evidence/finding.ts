// What the server says while it verifies a recording, read without taking it on trust.

/** How one check ended: it holds, is only to be known, could not be made, or does not hold. */
export type Outcome = "proven" | "noted" | "undecided" | "contradicted";

export interface Finding {
  name: string;
  outcome: Outcome;
  detail: string;
}

export type Verdict = "proven" | "undecided" | "contradicted";

const outcomes: readonly string[] = ["proven", "noted", "undecided", "contradicted"] satisfies Outcome[];
const text = (value: unknown) => (typeof value === "string" ? value : "");

/** A word that is not known proves nothing. */
function outcomeOf(word: unknown): Outcome {
  return outcomes.includes(text(word)) ? (word as Outcome) : "undecided";
}

export function findingOf({ name, state, detail }: Record<string, unknown>): Finding {
  return { name: text(name), outcome: outcomeOf(state), detail: text(detail) };
}

/** The verdict, which is never better than the worst of the findings that were shown. */
export function verdictOf(
  { verdict }: Record<string, unknown>,
  findings: readonly Finding[],
): Verdict {
  const all = [outcomeOf(verdict), ...findings.map(({ outcome }) => outcome)];
  if (all.includes("contradicted")) return "contradicted";
  return all.includes("undecided") ? "undecided" : "proven";
}
