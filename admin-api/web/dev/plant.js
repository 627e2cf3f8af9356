// A made-up plant with people, requests and sessions, around the time it is now.

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const start = Date.now();
export const at = (minutes) => new Date(start + minutes * MINUTE).toISOString();
const window = (from, to) => ({ start: at(from), end: at(to) });
let count = 0;
export const newId = () =>
  `0190b8c2-${String(++count).padStart(4, "0")}-7000-8000-${String(count * 7919).padStart(12, "0")}`;

export const site = {
  name: "north-ridge",
  title: "North Ridge power station",
  time_zone: "Europe/Oslo",
};

const person = (name, full_name, company, role, zones = [], assets = []) => ({
  name,
  full_name,
  company,
  role,
  zones,
  assets,
  state: "active",
  has_password: true,
  created_at: at(-90_000),
  enabled_at: at(-90_000),
});
const everywhere = ["turbine-hall", "boiler", "protection", "utilities"];
export const accounts = [
  person("vera", "Vera Lindqvist", "Turbine Works", "vendor", [], ["gt1-plc", "boiler-dcs", "esd-logic", "cooling-gw"]),
  person("viktor", "Viktor Baumann", "Kessel & Sohn", "vendor", [], ["boiler-dcs"]),
  person("anna", "Anna Berge", "North Ridge", "approver", everywhere),
  person("arne", "Arne Dahl", "North Ridge", "approver", everywhere),
  person("olga", "Olga Moen", "North Ridge", "operator", everywhere),
  person("audun", "Audun Lie", "North Ridge", "auditor"),
  person("ada", "Ada Holm", "North Ridge", "admin"),
];

const zone = (name, title, security_level, more = {}) => ({
  name,
  title,
  security_level,
  safety: false,
  approvals: 1,
  longest_session_seconds: 8 * 3600,
  retention_seconds: 400 * 86400,
  let_in: false,
  supervised: false,
  ...more,
});
export const zones = [
  zone("turbine-hall", "Turbine hall", 2, { let_in: true }),
  zone("boiler", "Boiler control", 3, { supervised: true, approvals: 2 }),
  zone("protection", "Plant protection", 4, {
    safety: true,
    let_in: true,
    supervised: true,
    approvals: 2,
    longest_session_seconds: 2 * 3600,
  }),
  zone("utilities", "Water and air", 1),
];
const zoneOf = (name) => zones.find((z) => z.name === name);

const asset = (name, title, in_zone) => {
  const { approvals, longest_session_seconds, let_in, supervised } = zoneOf(in_zone);
  return { name, title, zone: in_zone, protocols: ["ssh"], approvals, longest_session_seconds, let_in, supervised };
};
export const assets = [
  asset("gt1-plc", "Gas turbine 1, governor", "turbine-hall"),
  asset("boiler-dcs", "Boiler DCS engineering station", "boiler"),
  asset("esd-logic", "Emergency shutdown logic solver", "protection"),
  asset("cooling-gw", "Cooling water gateway", "utilities"),
];

const conduit = (name, to, operations, more = {}) => ({
  name,
  zone: to,
  protocols: ["ssh"],
  operations,
  environment: ["LANG"],
  longest_session_seconds: zoneOf(to).longest_session_seconds,
  record: "standard",
  state: "open",
  ...more,
});
export const conduits = [
  conduit("turbine-maintenance", "turbine-hall", ["shell", "exec"], { source: "10.20.0.4" }),
  conduit("boiler-engineering", "boiler", ["shell"]),
  conduit("protection-service", "protection", ["shell"], { record: "full" }),
  conduit("utilities-telemetry", "utilities", ["exec"], {
    state: "closed",
    closed: { at: at(-190), by: "account/olga", reason: "Pump test on the cooling water line." },
  }),
];

const companyOf = (account) => accounts.find((a) => a.name === account)?.company ?? "";
const assetOf = (name) => assets.find((a) => a.name === name);
export const newRequest = (account, on, wanted, purpose, more = {}) => ({
  id: newId(),
  account,
  company: companyOf(account),
  asset: on,
  zone: assetOf(on).zone,
  protocol: "ssh",
  purpose,
  wanted,
  window: wanted,
  created_at: at(-35),
  approvals: [],
  approvals_needed: assetOf(on).approvals,
  state: "waiting",
  ...more,
});
export const newGrant = (request, more = {}) => {
  const grant = {
    id: newId(),
    request: request.id,
    account: request.account,
    company: request.company,
    asset: request.asset,
    zone: request.zone,
    protocol: "ssh",
    window: request.window,
    created_at: at(-30),
    extensions: 0,
    phase: Date.parse(request.window.start) > Date.now() ? "scheduled" : "open",
    ...more,
  };
  request.state = "granted";
  request.grant = grant.id;
  return grant;
};
export const newSession = (grant, more = {}) => {
  const { let_in, supervised } = zoneOf(grant.zone);
  return {
    id: newId(),
    account: grant.account,
    company: grant.company,
    asset: grant.asset,
    zone: grant.zone,
    conduit: conduits.find((c) => c.zone === grant.zone).name,
    grant: grant.id,
    protocol: "ssh",
    source: "198.51.100.24",
    opened_at: at(-22),
    ends_at: grant.window.end,
    state: "open",
    supervised,
    entry: { required: let_in, state: let_in ? "let_in" : "open", by: let_in ? "olga" : null },
    input: { state: "flows" },
    watchers: [],
    ...more,
  };
};

const yes = (by, note) => ({ by, at: at(-31), window: window(-30, 200), note });
export const requests = [
  newRequest("vera", "boiler-dcs", window(0, 180), "Burner 3 flame scanner drops out at low load; read the trip log and adjust the gain.", {
    work_order: "WO-48213",
    approvals: [yes("arne", "Agreed with shift lead.")],
  }),
  newRequest("viktor", "boiler-dcs", window(600, 840), "Quarterly backup of the control program before the outage."),
  newRequest("vera", "esd-logic", window(1500, 1590), "Proof test of the low-lube-oil trip, together with the plant's engineer.", {
    work_order: "WO-48240",
  }),
];
const past = newRequest("vera", "cooling-gw", window(-3000, -2880), "Firmware update.", {
  state: "denied",
  created_at: at(-3100),
  ended: { at: at(-3050), by: "anna", reason: "Not during the pump test. Ask again from Monday." },
});
export const grants = [];
export const sessions = [];
const granted = (account, on, wanted, purpose, open) => {
  const request = newRequest(account, on, wanted, purpose, { approvals: [yes("anna"), yes("arne")] });
  const grant = newGrant(request);
  requests.push(request);
  grants.push(grant);
  if (open) sessions.push(newSession(grant, open));
};
const waiting = { entry: { required: true, state: "waiting" }, input: { state: "lobby" }, opened_at: at(-3) };
granted("vera", "gt1-plc", window(-60, 95), "Vibration on bearing 2: compare the governor's settings.", {
  watchers: [{ account: "olga", since: at(-12) }],
});
granted("viktor", "boiler-dcs", window(-40, 9), "Drum level controller hunts.", { input: { state: "unwatched" } });
granted("vera", "esd-logic", window(-10, 70), "Read out the first-out list.", waiting);
granted("viktor", "gt1-plc", window(-80, 61), "Compressor wash sequence.", {
  input: { state: "paused", by: "olga", at: at(-4), reason: "Load change under way." },
});
granted("vera", "cooling-gw", window(-50, 1.6), "Replace a certificate.", {});
granted("vera", "gt1-plc", window(900, 1080), "Load the new governor curve.");
granted("viktor", "boiler-dcs", window(2300, 2480), "Tune after the outage.");
requests.push(past);

const closed = (n) => {
  const begun = -600 - n * 47;
  const [blame, code, text] = [
    ["vendor", "vendor_left", "The session is closed."],
    ["policy", "window_ended", "The approved window has ended."],
    ["operator", "ended", "The plant ended the session."],
  ][n % 3];
  const { id: _, ...old } = grants[n % grants.length];
  return newSession({ ...old, id: newId() }, {
    opened_at: at(begun),
    state: "closed",
    input: undefined,
    entry: undefined,
    closed: { at: at(begun + 20 + (n % 40)), blame, code, text },
  });
};
for (let n = 0; n < 240; n += 1) sessions.push(closed(n));

export const logins = [
  { id: newId(), kind: "browser", created_at: at(-200), last_seen_at: at(-1), expires_at: at(520), source: "198.51.100.24", agent: "Mozilla/5.0 (X11; Linux x86_64) Chrome/150.0", current: true },
  { id: newId(), kind: "bearer", created_at: at(-4000), last_seen_at: at(-1500), expires_at: at(9000), source: "203.0.113.80", agent: "Nightly backup of the PLC", current: false },
];
