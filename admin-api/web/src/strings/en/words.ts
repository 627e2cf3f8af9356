/** What several pages say. */
export const words = {
  product: "Drawbridge",
  pageTitle: (title: string) => `${title} · Drawbridge`,
  role: {
    vendor: "Vendor",
    approver: "Approver",
    operator: "Operator",
    auditor: "Auditor",
    admin: "Admin",
  },
  nav: {
    label: "Desk",
    skip: "Skip to the page",
    noPlant: "No plant yet",
    desk: "Desk",
    back: "Back to the desk",
    sessions: "Sessions",
    calendar: "Calendar",
    ways: "Ways in",
    overview: "Overview",
    plant: "Plant",
    accounts: "Accounts",
    changes: "Changes",
    retention: "Retention",
    notices: "Notices",
    find: "Find",
    recordings: "Recordings",
    audit: "Audit log",
    ledger: "Log's seal",
    account: "Account",
  },
  action: {
    tryAgain: "Try again",
    reload: "Load the page again",
    signOut: "Sign out",
    cancel: "Cancel",
    close: "Close",
    more: "Show more",
    narrow: "Narrow it down",
  },
  state: {
    loading: "Loading…",
    working: "Working…",
    notConnected: "Not connected; trying again… What is shown may be out of date.",
  },
  time: {
    plantClock: "The plant's time, by the server's clock",
    utc: "UTC",
    span: (start: string, end: string) => `${start} to ${end}`,
  },
  copy: {
    done: "Copied.",
    failed: "This browser did not allow it. Select the text and copy it yourself.",
  },
  idle: {
    title: "Still there?",
    text: "Nothing was pressed here for a while. You will be signed out when the time below is over. Open sessions go on.",
    stay: "I am still here",
  },
  problem: {
    notShown: "This can't be shown",
    unreachable:
      "The server could not be reached, and nothing is known to have changed. Check your network and try again.",
    unexplained: (status: number) =>
      `The server answered ${status} without saying why. Try again; if it happens twice, tell an admin of the plant.`,
    pageFault:
      "Something failed in this page. Load it again; if it happens twice, tell an admin of the plant.",
    pageGone:
      "This part of the desk could not be loaded: a new version may have been installed. Load the page again.",
  },
  notFound: {
    title: "No such page",
    what: "There is no such page, or it is not for your role.",
    next: "The address may be old or cut short. Start again from your desk.",
    desk: "Go to your desk",
  },
  signIn: {
    title: "Sign in",
    bannerLabel: "Terms of use",
    name: "Account",
    password: "Password",
    accept: "I accept, sign me in",
    help: "No account, or the password is lost? Ask the plant's admin: passwords are set there, never sent.",
  },
};
