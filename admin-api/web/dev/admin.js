// What an admin looks after, made up: the plant file, accounts, the vault, notices.

import { accounts, assets, at, conduits, newId, sessions, site, zones } from "./plant.js";

assets.forEach((asset, n) => {
  asset.endpoint = { address: `10.${20 + n}.0.7:22`, user: "service", credential: asset.name, host_key: `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${asset.name.padEnd(38, "Qx7")}` };
});
Object.assign(accounts[0], { last_active_at: at(-3) });
Object.assign(accounts[5], { last_active_at: at(-1) });
accounts.push({ name: "valery", full_name: `Valery <script>alert("x")</script>`, company: "Pumps & More", role: "vendor", zones: [], assets: ["cooling-gw"], state: "disabled", disabled: { at: at(-40_000), reason: "Not used for 90 days." }, has_password: true, created_at: at(-200_000), enabled_at: at(-200_000), last_active_at: at(-170_000) });
accounts.push({ name: "newcomer", full_name: "Nils Eek", company: "Turbine Works", role: "vendor", zones: [], assets: ["gt1-plc"], state: "active", has_password: false, created_at: at(-900), enabled_at: at(-900) });

const credentials = [
  { name: "boiler-dcs", kind: "private_key", set_at: at(-300) },
  { name: "cooling-gw", kind: "password", set_at: at(-90_000) },
  { name: "gt1-plc", kind: "private_key", set_at: at(-4_000) },
];

let file = `# The plant, as it was applied last.
[site]
name = "${site.name}"
title = "${site.title}"
time_zone = "${site.time_zone}"
${zones.map((z) => `\n[[zone]]\nname = "${z.name}"\ntitle = "${z.title}"\nsecurity_level = ${z.security_level}${z.safety ? "\nsafety = true" : ""}\n`).join("")}
${conduits.map((c) => `[[conduit]]\nname = "${c.name}"\nzone = "${c.zone}"\noperations = ${JSON.stringify(c.operations)}\n`).join("\n")}`;

const notices = [
  { id: newId(), created_at: at(-2), account: "anna", channel: "email", kind: "request.filed", subject: "vera asks for boiler-dcs", state: "waiting", tries: 0 },
  { id: newId(), created_at: at(-30), account: "arne", channel: "email", kind: "request.filed", subject: "vera asks for boiler-dcs", state: "sent", tries: 0 },
  { id: newId(), created_at: at(-95), account: "olga", channel: "webhook", kind: "session.waiting", subject: `vera waits <b>in</b> the lobby of turbine-hall`, state: "failed", tries: 5, last_error: "https://chat.north-ridge.example answered 503." },
];

export function adminRoutes({ page, byId, change, Refused, nowText }) {
  return {
    "GET /health": () => ({ ok: true, now: nowText(), version: "0.1.0", recordings: "ample", log: "anchor_fails" }),
    "GET /recorder": () => ({ space: "ample", free_bytes: 182 * 2 ** 30, total_bytes: 500 * 2 ** 30, least_free_bytes: 10 * 2 ** 30, open_recordings: sessions.filter((s) => s.state === "open").length, waiting_segments: 1 }),
    "GET /accounts": ({ query }) => page(accounts, query),
    "POST /accounts/:name/disable": change(accounts, (a, { body }) => void Object.assign(a, { state: "disabled", disabled: { at: nowText(), reason: body.reason } })),
    "POST /accounts/:name/enable": change(accounts, (a) => {
      a.state = "active";
      delete a.disabled;
    }),
    "POST /accounts/:name/password": ({ body }, name) => {
      if (body.password.length < 12) throw new Refused(422, "invalid_value", "password is not acceptable: take 12 characters or more.");
      byId(accounts, name).has_password = true;
    },
    "GET /credentials": ({ query }) => page(credentials, query),
    "PUT /credentials/:name": ({ body }, name) => {
      const there = byId(credentials, name);
      if (there) Object.assign(there, { kind: body.kind, set_at: nowText() });
      else credentials.push({ name, kind: body.kind, set_at: nowText() });
    },
    "DELETE /credentials/:name": (_, name) => void credentials.splice(credentials.findIndex((c) => c.name === name), 1),
    "GET /plant": () => file,
    "PUT /plant": ({ body, query }) => {
      const lines = body.split("\n");
      const wrong = lines.findIndex((line) => /security_level = [^1-4]/.test(line));
      if (wrong >= 0) {
        throw Object.assign(new Refused(422, "invalid_plant", "The plant file has 1 error, and nothing was changed."), {
          errors: [{ key: "zone.security_level", line: wrong + 1, message: "is no security level: write a number from 1 to 4" }],
        });
      }
      const dry_run = query.has("dry_run");
      const changes = body === file ? [] : [
        { verb: "change", kind: "conduit", name: "boiler-engineering", detail: "operations: shell, exec, was shell" },
        { verb: "remove", kind: "asset", name: "cooling-gw", detail: "" },
        { verb: "end", kind: "session", name: sessions[0].id, detail: "vera on cooling-gw: the asset is gone" },
      ];
      if (!dry_run) file = body;
      return { dry_run, changes };
    },
    "GET /notices": ({ query }) => page(notices, query),
  };
}
