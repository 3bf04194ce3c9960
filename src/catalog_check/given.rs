//! Which directives of a running server were set when it was started, so that their values are no defaults.

use std::collections::BTreeSet;
use std::fs;

use crate::catalog::{Engine, directive};
use crate::live::Failure;
use crate::live::redis::RedisServer;
use crate::text::conf::ConfDoc;

/// The directives that the caller names and those of the server's configuration file, where it can be read here.
pub(super) fn directives(
    server: &mut RedisServer,
    engine: Engine,
    named: &BTreeSet<String>,
) -> Result<BTreeSet<&'static str>, Failure> {
    let mut given: BTreeSet<&'static str> =
        named.iter().filter_map(|name| directive(engine, name)).map(|found| found.name).collect();
    let info = server.info()?;
    let file = info.get("config_file").filter(|path| !path.is_empty()).and_then(|path| fs::read(path).ok());
    if let Some(text) = file {
        let document = ConfDoc::parse(text);
        let set = document.directives().filter_map(|(_, line)| directive(engine, &line.key()));
        given.extend(set.map(|found| found.name));
    }
    Ok(given)
}
