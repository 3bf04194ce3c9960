//! `cachewright completions`.

use super::args::CompletionsArgs;
use super::exit::Exit;
use super::output::Output;
use super::shown::program;

pub(super) fn run(args: &CompletionsArgs, output: &mut Output) -> Exit {
    let mut command = program();
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, name, &mut script);
    output.out(script);
    Exit::Clean
}
