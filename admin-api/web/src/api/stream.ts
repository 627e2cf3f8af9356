/** No stream is silent for longer, unless its connection is dead, in ms. */
const SILENT = 25_000;

export interface StreamListener {
  /** What each event does; with its data. */
  on: Record<string, (data: unknown) => void>;
  /** The stream has begun, perhaps once more. */
  open(): void;
  /** It is tried again. */
  lost(): void;
  /** It is not tried again. */
  refused(): void;
}

/**
 * Listens to an event stream, and notices when its connection is dead: that says
 * nothing by itself, while a stream that is alive says `here`. Returns how to stop.
 */
export function listen(path: string, listener: StreamListener): () => void {
  let source: EventSource;
  let patience: ReturnType<typeof setTimeout> | undefined;
  let stopped = false;

  const heard = () => {
    clearTimeout(patience);
    patience = setTimeout(anew, SILENT);
  };
  const anew = () => {
    apart();
    // Whoever has enough of it stops when it is lost.
    if (!stopped) open();
  };
  // Without a network nothing comes. It is tried again when there is one, and once
  // more without being told: the way to this server may need none.
  const apart = () => {
    source.close();
    clearTimeout(patience);
    patience = setTimeout(anew, SILENT);
    listener.lost();
  };
  const open = () => {
    source = new EventSource(path);
    heard();
    source.addEventListener("here", heard);
    for (const [name, then] of Object.entries(listener.on)) {
      source.addEventListener(name, (event: MessageEvent) => {
        heard();
        then(event.data);
      });
    }
    source.addEventListener("open", () => {
      heard();
      listener.open();
    });
    source.addEventListener("error", () => {
      // The browser tries again by itself, unless it was refused.
      if (source.readyState !== EventSource.CLOSED) return listener.lost();
      stop();
      listener.refused();
    });
  };
  const stop = () => {
    stopped = true;
    clearTimeout(patience);
    removeEventListener("offline", apart);
    removeEventListener("online", anew);
    source.close();
  };

  addEventListener("offline", apart);
  addEventListener("online", anew);
  open();
  return stop;
}
