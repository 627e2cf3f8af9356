//! `drawbridge grant connect`: OpenSSH's client, with the ticket as its password
//! and the broker's host key pinned to what the API said.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use admin_api::dto::{SshAccess, Ticket};
use anyhow::Context as _;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use clap::Args;

use super::context::{Context, Form, show_json};
use super::failure::Failure;
use super::grant::ticket;
use super::profile;
use super::table::Details;
use crate::{output, private};

/// Holds the ticket while ssh starts this program to ask for it.
const TICKET: &str = "DRAWBRIDGE_ASKPASS_TICKET";

/// Which grant, and what to do with its ticket.
#[derive(Args, Debug)]
pub struct Connect {
    /// The grant; the only open one if it is left out
    id: Option<String>,
    /// Run OpenSSH's client at once, with the broker's host key pinned
    #[arg(long)]
    exec: bool,
    /// The command to run on the asset; a shell if it is left out
    #[arg(last = true, requires = "exec", value_name = "COMMAND")]
    command: Vec<String>,
}

pub(crate) async fn run(context: &Context, args: Connect) -> Result<(), Failure> {
    let Connect { id, exec, command } = args;
    let ticket = ticket(context, id.as_deref()).await?;
    if exec {
        return become_ssh(&ticket, &command);
    }
    match context.form() {
        Form::Json => return show_json(&ticket),
        Form::Id => return Ok(output::line(&output::clean(ticket.ticket.expose()))?),
        Form::Table => {}
    }
    let times = context.times().await?;
    let Ticket {
        ticket,
        expires_at,
        ssh,
        ..
    } = &ticket;
    let details = Details::default()
        .with("type", &ssh.command)
        .with("password", ticket.expose())
        .with("good until", format!("{}, once", times.both(*expires_at)))
        .with_some("host key", fingerprint(&ssh.host_key));
    // Unwrapped: what is copied must be in one piece.
    Ok(output::line(&details.render(None))?)
}

/// What ssh shows of a host key before it is trusted.
fn fingerprint(host_key: &str) -> Option<String> {
    let key = host_key.split(' ').nth(1)?;
    let key = STANDARD.decode(key).ok()?;
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &key);
    Some(format!("SHA256:{}", STANDARD_NO_PAD.encode(digest)))
}

/// Becomes ssh. Comes back only if that fails.
fn become_ssh(ticket: &Ticket, command: &[String]) -> Result<(), Failure> {
    let directory = profile::directory()?;
    private::make_dir(&directory)?;
    let known_hosts = directory.join("known_hosts");
    let program = std::env::current_exe().context("this program's own path is not known")?;
    let line = known_hosts_line(&ticket.ssh);
    private::write(&known_hosts, line.as_bytes())
        .with_context(|| format!("{} could not be written", known_hosts.display()))?;
    let error = Command::new("ssh")
        .args(arguments(&ticket.ssh, &known_hosts, command))
        .env(TICKET, ticket.ticket.expose())
        .env("SSH_ASKPASS", program)
        .env("SSH_ASKPASS_REQUIRE", "force")
        .exec();
    Err(Failure::failed(format!(
        "ssh could not be started: {error}. Install OpenSSH's client (8.4 or later), or use \
         `drawbridge grant ticket` with another client."
    )))
}

/// The ticket, when this program was started by ssh to ask for it.
#[must_use]
pub fn asked_for_ticket() -> Option<String> {
    std::env::var(TICKET).ok()
}

fn known_hosts_line(ssh: &SshAccess) -> String {
    let SshAccess {
        host,
        port,
        host_key,
        ..
    } = ssh;
    format!("[{host}]:{port} {host_key}\n")
}

fn arguments(ssh: &SshAccess, known_hosts: &Path, command: &[String]) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = Vec::new();
    let mut option = |name: &str, value: OsString| {
        let mut text = OsString::from(name);
        text.push("=");
        text.push(value);
        arguments.extend(["-o".into(), text]);
    };
    let mut quoted = OsString::from("\"");
    quoted.push(known_hosts);
    quoted.push("\"");
    option("UserKnownHostsFile", quoted);
    option("StrictHostKeyChecking", "yes".into());
    option("HashKnownHosts", "no".into());
    // A host that is told as a port other than 22 is looked up in brackets, and
    // on 22 without; the alias makes both the same.
    option(
        "HostKeyAlias",
        format!("[{}]:{}", ssh.host, ssh.port).into(),
    );
    option("PreferredAuthentications", "password".into());
    option("PubkeyAuthentication", "no".into());
    option("NumberOfPasswordPrompts", "1".into());
    // A ticket opens one session: none is shared, and none outlives it.
    option("ControlMaster", "no".into());
    option("ControlPath", "none".into());
    option("ForwardAgent", "no".into());
    option("ForwardX11", "no".into());
    arguments.extend(["-p".into(), ssh.port.to_string().into(), "-l".into()]);
    arguments.extend([
        OsString::from(&ssh.username),
        "--".into(),
        OsString::from(&ssh.host),
    ]);
    arguments.extend(command.iter().map(OsString::from));
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fingerprint_is_the_one_that_ssh_shows() {
        let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl broker";
        assert_eq!(
            fingerprint(key).as_deref(),
            Some("SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU")
        );
        assert_eq!(fingerprint("ssh-ed25519"), None);
        assert_eq!(fingerprint("ssh-ed25519 ###"), None);
    }

    #[test]
    fn ssh_is_given_the_pinned_key_and_nothing_that_it_could_take_for_an_option() {
        let ssh = SshAccess {
            host: "-oProxyCommand=evil".to_owned(),
            port: 2222,
            host_key: "ssh-ed25519 AAAA".to_owned(),
            username: "vera+plc-7".to_owned(),
            command: String::new(),
        };
        let arguments = arguments(
            &ssh,
            Path::new("/home/v w/known_hosts"),
            &["status".to_owned()],
        );
        let arguments: Vec<_> = arguments.iter().filter_map(|a| a.to_str()).collect();
        assert!(arguments.contains(&"UserKnownHostsFile=\"/home/v w/known_hosts\""));
        assert!(arguments.contains(&"StrictHostKeyChecking=yes"));
        let tail = &arguments[arguments.len() - 7..];
        let expected = [
            "-p",
            "2222",
            "-l",
            "vera+plc-7",
            "--",
            "-oProxyCommand=evil",
            "status",
        ];
        assert_eq!(tail, expected);
        assert_eq!(
            known_hosts_line(&ssh),
            "[-oProxyCommand=evil]:2222 ssh-ed25519 AAAA\n"
        );
    }
}
