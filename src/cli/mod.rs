//! The command line: arguments, files, standard streams and exit codes. One file per command; each
//! reads what it needs, calls the core and hands text to `output`, the only place that prints.

mod args;
mod catalog;
mod changes;
mod check;
mod completions;
mod dev;
mod drift;
mod exit;
mod explain;
mod files;
mod init;
mod man;
mod masked;
mod output;
mod place;
mod progress;
mod render;
mod schema;
mod shown;
mod templates;
mod why;

use std::process::ExitCode;

use clap::Parser;

pub use args::Cli;
use output::Output;

/// Runs the program with the process's own arguments.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let mut output = Output::new(cli.color);
    let exit = match cli.command {
        args::Command::Check(args) => check::run(&args, &mut output),
        args::Command::Render(args) => render::run(&args, &mut output),
        args::Command::Drift(args) => drift::run(&args, &mut output),
        args::Command::Why(args) => why::run(&args, &mut output),
        args::Command::Explain(args) => explain::run(&args, &mut output),
        args::Command::Catalog(args) => catalog::run(&args, &mut output),
        args::Command::Place(args) => place::run(&args, &mut output),
        args::Command::Dev(command) => dev::run(&command, &mut output),
        args::Command::Templates(args) => templates::run(&args, &mut output),
        args::Command::Init(args) => init::run(&args, &mut output),
        args::Command::Schema(args) => schema::run(&args, &mut output),
        args::Command::Completions(args) => completions::run(&args, &mut output),
        args::Command::Man(args) => man::run(&args, &mut output),
    };
    output.finish(exit)
}
