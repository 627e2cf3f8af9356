/** Sessions, as stories and as pages. */
export const session = {
  title: (account: string, asset: string) => `${account} on ${asset}`,
  story: {
    lobby: "In the lobby: waiting for the control room to let them in.",
    paused: (reason?: string) => `Input is paused by the control room. ${reason ?? ""}`.trim(),
    unwatched: "Input waits: this zone is supervised, and nobody watches.",
    flows: (watchers: number) =>
      watchers === 0 ? "Running." : "Running, watched by the control room.",
    ending: "Its window is over; it is ending.",
    closed: "Closed.",
  },
};
