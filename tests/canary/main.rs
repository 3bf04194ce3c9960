//! Secrets stay out. Values that occur nowhere else stand in every place in which a spec allows a secret, and are
//! then looked for in all that the program says and writes, and in every program that rendered scripts run.

#![allow(clippy::unwrap_used, clippy::print_stdout)]
// The texts are small, and are read more often than made.
#![allow(clippy::format_push_string, clippy::format_collect)]

mod commands;
mod debug;
#[path = "../rendered/files.rs"]
mod files;
mod literals;
mod places;
mod processes;
#[path = "../working_files/script.rs"]
#[allow(dead_code)]
mod script;
mod search;
mod shims;
#[path = "../working_files/site.rs"]
#[allow(dead_code)]
mod site;
mod specs;
#[path = "../support/mod.rs"]
mod support;
#[path = "../rendered/texts.rs"]
#[allow(dead_code)]
mod texts;
mod with_secrets;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The program, with the secrets of a spec in its environment and nothing of ours.
fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cachewright"));
    command.env_remove("NO_COLOR").stdin(Stdio::null());
    command
}

/// Every file below a folder with its bytes, those of the work folder too.
fn tree(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.insert(path.strip_prefix(folder).unwrap().to_owned(), std::fs::read(&path).unwrap());
            }
        }
    }
    files
}
