// Serves dist/ under the policy that the program sends, with a made-up plant
// behind it: a harness for looking at the desks, not a part of what is shipped.
// Sign in as vera, anna, olga, audun or ada; any password but "wrong" will do.

import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { WebSocketServer } from "ws";
// First, so that what is made up from the plant has its crowd.
import "./crowd.js";
import { adminRoutes } from "./admin.js";
import { evidenceRoutes, logFiles, past, recordings, verify } from "./evidence.js";
import * as plant from "./plant.js";
import { live, terminal } from "./screens.js";

// EMPTY=1: nobody was ever here.
if (process.env.EMPTY) for (const list of [plant.requests, plant.grants, plant.sessions, recordings]) list.length = 0;
const port = Number(process.env.PORT ?? 8090);
const dist = new URL("../dist/", import.meta.url);
const policy = (nonce) =>
  `default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'nonce-${nonce}'; ` +
  "img-src 'self' data:; font-src 'self'; connect-src 'self'; manifest-src 'self'; " +
  "worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const listeners = new Set();
const changed = () => listeners.forEach((tell) => tell("changed", { seq: Date.now() }));
const byId = (items, id) => items.find((item) => item.id === id || item.name === id);
const one = (items, past = []) => (_, id) => {
  const found = byId(items, id) ?? byId(past, id);
  if (!found) throw new Refused(404, "not_found", "There is no such thing, or it is not one that you may see.");
  return found;
};
const idleAt = new Map();
const IDLE_MS = Number(process.env.IDLE_SECONDS ?? 1800) * 1000;

class Refused extends Error {
  constructor(status, code, detail) {
    super(detail);
    Object.assign(this, { status, code });
  }
}

const companyOf = (account) => byId(plant.accounts, account)?.company ?? "";

/** Of what has a beginning: whether it ran at some time between the two. */
function ranBetween({ opened_at, started_at, closed, ended_at }, since, until) {
  const from = opened_at ?? started_at;
  const to = closed?.at ?? ended_at ?? "9";
  return from === undefined || (from < until && to >= since);
}

function page(items, query) {
  const company = query.get("company")?.toLowerCase();
  const [since, until] = [query.get("since") ?? "", query.get("until") ?? "9"];
  const fits = (item) =>
    (!company || companyOf(item.account).toLowerCase().includes(company)) &&
    ranBetween(item, since, until) &&
    ["account", "asset", "zone", "state", "phase", "grant"].every((key) => !query.get(key) || item[key] === query.get(key)) &&
    (!query.get("open") || (item.state === "open") === (query.get("open") === "true"));
  const from = Number(query.get("after") ?? 0);
  const limit = Number(query.get("limit") ?? 50);
  const all = items.filter(fits);
  return { items: all.slice(from, from + limit), next: from + limit < all.length ? String(from + limit) : null };
}

const own = (items, who) => (who.role === "vendor" ? items.filter((i) => i.account === who.name) : items);
const list = (items) => ({ who, query }) => page(own(items, who), query);
const change = (items, how) => (call, id) => {
  const item = byId(items, id);
  if (!item) throw new Refused(404, "not_found", "There is no such thing, or it is not one that you may see.");
  const made = how(item, call);
  setTimeout(changed, 20);
  return made ?? item;
};
const nowText = () => new Date().toISOString();

const routes = {
  ...evidenceRoutes({ page, byId, Refused, nowText }),
  ...adminRoutes({ page, byId, change, Refused, nowText }),
  "GET /banner": () => ({
    text: "This system belongs to North Ridge power station. It is for people who were let in for a named task. Everything you type and see is recorded and may be given to the authorities.",
    site: plant.site,
  }),
  "GET /me": ({ who }) => ({
    account: who,
    site: plant.site,
    login: { id: plant.logins[0].id, kind: "browser", expires_at: plant.at(520), idle_at: new Date(idleAt.get(who.name)).toISOString() },
  }),
  "GET /me/logins": () => ({ items: plant.logins }),
  "POST /me/logins/:id/revoke": (_, id) => void plant.logins.splice(plant.logins.findIndex((l) => l.id === id), 1),
  "POST /me/password": () => undefined,
  "POST /logout": ({ response }) => void response.setHeader("Set-Cookie", "mock=; Max-Age=0; Path=/"),
  "GET /assets": ({ who, query }) => page(plant.assets.filter((a) => who.role !== "vendor" || who.assets.includes(a.name)), query),
  "GET /zones": ({ query }) => page(plant.zones, query),
  "GET /conduits": ({ query }) => page(plant.conduits, query),
  "GET /requests": list(plant.requests),
  "GET /grants": list(plant.grants),
  "GET /sessions": list(plant.sessions),
  "GET /requests/:id": one(plant.requests, past.requests),
  "GET /grants/:id": one(plant.grants, past.grants),
  "GET /sessions/:id": one(plant.sessions),
  "POST /requests": ({ who, body }) => {
    if (body.purpose.length < 4) throw new Refused(422, "invalid_value", "purpose is not acceptable and nothing was changed: say in a few words what for.");
    const wanted = { start: body.not_before ?? nowText(), end: body.not_after };
    const request = plant.newRequest(who.name, body.asset, wanted, body.purpose, { work_order: body.work_order, created_at: nowText() });
    plant.requests.unshift(request);
    setTimeout(changed, 20);
    return request;
  },
  "POST /requests/:id/approve": change(plant.requests, (request, { who, body }) => {
    request.approvals.push({ by: who.name, at: nowText(), window: request.window, note: body?.note });
    request.window = { start: body?.not_before ?? request.window.start, end: body?.not_after ?? request.window.end };
    if (request.approvals.length >= request.approvals_needed) plant.grants.push(plant.newGrant(request));
  }),
  "POST /requests/:id/deny": change(plant.requests, (request, { who, body }) => {
    request.state = "denied";
    request.ended = { at: nowText(), by: who.name, reason: body.reason };
  }),
  "POST /requests/:id/withdraw": change(plant.requests, (request) => {
    request.state = "withdrawn";
    request.ended = { at: nowText() };
  }),
  "POST /grants/:id/tickets": ({ who }, id) => {
    const grant = byId(plant.grants, id);
    const username = `${who.name}+${grant.asset}`;
    return {
      ticket: randomBytes(16).toString("base64url"),
      expires_at: new Date(Date.now() + 300_000).toISOString(),
      link: `ssh://${username}@bastion.north-ridge.example:2222`,
      ssh: { host: "bastion.north-ridge.example", port: 2222, host_key: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE0xsJ5bO3fY5mY2r0m1kq8z1mYw9jP3V8g2n0c6mQ2d", username, command: `ssh -p 2222 ${username}@bastion.north-ridge.example` },
    };
  },
  "POST /grants/:id/extend": change(plant.grants, (grant, { who, body }) => {
    const wanted = { start: grant.window.start, end: body.not_after };
    const request = plant.newRequest(who.name, grant.asset, wanted, "More time.", { extends: grant.id, created_at: nowText() });
    plant.requests.unshift(request);
    return request;
  }),
  "POST /grants/:id/revoke": change(plant.grants, (grant, { who, body }) => {
    grant.phase = "closed";
    grant.ended = { at: nowText(), by: who.name, reason: body.reason, why: "revoked" };
  }),
  "POST /sessions/:id/let-in": change(plant.sessions, (session, { who }) => {
    session.entry = { required: true, state: "let_in", by: who.name, at: nowText() };
    session.input = { state: session.supervised && session.watchers.length === 0 ? "unwatched" : "flows" };
  }),
  "POST /sessions/:id/pause": change(plant.sessions, (session, { who, body }) => {
    session.input = { state: "paused", by: who.name, at: nowText(), reason: body?.reason };
  }),
  "POST /sessions/:id/resume": change(plant.sessions, (session) => {
    session.input = { state: "flows" };
  }),
  "POST /sessions/:id/message": () => undefined,
  "POST /sessions/:id/here": () => undefined,
  "POST /sessions/:id/end": change(plant.sessions, (session, { who, body }) => {
    session.state = "closed";
    session.closed = { at: nowText(), blame: who.role === "vendor" ? "vendor" : "operator", by: who.name, code: "ended", text: body.reason };
  }),
  "POST /conduits/close": ({ who, body }) => {
    const open = plant.conduits.filter((c) => c.state === "open");
    for (const c of open) Object.assign(c, { state: "closed", closed: { at: nowText(), by: `account/${who.name}`, reason: body.reason } });
    setTimeout(changed, 20);
    return { closed: open.map((c) => c.name) };
  },
  "POST /conduits/:name/close": change(plant.conduits, (c, { who, body }) => {
    Object.assign(c, { state: "closed", closed: { at: nowText(), by: `account/${who.name}`, reason: body.reason } });
  }),
  "POST /conduits/:name/open": change(plant.conduits, (c) => {
    c.state = "open";
    delete c.closed;
  }),
};

function find(method, path) {
  for (const [route, handler] of Object.entries(routes)) {
    const [verb, pattern] = route.split(" ");
    const shape = new RegExp(`^${pattern.replace(/:\w+/g, "([^/]+)")}$`);
    const found = verb === method && shape.exec(path);
    if (found) return (call) => handler(call, ...found.slice(1));
  }
  return undefined;
}

const whoIs = (request) => plant.accounts.find((a) => request.headers.cookie?.includes(`mock=${a.name}`));

function stream(request, response, feed) {
  response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
  response.write(": hello\n\n");
  const send = (event, data) => response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  feed(send, (then) => request.on("close", then));
}

async function api(request, response, url) {
  const path = url.pathname.slice("/api/v1".length);
  let text = "";
  for await (const chunk of request) text += chunk;
  const isJson = request.headers["content-type"]?.includes("json");
  const body = text && isJson ? JSON.parse(text) : text || undefined;
  const json = (status, value) => {
    response.writeHead(status, { "Content-Type": "application/json" });
    response.end(JSON.stringify(value));
  };
  if (path === "/login/browser") {
    const who = byId(plant.accounts, body.name);
    if (!who || body.password === "wrong") {
      return json(401, { code: "wrong_login", detail: "The account or the password is not right. Try again, or ask the plant's admin for a new password." });
    }
    idleAt.set(who.name, Date.now() + IDLE_MS);
    response.setHeader("Set-Cookie", `mock=${who.name}; Path=/; HttpOnly; SameSite=Strict`);
    return json(200, { account: who, expires_at: plant.at(720), idle_seconds: IDLE_MS / 1000 });
  }
  if (path === "/login") {
    if (body.password === "wrong") {
      return json(401, { code: "wrong_login", detail: "The account or the password is not right. Try again, or ask the plant's admin for a new password." });
    }
    plant.logins.push({ id: plant.newId(), kind: "bearer", created_at: nowText(), expires_at: plant.at(720), source: "198.51.100.24", agent: body.label, current: false });
    return json(200, { token: `dbt_${"q8Zr".repeat(10)}`, expires_at: plant.at(720), account: byId(plant.accounts, body.name) });
  }
  const who = whoIs(request);
  const alive = who && (idleAt.get(who.name) ?? Infinity) > Date.now();
  if (!alive && path !== "/banner") {
    return json(401, { code: "not_logged_in", detail: "This needs a login and none was sent. Sign in." });
  }
  if (who && (!request.headers["drawbridge-background"] || !idleAt.has(who.name))) idleAt.set(who.name, Date.now() + IDLE_MS);
  if (path === "/events") {
    return stream(request, response, (send, closed) => {
      listeners.add(send);
      closed(() => listeners.delete(send));
    });
  }
  const watched = /^\/sessions\/([^/]+)\/live$/.exec(path);
  if (watched) {
    const session = byId(plant.sessions, watched[1]);
    const watcher = { account: who.name, since: nowText() };
    return stream(request, response, (send, closed) => {
      live(session, url.searchParams.get("newest") === "true", send, closed);
      if (url.searchParams.get("join") !== "true") return;
      session.watchers.push(watcher);
      if (session.input.state === "unwatched") session.input = { state: "flows" };
      changed();
      closed(() => {
        session.watchers = session.watchers.filter((w) => w !== watcher);
        if (session.supervised && session.input.state === "flows") session.input = { state: "unwatched" };
        changed();
      });
    });
  }
  const checked = /^\/sessions\/([^/]+)\/verify$/.exec(path);
  if (checked) return stream(request, response, (send, closed) => verify(byId(plant.sessions, checked[1]), send, closed));
  const handler = find(request.method, path);
  if (!handler) return json(404, { code: "not_found", detail: "The mock has no such route." });
  try {
    const answer = await handler({ who, body, query: url.searchParams, response });
    if (answer === undefined) response.writeHead(204).end();
    else if (typeof answer === "string") response.writeHead(200, { "Content-Type": "text/plain" }).end(answer);
    else json(200, answer);
  } catch (error) {
    json(error.status ?? 500, { code: error.code ?? "fault", detail: error.message, errors: error.errors });
  }
}

const types = { wasm: "application/wasm", js: "text/javascript", css: "text/css", svg: "image/svg+xml", html: "text/html" };
async function file(url, response) {
  const nonce = randomBytes(16).toString("base64");
  const asset = url.pathname.startsWith("/assets/");
  const path = asset ? url.pathname.slice(1) : "index.html";
  const bytes = await readFile(new URL(path, dist)).catch(() => undefined);
  if (!bytes) return response.writeHead(404).end();
  response.writeHead(200, {
    "Content-Type": types[path.split(".").pop()] ?? "application/octet-stream",
    "Content-Security-Policy": policy(nonce),
  });
  response.end(asset ? bytes : bytes.toString().replaceAll("__NONCE__", nonce));
}

const server = createServer((request, response) => {
  const url = new URL(request.url, "http://mock");
  if (url.pathname.startsWith("/log/")) return response.end(logFiles[url.pathname.slice(5)] ?? "");
  return url.pathname.startsWith("/api/") ? api(request, response, url) : file(url, response);
});
const sockets = new WebSocketServer({ noServer: true });
server.on("upgrade", (request, socket, head) => {
  const found = /^\/api\/v1\/grants\/([^/]+)\/terminal/.exec(request.url);
  sockets.handleUpgrade(request, socket, head, (opened) => {
    const grant = byId(plant.grants, found?.[1]);
    if (!grant) return opened.close(4403, "There is no such grant.");
    const session = plant.newSession(grant, { opened_at: nowText() });
    plant.sessions.unshift(session);
    changed();
    terminal(opened, session);
  });
});
server.listen(port, "127.0.0.1", () => console.log(`the desks: http://127.0.0.1:${server.address().port}`));
