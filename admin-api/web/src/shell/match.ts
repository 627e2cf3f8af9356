/** Whether a path is of a pattern such as `/requests/:id`, and with which parts. */
export function match(pattern: string, path: string): Record<string, string> | undefined {
  const wanted = pattern.split("/");
  const given = path.replace(/(.)\/$/, "$1").split("/");
  if (wanted.length !== given.length) return undefined;
  const parts: Record<string, string> = {};
  for (const [index, want] of wanted.entries()) {
    const have = given[index] ?? "";
    if (want.startsWith(":")) {
      const part = decoded(have);
      if (!part) return undefined;
      parts[want.slice(1)] = part;
    } else if (want !== have) {
      return undefined;
    }
  }
  return parts;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
