import type { Page } from "./contract.ts";

/** How many pages one press may turn. */
const MOST_PAGES = 10;

export interface Sieve<T> {
  keep: (item: T) => boolean;
  /** Nothing after this one can be wanted any more. */
  past: (item: T) => boolean;
  enough: number;
}

/**
 * Reads pages until enough of what is wanted was found: for what the server has
 * no filter for. What comes after is behind `next`, as with any page.
 */
export async function sift<T>(
  page: (after?: string) => Promise<Page<T>>,
  { keep, past, enough }: Sieve<T>,
  after?: string,
): Promise<Page<T>> {
  const items: T[] = [];
  let next = after;
  for (let turned = 0; turned < MOST_PAGES && items.length < enough; turned += 1) {
    const read = await page(next);
    items.push(...read.items.filter((item) => keep(item) && !past(item)));
    next = read.next ?? undefined;
    if (next === undefined || read.items.some(past)) return { items, next: null };
  }
  return { items, next: next ?? null };
}
