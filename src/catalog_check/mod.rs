//! The catalogue's self-check: every fact that a real server can tell by itself, asked of one and compared. A
//! live server is asked for its names, defaults, what can be changed, ranges, lists of words, commands and ACL
//! rules; a server program is given configurations that it always refuses, so that it never starts. Asking leaves
//! no lasting change, but it is done by trying to change things: for servers without users only.
//!
//! Nothing here knows an exception by name. What depends on a build is found out first and looked up through
//! [`Build`](crate::catalog::Build); what was set at start is no default and is left out.

mod binary;
mod build;
mod commands;
mod given;
mod memcached;
mod mutability;
mod names;
mod parser;
mod report;
mod rules;
mod sentinel;
mod told;
mod values;

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::catalog::{Target, Version, VersionRange, supported};
use crate::live::redis::{Login, RedisServer};
use crate::live::{Address, Failure, Identity, Protocol};

pub use report::{Aspect, Disagreement, Report};

/// How to ask.
#[derive(Default)]
pub struct Options {
    /// As whom to log in.
    pub login: Option<Login>,
    /// The program of the same server, to be asked for what cannot be changed in a running one.
    pub binary: Option<PathBuf>,
    /// Directives and options that were given when the server was started: their values are no defaults. What its
    /// configuration file sets is known without.
    pub given: BTreeSet<String>,
    /// The memcached was certainly not started with `-N`; without that one before 1.6.40 is not asked for its
    /// settings, which would kill it.
    pub without_napi_ids: bool,
}

/// Compares the catalogue with a running server.
pub fn check(address: &Address, options: &Options) -> Result<Report, Failure> {
    match address.protocol {
        Protocol::Memcached => memcached::check(address, options),
        Protocol::Redis => {
            let mut server = RedisServer::connect(address, options.login.as_ref())?;
            let identity = server.identity()?;
            let mut report = Report::new(identity);
            if !covered(&report.identity) {
                report.note("the catalogue does not cover this version");
                return Ok(report);
            }
            if report.identity.sentinel {
                sentinel::check(&mut server, &mut report)?;
            } else {
                check_server(&mut server, address, options, &mut report)?;
            }
            Ok(report)
        }
    }
}

/// Whether some minor holds the version.
fn covered(identity: &Identity) -> bool {
    supported(identity.engine).iter().any(|minor| minor.range.contains(identity.version))
}

fn check_server(
    server: &mut RedisServer,
    address: &Address,
    options: &Options,
    report: &mut Report,
) -> Result<(), Failure> {
    let target = target(server, &report.identity)?;
    let mut given = given::directives(server, target.engine, &options.given)?;
    if address.port != 6379 {
        given.insert("port");
    }
    let rows = server.config("*")?;
    names::check(server, &rows, &target, &given, report)?;

    // SET and restore where a try cannot be taken back by the server itself.
    let version = target.versions.first;
    let mut live = parser::live(server, version);
    mutability::check(live.as_mut(), &rows, &target, report)?;
    values::check(live.as_mut(), &target, report)?;
    drop(live);

    if let Some(program) = &options.binary {
        let mut parser = binary::Program::new(program);
        names::check_in_files(&mut parser, &target, report)?;
        values::check(&mut parser, &target, report)?;
    }
    commands::check(server, &target, report)?;
    rules::check(server, &target, report)
}

/// What exactly is asked: the version and, as far as it can be told, the build.
fn target(server: &mut RedisServer, identity: &Identity) -> Result<Target, Failure> {
    let build = build::found(server, identity.version)?;
    Ok(Target { engine: identity.engine, versions: VersionRange::exactly(identity.version), build })
}

/// Redis 7.0 and all of Valkey: CONFIG SET checks all its pairs before it changes anything.
const ATOMIC_CONFIG_SET: Version = Version::new(7, 0, 0);
