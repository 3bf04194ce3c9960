//! `cachewright man`: one page for the program and one for each command, made from the same arguments as `--help`.

use std::io;
use std::path::Path;

use clap::Command;
use clap_mangen::Man;

use super::args::ManArgs;
use super::exit::Exit;
use super::files::{reason, write_whole};
use super::output::Output;
use super::shown;

pub(super) fn run(args: &ManArgs, output: &mut Output) -> Exit {
    let written = match &args.out {
        None => page(&whole()).map_err(|error| reason(&error)).map(|page| output.out(page)),
        Some(folder) => write_all(folder, output),
    };
    match written {
        Ok(()) => Exit::Clean,
        Err(why) => output.usage(&why),
    }
}

/// The program with what clap adds to it: the names of commands as they are called.
fn whole() -> Command {
    let mut command = shown::program().disable_help_subcommand(true);
    command.build();
    command
}

/// Writes every page, and says how many.
fn write_all(folder: &Path, output: &mut Output) -> Result<(), String> {
    let program = whole();
    let mut count = 0;
    for command in commands(&program) {
        let name = format!("{}.1", command.get_bin_name().unwrap_or(command.get_name()).replace(' ', "-"));
        let page = page(command).map_err(|error| reason(&error))?;
        write_whole(&folder.join(name), &page, 0o644)?;
        count += 1;
    }
    output.err(format!(
        "wrote {count} pages to {0}; read one with `man -l {0}/cachewright.1`\n",
        folder.display()
    ));
    Ok(())
}

/// A command and all below it, each before those of its own.
fn commands(command: &Command) -> Vec<&Command> {
    let below = command.get_subcommands().filter(|below| !below.is_hide_set()).flat_map(commands);
    std::iter::once(command).chain(below).collect()
}

/// One page. It carries no date, so that the same program writes the same bytes.
fn page(command: &Command) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    Man::new(command.clone()).render(&mut bytes)?;
    Ok(bytes)
}
