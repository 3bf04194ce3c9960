//! `cachewright completions`.

use clap::CommandFactory;

use super::args::{Cli, CompletionsArgs};
use super::exit::Exit;
use super::output::Output;

pub(super) fn run(args: &CompletionsArgs, output: &mut Output) -> Exit {
    let mut command = Cli::command();
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, name, &mut script);
    output.out(script);
    Exit::Clean
}
