//! The directives of a running Sentinel, as far as it can be asked for them: those that SENTINEL SET and SENTINEL
//! CONFIG SET change. The others stand in files only, and a Sentinel reads no file that it could not also write.

use std::collections::BTreeMap;

use super::report::{Aspect, Report};
use crate::catalog::Engine;
use crate::catalog::sentinel::{
    Scope, SentinelArgKind, SentinelDirective, SentinelFacts, behaviour, directives,
};
use crate::live::Failure;
use crate::live::redis::RedisServer;

/// A primary that is watched for the time of the questions; nothing listens there.
const WATCHED: &str = "cachewright-verify-catalog";

/// Compares what can be asked and changed in a running Sentinel.
pub(super) fn check(server: &mut RedisServer, report: &mut Report) -> Result<(), Failure> {
    let (engine, version) = (report.identity.engine, report.identity.version);
    let facts: Vec<_> = directives(engine).iter().filter_map(|one| Some((one, one.at(version)?))).collect();
    config(server, engine, &facts, report)?;
    // Port 1 is nobody's; the quorum is never reached by one Sentinel.
    server.command(&["SENTINEL", "MONITOR", WATCHED, "127.0.0.1", "1", "2"])?;
    let asked = primaries(server, &facts, report);
    server.command(&["SENTINEL", "REMOVE", WATCHED])?;
    asked
}

type Known = [(&'static SentinelDirective, &'static SentinelFacts)];

/// `SENTINEL CONFIG GET` and `SET`.
fn config(
    server: &mut RedisServer,
    engine: Engine,
    facts: &Known,
    report: &mut Report,
) -> Result<(), Failure> {
    let ours = behaviour(engine, report.identity.version).is_some_and(|behaviour| behaviour.config_command);
    let rows = match server.pairs(&["SENTINEL", "CONFIG", "GET", "*"]) {
        Ok(rows) => Some(rows),
        Err(Failure::Refused(_)) => None,
        Err(failure) => return Err(failure),
    };
    report.compare(Aspect::Names, "SENTINEL CONFIG", (ours, rows.is_some()), |exists| {
        if *exists { "it exists" } else { "it does not exist" }.to_owned()
    });
    let Some(rows) = rows else { return Ok(()) };
    for (directive, facts) in facts.iter().filter(|(directive, _)| directive.scope == Scope::Global) {
        report.count(Aspect::Names);
        match rows.get(facts.name) {
            Some(value) if facts.config_set => {
                if let Some(default) = facts.default {
                    report.compare(Aspect::Defaults, directive.name, (default, value.as_str()), |value| {
                        format!("`{value}`")
                    });
                }
                let set = settable(server, &["SENTINEL", "CONFIG", "SET", facts.name, value])?;
                report.compare(Aspect::Mutability, directive.name, (true, set), |can| changed(*can));
            }
            Some(_) => report.contradict(Aspect::Names, directive.name, "it is not shown", "shows it"),
            None if facts.config_set => {
                report.contradict(Aspect::Names, directive.name, "it is shown", "does not show it");
            }
            None => {}
        }
    }
    // What is left are directives of redis.conf, such as `loglevel`.
    for name in rows.keys().filter(|name| {
        crate::catalog::directive(engine, name).is_none()
            && !facts.iter().any(|(_, facts)| facts.name == **name)
    }) {
        report.contradict(Aspect::Names, name, "nothing", "shows it");
    }
    Ok(())
}

/// `SENTINEL SET` and what `SENTINEL MASTER` prints.
fn primaries(server: &mut RedisServer, facts: &Known, report: &mut Report) -> Result<(), Failure> {
    let rows = server.pairs(&["SENTINEL", "MASTER", WATCHED])?;
    for (directive, facts) in facts.iter().filter(|(directive, _)| directive.scope == Scope::Primary) {
        if let Some((value, default)) = rows.get(facts.name).zip(facts.default) {
            report.compare(Aspect::Defaults, directive.name, (default, value.as_str()), |value| {
                format!("`{value}`")
            });
        }
        let option = facts.sentinel_set.unwrap_or(facts.name);
        let values = values(facts, option, &rows);
        let mut command = vec!["SENTINEL", "SET", WATCHED, option];
        command.extend(values.iter().map(String::as_str));
        let set = settable(server, &command)?;
        report.compare(Aspect::Mutability, directive.name, (facts.sentinel_set.is_some(), set), |can| {
            changed(*can)
        });
        below(server, facts, option, report)?;
    }
    Ok(())
}

/// Values for every argument of an option; for `quorum` the last one only.
fn values(facts: &SentinelFacts, option: &str, rows: &BTreeMap<String, String>) -> Vec<String> {
    let args =
        if option == "quorum" { &facts.args[facts.args.len().saturating_sub(1)..] } else { facts.args };
    args.iter()
        .map(|arg| match arg.kind {
            SentinelArgKind::Atoi(_) => {
                let current = rows.get(option).map(String::as_str).or(facts.default);
                current.unwrap_or("1").to_owned()
            }
            SentinelArgKind::Bool => "no".to_owned(),
            SentinelArgKind::Host => "127.0.0.1".to_owned(),
            SentinelArgKind::Executable => "/bin/true".to_owned(),
            SentinelArgKind::Id => "0".repeat(40),
            SentinelArgKind::Epoch => "0".to_owned(),
            SentinelArgKind::Text => "x".to_owned(),
        })
        .collect()
}

/// The value below the lowest one is refused. The other way round does not hold: SENTINEL SET is stricter than the
/// file for some.
fn below(
    server: &mut RedisServer,
    facts: &SentinelFacts,
    option: &str,
    report: &mut Report,
) -> Result<(), Failure> {
    let numeric = match facts.args.last().map(|arg| arg.kind) {
        Some(SentinelArgKind::Atoi(numeric)) if facts.sentinel_set.is_some() => numeric,
        _ => return Ok(()),
    };
    if numeric.min > i128::from(i32::MIN) {
        let value = (numeric.min - 1).to_string();
        report.count(Aspect::Ranges);
        match server.command(&["SENTINEL", "SET", WATCHED, option, &value]) {
            Ok(_) => {
                report.contradict(Aspect::Ranges, format!("{option} {value}"), "it is refused", "takes it");
            }
            Err(Failure::Refused(_)) => {}
            Err(failure) => return Err(failure),
        }
    }
    Ok(())
}

/// Whether the server knows what it is told to set; it may refuse the value.
fn settable(server: &mut RedisServer, command: &[&str]) -> Result<bool, Failure> {
    match server.command(command) {
        Ok(_) => Ok(true),
        Err(Failure::Refused(words)) => Ok(!words.contains("Unknown option")),
        Err(failure) => Err(failure),
    }
}

fn changed(can: bool) -> String {
    if can { "it can be changed at runtime" } else { "it cannot be changed at runtime" }.to_owned()
}
