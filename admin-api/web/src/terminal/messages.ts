// What comes over the streams of terminals, read without taking it on trust.

/** Raw bytes from base64; nothing from what is not base64. */
export function bytesOf(base64: unknown): Uint8Array {
  if (typeof base64 !== "string") return new Uint8Array();
  try {
    return Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  } catch {
    return new Uint8Array();
  }
}

export function sizeOf(message: Record<string, unknown>): { cols: number; rows: number } {
  const { cols, rows } = message;
  return {
    cols: typeof cols === "number" && cols > 0 ? cols : 80,
    rows: typeof rows === "number" && rows > 0 ? rows : 24,
  };
}

/** Which channel it is about: the first, unless it says another. */
export function channelOf({ channel }: Record<string, unknown>): number {
  return Number.isSafeInteger(channel) ? (channel as number) : 0;
}

/** The object in a JSON text; an empty one if it is none. */
export function objectOf(text: unknown): Record<string, unknown> {
  if (typeof text !== "string") return {};
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

export type Told =
  | { kind: "opened"; session: string }
  | { kind: "exit"; status: number }
  | { kind: "refused"; why: string }
  | { kind: "unknown" };

/** What the broker tells a terminal beside its output. */
export function toldBy(text: unknown): Told {
  const { opened, exit, refused } = objectOf(text);
  if (typeof exit === "number") return { kind: "exit", status: exit };
  if (typeof opened === "object" && opened !== null && "session" in opened) {
    return { kind: "opened", session: String(opened.session) };
  }
  if (typeof refused === "object" && refused !== null && "detail" in refused) {
    return { kind: "refused", why: String(refused.detail) };
  }
  return { kind: "unknown" };
}

export type LineEnd =
  /** The asset's program ended. */
  | { kind: "exit"; status: number }
  /** It was closed in order; the broker's words are on the screen. */
  | { kind: "over" }
  | { kind: "refused"; why: string }
  | { kind: "failed"; why: string }
  /** The login was made void. */
  | { kind: "signed-out" }
  /** The network is gone, or the broker is. */
  | { kind: "lost" };

/** Why a terminal's line closed. */
export function endOf(code: number, reason: string, exit: number | undefined): LineEnd {
  if (exit !== undefined) return { kind: "exit", status: exit };
  if (code === 4401) return { kind: "signed-out" };
  if (code === 4403) return { kind: "refused", why: reason };
  if (code === 1000) return { kind: "over" };
  return code === 1011 ? { kind: "failed", why: reason } : { kind: "lost" };
}
