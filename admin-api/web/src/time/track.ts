// Where things lie on a line of time, in hundredths of its length.

export interface Track {
  from: number;
  to: number;
}

export interface Piece {
  x: number;
  width: number;
}

/** The part of a span that is on the track; none if it is not on it. */
export function pieceOf(track: Track, start: number, end: number): Piece | undefined {
  const from = Math.max(track.from, start);
  const to = Math.min(track.to, end);
  if (from >= to) return undefined;
  const length = track.to - track.from;
  return { x: ((from - track.from) / length) * 100, width: ((to - from) / length) * 100 };
}

/** A track with a window in its middle half, an hour on each side at least. */
export function around(start: number, end: number): Track {
  const margin = Math.max((end - start) / 2, 3_600_000);
  return { from: start - margin, to: end + margin };
}

/** Spans that share a time with another. */
export const meets = (one: Track, other: Track) => one.from < other.to && other.from < one.to;
