/** A line that is at least this long was broken because it was full. */
const FULL = 50;

/** A text that was broken into lines for a terminal, for a page, which breaks it itself. */
export const unwrapped = (text: string): string =>
  text
    .split("\n")
    .reduce((all, line, n, lines) => {
      const before = lines[n - 1]?.trimEnd() ?? "";
      const goesOn = before.length >= FULL && /^\S/.test(line);
      return n === 0 ? line : `${all.replace(/ +$/, "")}${goesOn ? " " : "\n"}${line}`;
    }, "");
