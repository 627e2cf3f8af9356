import { BASE } from "../api/client.ts";
import { bytesOf, objectOf, sizeOf } from "./messages.ts";
import type { Screen } from "./screen.ts";

export type LiveState = "connecting" | "moving" | "broken" | "refused" | "ended";

/** So often one who has joined says that they are there, in ms. */
const HERE = 5_000;

/** Shows a session as it runs; `join` counts as watching it. Returns how to stop. */
export function watch(
  session: string,
  join: boolean,
  screen: Screen,
  say: (state: LiveState) => void,
): () => void {
  const path = `${BASE}/sessions/${encodeURIComponent(session)}/live?join=${join}`;
  const source = new EventSource(path);
  const on = (name: string, then: (message: Record<string, unknown>) => void) =>
    source.addEventListener(name, (event: MessageEvent) => then(objectOf(event.data)));

  say("connecting");
  on("screen", (message) => {
    screen.begin(sizeOf(message));
    screen.write(bytesOf(message["data"]));
    screen.shrink();
    say("moving");
  });
  on("output", (message) => screen.write(bytesOf(message["data"])));
  on("resize", (message) => {
    screen.resize(sizeOf(message));
    screen.shrink();
  });
  on("ended", () => {
    source.close();
    say("ended");
  });
  source.addEventListener("open", () => say("moving"));
  source.addEventListener("error", () =>
    say(source.readyState === EventSource.CLOSED ? "refused" : "broken"),
  );
  on("left", () => {
    source.close();
    say("refused");
  });
  // Who has joined counts for as long as they say that they are there.
  const here = () =>
    void fetch(`${BASE}/sessions/${encodeURIComponent(session)}/here`, {
      method: "POST",
      headers: { "Drawbridge-Background": "1" },
    }).catch(() => {});
  const timer = join ? setInterval(here, HERE) : undefined;
  return () => {
    clearInterval(timer);
    source.close();
  };
}
