import { untrack } from "svelte";
import { asProblem, type By } from "./client.ts";
import type { Page } from "./contract.ts";
import type { Problem } from "./problem.ts";

/**
 * A long list that is read page after page. It begins anew when the state changes
 * that `question` reads, and not by itself: whoever reads keeps their place.
 */
export class Paged<T> {
  items = $state.raw<readonly T[]>([]);
  next = $state.raw<string | undefined>();
  loading = $state(true);
  problem = $state.raw<Problem | undefined>();
  #question: (by: By, after?: string) => Promise<Page<T>>;
  #round = 0;

  constructor(question: (by: By, after?: string) => Promise<Page<T>>) {
    this.#question = question;
    $effect(() => {
      void this.#read();
    });
  }

  get empty(): boolean {
    return !this.loading && this.problem === undefined && this.items.length === 0 && !this.next;
  }

  more(): Promise<void> {
    return this.#read(this.next);
  }

  again(): Promise<void> {
    return untrack(() => this.#read());
  }

  async #read(after?: string): Promise<void> {
    const round = ++this.#round;
    this.loading = true;
    this.problem = undefined;
    try {
      const { items, next } = await this.#question("person", after);
      if (round !== this.#round) return;
      this.items = after === undefined ? items : [...this.items, ...items];
      this.next = next ?? undefined;
    } catch (thrown) {
      if (round !== this.#round) return;
      this.problem = asProblem(thrown);
    }
    this.loading = false;
  }
}
