// The screens of a session that is watched, one for each channel, one upon the other.

import { Screen, type Size } from "./screen.ts";

export class Deck {
  readonly #room: HTMLElement;
  readonly #label: string;
  readonly #screens = new Map<number, { host: HTMLElement; screen: Screen }>();

  constructor(room: HTMLElement, label: string) {
    this.#room = room;
    this.#label = label;
  }

  /** Opens a channel's screen, or forgets what was shown of it. */
  begin(channel: number, terminal: boolean, size: Size, data: Uint8Array): void {
    const screen = this.#screens.get(channel)?.screen ?? this.#made(channel, terminal);
    screen.begin(size);
    screen.write(data);
    screen.shrink();
  }

  write(channel: number, data: Uint8Array): void {
    this.#screens.get(channel)?.screen.write(data);
  }

  resize(channel: number, size: Size): void {
    const screen = this.#screens.get(channel)?.screen;
    screen?.resize(size);
    screen?.shrink();
  }

  /** Lays one on top, and throws away those that are not kept. */
  show(top: number | undefined, kept: readonly number[]): void {
    for (const [channel, { host, screen }] of this.#screens) {
      host.style.visibility = channel === top ? "" : "hidden";
      if (kept.includes(channel)) continue;
      screen.close();
      host.remove();
      this.#screens.delete(channel);
    }
  }

  shrink(): void {
    for (const { screen } of this.#screens.values()) screen.shrink();
  }

  close(): void {
    this.show(undefined, []);
  }

  #made(channel: number, terminal: boolean): Screen {
    const host = document.createElement("div");
    // It has to be in the page, and to have its size, before there is a terminal in it.
    this.#room.append(host);
    const screen = new Screen(host, { label: this.#label, readOnly: true, plainLines: !terminal });
    this.#screens.set(channel, { host, screen });
    return screen;
  }
}
