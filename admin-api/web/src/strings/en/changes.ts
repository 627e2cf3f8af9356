const verbs: Record<string, string> = { add: "added", change: "changed", remove: "removed", end: "ended" };

/** What was changed, by whom. */
export const changes = {
  title: "Changes",
  intro: "The plant, its accounts, its conduits and its secrets, as people changed them; the newest first.",
  family: "Of what",
  families: { all: "All", plant: "Plant file", account: "Accounts", conduit: "Conduits", credential: "Secrets" },
  none: "Nothing was changed yet",
  noneNext: "A change appears here as soon as somebody makes one.",
  line: (verb: string, kind: string, name: string, detail: string) =>
    `${verbs[verb] ?? verb} ${kind} ${name}${detail === "" ? "" : `: ${detail}`}`,
  count: (n: number, more: boolean) => 
    n === 1 && !more ? "1 change" : `${n} changes${more ? " so far" : ""}`,
};
