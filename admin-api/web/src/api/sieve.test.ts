import assert from "node:assert/strict";
import test from "node:test";
import { sift } from "./sieve.ts";

/** The numbers from 1 on, ten a page, as a server would page them. */
function pagesOf(count: number) {
  let asked = 0;
  const page = async (after?: string) => {
    asked += 1;
    const from = Number(after ?? 0);
    const items = Array.from({ length: Math.min(10, count - from) }, (_, n) => from + n + 1);
    return { items, next: from + 10 < count ? String(from + 10) : null };
  };
  return { page, asked: () => asked };
}
const all = { keep: () => true, past: () => false };

test("pages are turned until there is enough, and the rest stays behind next", async () => {
  const { page } = pagesOf(500);
  const found = await sift(page, { ...all, keep: (n) => n % 5 === 0, enough: 4 });
  assert.deepEqual(found, { items: [5, 10, 15, 20], next: "20" });
  const more = await sift(page, { ...all, keep: (n) => n % 5 === 0, enough: 2 }, "20");
  assert.deepEqual(more, { items: [25, 30], next: "30" });
});

test("what is past ends it, without a page more", async () => {
  const { page, asked } = pagesOf(500);
  const found = await sift(page, { keep: (n) => n > 8, past: (n) => n > 12, enough: 50 });
  assert.deepEqual(found, { items: [9, 10, 11, 12], next: null });
  assert.equal(asked(), 2);
});

test("one press turns no more than ten pages, and says that there are more", async () => {
  const { page, asked } = pagesOf(5_000);
  const found = await sift(page, { ...all, keep: () => false, enough: 1 });
  assert.deepEqual(found, { items: [], next: "100" });
  assert.equal(asked(), 10);
});

test("the end of the list is the end", async () => {
  const { page } = pagesOf(13);
  assert.deepEqual((await sift(page, { ...all, enough: 50 })).next, null);
});
