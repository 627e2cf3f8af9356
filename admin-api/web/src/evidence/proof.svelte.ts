import { recordingPath } from "../api/evidence.ts";
import { listen } from "../api/stream.ts";
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
  #end: (() => void) | undefined;

  begin(session: string, channel: number): void {
    this.stop();
    this.findings = [];
    this.standing = "checking";
    this.summary = "";
    this.read = { done: 0, of: 0 };
    // A check that broke off says nothing, and beginning anew by itself would hide that.
    const broken = () => {
      this.stop();
      this.standing = "broken";
    };
    this.#end = listen(recordingPath(session, "verify", { channel }), {
      on: {
        progress: (data) => {
          const { done, of } = objectOf(data);
          if (typeof done === "number") this.read.done = done;
          if (typeof of === "number") this.read.of = of;
        },
        step: (data) => this.findings.push(findingOf(objectOf(data))),
        result: (data) => {
          const { summary, ...message } = objectOf(data);
          this.standing = verdictOf(message, this.findings);
          this.summary = typeof summary === "string" ? summary : "";
          this.stop();
        },
      },
      open: () => {},
      lost: broken,
      refused: broken,
    });
  }

  stop(): void {
    this.#end?.();
    this.#end = undefined;
  }
}
