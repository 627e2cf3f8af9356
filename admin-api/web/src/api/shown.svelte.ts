import { untrack } from "svelte";
import { asProblem, type By } from "./client.ts";
import { feed } from "./events.svelte.ts";
import type { Problem } from "./problem.ts";

/**
 * Something of the server's that is shown, and asked for again when it may have
 * changed. Made while a component is; `question` runs anew whenever the state
 * that it reads does, so it reads props through `$derived`: a prop is news each time
 * that its owner is asked again.
 */
export class Shown<T> {
  value = $state.raw<T | undefined>();
  problem = $state.raw<Problem | undefined>();
  #question: (by: By) => Promise<T>;
  #round = 0;

  constructor(question: (by: By) => Promise<T>) {
    this.#question = question;
    let first = true;
    $effect(() => {
      void this.#ask("person");
    });
    $effect(() => {
      void feed.beat;
      if (!first) untrack(() => void this.#ask("page"));
      first = false;
    });
  }

  get loading(): boolean {
    return this.value === undefined && this.problem === undefined;
  }

  /** After an action: what the server says now. */
  again(): Promise<void> {
    return this.#ask("page");
  }

  async #ask(by: By): Promise<void> {
    const round = ++this.#round;
    try {
      const value = await this.#question(by);
      if (round !== this.#round) return;
      this.value = value;
      this.problem = undefined;
    } catch (thrown) {
      if (round !== this.#round) return;
      const problem = asProblem(thrown);
      // What is shown stays, and the desk says by itself that it is not connected.
      const quiet = by === "page" && problem.status === 0 && this.value !== undefined;
      if (!quiet) this.problem = problem;
    }
  }
}
