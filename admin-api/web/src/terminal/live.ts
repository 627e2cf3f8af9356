import { BASE, search } from "../api/client.ts";
import { listen } from "../api/stream.ts";
import { bytesOf, channelOf, objectOf, sizeOf } from "./messages.ts";
import type { Size } from "./screen.ts";

export type LiveState = "connecting" | "moving" | "broken" | "refused" | "ended";

export interface LiveListener {
  state(how: LiveState): void;
  /** The stream has begun, perhaps once more: all of it is told anew. */
  begun(): void;
  /** A channel was opened, or what was shown of it is to be forgotten. */
  opened(channel: number, terminal: boolean, size: Size, data: Uint8Array): void;
  output(channel: number, data: Uint8Array): void;
  resized(channel: number, size: Size): void;
  closed(channel: number): void;
}

/** A refused stream is asked for again after so long, and less and less often, in ms. */
const RETRY = 5_000;
const SELDOM = 60_000;

/** So often one who has joined says that they are there, in ms. */
const HERE = 5_000;

/**
 * Tells of a session as it runs. To `join` counts as watching it; `newest` is told of
 * one channel alone. Returns how to stop.
 */
export function watch(
  session: string,
  how: { join: boolean; newest: boolean },
  listener: LiveListener,
): () => void {
  const at = `${BASE}/sessions/${encodeURIComponent(session)}`;
  const of =
    (then: (channel: number, message: Record<string, unknown>) => void) => (data: unknown) => {
      const message = objectOf(data);
      then(channelOf(message), message);
    };
  let stop = () => {};
  let again: ReturnType<typeof setTimeout> | undefined;
  let pause = RETRY;
  const over = (how: LiveState) => () => {
    end();
    listener.state(how);
  };

  listener.state("connecting");
  const begin = () => {
    stop = listen(`${at}/live${search({ ...how })}`, {
      on: {
        screen: of((channel, message) => {
          const { terminal, data } = message;
          if (how.newest) listener.begun();
          listener.opened(channel, terminal !== false, sizeOf(message), bytesOf(data));
          listener.state("moving");
        }),
        output: of((channel, { data }) => listener.output(channel, bytesOf(data))),
        resize: of((channel, message) => listener.resized(channel, sizeOf(message))),
        closed: of((channel) => listener.closed(channel)),
        ended: over("ended"),
        left: over("refused"),
      },
      open: () => {
        pause = RETRY;
        listener.begun();
        listener.state("moving");
      },
      lost: () => listener.state("broken"),
      refused: () => {
        listener.state("refused");
        // Too many at once, or a server that starts: it may be another answer later.
        again = setTimeout(begin, pause);
        pause = Math.min(2 * pause, SELDOM);
      },
    });
  };
  begin();
  // Who has joined counts for as long as they say that they are there.
  const here = () =>
    void fetch(`${at}/here`, {
      method: "POST",
      headers: { "Drawbridge-Background": "1" },
    }).catch(() => {});
  const timer = how.join ? setInterval(here, HERE) : undefined;
  const end = () => {
    clearInterval(timer);
    clearTimeout(again);
    stop();
  };
  return end;
}
