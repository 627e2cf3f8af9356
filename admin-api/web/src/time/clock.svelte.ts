/** A control room's PC may be minutes off: its clock is set by the server's answers. */
const WORTH_MENDING_MS = 3_000;

class Clock {
  /** Milliseconds since 1970, by the server's clock; ticks once a second. */
  now = $state(Date.now());
  #offset = 0;

  constructor() {
    setInterval(() => this.#tick(), 1_000);
  }

  /** Takes the time from an answer's Date header, which has whole seconds. */
  hear(date: string | null): void {
    const server = date === null ? Number.NaN : Date.parse(date);
    if (Number.isNaN(server)) return;
    const offset = server + 500 - Date.now();
    if (Math.abs(offset - this.#offset) > WORTH_MENDING_MS) {
      this.#offset = Math.abs(offset) > WORTH_MENDING_MS ? offset : 0;
      this.#tick();
    }
  }

  #tick(): void {
    this.now = Date.now() + this.#offset;
  }
}

export const clock = new Clock();
