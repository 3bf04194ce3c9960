//! Texts, and the rules that servers apply to some (config.c: the isValid* functions).

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::catalog::TextRule;

use super::case::{Case, Reading};
use super::enumeration::c_word;
use super::reason::Reason;
use super::value::Value;

/// The first length of an announced host name that is too long (`NET_HOST_STR_LEN`).
const HOST_NAME_LIMIT: u32 = 255;
/// The longest announced address of Valkey 9.1 (`NET_IP_STR_LEN` less the NUL).
const ANNOUNCED_IP_LIMIT: u32 = 45;

/// The longest hash seed (measured on Valkey 9.1.2).
const HASH_SEED_LIMIT: u32 = 256;

/// What a server does with a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct TextKind {
    /// The rule that it applies.
    pub(super) rule: Option<TextRule>,
    /// The most bytes that it takes.
    pub(super) max_bytes: Option<u32>,
    /// It keeps what follows a NUL.
    pub(super) binary: bool,
}

/// A directive whose value is a text.
pub(super) fn read_text(case: Case<'_>, kind: TextKind, arg: &[u8]) -> Result<Reading, Reason> {
    let (text, otherwise) = if kind.binary { (arg, None) } else { c_word(arg) };
    if let Some(max) = kind.max_bytes {
        at_most(text, max)?;
    }
    if let Some(rule) = kind.rule {
        obeys(case, rule, text, arg)?;
    }
    Ok(Reading::noted(Value::Text(text.to_vec()), otherwise))
}

/// Whether a text obeys a rule. Most look at the C string, those of Valkey 9.1 and of node names behind its NUL.
fn obeys(case: Case<'_>, rule: TextRule, text: &[u8], whole: &[u8]) -> Result<(), Reason> {
    match rule {
        TextRule::FileName => base_name(text),
        TextRule::NonEmptyFileName | TextRule::DirName => not_empty(text).and_then(|()| base_name(text)),
        TextRule::ClusterConfigFile => not_empty(text),
        TextRule::ProcTitleTemplate => template(text),
        TextRule::AnnouncedHostname => {
            at_most(text, HOST_NAME_LIMIT)?;
            only(text, |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
        }
        TextRule::AnnouncedNodename if case.server.is_valkey_from(9, 0) => only(whole, is_plain),
        TextRule::AnnouncedNodename => only(whole, |byte| is_aux(byte, case.server.is_valkey_from(8, 0))),
        TextRule::AnnouncedIp => at_most(text, ANNOUNCED_IP_LIMIT).and_then(|()| only(whole, is_plain)),
        TextRule::IpV4 => empty_or(text, |text| text.parse::<Ipv4Addr>().is_ok(), Reason::NotIpV4),
        TextRule::IpV6 => empty_or(text, |text| text.parse::<Ipv6Addr>().is_ok(), Reason::NotIpV6),
        TextRule::DbHashSeed => at_most(text, HASH_SEED_LIMIT),
    }
}

fn at_most(text: &[u8], max: u32) -> Result<(), Reason> {
    let fits = u32::try_from(text.len()).is_ok_and(|length| length <= max);
    if fits { Ok(()) } else { Err(Reason::TooLong { max }) }
}

fn not_empty(text: &[u8]) -> Result<(), Reason> {
    if text.is_empty() { Err(Reason::Empty) } else { Ok(()) }
}

/// A name without `/` and `\` (util.c: pathIsBaseName).
fn base_name(text: &[u8]) -> Result<(), Reason> {
    if text.iter().any(|byte| matches!(byte, b'/' | b'\\')) { Err(Reason::NotABaseName) } else { Ok(()) }
}

fn only(text: &[u8], allowed: impl Fn(u8) -> bool) -> Result<(), Reason> {
    match text.iter().find(|byte| !allowed(**byte)) {
        Some(byte) => Err(Reason::BadCharacter(*byte)),
        None => Ok(()),
    }
}

fn empty_or(text: &[u8], holds: impl Fn(&str) -> bool, reason: Reason) -> Result<(), Reason> {
    let valid = text.is_empty() || std::str::from_utf8(text).is_ok_and(holds);
    if valid { Ok(()) } else { Err(reason) }
}

/// The characters of the cluster's nodes file (cluster.c: isValidAuxChar); Valkey 8.0 allows the colon.
fn is_aux(byte: u8, colon: bool) -> bool {
    let reserved = byte == 0 || b"!#$%&()*+;<>?@[]^{|}~".contains(&byte);
    !reserved && (colon || byte != b':')
}

/// The characters that Valkey 9.1 allows in announced names and addresses (measured on 9.1.2).
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80 || matches!(byte, b'-' | b'.' | b'/' | b':' | b'_' | b'`')
}

/// A template of the process title: `{{` is a brace, `{name}` one of seven variables, and something must be
/// left when they are replaced (sds.c: sdstemplate; server.c: validateProcTitleTemplate).
fn template(text: &[u8]) -> Result<(), Reason> {
    let mut rest = text;
    let mut has_text = false;
    while let Some((&byte, behind)) = rest.split_first() {
        rest = behind;
        if byte != b'{' {
            has_text |= byte != b' ';
        } else if let Some(behind) = rest.strip_prefix(b"{") {
            (rest, has_text) = (behind, true);
        } else {
            let end = rest.iter().position(|b| *b == b'}').ok_or(Reason::BadTemplate)?;
            has_text |= expands(&rest[..end]).ok_or(Reason::BadTemplate)?;
            rest = &rest[end + 1..];
        }
    }
    if has_text { Ok(()) } else { Err(Reason::BadTemplate) }
}

/// Whether a variable has a text when the file is checked; none for an unknown variable. The title itself is
/// empty then, and the mode and socket may be.
fn expands(variable: &[u8]) -> Option<bool> {
    match variable {
        b"title" | b"server-mode" | b"unixsocket" => Some(false),
        b"listen-addr" | b"config-file" | b"port" | b"tls-port" => Some(true),
        _ => None,
    }
}
