//! Turns the catalogue's data under `schemas/` into static tables, so that the program parses nothing at
//! start-up. Every mistake in the data stops the build with its file and entry.

#[path = "build/acl.rs"]
mod acl;
#[path = "build/decode.rs"]
mod decode;
#[path = "build/directives.rs"]
mod directives;
#[path = "build/literal.rs"]
mod literal;
#[path = "build/memcached.rs"]
mod memcached;
#[path = "build/numeric.rs"]
mod numeric;
#[path = "build/problem.rs"]
mod problem;
#[path = "build/sentinel.rs"]
mod sentinel;

// The types of the tables: what they accept is what the data may say. Their look-ups serve the library only,
// and the lints about them are the library's business.
#[allow(dead_code, unreachable_pub, unfulfilled_lint_expectations, reason = "shared with the library")]
#[path = "src/catalog/directive.rs"]
mod directive;
#[allow(dead_code, unreachable_pub, unfulfilled_lint_expectations, reason = "shared with the library")]
#[path = "src/catalog/version.rs"]
mod version;

use problem::Problem;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

fn main() -> ExitCode {
    println!("cargo::rerun-if-changed=schemas");
    match write_tables() {
        Ok(()) => ExitCode::SUCCESS,
        Err(problems) => {
            for problem in problems {
                println!("cargo::error={problem}");
            }
            ExitCode::FAILURE
        }
    }
}

/// Writes one Rust file per kind of table into cargo's output folder.
fn write_tables() -> Result<(), Vec<Problem>> {
    let out =
        env::var_os("OUT_DIR").map(PathBuf::from).ok_or_else(|| Problem::of("cargo", "sets no OUT_DIR"))?;
    let schemas = Path::new("schemas");
    let mut problems = Vec::new();
    let tables = [
        ("acl.rs", acl::tables(schemas)),
        ("directives.rs", directives::tables(schemas)),
        ("memcached.rs", memcached::tables(schemas)),
        ("sentinel.rs", sentinel::tables(schemas)),
    ];
    for (file, table) in tables {
        match table {
            Ok(text) => {
                if let Err(error) = fs::write(out.join(file), text) {
                    problems.push(Problem::new(file, "", error));
                }
            }
            Err(found) => problems.extend(found),
        }
    }
    if problems.is_empty() { Ok(()) } else { Err(problems) }
}
