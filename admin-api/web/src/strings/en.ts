// All that the desks say in English. What has parameters is a function; a
// translation is a module of the same shape.

import { account } from "./en/account.ts";
import { accounts, vault } from "./en/accounts.ts";
import { admin } from "./en/admin.ts";
import { ask } from "./en/ask.ts";
import { audit } from "./en/audit.ts";
import { calendar } from "./en/calendar.ts";
import { changes } from "./en/changes.ts";
import { evidence } from "./en/evidence.ts";
import { find } from "./en/find.ts";
import { grant } from "./en/grant.ts";
import { ledger } from "./en/ledger.ts";
import { live } from "./en/live.ts";
import { plant } from "./en/plant.ts";
import { request } from "./en/request.ts";
import { notify } from "./en/notify.ts";
import { notices, retention } from "./en/retention.ts";
import { session } from "./en/session.ts";
import { site } from "./en/site.ts";
import { terminal } from "./en/terminal.ts";
import { vendor } from "./en/vendor.ts";
import { ways } from "./en/ways.ts";
import { words } from "./en/words.ts";

export const en = {
  ...words,
  account,
  accounts,
  admin,
  ask,
  audit,
  calendar,
  changes,
  evidence,
  find,
  grant,
  ledger,
  live,
  notices,
  notify,
  plant,
  request,
  retention,
  session,
  site,
  terminal,
  vault,
  vendor,
  ways,
};
