// Who and what an event names: `account/anna`, `session/0190…`, `system`.

export interface Named {
  kind: string;
  name: string;
}

export function named(text: string): Named {
  const cut = text.indexOf("/");
  return cut < 0 ? { kind: text, name: "" } : { kind: text.slice(0, cut), name: text.slice(cut + 1) };
}

const pages: Record<string, (name: string) => string> = {
  session: (id) => `/recordings/${id}`,
  grant: (id) => `/grants/${id}`,
  request: (id) => `/requests/${id}`,
};

/** Where an event's subject can be seen: its page, or all that the log has about it. */
export function placeOf(subject: string): string {
  const { kind, name } = named(subject);
  const page = Object.hasOwn(pages, kind) && name !== "" ? pages[kind] : undefined;
  return page ? page(encodeURIComponent(name)) : `/audit?subject=${encodeURIComponent(subject)}`;
}

/** Ids are told by their end, where they differ. */
export function shortName(name: string): string {
  return /^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(name) ? `…${name.slice(-6)}` : name;
}
