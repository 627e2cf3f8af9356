// The only place that knows xterm.js. It is loaded when a terminal is shown.

import { FitAddon } from "@xterm/addon-fit";
import { Terminal } from "@xterm/xterm";
import "@xterm/xterm/css/xterm.css";
import { styleSpansByScript, withNonce } from "./policy.ts";

styleSpansByScript();

export interface ScreenOptions {
  /** What a screen reader calls it. */
  label: string;
  /** Only shown: nothing can be typed. */
  readOnly: boolean;
  /** Without a terminal, a line ends where a new one begins. */
  plainLines?: boolean;
  fontSize?: number;
}

export interface Size {
  cols: number;
  rows: number;
}

export class Screen {
  readonly #terminal: Terminal;
  readonly #fit = new FitAddon();
  readonly #host: HTMLElement;

  constructor(host: HTMLElement, { label, readOnly, plainLines = false, fontSize = 14 }: ScreenOptions) {
    this.#host = host;
    this.#terminal = new Terminal({
      disableStdin: readOnly,
      convertEol: plainLines,
      // It would complain of each odd byte that an asset prints.
      logLevel: "off",
      cursorBlink: !readOnly,
      cursorInactiveStyle: readOnly ? "none" : "outline",
      scrollback: readOnly ? 0 : 5_000,
      screenReaderMode: !readOnly,
      minimumContrastRatio: 4.5,
      fontSize,
      fontFamily: getComputedStyle(document.documentElement).getPropertyValue("--mono"),
      theme: { background: "#0b1012", foreground: "#d7e0e2", cursor: "#f2b63d" },
      // What an asset prints is not trusted to name where a click leads.
      linkHandler: { activate: () => {} },
    });
    this.#terminal.loadAddon(this.#fit);
    withNonce(() => this.#terminal.open(host));
    this.#terminal.textarea?.setAttribute("aria-label", label);
  }

  get size(): Size {
    return { cols: this.#terminal.cols, rows: this.#terminal.rows };
  }

  write(bytes: Uint8Array | string, drawn?: () => void): void {
    this.#terminal.write(bytes, drawn);
  }

  /** Forgets what was shown. */
  begin({ cols, rows }: Size): void {
    this.resize({ cols, rows });
    this.#terminal.reset();
  }

  resize({ cols, rows }: Size): void {
    this.#terminal.resize(clamp(cols, 500), clamp(rows, 300));
  }

  /** Takes as many columns and rows as there is room for. */
  fit(): void {
    this.#fit.fit();
  }

  /** Makes it small enough for the room that it has, however large it is. */
  shrink(): void {
    const screen = this.#host.querySelector<HTMLElement>(".xterm-screen");
    const whole = this.#terminal.element;
    if (!screen || !whole) return;
    const scale = Math.min(
      this.#host.clientWidth / screen.offsetWidth,
      this.#host.clientHeight / screen.offsetHeight,
      1.4,
    );
    if (!Number.isFinite(scale) || scale <= 0) return;
    whole.style.transformOrigin = "0 0";
    whole.style.transform = `scale(${scale})`;
  }

  typed(then: (bytes: Uint8Array) => void): void {
    const encoder = new TextEncoder();
    this.#terminal.onData((text) => then(encoder.encode(text)));
    // Old mouse reports are bytes, not text.
    this.#terminal.onBinary((text) => then(Uint8Array.from(text, (c) => c.charCodeAt(0) & 0xff)));
  }

  resized(then: (size: Size) => void): void {
    this.#terminal.onResize(then);
  }

  /** Keys that are the page's, not the asset's: `then` says whether one was. */
  keys(then: (event: KeyboardEvent) => boolean): void {
    this.#terminal.attachCustomKeyEventHandler((event) => {
      const ours = event.type === "keydown" && event.ctrlKey && event.shiftKey && then(event);
      if (ours) event.preventDefault();
      return !ours;
    });
  }

  get selection(): string {
    return this.#terminal.getSelection();
  }

  focus(): void {
    this.#terminal.focus();
  }

  /** Nothing more can be typed. */
  freeze(): void {
    this.#terminal.options.disableStdin = true;
    this.#terminal.options.cursorBlink = false;
  }

  close(): void {
    this.#terminal.dispose();
  }
}

const clamp = (n: number, most: number) => Math.min(Math.max(Math.trunc(n) || 1, 1), most);
