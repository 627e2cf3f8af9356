const numbers = ["none", "one", "two", "three", "four", "five"];
const inWords = (n: number) => numbers[n] ?? String(n);

/** Requests, as stories and as pages. */
export const request = {
  title: (asset: string) => `Request for ${asset}`,
  extension: (asset: string) => `More time on ${asset}`,
  story: {
    waiting: (have: number, needed: number) => {
      const left = Math.max(0, needed - have);
      const more = have > 0 ? " more" : "";
      const people = left === 1 ? "approver" : "approvers";
      return `${have} of ${needed} approvals; waiting for ${inWords(left)}${more} ${people}.`;
    },
    zoneGone: "Its zone is no longer part of the plant, so nobody can approve it. Withdraw it.",
    granted: "Granted. The bridge comes down at the start of the window.",
    extended: "Granted. The window is longer now.",
    denied: (reason?: string) => `Denied. ${reason ?? "No reason was given; call the plant."}`,
    withdrawn: "Withdrawn by the one who asked.",
    lapsed: "Nobody decided before the window was over. Ask again with a later window.",
    cancelled: (reason?: string) => `Cancelled. ${reason ?? "The plant was changed; ask again."}`,
  },
  by: "Asked by",
  asset: "Asset",
  zone: "Zone",
  purpose: "What for",
  workOrder: "Work order",
  noWorkOrder: "none given",
  wanted: "Asked for",
  window: "Window",
  narrowed: "narrowed by an approver",
  asked: "Asked",
  approvals: "Approvals",
  approval: (by?: string | null) => (by ? `Approved by ${by}` : "Approved"),
  noApprovals: "None yet.",
  toGrant: "Go to the window",
  withdraw: "Withdraw the request",
  withdrawTitle: "Withdraw this request?",
  withdrawText: "Nobody can approve it any more. To come back to it, ask again.",
};
