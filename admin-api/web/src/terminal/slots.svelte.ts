import { untrack } from "svelte";

/** Old HTTP has six connections for all of a page; one must stay free for people. */
const WITH_HTTP_1 = 3;
const MOST = 12;

function limit(): number {
  const [page] = performance.getEntriesByType("navigation");
  const protocol = (page as PerformanceNavigationTiming | undefined)?.nextHopProtocol;
  return protocol === "h2" || protocol === "h3" ? MOST : WITH_HTTP_1;
}

/** How many sessions are shown live at once: those that came into view first. */
class Slots {
  #holders = $state.raw<readonly symbol[]>([]);
  readonly #limit = limit();

  has(holder: symbol): boolean {
    return this.#holders.slice(0, this.#limit).includes(holder);
  }

  enter(holder: symbol): void {
    this.#holders = [...untrack(() => this.#holders), holder];
  }

  leave(holder: symbol): void {
    this.#holders = untrack(() => this.#holders).filter((one) => one !== holder);
  }
}

export const slots = new Slots();
