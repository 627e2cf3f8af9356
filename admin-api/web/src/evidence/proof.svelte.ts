import { recordingPath } from "../api/evidence.ts";
import { objectOf } from "../terminal/messages.ts";
import { findingOf, verdictOf, type Finding, type Verdict } from "./finding.ts";

export type Standing = "checking" | "broken" | Verdict;

/** The check of a recording, finding by finding as the server makes them. */
export class Proof {
  findings = $state<Finding[]>([]);
  standing = $state<Standing>("checking");
  summary = $state("");
  /** Chunks that were read, and of how many. */
  read = $state({ done: 0, of: 0 });
  #source: EventSource | undefined;

  begin(session: string, channel: number): void {
    this.stop();
    this.findings = [];
    this.standing = "checking";
    this.summary = "";
    this.read = { done: 0, of: 0 };
    const source = new EventSource(recordingPath(session, "verify", { channel }));
    this.#source = source;
    const on = (name: string, then: (message: Record<string, unknown>) => void) =>
      source.addEventListener(name, (event: MessageEvent) => then(objectOf(event.data)));

    on("progress", ({ done, of }) => {
      if (typeof done === "number") this.read.done = done;
      if (typeof of === "number") this.read.of = of;
    });
    on("step", (message) => this.findings.push(findingOf(message)));
    on("result", (message) => {
      this.standing = verdictOf(message, this.findings);
      this.summary = typeof message["summary"] === "string" ? message["summary"] : "";
      this.stop();
    });
    // A check that broke off says nothing, and beginning anew by itself would hide that.
    source.addEventListener("error", () => {
      this.stop();
      this.standing = "broken";
    });
  }

  stop(): void {
    this.#source?.close();
    this.#source = undefined;
  }
}
