//! `cachewright catalog`.

use super::args::CatalogArgs;
use super::exit::Exit;
use super::output::Output;

pub(super) fn run(_args: &CatalogArgs, output: &mut Output) -> Exit {
    output.usage("not merged yet")
}
