import { clock } from "../time/clock.svelte.ts";
import { login } from "./login.svelte.ts";

const PING_MS = 60_000;
const WARN_MS = 120_000;
/** How long to leave it be after the server was asked and had no other answer. */
const LOOK_MS = 15_000;

/** Tells the server that somebody is here, and warns them before a login ends by itself. */
class Idle {
  warning = $state(false);
  #pinged = Date.now();
  #looked = 0;

  /** To be called while a component is made that lives as long as the desk. */
  watch(): void {
    $effect(() => {
      const seen = () => this.#seen();
      addEventListener("pointerdown", seen);
      addEventListener("keydown", seen);
      return () => {
        removeEventListener("pointerdown", seen);
        removeEventListener("keydown", seen);
      };
    });
    $effect(() => this.#judge(login.idleAt, clock.now));
  }

  async stay(): Promise<void> {
    await login.stillHere();
    this.warning = false;
  }

  #judge(idleAt: number | undefined, now: number): void {
    const close = idleAt !== undefined && idleAt - now <= WARN_MS;
    if (!close) this.warning = false;
    else if (!this.warning || now >= idleAt) void this.#lookAgain(now);
  }

  /** The warning comes only after the server was asked: another page may have used the login. */
  async #lookAgain(now: number): Promise<void> {
    if (now - this.#looked < LOOK_MS) return;
    this.#looked = now;
    await login.lookAgain().catch(() => {});
    this.warning = login.idleAt !== undefined && login.idleAt - clock.now <= WARN_MS;
  }

  #seen(): void {
    if (this.warning || !login.me || Date.now() - this.#pinged < PING_MS) return;
    this.#pinged = Date.now();
    login.stillHere().catch(() => {});
  }
}

export const idle = new Idle();
