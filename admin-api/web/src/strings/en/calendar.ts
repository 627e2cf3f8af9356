/** Coming and running windows. */
export const calendar = {
  title: "Calendar",
  days: "Days",
  span: (n: number) => (n === 1 ? "1 day" : `${n} days`),
  picture: "Windows of each asset over the coming days",
  none: "No window is open or coming.",
  noneNext: "Granted requests show up here.",
  list: "In order",
  now: "now",
  open: "open",
};
