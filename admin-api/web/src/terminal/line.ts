import { BASE } from "../api/client.ts";
import { endOf, toldBy, type LineEnd } from "./messages.ts";
import type { Size } from "./screen.ts";

export interface LineListener {
  opened(session: string): void;
  output(bytes: Uint8Array): void;
  /** Once, and nothing comes after it. It is never opened again by itself. */
  ended(end: LineEnd): void;
}

/** So many bytes are acknowledged at once. The server waits at many times that. */
const ACKNOWLEDGED = 32 * 1024;

/** A terminal's WebSocket under a grant. */
export class Line {
  readonly #socket: WebSocket;
  /** Drawn, and not acknowledged yet. */
  #drawn = 0;

  constructor(grant: string, { cols, rows }: Size, listener: LineListener) {
    const path = `${BASE}/grants/${encodeURIComponent(grant)}/terminal?cols=${cols}&rows=${rows}`;
    const socket = new WebSocket(new URL(path, location.href.replace(/^http/, "ws")));
    socket.binaryType = "arraybuffer";
    let exit: number | undefined;
    let refused: string | undefined;
    socket.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
      if (data instanceof ArrayBuffer) {
        listener.output(new Uint8Array(data));
        return;
      }
      const told = toldBy(data);
      if (told.kind === "opened") listener.opened(told.session);
      else if (told.kind === "exit") exit = told.status;
      else if (told.kind === "refused") refused = told.why;
    });
    socket.addEventListener("close", ({ code, reason }) =>
      listener.ended(endOf(code, refused ?? reason, exit)),
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

  /** So many bytes of output are on the screen: without that the server sends no more. */
  drawn(bytes: number): void {
    this.#drawn += bytes;
    if (this.#drawn < ACKNOWLEDGED) return;
    if (this.#socket.readyState === WebSocket.OPEN) {
      this.#socket.send(JSON.stringify({ ack: this.#drawn }));
    }
    this.#drawn = 0;
  }

  close(): void {
    this.#socket.close(1000);
  }
}
