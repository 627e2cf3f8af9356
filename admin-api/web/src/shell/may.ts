import type { Role } from "../api/contract.ts";

// Which buttons are worth showing. The server decides, whatever is shown here.

const PLANT: readonly Role[] = ["approver", "operator"];
const STOPPERS: readonly Role[] = ["approver", "operator", "admin"];

const table = {
  decide_request: ["approver"],
  extend_grant: ["vendor", "approver"],
  revoke_grant: STOPPERS,
  end_session: STOPPERS,
  message_session: STOPPERS,
  steer_session: PLANT,
  close_conduit: STOPPERS,
  open_conduit: ["approver", "admin"],
  read_recording: ["approver", "auditor"],
  share_recording: ["auditor"],
  place_hold: ["auditor", "admin"],
  release_hold: ["auditor"],
  read_audit: ["auditor", "admin"],
  be_notified: ["vendor", ...PLANT],
  list_accounts: ["auditor", "admin"],
  apply_plant: ["admin"],
  manage_accounts: ["admin"],
} as const satisfies Record<string, readonly Role[]>;

export function may(role: Role | undefined, action: keyof typeof table): boolean {
  const roles: readonly Role[] = table[action];
  return role !== undefined && roles.includes(role);
}
