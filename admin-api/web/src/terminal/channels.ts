// The channels of a session that is watched: which have a tab, which one is shown,
// and which have output that nobody has seen.

export interface Channel {
  readonly number: number;
  /** Whether it has a terminal; else it is a command. */
  readonly terminal: boolean;
  readonly ended: boolean;
  readonly unseen: boolean;
}

export interface Channels {
  /** In the order in which they were opened. */
  readonly all: readonly Channel[];
  readonly shown?: number;
  /** Which one the person has picked; without that, the newest is followed. */
  readonly picked?: number;
}

/** What has ended keeps its tab until there are more than so many. */
const MOST_TABS = 6;

/** Nothing is known yet, or all of it is told anew; what was picked stays picked. */
export const none = ({ picked }: Channels = { all: [] }): Channels => ({ all: [], picked });

export function opened(now: Channels, number: number, terminal: boolean, empty: boolean): Channels {
  const one: Channel = { number, terminal, ended: false, unseen: !empty };
  return settled({ ...now, all: [...now.all.filter((c) => c.number !== number), one].sort(byNumber) });
}

export function printed(now: Channels, number: number): Channels {
  const silent = number === now.shown || now.all.every((c) => c.number !== number || c.unseen);
  return silent ? now : changed(now, number, { unseen: true });
}

export function ended(now: Channels, number: number): Channels {
  // What was picked while it ran is over; what runs is followed again.
  const picked = now.picked === number ? undefined : now.picked;
  const next = settled({ ...changed(now, number, { ended: true }), picked });
  // One that ends by itself while it is followed may have been there for a blink.
  return next.shown === number ? next : changed(next, number, { unseen: true });
}

export const pick = (now: Channels, number: number): Channels => settled({ ...now, picked: number });

const byNumber = (a: Channel, b: Channel) => a.number - b.number;

const changed = (now: Channels, number: number, how: Partial<Channel>): Channels => ({
  ...now,
  all: now.all.map((c) => (c.number === number ? { ...c, ...how } : c)),
});

/** Decides which one is shown, which is thereby seen, and which tabs are too many. */
function settled(now: Channels): Channels {
  const picked = now.all.find(({ number }) => number === now.picked);
  const runs = now.all.findLast((channel) => !channel.ended);
  const shown = (picked ?? runs ?? now.all.at(-1))?.number;
  const spare = Math.max(0, now.all.length - MOST_TABS);
  const old = now.all.filter((c) => c.ended && c.number !== shown).slice(0, spare);
  const all = now.all
    .filter((channel) => !old.includes(channel))
    .map((channel) => (channel.number === shown ? { ...channel, unseen: false } : channel));
  return { ...now, all, shown };
}
