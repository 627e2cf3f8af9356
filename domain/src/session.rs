//! How a session ends: one reason, and who is to blame for it.

use crate::name::AccountName;
use crate::plant::words;

/// Whose doing the end of a session was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// The vendor, or the vendor's client or network.
    Vendor,
    /// The asset.
    Target,
    /// A person of the plant.
    Operator,
    /// A rule: window, grant, account, conduit.
    Policy,
    /// Drawbridge itself.
    Broker,
}
words!(Blame {
    Vendor = "vendor",
    Target = "target",
    Operator = "operator",
    Policy = "policy",
    Broker = "broker",
});

/// Why a session ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CloseReason {
    /// The vendor hung up, or the work was done.
    VendorLeft,
    /// The asset hung up.
    TargetClosed,
    /// The window passed.
    WindowEnded,
    /// The grant was taken back.
    GrantRevoked,
    /// The vendor's account was disabled.
    AccountDisabled,
    /// The way into the zone was closed.
    ConduitClosed,
    /// A person ended it.
    Ended {
        /// Who.
        by: AccountName,
    },
    /// The recording could not go on.
    RecordingFailed,
    /// The asset did not answer.
    TargetUnreachable,
    /// The asset showed another host key than the pinned one.
    HostKeyChanged,
    /// The asset refused the broker's credential.
    TargetRefusedCredential,
    /// The vault holds no usable credential for the asset.
    CredentialMissing,
    /// The vendor sent far more than the asset took.
    BacklogFull,
    /// The broker was stopped.
    BrokerStopped,
    /// The broker died; found out at its next start.
    Interrupted,
    /// The state of grants could not be read for too long.
    StateUnreadable,
    /// A fault of the broker.
    BrokerFault,
}

impl CloseReason {
    /// A stable code for rows and programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::VendorLeft => "vendor_left",
            Self::TargetClosed => "target_closed",
            Self::WindowEnded => "window_ended",
            Self::GrantRevoked => "grant_revoked",
            Self::AccountDisabled => "account_disabled",
            Self::ConduitClosed => "conduit_closed",
            Self::Ended { .. } => "ended",
            Self::RecordingFailed => "recording_failed",
            Self::TargetUnreachable => "target_unreachable",
            Self::HostKeyChanged => "host_key_changed",
            Self::TargetRefusedCredential => "target_refused_credential",
            Self::CredentialMissing => "credential_missing",
            Self::BacklogFull => "backlog_full",
            Self::BrokerStopped => "broker_stopped",
            Self::Interrupted => "interrupted",
            Self::StateUnreadable => "state_unreadable",
            Self::BrokerFault => "broker_fault",
        }
    }

    /// The reason that a row's code and person stand for.
    #[must_use]
    pub fn from_parts(code: &str, by: Option<AccountName>) -> Option<Self> {
        Some(match code {
            "ended" => Self::Ended { by: by? },
            "vendor_left" => Self::VendorLeft,
            "target_closed" => Self::TargetClosed,
            "window_ended" => Self::WindowEnded,
            "grant_revoked" => Self::GrantRevoked,
            "account_disabled" => Self::AccountDisabled,
            "conduit_closed" => Self::ConduitClosed,
            "recording_failed" => Self::RecordingFailed,
            "target_unreachable" => Self::TargetUnreachable,
            "host_key_changed" => Self::HostKeyChanged,
            "target_refused_credential" => Self::TargetRefusedCredential,
            "credential_missing" => Self::CredentialMissing,
            "backlog_full" => Self::BacklogFull,
            "broker_stopped" => Self::BrokerStopped,
            "interrupted" => Self::Interrupted,
            "state_unreadable" => Self::StateUnreadable,
            "broker_fault" => Self::BrokerFault,
            _ => return None,
        })
    }

    /// Whose doing it was.
    #[must_use]
    pub const fn blame(&self) -> Blame {
        match self {
            Self::VendorLeft | Self::BacklogFull => Blame::Vendor,
            Self::TargetClosed
            | Self::TargetUnreachable
            | Self::HostKeyChanged
            | Self::TargetRefusedCredential => Blame::Target,
            Self::Ended { .. } => Blame::Operator,
            Self::WindowEnded
            | Self::GrantRevoked
            | Self::AccountDisabled
            | Self::ConduitClosed => Blame::Policy,
            Self::RecordingFailed
            | Self::CredentialMissing
            | Self::BrokerStopped
            | Self::Interrupted
            | Self::StateUnreadable
            | Self::BrokerFault => Blame::Broker,
        }
    }

    /// What the vendor is told: what happened and what to do next, and nothing
    /// about the plant that a vendor need not know.
    #[must_use]
    pub fn for_vendor(&self) -> String {
        match self {
            Self::VendorLeft => "The session is closed.".to_owned(),
            Self::TargetClosed => "The asset closed the connection.".to_owned(),
            Self::WindowEnded => {
                "Your window has ended and the session is closed. Ask for a new one if the work is not done.".to_owned()
            }
            Self::GrantRevoked => {
                "The plant has revoked your access and the session is closed. Call the control room.".to_owned()
            }
            Self::AccountDisabled => {
                "Your account has been disabled and the session is closed. Call your contact at the plant.".to_owned()
            }
            Self::ConduitClosed => {
                "The plant has closed the way to this asset and the session is closed. Call the control room.".to_owned()
            }
            Self::Ended { .. } => {
                "The session was ended from the plant. Call the control room before you connect again.".to_owned()
            }
            Self::RecordingFailed => {
                "The session can't be recorded, so it can't go on. Nothing was sent unrecorded. Call the control room.".to_owned()
            }
            Self::TargetUnreachable => {
                "The asset does not answer. Ask the plant whether it is switched on and connected.".to_owned()
            }
            Self::HostKeyChanged => {
                "The asset does not show the host key that the plant has pinned, so nothing was sent to it. The plant has been alarmed; call the control room.".to_owned()
            }
            Self::TargetRefusedCredential => {
                "The asset refused the plant's credential. Ask the plant to check it; there is nothing you can do from here.".to_owned()
            }
            Self::CredentialMissing => {
                "The plant has not stored a credential for this asset yet. Ask the plant to do so.".to_owned()
            }
            Self::BacklogFull => {
                "You have sent far more than the asset takes, so the session is closed. Send less at a time.".to_owned()
            }
            Self::BrokerStopped => {
                "The access broker is being stopped, so the session is closed. Try again in a few minutes.".to_owned()
            }
            Self::Interrupted | Self::BrokerFault => {
                "The session ended through a fault of the access broker. Try again, and call the control room if it happens twice.".to_owned()
            }
            Self::StateUnreadable => {
                "The access broker can't check your grant any more, so the session is closed. Try again in a few minutes.".to_owned()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_reason_survives_a_row() {
        let by = AccountName::parse("olga").expect("a name");
        let codes = [
            "vendor_left",
            "target_closed",
            "window_ended",
            "grant_revoked",
            "account_disabled",
            "conduit_closed",
            "ended",
            "recording_failed",
            "target_unreachable",
            "host_key_changed",
            "target_refused_credential",
            "credential_missing",
            "backlog_full",
            "broker_stopped",
            "interrupted",
            "state_unreadable",
            "broker_fault",
        ];
        for code in codes {
            let reason = CloseReason::from_parts(code, Some(by.clone())).expect(code);
            assert_eq!(reason.code(), code);
            assert!(
                !reason.for_vendor().contains(by.as_str()),
                "{code} names a person"
            );
        }
        assert_eq!(CloseReason::from_parts("ended", None), None);
        assert_eq!(CloseReason::from_parts("", Some(by)), None);
    }
}
