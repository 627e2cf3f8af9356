/** Where a line of a text begins and ends, counted from 1; the last line for one beyond the end. */
export function lineSpan(text: string, line: number): [start: number, end: number] {
  let start = 0;
  for (let n = 1; n < line; n += 1) {
    const next = text.indexOf("\n", start);
    if (next < 0) break;
    start = next + 1;
  }
  const end = text.indexOf("\n", start);
  return [start, end < 0 ? text.length : end];
}
