//! The program from its command line to its exit status.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::{CommandFactory, Parser, Subcommand};

use crate::{cli, demo, init, output, serve};

/// How long what still runs may take to notice that the program has ended.
const LAST: Duration = Duration::from_millis(500);

/// Just-in-time access for vendors to the machines of a plant.
#[derive(Parser, Debug)]
#[command(name = "drawbridge", version, after_help = cli::AFTER_HELP)]
pub(crate) struct Cli {
    #[command(flatten)]
    global: cli::Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    /// Try it: a seeded plant with practice assets on this machine
    Demo(demo::Args),
    /// Run the broker
    Serve(serve::Args),
    /// Make the first admin, on the broker's own machine
    Init(init::Args),
    #[command(flatten)]
    Client(cli::Command),
}

/// Does what was typed.
#[must_use]
pub fn run() -> ExitCode {
    if let Some(ticket) = cli::asked_for_ticket() {
        return match output::line(&ticket) {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        };
    }
    let Cli { global, command } = Cli::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let runtime = match runtime.context("no threads could be started") {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error),
    };
    let exit = runtime.block_on(async {
        let outcome = match command {
            Command::Demo(args) => demo::run(args).await,
            Command::Serve(args) => serve::run(args).await,
            Command::Init(args) => init::run(args).await,
            Command::Client(command) => {
                return cli::run(command, global, Cli::command()).await.code();
            }
        };
        outcome.map_or_else(|error| failed(&error), |()| ExitCode::SUCCESS)
    });
    runtime.shutdown_timeout(LAST);
    exit
}

fn failed(error: &anyhow::Error) -> ExitCode {
    output::remark(&output::clean_lines(&format!("drawbridge: {error:#}")));
    ExitCode::FAILURE
}

#[cfg(test)]
mod named;
#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_makes_sense() {
        Cli::command().debug_assert();
    }
}
