// Made-up recordings, an audit log and what becomes of them. Names, purposes and
// what was on the screens are hostile on purpose: all of it must stay text.

import { at, newGrant, newId, newRequest, requests, grants, sessions, site, zones } from "./plant.js";

const NASTY = `<img src=x onerror=alert(1)> "quoted" & 'so on' \u202egnp.exe`;
const commands = ["show trips --last 24h", "diff governor.cfg governor.bak", "flame-gain set B3 41.5", `echo '${NASTY}'`, "trend -f drum.level", "backup now"];

/** What sessions that are over came from. */
export const past = { requests: [], grants: [] };
for (const session of sessions.filter((s) => s.closed)) {
  const from = Date.parse(session.opened_at);
  const time = (minutes) => new Date(from + minutes * 60_000).toISOString();
  const window = { start: time(-5), end: time(115) };
  const approvals = [{ by: "arne", at: time(-40), window, note: "Agreed with shift lead." }];
  const request = newRequest(session.account, session.asset, window, `Yearly service. ${NASTY}`, { created_at: time(-90), approvals });
  past.requests.push(request);
  past.grants.push(newGrant(request, { id: session.grant, created_at: time(-40), phase: "closed" }));
}

export const recordings = sessions.flatMap((session, n) =>
  n % 9 === 4
    ? []
    : [0, ...(n % 4 === 1 ? [1] : [])].map((channel) => ({
        session: session.id,
        channel,
        account: session.account,
        asset: session.asset,
        zone: session.zone,
        kind: channel === 0 ? "shell" : "exec",
        command: channel === 0 ? null : commands[n % commands.length],
        has_terminal: channel === 0,
        started_at: session.opened_at,
        ended_at: session.closed?.at ?? null,
        exit_status: session.closed ? 0 : null,
        bytes_in: 812 + n * 37,
        bytes_out: 48_000 + n * 9_133,
        state: session.closed ? (n % 31 === 30 ? "purged" : n % 17 === 16 ? "interrupted" : "complete") : "recording",
      })),
);

const SEGMENT = 30;
const LENGTH = 20 * 60;
const prompt = (n) => `\x1b[38;2;242;182;61mengineer\x1b[0m:~$ ${commands[n % commands.length]}\r\n`;
const output = (n) => `\x1b[2m${String(n).padStart(5, "0")}\x1b[0m  B3.FLAME   \x1b[32mOK\x1b[0m   gain ${(41 + (n % 7) / 10).toFixed(1)}   \x1b[33mDRUM ${-12 + (n % 9)} mm\x1b[0m\r\n`;
const marks = [
  [2, "Window of 100 x 30"],
  [64, "olga let the vendor in"],
  ...Array.from({ length: 24 }, (_, n) => [75 + n * 40, commands[n % commands.length]]),
  [1130, "Input paused by olga: load change under way"],
  [1199, "Exit status 0"],
];

function replayIndex(query) {
  const idle = query.get("idle_limit_ms");
  const words = `channel=${query.get("channel") ?? 0}&until_ms=${LENGTH * 1000}${idle ? `&idle_limit_ms=${idle}` : ""}`;
  return {
    version: 1,
    duration: LENGTH,
    term: { cols: 100, rows: 30 },
    markers: marks,
    segments: Array.from({ length: LENGTH / SEGMENT }, (_, n) => ({ start: n * SEGMENT, real: n * SEGMENT, url: `replay/${n}.json?${words}` })),
  };
}

function segment(number) {
  const start = number * SEGMENT;
  const events = [[start, "o", ""]];
  for (let t = start + 1; t < start + SEGMENT; t += 1) events.push([t, "o", t % 40 === 35 ? prompt(Math.floor(t / 40)) : output(t)]);
  for (const [second, label] of marks) if (second >= start && second < start + SEGMENT) events.push([second, "m", label]);
  events.sort((a, b) => a[0] - b[0]);
  if (start + SEGMENT === LENGTH) events.push([LENGTH, "o", ""]);
  const init = Array.from({ length: 20 }, (_, n) => output(Math.max(0, start - 20) + n)).join("");
  return { snapshot: { cols: 100, rows: 30, init: `\x1b[H${init}` }, events };
}

const audit = [];
const note = (minutes, actor, action, subject, more = {}) =>
  audit.push({ at: at(minutes), id: newId(), actor, source: actor === "system" ? "system" : "198.51.100.24", action, subject, ...more });
const minutesOf = (text) => (Date.parse(text) - Date.parse(at(0))) / 60_000;

note(-9_000, "host", "account.created", "account/ada", { after: { full_name: "Ada Holm", role: "admin" } });
note(-8_990, "account/ada", "plant.applied", `plant/${site.name}`, {
  after: { changes: [{ verb: "add", kind: "zone", name: "boiler", detail: "" }, { verb: "add", kind: "asset", name: "boiler-dcs", detail: "" }, { verb: "add", kind: "account", name: "vera", detail: "" }] },
});
note(-700, "account/ada", "plant.applied", `plant/${site.name}`, {
  after: { changes: [{ verb: "change", kind: "conduit", name: "boiler-engineering", detail: "longest_session: 8h, was 4h" }, { verb: "remove", kind: "asset", name: "old-historian", detail: "" }] },
});
note(-690, "account/ada", "account.disabled", "account/viktor", { before: { state: "active" }, after: { state: "disabled", tokens: 1, tickets: 0 }, reason: "Left Kessel & Sohn on Friday, says his manager." });
note(-600, "account/ada", "account.enabled", "account/viktor", { before: { state: "disabled" }, after: { state: "active" }, reason: "He did not; another Viktor." });
note(-300, "account/ada", "credential.set", "credential/boiler-dcs", { before: { set: false }, after: { set: true, kind: "private_key" } });
note(-190, "account/olga", "conduit.closed", "conduit/utilities-telemetry", { before: { state: "open" }, after: { state: "closed", sessions: 1 }, reason: "Pump test on the cooling water line." });
note(-120, "account/vera", "account.sign_in_failed", "account/vera", { after: { locked: false }, reason: "the password was wrong" });
for (const request of [...requests, ...past.requests.slice(0, 60)]) {
  const from = minutesOf(request.created_at);
  note(from, `account/${request.account}`, "request.filed", `request/${request.id}`, { reason: request.purpose, after: { asset: request.asset, window: request.wanted } });
  for (const approval of request.approvals) {
    note(minutesOf(approval.at), `account/${approval.by}`, "request.approved", `request/${request.id}`, { before: { state: "waiting" }, after: { state: request.state, window: approval.window }, reason: approval.note });
  }
}
for (const grant of [...grants, ...past.grants.slice(0, 60)]) note(minutesOf(grant.created_at), "account/arne", "grant.created", `grant/${grant.id}`, { after: { account: grant.account, asset: grant.asset, window: grant.window } });
for (const session of sessions.slice(0, 60)) {
  const [about, from] = [`session/${session.id}`, minutesOf(session.opened_at)];
  note(from, `account/${session.account}`, "session.opened", about, { after: { account: session.account, asset: session.asset, conduit: session.conduit, protocol: "ssh" } });
  note(from + 0.02, "system", "recording.started", about, { after: { channel: 0, kind: "shell", state: "recording" } });
  if (session.zone !== "utilities") note(from + 1, "account/olga", "session.let_in", about, { before: { entry: "waiting" }, after: { entry: "let_in" }, reason: "Work permit 311 is at the desk." });
  note(from + 1.2, "account/olga", "session.watched", about);
  note(from + 6, "account/olga", "session.message_sent", about, { reason: `Please leave ${NASTY} as it is.` });
  if (!session.closed) continue;
  note(from + 19, "account/olga", "session.input_paused", about, { reason: "Load change under way." });
  const to = minutesOf(session.closed.at);
  note(to, "system", "session.closed", about, { before: { state: "open" }, after: { state: "closed", reason: session.closed.code, blame: session.closed.blame }, reason: session.closed.text });
  note(to + 0.1, "system", "recording.sealed", about, { before: { state: "recording", channel: 0 }, after: { state: "complete", channel: 0, lines: 4812, root: "9f3c7a51d2" } });
}
audit.sort((a, b) => (a.at < b.at ? -1 : 1)).forEach((event, n) => (event.seq = n + 1));

const holds = [
  { id: newId(), session: null, zone: "protection", placed_at: at(-4_000), placed_by: "account/audun", reason: "Accident of 24 November, case 17.", state: "in_force" },
  { id: newId(), session: sessions[9].id, zone: null, placed_at: at(-500), placed_by: "account/ada", reason: `Claim against ${NASTY}`, state: "in_force" },
  { id: newId(), session: sessions[20].id, zone: null, placed_at: at(-9_000), placed_by: "account/audun", reason: "Case 12.", state: "released", released: { at: at(-1_000), by: "account/audun", reason: "Case 12 is closed." } },
];
const shares = [
  { id: newId(), session: sessions[9].id, channel: 0, created_at: at(-300), created_by: "audun", expires_at: at(8_000), input: false, note: "The regulator, case 17.", opened_at: at(-20), openings: 3, state: "works" },
  { id: newId(), session: sessions[9].id, channel: 0, created_at: at(-3_000), created_by: "audun", expires_at: at(-1_000), input: true, note: "Kessel & Sohn, their own engineer.", openings: 0, state: "over" },
];
const kept = (n, until) => ({ session: sessions[n].id, channel: 0, zone: sessions[n].zone, ended_at: sessions[n].closed.at, kept_until: at(until) });

export const logFiles = {
  checkpoint: `access.north-ridge.example/log/1f2e3d4c\n${audit.length}\nq4Fh0d1v0Y8bW9c2VwH3xkqJt5n6R7s8T9u0V1w2X3Y=\n\n— access.north-ridge.example/log/1f2e3d4c Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5\n`,
  vkeys: "access.north-ridge.example/log/1f2e3d4c+09ab12cd+AQ8bW9c2VwH3xkqJt5n6R7s8T9u0V1w2X3Y4Z5a6b7c8\nwitness.regulator.example+77aa21b0+BH3xkqJt5n6R7s8T9u0V1w2X3Y4Z5a6b7c8d9e0f1g2h\n",
  handovers: "",
};

/** Proves a session's recording at a reading pace; one in seven does not hold. */
export function verify(session, send, closed) {
  const broken = sessions.indexOf(session) % 7 === 6;
  const steps = [
    { name: "chunks", state: broken ? "contradicted" : "proven", detail: broken ? "Chunk 14 has another hash than its line of the manifest says." : "All 41 chunks are as the manifest has them." },
    { name: "manifest", state: "proven", detail: "41 lines follow one another, and the last one closes it." },
    { name: "seal", state: "proven", detail: "The seal has the root of the manifest's lines." },
    { name: "progress", state: "proven", detail: "It was committed to twice while it ran; both are parts of what was sealed." },
    { name: "log", state: "proven", detail: `The seal is entry ${audit.length - 12} of the log.` },
    { name: "checkpoint", state: "proven", detail: "Signed by access.north-ridge.example/log/1f2e3d4c+09ab12cd" },
    { name: "content", state: "noted", detail: "What is encrypted for auditors was not looked into." },
  ];
  const summary = broken ? "This recording contradicts itself or the log: do not rely on it." : "The recording is what was sealed when its session ended, and its seal is in the log that this broker has signed.";
  const read = [0, 10, 20, 30, 41].map((done) => ["progress", { done, of: 41 }]);
  const all = [...read, ...steps.map((step) => ["step", step]), ["result", { verdict: broken ? "contradicted" : "proven", summary }]];
  const timer = setInterval(() => {
    const next = all.shift();
    if (next) send(...next);
    else clearInterval(timer);
  }, 80);
  closed(() => clearInterval(timer));
}

export function evidenceRoutes({ page, byId, Refused, nowText }) {
  const opened = (who, session) => audit.push({ seq: audit.length + 1, id: newId(), at: nowText(), actor: `account/${who.name}`, source: "198.51.100.24", action: "recording.opened", subject: `session/${session}`, after: { channel: 0, input: false } });
  const fits = (text, wanted, joint) => !wanted || text === wanted || text.startsWith(wanted + joint);
  return {
    "GET /recordings": ({ query }) => page(recordings.filter((r) => !query.get("session") || r.session === query.get("session")), query),
    "GET /recordings/search": ({ query }) => {
      const words = query.get("q").toLowerCase().replaceAll(/["*]/g, "").split(/\s+/);
      const lines = [...commands.map((c) => `engineer:~$ ${c}`), "ALARM bearing 2 vibration 4.9 mm/s, trip reset by operator", NASTY];
      const hits = recordings.flatMap((r, n) => lines.map((text, l) => ({ session: r.session, channel: r.channel, account: r.account, asset: r.asset, zone: r.zone, at: r.started_at, at_ms: ((n * 37 + l * 91) % 1100) * 1000, text, with_erased: query.get("input") && l === 2 ? `${text}xx\x7f\x7f`.replaceAll("\x7f", "⌫") : null })));
      return page(hits.filter((h) => words.every((w) => h.text.toLowerCase().includes(w))), query);
    },
    "GET /sessions/:id/replay.json": ({ who, query }, id) => {
      opened(who, id);
      return replayIndex(query);
    },
    "GET /sessions/:id/replay/:name": (_, id, name) => segment(Number.parseInt(name, 10)),
    "GET /sessions/:id/recording.cast": () => "made up\n",
    "GET /sessions/:id/bundle.tar": () => "made up\n",
    "GET /audit": ({ query }) => {
      const [since, until] = [query.get("since") ?? "", query.get("until") ?? "9"];
      const found = audit.filter((e) => fits(e.subject, query.get("subject"), "/") && (query.get("action") || e.action).split(",").some((one) => fits(e.action, one, ".")) && fits(e.actor, query.get("actor"), "\0") && e.at >= since && e.at < until);
      return page(query.get("oldest_first") ? found : found.reverse(), onlyPaging(query));
    },
    "GET /holds": ({ query }) => {
      const found = holds.filter((h) => (!query.get("session") || h.session === query.get("session")) && (!query.get("zone") || h.zone === query.get("zone")) && (!query.get("in_force") || h.state === "in_force"));
      return page(found, onlyPaging(query));
    },
    "POST /sessions/:id/hold": ({ who, body }, id) => place({ session: id, zone: null }, who, body),
    "POST /zones/:name/hold": ({ who, body }, name) => {
      if (!zones.some((z) => z.name === name)) throw new Refused(404, "not_found", "There is no such zone.");
      return place({ session: null, zone: name }, who, body);
    },
    "POST /holds/:id/release": ({ who, body }, id) => Object.assign(byId(holds, id), { state: "released", released: { at: nowText(), by: `account/${who.name}`, reason: body.reason } }),
    "GET /retention": () => ({ due: [kept(40, -30)], due_count: 1, held: 2, not_sealed: 1, next: [kept(41, 900), kept(42, 3_000), kept(43, 9_000)] }),
    "GET /shares": ({ query }) => page(shares.filter((s) => !query.get("session") || s.session === query.get("session")), onlyPaging(query)),
    "POST /sessions/:id/shares": ({ who, body }, id) => {
      const share = { id: newId(), session: id, channel: body.channel, created_at: nowText(), created_by: who.name, expires_at: at(10_080), input: body.input, note: body.note, openings: 0, state: "works" };
      shares.unshift(share);
      return { share, path: `/api/v1/shared/dbs_${"k3J9".repeat(10)}` };
    },
    "POST /shares/:id/revoke": (_, id) => Object.assign(byId(shares, id), { state: "revoked" }),
    "GET /log": () => logState,
    "GET /log/anchors": () => logState.anchors,
  };
  function place(on, who, body) {
    const hold = { id: newId(), ...on, placed_at: nowText(), placed_by: `account/${who.name}`, reason: body.reason, state: "in_force" };
    holds.unshift(hold);
    return hold;
  }
}

function onlyPaging(query) {
  const paging = new URLSearchParams();
  for (const name of ["after", "limit"]) if (query.get(name)) paging.set(name, query.get(name));
  return paging;
}

const logState = {
  signed: audit.length,
  signed_at: at(-0.2),
  anchors: [
    { name: "file:/mnt/worm/checkpoints", size: audit.length, behind: 0, anchored_at: at(-0.2) },
    { name: "https://witness.regulator.example", size: audit.length - 41, behind: 41, anchored_at: at(-95), failing_since: at(-88), why: "The connection timed out." },
  ],
};
