//! What passes on a vendor's SSH connection: each type of channel and of request
//! that SSH knows, in one table. What the library knows and this table does not
//! have can't be asked for; what the library does not know it refuses itself.

use domain::Operation;

/// What a client may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    /// A `session` channel (RFC 4254, 6.1).
    Session,
    /// A `direct-tcpip` channel: `ssh -L`, `-W`, `-J` (7.2).
    DirectTcpip,
    /// A `direct-streamlocal@openssh.com` channel.
    DirectStreamlocal,
    /// A `forwarded-tcpip` channel, which only servers may open (7.2).
    ForwardedTcpip,
    /// An `x11` channel, which only servers may open (6.3.2).
    X11Channel,
    /// `tcpip-forward`: `ssh -R` (7.1).
    TcpipForward,
    /// `streamlocal-forward@openssh.com`.
    StreamlocalForward,
    /// `pty-req` (6.2).
    Terminal,
    /// `env` (6.4). The conduit has the names.
    Environment,
    /// `shell` (6.5).
    Shell,
    /// `exec` (6.5).
    Exec,
    /// `subsystem` (6.5).
    Subsystem,
    /// `x11-req` (6.3.1).
    X11,
    /// `auth-agent-req@openssh.com`.
    Agent,
    /// `window-change` (6.7).
    WindowChange,
    /// `signal` (6.9).
    Signal,
}

/// What becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    /// It passes for everybody who holds a permit.
    Passes,
    /// It passes if the conduit lets that operation through.
    Needs(Operation),
    /// It never passes. What the vendor is told.
    Refused(&'static str),
}

impl Ask {
    /// The table.
    pub(crate) const fn rule(self) -> Rule {
        match self {
            Self::Session | Self::Terminal | Self::WindowChange | Self::Signal => Rule::Passes,
            Self::Environment => Rule::Passes,
            Self::Shell => Rule::Needs(Operation::Shell),
            Self::Exec => Rule::Needs(Operation::Exec),
            Self::DirectTcpip | Self::DirectStreamlocal | Self::ForwardedTcpip => Rule::Refused(
                "Forwarding is not let through to this asset. Connect without -L, -D, -W and -J.",
            ),
            Self::TcpipForward | Self::StreamlocalForward => Rule::Refused(
                "Reverse forwarding is not let through from this asset. Connect without -R.",
            ),
            Self::X11Channel | Self::X11 => {
                Rule::Refused("X11 is not let through from this asset. Connect without -X and -Y.")
            }
            Self::Agent => Rule::Refused(
                "Agent forwarding is not let through to this asset. Connect without -A.",
            ),
            Self::Subsystem => {
                Rule::Refused("Subsystems such as SFTP are not let through to this asset.")
            }
        }
    }

    /// The name that the log and the recording use.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::DirectTcpip => "direct-tcpip",
            Self::DirectStreamlocal => "direct-streamlocal",
            Self::ForwardedTcpip => "forwarded-tcpip",
            Self::X11Channel => "x11",
            Self::TcpipForward => "tcpip-forward",
            Self::StreamlocalForward => "streamlocal-forward",
            Self::Terminal => "pty-req",
            Self::Environment => "env",
            Self::Shell => "shell",
            Self::Exec => "exec",
            Self::Subsystem => "subsystem",
            Self::X11 => "x11-req",
            Self::Agent => "auth-agent-req",
            Self::WindowChange => "window-change",
            Self::Signal => "signal",
        }
    }
}

/// Whether it passes, given what the conduit lets through. Else what the vendor is
/// told.
pub(crate) fn judge(ask: Ask, allows: impl Fn(Operation) -> bool) -> Result<(), &'static str> {
    match ask.rule() {
        Rule::Passes => Ok(()),
        Rule::Needs(operation) if allows(operation) => Ok(()),
        Rule::Needs(Operation::Shell) => {
            Err("A shell is not let through to this asset. Give a command, or ask the plant.")
        }
        Rule::Needs(Operation::Exec) => {
            Err("Commands are not let through to this asset. Open a shell, or ask the plant.")
        }
        Rule::Refused(why) => Err(why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each entry, with what passes when the conduit allows nothing, only a shell,
    /// only commands, or both.
    const TABLE: [(Ask, [bool; 4]); 16] = [
        (Ask::Session, [true; 4]),
        (Ask::Terminal, [true; 4]),
        (Ask::Environment, [true; 4]),
        (Ask::WindowChange, [true; 4]),
        (Ask::Signal, [true; 4]),
        (Ask::Shell, [false, true, false, true]),
        (Ask::Exec, [false, false, true, true]),
        (Ask::DirectTcpip, [false; 4]),
        (Ask::DirectStreamlocal, [false; 4]),
        (Ask::ForwardedTcpip, [false; 4]),
        (Ask::X11Channel, [false; 4]),
        (Ask::TcpipForward, [false; 4]),
        (Ask::StreamlocalForward, [false; 4]),
        (Ask::Subsystem, [false; 4]),
        (Ask::X11, [false; 4]),
        (Ask::Agent, [false; 4]),
    ];

    #[test]
    fn the_whole_table() {
        let conduits: [&[Operation]; 4] = [
            &[],
            &[Operation::Shell],
            &[Operation::Exec],
            &[Operation::Shell, Operation::Exec],
        ];
        for (ask, expected) in TABLE {
            for (operations, passes) in conduits.iter().zip(expected) {
                let verdict = judge(ask, |operation| operations.contains(&operation));
                assert_eq!(verdict.is_ok(), passes, "{ask:?} with {operations:?}");
                if let Err(why) = verdict {
                    assert!(why.ends_with('.') && !why.contains('\n'), "{why:?}");
                }
            }
        }
    }

    #[test]
    fn nothing_is_left_out() {
        let mut names: Vec<_> = TABLE.iter().map(|(ask, _)| ask.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), TABLE.len(), "an entry stands here twice");
        // Add the new entry to TABLE when this count no longer holds.
        for (ask, _) in TABLE {
            match ask {
                Ask::Session
                | Ask::DirectTcpip
                | Ask::DirectStreamlocal
                | Ask::ForwardedTcpip
                | Ask::X11Channel
                | Ask::TcpipForward
                | Ask::StreamlocalForward
                | Ask::Terminal
                | Ask::Environment
                | Ask::Shell
                | Ask::Exec
                | Ask::Subsystem
                | Ask::X11
                | Ask::Agent
                | Ask::WindowChange
                | Ask::Signal => {}
            }
        }
    }
}
