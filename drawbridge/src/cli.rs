//! What people type. Each command asks the REST API with the types of
//! [`admin_api::dto`]; what a role may do is decided there, not here.

mod account;
mod audit;
mod between;
mod client;
mod connect;
mod context;
mod doctor;
mod failure;
mod grant;
mod hold;
mod list;
mod login;
mod notice;
mod plant;
mod profile;
mod recording;
mod replay;
mod request;
mod search;
mod secrets;
mod session;
mod share;
mod table;
#[cfg(test)]
mod tests;
mod times;
mod vault;
mod verify;
mod ways;
mod when;
mod which;
mod witness;

use std::process::ExitCode;

use clap::Subcommand;
use clap_complete::Shell;

pub use connect::asked_for_ticket;
pub use context::{Form, Global};

use context::Context;
use failure::Failure;

use crate::output;

/// What the help of the whole program ends with.
pub const AFTER_HELP: &str = "\
A visit, from end to end:
  vera$   drawbridge login vera --api https://broker.plant:8443 --ca ca.pem
  vera$   drawbridge request create plc-7 --for 2h --purpose 'Adjust the limit of bearing 1'
  arne$   drawbridge request list --state waiting
  arne$   drawbridge request approve 7e8f9a0b
  vera$   drawbridge grant connect --exec
  olga$   drawbridge session end 1c2d3e4f --reason 'Unit 2 is tripping'
  astrid$ drawbridge recording play 1c2d3e4f

Times that you write are the plant's own; those that you read have UTC beside them.
Ids may be shortened to their last 8 digits, as tables show them.

Environment:
  DRAWBRIDGE_API     the API, as https://HOST:PORT
  DRAWBRIDGE_TOKEN   a token, instead of that of `drawbridge login`
  DRAWBRIDGE_CA      a PEM file with the authorities that the API is trusted by

Exit status:
  0    done
  1    refused, or failed
  2    not written as it must be
  69   the broker can't be reached, or is too busy
  77   not logged in, or not permitted
With `grant connect --exec` it is that of ssh.";

/// The commands that speak to the API.
#[derive(Subcommand, Debug)]
pub enum Command {
    /// Log in, and remember it on this machine
    Login(login::Login),
    /// Log out, and forget the login
    Logout,
    /// Show who you are here, and what you may do it on
    Whoami,
    /// Ask for access, and answer
    #[command(subcommand)]
    Request(request::Command),
    /// Use, extend and revoke what was granted
    #[command(subcommand)]
    Grant(grant::Command),
    /// Watch sessions, and end them
    #[command(subcommand)]
    Session(session::Command),
    /// Replay, export, share and keep what was recorded
    #[command(subcommand)]
    Recording(recording::Command),
    /// Check evidence off-line: a bundle, or an exported log
    Verify(verify::Verify),
    /// Read the audit log, and take its proofs home
    #[command(subcommand)]
    Audit(audit::Command),
    /// Apply and export the plant file
    #[command(subcommand)]
    Plant(plant::Command),
    /// Keep the secrets that the broker signs in to assets with
    #[command(subcommand)]
    Vault(vault::Command),
    /// Manage people's accounts
    #[command(subcommand)]
    Account(account::Command),
    /// See what people are told, and try whether it reaches them
    #[command(subcommand)]
    Notice(notice::Command),
    /// Close and open the ways into zones
    #[command(subcommand)]
    Conduit(ways::ConduitCommand),
    /// See the assets
    #[command(subcommand)]
    Asset(ways::AssetCommand),
    /// See the zones
    #[command(subcommand)]
    Zone(ways::ZoneCommand),
    /// Find out why something does not work
    Doctor(doctor::Doctor),
    /// Watch over a broker's log, on another administrator's machine
    #[command(subcommand)]
    Witness(witness::Command),
    /// Print completions for a shell
    #[command(after_help = "Examples:
  drawbridge completions bash > ~/.local/share/bash-completion/completions/drawbridge
  drawbridge completions fish > ~/.config/fish/completions/drawbridge.fish")]
    Completions {
        /// The shell
        shell: Shell,
    },
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exit(u8);

impl Exit {
    /// For the operating system.
    #[must_use]
    pub fn code(self) -> ExitCode {
        ExitCode::from(self.0)
    }
}

/// Does what `command` says and tells the person about it. `root` is the whole
/// command line, to make completions of.
pub async fn run(command: Command, global: Global, root: clap::Command) -> Exit {
    let done = if let Command::Verify(args) = &command {
        verify::run(args, &global).map(Exit)
    } else {
        dispatch(command, &global, root).await.map(|()| Exit(0))
    };
    match done {
        Ok(exit) => exit,
        Err(failure) => {
            tell(&failure, global.output);
            Exit(failure.kind().exit_status())
        }
    }
}

fn tell(failure: &Failure, form: Form) {
    if failure.text().is_empty() {
        return;
    }
    match form {
        Form::Json => output::remark(&output::clean_json(&failure.json().to_string())),
        Form::Table | Form::Id => {
            let text = output::clean_lines(failure.text());
            output::remark(&format!("drawbridge: {text}"));
        }
    }
}

async fn dispatch(
    command: Command,
    global: &Global,
    mut root: clap::Command,
) -> Result<(), Failure> {
    let context = || Context::new(global);
    match command {
        Command::Login(args) => login::log_in(args, global).await,
        Command::Logout => login::log_out(global).await,
        Command::Whoami => login::who_am_i(&context()?).await,
        Command::Request(command) => request::run(&context()?, command).await,
        Command::Grant(command) => grant::run(&context()?, command).await,
        Command::Session(command) => session::run(&context()?, command).await,
        Command::Recording(command) => recording::run(&context()?, command).await,
        // Whoever is at the machine itself needs no login.
        Command::Audit(audit::Command::RotateKey(args)) => {
            audit::rotate_key(args, global.output).await
        }
        Command::Audit(command) => audit::run(&context()?, command).await,
        // Its exit status is its own.
        Command::Verify(args) => verify::run(&args, global).map(|_| ()),
        Command::Plant(command) => plant::run(&context()?, command).await,
        Command::Vault(command) => vault::run(&context()?, command).await,
        Command::Account(command) => account::run(&context()?, command).await,
        Command::Notice(command) => notice::run(&context()?, command).await,
        Command::Conduit(command) => ways::conduits(&context()?, command).await,
        Command::Asset(command) => ways::assets(&context()?, command).await,
        Command::Zone(command) => ways::zones(&context()?, command).await,
        Command::Doctor(args) => doctor::run(args, global).await,
        Command::Witness(command) => witness::run(command, global.output).await,
        Command::Completions { shell } => {
            let mut script = Vec::new();
            let name = root.get_name().to_owned();
            clap_complete::generate(shell, &mut root, name, &mut script);
            Ok(output::raw(&script)?)
        }
    }
}
