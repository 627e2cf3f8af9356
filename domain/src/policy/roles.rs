//! The table of roles: which may ask for which thing at all. Whether it is *this*
//! request, grant or session is decided at the thing itself.

use crate::account::Role;
use crate::plant::words;

/// One thing that can be asked of Drawbridge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// See and end one's own login, and change one's own password.
    OwnAccount,
    /// See assets.
    ListAssets,
    /// See zones and conduits.
    ListWays,
    /// Close a conduit, and with it each session through it.
    CloseConduit,
    /// Open a closed conduit.
    OpenConduit,
    /// Read the plant file back.
    ReadPlant,
    /// Apply a plant file.
    ApplyPlant,
    /// See accounts.
    ListAccounts,
    /// Set passwords; disable and enable accounts.
    ManageAccounts,
    /// Store and remove secrets; see their names, never the secrets.
    ManageCredentials,
    /// Ask for a session; withdraw one's request.
    FileRequest,
    /// See requests.
    ListRequests,
    /// Approve or deny.
    DecideRequest,
    /// See grants.
    ListGrants,
    /// Ask for more time in a grant, or give it.
    ExtendGrant,
    /// Take a grant back.
    RevokeGrant,
    /// Get a ticket for one's own grant.
    TakeTicket,
    /// See sessions.
    ListSessions,
    /// End a session.
    EndSession,
    /// Let a session in that stands in the lobby.
    LetIn,
    /// Pause a session's input, and let it flow again.
    PauseInput,
    /// Put a message on a vendor's screen.
    SendMessage,
    /// See a session live.
    WatchSession,
    /// See which recordings there are.
    ListRecordings,
    /// Open a recording.
    ReadRecording,
    /// Give somebody without an account a link to one recording.
    ShareRecording,
    /// See such links, and take them back.
    ManageShares,
    /// Put a legal hold on recordings.
    PlaceHold,
    /// Release a legal hold.
    ReleaseHold,
    /// See legal holds, and what is due to be purged.
    ReadRetention,
    /// Read the audit log.
    ReadAudit,
    /// See how the disk for recordings is.
    ReadRecorder,
    /// Hear that something has changed.
    Listen,
}
words!(Action {
    OwnAccount = "own_account",
    ListAssets = "list_assets",
    ListWays = "list_ways",
    CloseConduit = "close_conduit",
    OpenConduit = "open_conduit",
    ReadPlant = "read_plant",
    ApplyPlant = "apply_plant",
    ListAccounts = "list_accounts",
    ManageAccounts = "manage_accounts",
    ManageCredentials = "manage_credentials",
    FileRequest = "file_request",
    ListRequests = "list_requests",
    DecideRequest = "decide_request",
    ListGrants = "list_grants",
    ExtendGrant = "extend_grant",
    RevokeGrant = "revoke_grant",
    TakeTicket = "take_ticket",
    ListSessions = "list_sessions",
    EndSession = "end_session",
    LetIn = "let_in",
    PauseInput = "pause_input",
    SendMessage = "send_message",
    WatchSession = "watch_session",
    ListRecordings = "list_recordings",
    ReadRecording = "read_recording",
    ShareRecording = "share_recording",
    ManageShares = "manage_shares",
    PlaceHold = "place_hold",
    ReleaseHold = "release_hold",
    ReadRetention = "read_retention",
    ReadAudit = "read_audit",
    ReadRecorder = "read_recorder",
    Listen = "listen",
});

/// Whether a role may ask for that at all.
#[must_use]
pub const fn may(role: Role, action: Action) -> bool {
    use Action as A;
    use Role as R;
    match action {
        A::OwnAccount
        | A::ListAssets
        | A::ListRequests
        | A::ListGrants
        | A::ListSessions
        | A::Listen => true,
        A::FileRequest | A::TakeTicket => matches!(role, R::Vendor),
        A::DecideRequest => matches!(role, R::Approver),
        A::ExtendGrant => matches!(role, R::Vendor | R::Approver),
        // Nobody at the plant needs more than their post to stop a vendor.
        A::EndSession => matches!(role, R::Vendor | R::Approver | R::Operator | R::Admin),
        // Those who answer for the zone; whether input flows is theirs to say alone.
        A::LetIn | A::PauseInput => matches!(role, R::Approver | R::Operator),
        A::WatchSession => matches!(role, R::Approver | R::Operator | R::Auditor),
        A::RevokeGrant | A::CloseConduit | A::SendMessage => {
            matches!(role, R::Approver | R::Operator | R::Admin)
        }
        A::OpenConduit => matches!(role, R::Approver | R::Admin),
        A::ListWays | A::ReadRecorder => !matches!(role, R::Vendor),
        A::ReadPlant
        | A::ListAccounts
        | A::ReadAudit
        | A::PlaceHold
        | A::ReadRetention
        | A::ManageShares => matches!(role, R::Auditor | R::Admin),
        // An admin says how long a zone's recordings are kept, so another must
        // say that a case is closed.
        A::ReleaseHold | A::ShareRecording => matches!(role, R::Auditor),
        A::ApplyPlant | A::ManageAccounts | A::ManageCredentials => matches!(role, R::Admin),
        A::ListRecordings => matches!(role, R::Approver | R::Auditor | R::Admin),
        // An admin manages recordings and does not read them.
        A::ReadRecording => matches!(role, R::Approver | R::Auditor),
    }
}
