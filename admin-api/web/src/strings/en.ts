// All that the desks say in English. What has parameters is a function; a
// translation is a module of the same shape.

import { account } from "./en/account.ts";
import { ask } from "./en/ask.ts";
import { audit } from "./en/audit.ts";
import { calendar } from "./en/calendar.ts";
import { evidence } from "./en/evidence.ts";
import { find } from "./en/find.ts";
import { grant } from "./en/grant.ts";
import { ledger } from "./en/ledger.ts";
import { live } from "./en/live.ts";
import { plant } from "./en/plant.ts";
import { request } from "./en/request.ts";
import { session } from "./en/session.ts";
import { terminal } from "./en/terminal.ts";
import { vendor } from "./en/vendor.ts";
import { ways } from "./en/ways.ts";
import { words } from "./en/words.ts";

export const en = {
  ...words,
  account,
  ask,
  audit,
  calendar,
  evidence,
  find,
  grant,
  ledger,
  live,
  plant,
  request,
  session,
  terminal,
  vendor,
  ways,
};
