/** The transparency log: its checkpoint, keys and anchors. */
export const ledger = {
  title: "The log's seal",
  intro:
    "Each event of the audit log is a leaf of one tree. A checkpoint signs the tree as it is: whoever keeps one can prove later that nothing before it was changed, with a public key and without this server.",
  checkpoint: {
    title: "Newest checkpoint",
    none: "Nothing is signed yet.",
    noneNext: "The first checkpoint comes within seconds of the first event. If it does not, read the server's log.",
    covers: "Covers",
    events: (n: number) => (n === 1 ? "1 event" : `${n.toLocaleString("en-GB")} events`),
    signed: "Signed",
    failing: "Signing fails since",
    failingNext:
      "Events are still written, and are signed once it works again. Look at the key's file on the broker's machine, and at its log.",
    works: "Signing works.",
    text: "As it is published",
    take: "Keep this text somewhere else, on paper if need be. It is what a later check starts from.",
    copy: "Copy the checkpoint",
  },
  keys: {
    title: "Keys",
    text: "With these public keys the log is checked. The first is the log's own; others are witnesses'. Compare them with what you were given by another way than this page.",
    copy: "Copy",
    handovers: "The key was handed over before. Each note is signed by the key before it:",
  },
  anchors: {
    title: "Anchors",
    text: "Places outside of this server that get each new checkpoint. With one, this server could not rewrite the past without being found out.",
    none: "No anchor is set up",
    noneNext:
      "Whoever controls this server could rewrite the log, if nobody keeps a checkpoint. Ask the admin to set one up: docs/evidence.md says how.",
    upToDate: "Has the newest checkpoint.",
    behind: (n: number) => (n === 1 ? "1 event behind." : `${n.toLocaleString("en-GB")} events behind.`),
    failing: "Fails since",
    never: "Has none yet.",
    last: "Last given",
  },
  check: {
    title: "How to check it without this server",
    label: "The commands",
    text: "Export the log, carry it to another machine, and check it there with a key that you were given:",
    command: "drawbridge audit export --out log-of-today\ndrawbridge verify log-of-today --key KEY",
  },
};
