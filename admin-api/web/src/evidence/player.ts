import { create, type Player, type UrlSource } from "asciinema-player";
import "asciinema-player/dist/bundle/asciinema-player.css";

export interface Settings {
  speed: number;
  startAt: number;
  playing: boolean;
}

export interface Replay {
  seek(shown: number): Promise<unknown>;
  now(): number;
  focus(): void;
  readonly playing: boolean;
  dispose(): void;
}

/** Cut into segments, which the player fetches as it needs them; its types do not have it yet. */
interface Segmented extends UrlSource {
  format: "segmented";
}

export function play(url: string, into: HTMLElement, settings: Settings): Replay {
  const source: Segmented = { url, format: "segmented", fetchOpts: { credentials: "same-origin" } };
  let playing = settings.playing;
  const player: Player = create(source, into, {
    controls: true,
    preload: true,
    autoPlay: settings.playing,
    speed: settings.speed,
    startAt: settings.startAt,
    poster: `npt:${settings.startAt}`,
    fit: "width",
    theme: "asciinema",
  });
  player.addEventListener("playing", () => (playing = true));
  player.addEventListener("pause", () => (playing = false));
  player.addEventListener("ended", () => (playing = false));
  return {
    seek: (shown) => player.seek(shown),
    now: () => player.getCurrentTime() ?? 0,
    focus: () =>
      into.querySelector<HTMLElement>(".ap-wrapper")?.focus({ preventScroll: true }),
    get playing() {
      return playing;
    },
    dispose: () => player.dispose(),
  };
}
