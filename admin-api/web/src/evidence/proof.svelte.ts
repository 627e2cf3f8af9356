import { recordingPath } from "../api/evidence.ts";
import { objectOf } from "../terminal/messages.ts";

export interface Step {
  name: string;
  state: "ok" | "failed" | "skipped";
  detail: string;
}

export type Verdict = { kind: "checking" | "broken" } | { kind: "proven" | "not_proven"; summary: string };

/** The check of a recording, step by step as the server does it. */
export class Proof {
  steps = $state<Step[]>([]);
  verdict = $state.raw<Verdict>({ kind: "checking" });
  #source: EventSource | undefined;

  begin(session: string, channel: number): void {
    this.stop();
    this.steps = [];
    this.verdict = { kind: "checking" };
    const source = new EventSource(recordingPath(session, "verify", { channel }));
    this.#source = source;
    source.addEventListener("step", (event: MessageEvent) => this.steps.push(stepOf(objectOf(event.data))));
    source.addEventListener("result", (event: MessageEvent) => {
      const { proven, summary } = objectOf(event.data);
      this.verdict = { kind: proven === true ? "proven" : "not_proven", summary: String(summary ?? "") };
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

/** What is not a plain yes is a no. */
function stepOf(message: Record<string, unknown>): Step {
  const { name, state, detail } = message;
  return {
    name: String(name ?? ""),
    state: state === "ok" || state === "skipped" ? state : "failed",
    detail: String(detail ?? ""),
  };
}
