/** Terminals that are watched. */
export const live = {
  label: (account: string, asset: string) => `Terminal of ${account} on ${asset}`,
  channels: "Channels of this session",
  channel: (n: number, terminal: boolean) => `${terminal ? "Terminal" : "Command"} ${n + 1}`,
  ended: "ended",
  unseen: "New output:",
  nothingYet: "Nothing to see yet: no terminal was opened, and no command was run.",
  notShown: "Not shown live: too many are at once. Open it to watch.",
  states: {
    connecting: "Connecting…",
    broken: "The picture stands still: not connected; trying again…",
    refused: "The server does not show this one live now. Open it to see why.",
    ended: "This session has ended.",
  },
};
