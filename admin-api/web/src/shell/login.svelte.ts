import * as api from "../api/calls.ts";
import { onLogin } from "../api/client.ts";
import type { Account, Me, Role, Site } from "../api/contract.ts";
import { feed } from "../api/events.svelte.ts";
import { Problem } from "../api/problem.ts";
import { clock } from "../time/clock.svelte.ts";
import { router } from "./router.svelte.ts";
import { safeTarget } from "./target.ts";

/** Who is signed in, and until when. */
class Login {
  me = $state.raw<Me | undefined>();
  /** Stays the same when it is asked again who is signed in, so that the page does too. */
  readonly role = $derived(this.me?.account.role as Role | undefined);
  /** The plant's time zone; without a plant there is only UTC. It stays the same as well. */
  readonly zone = $derived(this.me?.site?.time_zone ?? "UTC");
  problem = $state.raw<Problem | undefined>();
  /** When the login ends if nobody does anything; by our reckoning of the server's. */
  idleAt = $state<number | undefined>();
  #idleMs = 0;

  constructor() {
    onLogin({
      signedOut: () => this.over(),
      usedByPerson: () => {
        if (this.#idleMs > 0) this.idleAt = clock.now + this.#idleMs;
      },
    });
  }

  get account(): Account | undefined {
    return this.me?.account;
  }

  get site(): Site | undefined {
    return this.me?.site ?? undefined;
  }

  /** Finds out who is signed in, when the page is opened or after signing in. */
  async begin(): Promise<void> {
    try {
      const me = await api.me("person");
      this.#took(me);
      if (me.login?.idle_at) this.#idleMs = Date.parse(me.login.idle_at) - clock.now;
      feed.start();
    } catch (thrown) {
      if (thrown instanceof Problem && thrown.status !== 401) this.problem = thrown;
    }
  }

  /** What a person does here and the server does not see. */
  async stillHere(): Promise<void> {
    this.#took(await api.me("person"));
  }

  /** Another page of the same browser may have used the login since. */
  async lookAgain(): Promise<void> {
    this.#took(await api.me("page"));
  }

  async signOut(): Promise<void> {
    await api.signOut();
    this.#forget();
    router.go("/sign-in");
  }

  /** The server says that the login is over: sign in, and come back. */
  over(): void {
    this.#forget();
    if (router.path === "/sign-in") return;
    const back = router.whole === "/" ? "" : `?to=${encodeURIComponent(router.whole)}`;
    router.go(`/sign-in${back}`, "instead");
  }

  async signedIn(): Promise<void> {
    await this.begin();
    if (this.me) router.go(safeTarget(router.query.get("to"), location.origin), "instead");
  }

  #took(me: Me): void {
    this.me = me;
    this.problem = undefined;
    this.idleAt = me.login?.idle_at ? Date.parse(me.login.idle_at) : undefined;
  }

  #forget(): void {
    feed.stop();
    this.me = undefined;
    this.idleAt = undefined;
    this.#idleMs = 0;
  }
}

export const login = new Login();
