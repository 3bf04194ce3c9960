//! The program as completions and manual pages show it: without the commands for work on itself.

use clap::{Command, CommandFactory};

use super::args::Cli;

/// The arguments of the program, hidden commands left out. clap hides them in help only.
pub(super) fn program() -> Command {
    let whole = Cli::command();
    let shown = whole.get_subcommands().filter(|command| !command.is_hide_set()).cloned();
    Command::new(env!("CARGO_PKG_NAME"))
        .version(env!("CARGO_PKG_VERSION"))
        .about(whole.get_about().cloned().unwrap_or_default())
        .long_about(whole.get_long_about().cloned().unwrap_or_default())
        .args(whole.get_arguments().cloned())
        .subcommands(shown)
}
