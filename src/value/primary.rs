//! `replicaof`: whom a replica follows, or `no one`.

use super::case::{Case, Reading, arity};
use super::cnum::{strtoll, until_nul};
use super::reason::{Otherwise, Reason};
use super::resplit::arguments;
use super::value::{Primary, Value};

/// A host and a port.
pub(super) fn read_primary(case: Case<'_>, port_checked: bool, args: &[&[u8]]) -> Result<Reading, Reason> {
    let wanted = "a host and a port, or `no one`";
    let words = arguments(case.server, args);
    let [host, port] = words.as_slice() else {
        return if case.server.is_six() { case.unmatched_arity(wanted, args) } else { arity(wanted, args) };
    };
    if until_nul(host).eq_ignore_ascii_case(b"no") && until_nul(port).eq_ignore_ascii_case(b"one") {
        return Ok(Reading::plain(Value::Primary(None)));
    }
    let number = strtoll(port, 10);
    if port_checked && !number.rest.is_empty() {
        return Err(Reason::BadPort);
    }
    let Ok(in_effect) = u16::try_from(number.as_int()) else { return Err(Reason::BadPort) };
    let otherwise = if !number.digits || !number.rest.is_empty() {
        Some(Otherwise::GarbageRead)
    } else {
        (i64::from(in_effect) != number.value).then_some(Otherwise::Wraps)
    };
    let primary = Primary { host: until_nul(host).to_vec(), port: in_effect };
    Ok(Reading::noted(Value::Primary(Some(primary)), otherwise))
}

/// The primary that a server printed: nothing, or a host and a port.
pub(super) fn printed_primary(printed: &[u8]) -> Option<Value> {
    if printed.is_empty() {
        return Some(Value::Primary(None));
    }
    let blank = printed.iter().rposition(|byte| *byte == b' ')?;
    let port = std::str::from_utf8(&printed[blank + 1..]).ok()?.parse().ok()?;
    Some(Value::Primary(Some(Primary { host: printed[..blank].to_vec(), port })))
}
