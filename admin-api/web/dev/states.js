// What pages look like when something is open, wrong, or not there.

const press = (name) => (page) => page.getByRole("button", { name, exact: true }).first().click();
const then = (...steps) => async (page) => {
  for (const step of steps) await step(page);
};
/** No word of what changes comes any more. */
const apart = async (page) => {
  await page.route("**/api/v1/events", (route) => route.abort());
  await page.reload();
};
const refuse = (path, detail) => (page) =>
  page.route(path, (route) => route.fulfill({ status: 422, json: { code: "conflict", detail } }));
const fill = (label, text) => (page) => page.getByLabel(label).first().fill(text);

export const states = {
  vera: [
    ["/grants/:open", "dialog-extend", press("Ask for more time")],
    ["/grants/:open", "ticket", press("Get a ticket")],
    ["/grants/:open/terminal", "dialog-end", then((page) => page.waitForTimeout(500), press("End"))],
    ["/grants/:open/terminal", "terminal-over", then((page) => page.waitForTimeout(500), (page) => page.keyboard.press("Control+d"))],
    ["/requests/:waiting", "dialog-withdraw", press("Withdraw the request")],
    ["/account", "dialog-token", press("Make a token for a program")],
    ["/account", "token-once", then(press("Make a token for a program"), fill("Name of the program", "Trend reader"), fill("Your password", "a password"), press("Make the token"))],
    ["/ask?asset=gt1-plc", "ask-refused", then(fill("What for", "x"), press("Ask"))],
    ["/", "apart", apart],
  ],
  anna: [
    ["/requests/:waiting", "approve", press("Approve")],
    ["/requests/:waiting", "narrow", press("Narrow the window")],
    ["/requests/:waiting", "dialog-deny", press("Deny")],
    ["/requests/:waiting", "approve-refused", then(refuse("**/approve", "This request was withdrawn a moment ago, so it cannot be approved. Nothing was changed."), press("Approve"), (page) => page.getByRole("button", { name: /^Confirm/ }).click())],
    ["/requests/none", "not-there"],
    ["/sessions/:open", "end-refused", then(refuse("**/end", "The session has ended already. Nothing was changed."), press("End the session now"))],
    ["/sessions/:open", "dialog-revoke", press("Revoke the window")],
    ["/ways", "dialog-close-site", press("Close the site")],
    ["/", "apart", apart],
  ],
  audun: [
    ["/recordings/:closed", "dialog-link", press("Make a link")],
    ["/recordings/:closed", "dialog-hold", press("Place a hold")],
    ["/?q=nothing+has+this", "no-hits"],
  ],
  ada: [
    ["/accounts", "dialog-password", (page) => page.getByRole("button", { name: /^New password for/ }).first().click()],
    ["/plant", "plant-tried", then((page) => page.waitForTimeout(500), (page) => page.getByLabel("Plant file, in TOML").fill("# other"), press("Try it"))],
  ],
};

export const crowded = {
  "sixty-characters-are-what-a-name-may-have-and-this-has-them-all": ["/", "/requests/:waiting", "/grants/:open"],
  anna: ["/", "/requests/:waiting", "/sessions/:open", "/sessions", "/calendar", "/ways"],
  audun: ["/", "/recordings/:session"],
  ada: ["/plant", "/accounts"],
};

export const empty = {
  vera: ["/"],
  anna: ["/", "/sessions", "/calendar"],
  audun: ["/", "/?show=recordings"],
  ada: ["/"],
};

/** In the page: as over HTTP/2, where twelve are shown at once; the mock has six connections. */
export function manyStreams() {
  const timing = { nextHopProtocol: "h2" };
  performance.getEntriesByType = () => [timing];
  const Real = EventSource;
  window.EventSource = class {
    constructor(url) {
      if (!url.includes("newest=true")) return new Real(url);
      const target = new EventTarget();
      target.close = () => {};
      const text = "engineer@asset:~$ trace -f\r\n" + "05:07:27  B3.FLAME   \x1b[32mOK\x1b[0m    gain 41.4  raw 1910   valve 58 %\r\n".repeat(17);
      const data = JSON.stringify({ channel: 0, terminal: true, cols: 80, rows: 24, data: btoa(text) });
      setTimeout(() => target.dispatchEvent(new Event("open")), 50);
      setTimeout(() => target.dispatchEvent(new MessageEvent("screen", { data })), 60);
      return target;
    }
  };
}
