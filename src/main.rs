//! The `cachewright` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    cachewright::cli::run()
}
