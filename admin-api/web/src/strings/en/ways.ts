/** Conduits: the only ways into the zones. */
export const ways = {
  title: "Ways in",
  closeSite: "Close the site",
  closeSiteText:
    "Every open conduit that you answer for is closed. All sessions through them end within a second, and none can begin until they are opened again, one by one.",
  closeSiteTitle: "Close the site?",
  closedNow: (names: readonly string[]) =>
    names.length === 0 ? "All were closed already." : `Closed: ${names.join(", ")}.`,
  close: "Close this conduit",
  closeTitle: (name: string) => `Close ${name}?`,
  closeText: "All sessions through it end within a second, and none can begin until it is opened again.",
  open: "Open it again",
  openTitle: (name: string) => `Open ${name} again?`,
  openText: "Sessions can begin again under windows that are open. Those that ended stay ended.",
  openOnly: "An approver or an admin opens it again.",
  reason: "Why (for the log and for those it concerns)",
  isOpen: "open",
  isClosed: "closed",
  closedBy: (by: string) => `Closed by ${by.replace(/^account\//, "")}`,
  sessions: (n: number) => (n === 1 ? "1 session through it now" : `${n} sessions through it now`),
  longest: "At most",
  level: (n: number) => `Level ${n}`,
  safety: "safety system",
  none: "No conduit leads anywhere.",
  noneNext: "An admin names the conduits in the plant file and applies it. Until then nobody gets in.",
};
