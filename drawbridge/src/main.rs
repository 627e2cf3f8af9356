//! Just-in-time vendor remote access for plants.

use std::process::ExitCode;

fn main() -> ExitCode {
    drawbridge::program::run()
}
