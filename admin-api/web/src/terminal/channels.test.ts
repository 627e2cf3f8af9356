import assert from "node:assert/strict";
import test from "node:test";
import { ended, none, opened, pick, printed, type Channels } from "./channels.ts";

const terminal = (now: Channels, number: number) => opened(now, number, true, true);
const command = (now: Channels, number: number) => opened(now, number, false, true);
const numbers = ({ all }: Channels) => all.map(({ number }) => number);
const marked = ({ all }: Channels) => all.filter(({ unseen }) => unseen).map(({ number }) => number);

test("the newest channel is followed until one is picked", () => {
  let now = command(terminal(none(), 0), 1);
  assert.equal(now.shown, 1);
  now = terminal(pick(now, 0), 2);
  assert.equal(now.shown, 0);
  assert.deepEqual(numbers(now), [0, 1, 2]);
});

test("when what is followed ends, the newest that still runs is shown, and the ended one is marked", () => {
  const now = ended(command(terminal(none(), 0), 1), 1);
  assert.equal(now.shown, 0);
  assert.deepEqual(marked(now), [1]);
  assert.equal(ended(now, 0).shown, 1, "nothing runs any more: the last one");
});

test("when what was picked ends, what runs is followed again; what ended before can be picked", () => {
  const now = ended(pick(command(terminal(none(), 0), 1), 1), 1);
  assert.equal(now.shown, 0);
  assert.deepEqual(marked(now), [1]);
  const read = pick(now, 1);
  assert.equal(read.shown, 1);
  assert.equal(printed(read, 0).shown, 1);
});

test("output that is not shown is marked until it is looked at", () => {
  let now = pick(terminal(terminal(none(), 0), 1), 1);
  assert.deepEqual(marked(printed(now, 1)), []);
  now = printed(now, 0);
  assert.deepEqual(marked(now), [0]);
  assert.equal(printed(now, 0), now, "nothing new to draw");
  assert.equal(printed(now, 9), now, "a channel that was never opened");
  assert.deepEqual(marked(pick(now, 0)), []);
});

test("a channel that begins with output, and is not shown, is marked", () => {
  const now = opened(pick(terminal(none(), 0), 0), 1, false, false);
  assert.deepEqual(marked(now), [1]);
});

test("of more than six, the oldest that have ended go; what runs or is shown stays", () => {
  let now = terminal(none(), 0);
  for (const number of [1, 2, 3, 4, 5]) now = ended(command(now, number), number);
  assert.deepEqual(numbers(now), [0, 1, 2, 3, 4, 5]);
  now = pick(now, 1);
  now = ended(command(now, 6), 6);
  assert.deepEqual(numbers(now), [0, 1, 3, 4, 5, 6]);
  for (const number of [7, 8, 9, 10, 11, 12, 13]) now = terminal(now, number);
  assert.deepEqual(numbers(now), [0, 1, 7, 8, 9, 10, 11, 12, 13]);
});

test("a channel that starts anew runs again, once", () => {
  const now = terminal(ended(terminal(none(), 0), 0), 0);
  assert.deepEqual(now.all, [{ number: 0, terminal: true, ended: false, unseen: false }]);
});

test("when all is told anew, what was picked is shown again", () => {
  const before = pick(terminal(terminal(none(), 0), 1), 0);
  assert.equal(terminal(terminal(none(before), 0), 1).shown, 0);
  assert.equal(terminal(none(before), 1).shown, 1);
});
