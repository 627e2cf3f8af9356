import { BASE } from "../api/client.ts";
import { endOf, toldBy, type LineEnd } from "./messages.ts";
import type { Size } from "./screen.ts";

export interface LineListener {
  opened(session: string): void;
  output(bytes: Uint8Array): void;
  /** Once, and nothing comes after it. It is never opened again by itself. */
  ended(end: LineEnd): void;
}

/** A terminal's WebSocket under a grant. */
export class Line {
  readonly #socket: WebSocket;

  constructor(grant: string, { cols, rows }: Size, listener: LineListener) {
    const path = `${BASE}/grants/${encodeURIComponent(grant)}/terminal?cols=${cols}&rows=${rows}`;
    const socket = new WebSocket(new URL(path, location.href.replace(/^http/, "ws")));
    socket.binaryType = "arraybuffer";
    let exit: number | undefined;
    socket.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
      if (data instanceof ArrayBuffer) {
        listener.output(new Uint8Array(data));
        return;
      }
      const told = toldBy(data);
      if (told.kind === "opened") listener.opened(told.session);
      else if (told.kind === "exit") exit = told.status;
    });
    socket.addEventListener("close", ({ code, reason }) =>
      listener.ended(endOf(code, reason, exit)),
    );
    this.#socket = socket;
  }

  type(bytes: Uint8Array): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(bytes as Uint8Array<ArrayBuffer>);
  }

  resize({ cols, rows }: Size): void {
    if (this.#socket.readyState === WebSocket.OPEN) {
      this.#socket.send(JSON.stringify({ resize: [cols, rows] }));
    }
  }

  close(): void {
    this.#socket.close(1000);
  }
}
