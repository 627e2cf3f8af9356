import assert from "node:assert/strict";
import { test } from "node:test";
import { listen } from "./stream.ts";

/** A stream that says what the test has it say. */
class Source extends EventTarget {
  static readonly CLOSED = 2;
  static all: Source[] = [];
  readyState = 1;
  constructor(readonly path: string) {
    super();
    Source.all.push(this);
  }
  says(name: string, data = "{}") {
    this.dispatchEvent(new MessageEvent(name, { data }));
  }
  fails(readyState: number) {
    this.readyState = readyState;
    this.dispatchEvent(new Event("error"));
  }
  close() {
    this.readyState = Source.CLOSED;
  }
}

function stage(whenLost: (stop: () => void) => void = () => {}) {
  const page = new EventTarget();
  Source.all = [];
  Object.assign(globalThis, {
    EventSource: Source,
    addEventListener: page.addEventListener.bind(page),
    removeEventListener: page.removeEventListener.bind(page),
  });
  const told: string[] = [];
  const stop: () => void = listen("/events", {
    on: { changed: (data) => told.push(`changed ${String(data)}`) },
    open: () => told.push("open"),
    lost: () => {
      told.push("lost");
      whenLost(stop);
    },
    refused: () => told.push("refused"),
  });
  const newest = () => Source.all[Source.all.length - 1] as Source;
  return { page, told, stop, newest };
}

test("a stream that says nothing for long is dead, and another one is tried", ({ mock }) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { told, stop, newest } = stage();
  const first = newest();
  first.says("open");
  mock.timers.tick(20_000);
  first.says("here");
  mock.timers.tick(20_000);
  first.says("changed", "7");
  mock.timers.tick(20_000);
  assert.deepEqual(told, ["open", "changed 7"]);
  mock.timers.tick(10_000);
  assert.deepEqual(told.splice(0), ["open", "changed 7", "lost"]);
  assert.equal(first.readyState, Source.CLOSED);
  newest().says("open");
  assert.deepEqual([told, Source.all.length], [["open"], 2]);
  stop();
  mock.timers.tick(60_000);
  assert.deepEqual([told, Source.all.length, newest().readyState], [["open"], 2, Source.CLOSED]);
});

test("a cable that is pulled is known at once, and so is that it is back", ({ mock }) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { page, told, stop, newest } = stage();
  newest().says("open");
  page.dispatchEvent(new Event("offline"));
  page.dispatchEvent(new Event("online"));
  newest().says("open");
  assert.deepEqual([told, Source.all.length], [["open", "lost", "lost", "open"], 2]);
  stop();
  page.dispatchEvent(new Event("online"));
  assert.equal(Source.all.length, 2);
});

test("without being told that there is a network, it is tried once more", ({ mock }) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { page, told, stop, newest } = stage();
  const first = newest();
  first.says("open");
  page.dispatchEvent(new Event("offline"));
  assert.equal(first.readyState, Source.CLOSED, "what still came would be shown as if all were well");
  mock.timers.tick(30_000);
  newest().says("open");
  assert.deepEqual([told, Source.all.length], [["open", "lost", "lost", "open"], 2]);
  stop();
});

test("whoever has enough of it once it is lost is not given another", ({ mock }) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { stop, newest } = stage((stop) => stop());
  newest().says("open");
  mock.timers.tick(90_000);
  assert.deepEqual([Source.all.length, newest().readyState], [1, Source.CLOSED]);
  stop();
});

test("the browser tries again by itself, unless it was refused", ({ mock }) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const { told, newest } = stage();
  newest().fails(0);
  newest().fails(Source.CLOSED);
  mock.timers.tick(60_000);
  assert.deepEqual([told, Source.all.length], [["lost", "refused"], 1]);
});
