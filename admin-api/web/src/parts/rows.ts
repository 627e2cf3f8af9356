/** Lets the arrow keys, and j and k, go through the rows of a list: its `[data-row]`s. */
export function rows(list: HTMLElement): () => void {
  const step: Record<string, number> = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 };
  const key = (event: KeyboardEvent) => {
    const by = step[event.key];
    if (by === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    const all = [...list.querySelectorAll<HTMLElement>("[data-row]")];
    const here = all.indexOf(document.activeElement as HTMLElement);
    const next = all[here + by];
    if (here < 0 || !next) return;
    event.preventDefault();
    next.focus();
  };
  list.addEventListener("keydown", key);
  return () => list.removeEventListener("keydown", key);
}
