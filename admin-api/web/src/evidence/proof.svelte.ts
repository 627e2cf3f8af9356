import { recordingPath } from "../api/evidence.ts";
import { objectOf } from "../terminal/messages.ts";

export interface Step {
  name: string;
  state: Outcome;
  detail: string;
}

/** The words of `drawbridge verify`. */
export type Outcome = "proven" | "noted" | "undecided" | "contradicted";

export type Checking = { kind: "checking"; done: number; of: number };
export type Verdict =
  | Checking
  | { kind: "broken" }
  | { kind: Exclude<Outcome, "noted">; summary: string };

const BEGINNING: Checking = { kind: "checking", done: 0, of: 0 };

/** The check of a recording, step by step as the server does it. */
export class Proof {
  steps = $state<Step[]>([]);
  verdict = $state.raw<Verdict>(BEGINNING);
  #source: EventSource | undefined;

  begin(session: string, channel: number): void {
    this.stop();
    this.steps = [];
    this.verdict = BEGINNING;
    const source = new EventSource(recordingPath(session, "verify", { channel }));
    this.#source = source;
    source.addEventListener("step", (event: MessageEvent) => this.steps.push(stepOf(objectOf(event.data))));
    source.addEventListener("progress", (event: MessageEvent) => {
      const { done, of } = objectOf(event.data);
      const before = this.verdict.kind === "checking" ? this.verdict : BEGINNING;
      this.verdict = { ...before, done: Number(done ?? before.done), of: Number(of ?? before.of) };
    });
    source.addEventListener("result", (event: MessageEvent) => {
      const { verdict, summary } = objectOf(event.data);
      const outcome = outcomeOf(verdict);
      this.verdict = {
        kind: outcome === "noted" ? "undecided" : outcome,
        summary: String(summary ?? ""),
      };
      this.stop();
    });
    // A check that broke off says nothing, and beginning anew by itself would hide that.
    source.addEventListener("error", () => {
      this.stop();
      this.verdict = { kind: "broken" };
    });
  }

  stop(): void {
    this.#source?.close();
    this.#source = undefined;
  }
}

/** What is none of our words proves nothing. */
function outcomeOf(word: unknown): Outcome {
  return word === "proven" || word === "noted" || word === "undecided" ? word : "contradicted";
}

function stepOf(message: Record<string, unknown>): Step {
  const { name, state, detail } = message;
  return {
    name: String(name ?? ""),
    state: outcomeOf(state),
    detail: String(detail ?? ""),
  };
}
