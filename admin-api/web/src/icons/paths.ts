// Icons are strokes on a 24 by 24 grid, drawn for these desks.

export const paths = {
  bridge: "M4 6v14M20 6v14M2 20h6M16 20h6M5 17l9-9",
  eye: "M2 12s4-6.5 10-6.5S22 12 22 12s-4 6.5-10 6.5S2 12 2 12zM12 9.2a2.8 2.8 0 1 1 0 5.6 2.8 2.8 0 0 1 0-5.6z",
  person: "M12 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM4 21c.6-4.4 3.6-7 8-7s7.4 2.6 8 7",
  list: "M9 6h12M9 12h12M9 18h12M3.5 6h1M3.5 12h1M3.5 18h1",
  calendar: "M4 6h16v15H4zM4 10.5h16M8 3v5M16 3v5",
  ways: "M3 7h7c4 0 4 10 8 10h3M18 14l3 3-3 3M3 17h7",
  film: "M3 5h18v14H3zM7.5 5v14M16.5 5v14M3 9.7h4.5M3 14.3h4.5M16.5 9.7H21M16.5 14.3H21",
  shield: "M12 3l8 3v6c0 4.6-3.2 7.7-8 9-4.8-1.3-8-4.4-8-9V6zM8.5 12l2.5 2.5 4.5-5",
  plant: "M3 21V11l6 3.5V11l6 3.5V4h4l2 17zM7 18h2M12 18h2",
  search: "M10.5 4a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zM15.5 15.5L21 21",
  key: "M8 11a4.5 4.5 0 1 1 0 .1M12 12h9M17 12v4M20.5 12v3",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  check: "M4 13l5 5L20 6",
  cross: "M5 5l14 14M19 5L5 19",
  pause: "M8 5v14M16 5v14",
  play: "M7 4l13 8-13 8z",
  stop: "M6 6h12v12H6z",
  door: "M5 21V4l9-1.5V21M14 5h5v16M3 21h18M10.5 12v1.5",
  message: "M4 5h16v11H10l-4.5 4v-4H4z",
  clock: "M12 3.5a8.5 8.5 0 1 1 0 17 8.5 8.5 0 0 1 0-17zM12 7.5V12l3.5 2",
  full: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
  warning: "M12 3.5L22 20.5H2zM12 10v5M12 17.4v.6",
  terminal: "M3 5h18v14H3zM7 9.5l3 2.5-3 2.5M12.5 15H17",
  next: "M9 5l7 7-7 7",
  out: "M10 4H4v16h6M14 8l4 4-4 4M18 12H9",
} as const;

export type IconName = keyof typeof paths;
