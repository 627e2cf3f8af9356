import { BASE } from "./client.ts";
import { listen } from "./stream.ts";

const RETRY_MS = 3_000;
/** Changes come in bursts; one look at the state answers all of a burst. */
const GATHER_MS = 300;

/** The one stream that says that something may have changed. */
class Feed {
  /** Grows with each change: what is shown is asked for again. */
  beat = $state(0);
  connected = $state(true);
  #stop: (() => void) | undefined;
  #gathering: ReturnType<typeof setTimeout> | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;

  start(): void {
    this.#stop ??= listen(`${BASE}/events`, {
      on: { changed: () => this.#gather() },
      open: () => {
        // Something may have happened while nobody listened.
        if (!this.connected) this.#gather();
        this.connected = true;
      },
      lost: () => {
        this.connected = false;
      },
      refused: () => {
        this.connected = false;
        this.#again();
      },
    });
  }

  stop(): void {
    clearTimeout(this.#retry);
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    this.#stop?.();
    this.#stop = undefined;
    this.connected = true;
  }

  #gather(): void {
    this.#gathering ??= setTimeout(() => {
      this.#gathering = undefined;
      this.beat += 1;
    }, GATHER_MS);
  }

  #again(): void {
    this.#stop = undefined;
    // Asking again for what is shown also finds out whether the login is over.
    this.#gather();
    this.#retry = setTimeout(() => this.start(), RETRY_MS);
  }
}

export const feed = new Feed();
