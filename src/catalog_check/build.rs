//! What a running server was compiled with, found out by what it has and takes.

use super::parser::{Answer, Trial, live};
use crate::catalog::{Build, Version};
use crate::live::Failure;
use crate::live::redis::RedisServer;

/// The build of a running server. Support of TLS is told by the directives' being there, so before 7.0 only; later
/// builds list them all the same, and neither names nor defaults depend on it. Support of systemd cannot be told.
pub(super) fn found(server: &mut RedisServer, version: Version) -> Result<Build, Failure> {
    let tls = !server.config("tls-port")?.is_empty();
    let modules = match server.texts(&["MODULE", "LIST"]) {
        Ok(loaded) => !loaded.is_empty(),
        Err(Failure::Refused(_)) => false,
        Err(failure) => return Err(failure),
    };
    let on = [Trial { name: "activedefrag", value: "yes".to_owned() }];
    let defrag = live(server, version).try_all(&on)? == [Answer::Taken];
    Ok(Build { tls, defrag, systemd: true, modules })
}
