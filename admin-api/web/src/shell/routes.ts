import type { Component } from "svelte";
import type { Role } from "../api/contract.ts";
import type { IconName } from "../icons/paths.ts";
import { t } from "../strings/index.ts";

export type Parts = Record<string, string>;

/** A page may take `parts`; most need none. */
type PageComponent = Component<any>;

/** A page: who has it, and where its code is. Pages are loaded when they are gone to. */
export interface Route {
  path: string;
  roles: readonly Role[];
  load: () => Promise<{ default: PageComponent }>;
  /** Its place in the navigation, if it has one. */
  nav?: { label: string; icon: IconName };
}

const VENDOR: readonly Role[] = ["vendor"];
const PLANT: readonly Role[] = ["approver", "operator"];
const WATCHERS: readonly Role[] = ["approver", "operator", "auditor", "admin"];
const AUDITOR: readonly Role[] = ["auditor"];
const ADMIN: readonly Role[] = ["admin"];
const READERS: readonly Role[] = ["auditor", "admin"];
const ALL: readonly Role[] = ["vendor", "approver", "operator", "auditor", "admin"];

const desk = { label: t.nav.desk, icon: "bridge" } as const;

/** The first that fits the path and the role is shown; `/` is another desk for each role. */
export const routes: readonly Route[] = [
  { path: "/", roles: VENDOR, nav: desk, load: () => import("../vendor/Desk.svelte") },
  { path: "/", roles: PLANT, nav: desk, load: () => import("../plant/Desk.svelte") },
  {
    path: "/",
    roles: AUDITOR,
    nav: { label: t.nav.find, icon: "search" },
    load: () => import("../auditor/Find.svelte"),
  },
  {
    path: "/",
    roles: ADMIN,
    nav: { label: t.nav.overview, icon: "bridge" },
    load: () => import("../admin/Overview.svelte"),
  },
  { path: "/ask", roles: VENDOR, load: () => import("../vendor/Ask.svelte") },
  { path: "/requests/:id", roles: VENDOR, load: () => import("../vendor/RequestPage.svelte") },
  { path: "/requests/:id", roles: WATCHERS, load: () => import("../plant/Decision.svelte") },
  { path: "/sessions/:id", roles: WATCHERS, load: () => import("../plant/SessionPage.svelte") },
  {
    path: "/sessions",
    roles: WATCHERS,
    nav: { label: t.nav.sessions, icon: "eye" },
    load: () => import("../plant/Sessions.svelte"),
  },
  {
    path: "/calendar",
    roles: PLANT,
    nav: { label: t.nav.calendar, icon: "calendar" },
    load: () => import("../plant/Calendar.svelte"),
  },
  {
    path: "/ways",
    roles: WATCHERS,
    nav: { label: t.nav.ways, icon: "ways" },
    load: () => import("../plant/Ways.svelte"),
  },
  { path: "/grants/:id", roles: ALL, load: () => import("../pages/GrantPage.svelte") },
  { path: "/grants/:id/terminal", roles: VENDOR, load: () => import("../vendor/Terminal.svelte") },
  {
    path: "/recordings",
    roles: ["approver"],
    nav: { label: t.nav.recordings, icon: "film" },
    load: () => import("../auditor/Find.svelte"),
  },
  {
    path: "/recordings/:session",
    roles: ["approver", "auditor"],
    load: () => import("../evidence/RecordingPage.svelte"),
  },
  {
    path: "/plant",
    roles: READERS,
    nav: { label: t.nav.plant, icon: "plant" },
    load: () => import("../admin/PlantPage.svelte"),
  },
  {
    path: "/accounts",
    roles: READERS,
    nav: { label: t.nav.accounts, icon: "people" },
    load: () => import("../admin/Accounts.svelte"),
  },
  {
    path: "/changes",
    roles: ADMIN,
    nav: { label: t.nav.changes, icon: "change" },
    load: () => import("../admin/Changes.svelte"),
  },
  {
    path: "/retention",
    roles: READERS,
    nav: { label: t.nav.retention, icon: "archive" },
    load: () => import("../admin/Retention.svelte"),
  },
  {
    path: "/notices",
    roles: ADMIN,
    nav: { label: t.nav.notices, icon: "bell" },
    load: () => import("../admin/Notices.svelte"),
  },
  {
    path: "/audit",
    roles: READERS,
    nav: { label: t.nav.audit, icon: "list" },
    load: () => import("../audit/AuditPage.svelte"),
  },
  // Under /log stands the log itself.
  {
    path: "/checkpoints",
    roles: READERS,
    nav: { label: t.nav.ledger, icon: "shield" },
    load: () => import("../ledger/LogPage.svelte"),
  },
  {
    path: "/account",
    roles: ALL,
    nav: { label: t.nav.account, icon: "person" },
    load: () => import("../pages/Account.svelte"),
  },
];
