/** What the browser tells while nobody looks at the page. */
export const notify = {
  asks: (account: string, asset: string) => `${account} asks for ${asset}.`,
  waits: (account: string, asset: string) => `${account} waits to be let in to ${asset}.`,
  granted: (asset: string, window: string) => `Granted: ${asset}, ${window}.`,
  longer: (asset: string, window: string) => `More time was granted on ${asset}: ${window}.`,
  denied: (asset: string, reason: string) => `Denied: ${asset}. ${reason}`.trim(),
  cancelled: (asset: string, reason: string) =>
    `Your request for ${asset} was cancelled. ${reason}`.trim(),
  narrowed: (asset: string, window: string) => `Narrowed by an approver: ${asset}, ${window}.`,
  opens: (asset: string, end: string) => `Your window on ${asset} is open, until ${end}.`,
  soonOver: (asset: string, end: string) => `Ten minutes are left on ${asset}: the window ends at ${end}.`,
  letIn: (asset: string) => `You were let in to ${asset}.`,
  revoked: (asset: string, reason: string) => `The plant took back your window on ${asset}. ${reason}`.trim(),
};
