//! What a live server prints, back as a value: the inverse of [`Value::printed`].

use crate::catalog::{Build, Directive, Engine, Kind, Special, Version};

use super::bind::split_printed;
use super::case::{Case, Server};
use super::judge::read_kind;
use super::output_limits::printed_limits;
use super::primary::printed_primary;
use super::save::printed_points;
use super::value::Value;

/// A build that lacks nothing: what a server prints, it has taken.
const ANY_BUILD: Build = Build { tls: true, defrag: true, systemd: true, modules: true };

/// Reads what `CONFIG GET` printed for a directive; none where the version does not know it or could not have
/// printed that.
///
/// Servers print lists in one line that a file of theirs may not hold (`save` on 6.x), and texts without
/// quotes, so this is not [`judge`](super::judge()) of the same bytes.
pub fn observed(directive: &Directive, engine: Engine, version: Version, printed: &[u8]) -> Option<Value> {
    let facts = directive.at(version)?;
    let case = Case { directive, facts, server: Server { engine, version }, build: ANY_BUILD };
    let one = [printed];
    let words: Vec<&[u8]> = printed.split(|byte| *byte == b' ').collect();
    let args = match facts.kind {
        Kind::Text { .. } | Kind::Special(Special::Dir) => return Some(Value::Text(printed.to_vec())),
        Kind::Special(Special::Bind { .. }) => return Some(Value::Addresses(split_printed(printed))),
        Kind::Special(Special::Save { .. }) => return printed_points(&words),
        Kind::Special(Special::ClientOutputBufferLimit { .. }) => return printed_limits(&words),
        Kind::Special(Special::Replicaof { .. }) => return printed_primary(printed),
        Kind::Special(Special::NotInFiles) => {
            return super::cnum::string2ll(printed).map(|number| Value::Integer(number.into()));
        }
        Kind::Flags(_)
        | Kind::Special(Special::OomScoreAdjValues { .. } | Special::LatencyTrackingInfoPercentiles) => {
            words.as_slice()
        }
        _ => one.as_slice(),
    };
    read_kind(case, args).ok().map(|reading| reading.value)
}
