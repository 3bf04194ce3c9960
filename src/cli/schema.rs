//! `cachewright schema`.

use super::args::SchemaArgs;
use super::exit::Exit;
use super::files::{refuse_foreign, write_whole};
use super::output::Output;
use crate::reference;

pub(super) fn run(args: &SchemaArgs, output: &mut Output) -> Exit {
    let text = reference::schema();
    let Some(path) = &args.out else {
        output.out(text);
        return Exit::Clean;
    };
    let written = refuse_foreign(path, text.as_bytes(), reference::is_schema)
        .and_then(|()| write_whole(path, text.as_bytes(), 0o644));
    match written {
        Ok(()) => {
            output.err(format!("wrote {0}; in a spec, `#:schema {0}` on the first line\n", path.display()));
            Exit::Clean
        }
        Err(why) => output.usage(&why),
    }
}
