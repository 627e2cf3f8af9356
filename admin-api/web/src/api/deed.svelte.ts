import { asProblem } from "./client.ts";
import type { Problem } from "./problem.ts";

/** Something a person does: it is under way, or it was done, or it says why not. */
export class Deed {
  working = $state(false);
  problem = $state.raw<Problem | undefined>();

  /** Whether it was done. A second press while it is under way does nothing. */
  async run(what: () => Promise<unknown>): Promise<boolean> {
    if (this.working) return false;
    this.working = true;
    this.problem = undefined;
    try {
      await what();
      return true;
    } catch (thrown) {
      this.problem = asProblem(thrown);
      return false;
    } finally {
      this.working = false;
    }
  }
}
