/** Where the person is. Pages are paths, so that each can be kept and sent. */
class Router {
  #at = $state.raw(here());
  /** Stays the same when only the query changes, so that the page does too. */
  readonly path = $derived(this.#at.pathname);
  /** Called instead of going elsewhere, while something is open that would be lost. */
  stay: (() => void) | undefined;

  constructor() {
    addEventListener("popstate", () => {
      this.#at = here();
    });
    addEventListener("click", (event) => this.#clicked(event));
  }

  get query(): URLSearchParams {
    return this.#at.searchParams;
  }

  get whole(): string {
    return this.#at.pathname + this.#at.search;
  }

  go(to: string, how: "new" | "instead" = "new"): void {
    if (to === this.whole) return;
    if (how === "new") history.pushState(null, "", to);
    else history.replaceState(null, "", to);
    this.#at = here();
    if (how === "new") scrollTo(0, 0);
  }

  /** Goes where a link leads, unless something is open that would be lost. */
  follow(to: string): void {
    if (this.stay) this.stay();
    else this.go(to);
  }

  /** Links inside of the desk change the page without loading it anew. */
  #clicked(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = event.target instanceof Element ? event.target.closest("a[href]") : null;
    if (!(link instanceof HTMLAnchorElement)) return;
    const outside = link.origin !== location.origin || /^\/(api|log|metrics)\b/.test(link.pathname);
    if (outside || link.target !== "" || link.hasAttribute("download")) return;
    // A link within the page, such as the one past the navigation.
    if (link.hash !== "" && link.pathname === this.path) return;
    event.preventDefault();
    this.follow(link.pathname + link.search);
  }
}

const here = () => new URL(location.href);

export const router = new Router();
