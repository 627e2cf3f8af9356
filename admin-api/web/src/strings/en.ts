// All that the desks say in English. What has parameters is a function; a
// translation is a module of the same shape.

import { account } from "./en/account.ts";
import { plant } from "./en/plant.ts";
import { vendor } from "./en/vendor.ts";
import { words } from "./en/words.ts";

export const en = { ...words, account, vendor, plant };
