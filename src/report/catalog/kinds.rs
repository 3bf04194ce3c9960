//! Kinds of values in words.

use std::fmt::Write as _;

use crate::catalog::{EnumWord, Kind, Numeric, Special, TextRule, Unit};

/// What values look like, in a few words for a column.
pub(super) fn short(kind: &Kind) -> String {
    match kind {
        Kind::Bool => "yes/no".to_owned(),
        Kind::Enum(words) if words.len() <= 3 => names(words).join("/"),
        Kind::Enum(words) => format!("one of {} words", words.len()),
        Kind::Flags(words) => format!("some of {} words", words.len()),
        Kind::Integer(numeric) => match unit(numeric.unit) {
            Some(unit) => unit.to_owned(),
            None => "number".to_owned(),
        },
        Kind::Memory(_) => "bytes".to_owned(),
        Kind::MemoryOrPercent { .. } => "bytes or %".to_owned(),
        Kind::Octal(_) => "octal".to_owned(),
        Kind::Text { rule: Some(rule), .. } => text_rule(*rule).to_owned(),
        Kind::Text { .. } => "text".to_owned(),
        Kind::Special(special) => special_short(*special).to_owned(),
        Kind::Ignored => "ignored".to_owned(),
    }
}

/// What values look like, in full.
pub(super) fn long(kind: &Kind) -> String {
    match kind {
        Kind::Bool => "`yes` or `no`".to_owned(),
        Kind::Enum(words) => format!("one of {}", words_of(words)),
        Kind::Flags(words) => format!("several of {}", words_of(words)),
        Kind::Integer(numeric) => format!("a whole number, {}", range(numeric)),
        Kind::Memory(numeric) => {
            format!(
                "a number of bytes, {}; units `k` = 1000, `kb` = 1024, and so on up to `gb`",
                range(numeric)
            )
        }
        Kind::MemoryOrPercent { numeric, max_percent } => format!(
            "a number of bytes, {}, or `0%` to `{max_percent}%` of maxmemory; units `k` = 1000, `kb` = 1024",
            range(numeric)
        ),
        Kind::Octal(numeric) => format!("an octal number, {:o} to {:o}", numeric.min, numeric.max),
        Kind::Text { empty_is_unset, rule, max_bytes, .. } => {
            let mut text = rule.map_or("a text", text_rule).to_owned();
            if let Some(most) = max_bytes {
                // Writing to a String cannot fail.
                let _ = write!(text, ", {most} bytes at most");
            }
            if *empty_is_unset {
                text.push_str("; empty means not set");
            }
            text
        }
        Kind::Special(special) => special_long(*special),
        Kind::Ignored => "anything: it is read and ignored".to_owned(),
    }
}

/// `1 to 500 hertz`.
pub(super) fn range(numeric: &Numeric) -> String {
    let bounds = match (bound(numeric.min), bound(numeric.max)) {
        (None, None) => "any".to_owned(),
        (None, Some(max)) => format!("up to {max}"),
        (Some(min), None) => format!("{min} and more"),
        (Some(min), Some(max)) => format!("{min} to {max}"),
    };
    match unit(numeric.unit) {
        Some("bytes") | None => bounds,
        Some(unit) => format!("{bounds} ({unit})"),
    }
}

/// A bound that is not merely the end of a type.
fn bound(value: i128) -> Option<String> {
    let ends = [i32::MIN.into(), i64::MIN.into(), i64::MAX.into(), u64::MAX.into()];
    (!ends.contains(&value)).then(|| value.to_string())
}

fn unit(unit: Unit) -> Option<&'static str> {
    Some(match unit {
        Unit::None | Unit::Count => return None,
        Unit::Bytes => "bytes",
        Unit::Kilobytes => "kilobytes",
        Unit::Megabytes => "megabytes",
        Unit::Percent => "percent",
        Unit::Microseconds => "microseconds",
        Unit::Milliseconds => "milliseconds",
        Unit::Seconds => "seconds",
        Unit::Minutes => "minutes",
        Unit::Hertz => "times a second",
        Unit::Entries => "entries",
        Unit::EntriesOrSizeClass => "entries, or -1 = 4 kB to -5 = 64 kB",
        Unit::Replicas => "replicas",
        Unit::Clients => "clients",
        Unit::Threads => "threads",
        Unit::TcpPort => "port",
    })
}

fn names(words: &[EnumWord]) -> Vec<&'static str> {
    words.iter().map(|word| word.word).collect()
}

/// The words, with what is peculiar to one behind it.
fn words_of(words: &[EnumWord]) -> String {
    let each = words.iter().map(|word| {
        let needs = word.needs.map(|feature| format!("needs {}", feature.title()));
        let prints = (word.prints != word.word).then(|| format!("shown as `{}`", word.prints));
        let notes: Vec<String> = needs.into_iter().chain(prints).collect();
        if notes.is_empty() {
            format!("`{}`", word.word)
        } else {
            format!("`{}` ({})", word.word, notes.join(", "))
        }
    });
    each.collect::<Vec<_>>().join(", ")
}

fn text_rule(rule: TextRule) -> &'static str {
    match rule {
        TextRule::FileName => "a file name without a folder",
        TextRule::NonEmptyFileName => "a file name without a folder, not empty",
        TextRule::DirName => "a folder's name without a path",
        TextRule::ProcTitleTemplate => "a text with fields in braces, such as {title}",
        TextRule::AnnouncedHostname => "a host name",
        TextRule::AnnouncedNodename => "a name of letters, digits and `-`",
        TextRule::IpV4 => "an IPv4 address",
        TextRule::IpV6 => "an IPv6 address",
        TextRule::ClusterConfigFile => "a file name",
        TextRule::AnnouncedIp => "an IP address",
        TextRule::DbHashSeed => "a text of 16 bytes",
    }
}

fn special_short(special: Special) -> &'static str {
    match special {
        Special::Bind { .. } => "addresses",
        Special::ClientOutputBufferLimit { .. } => "limits by class",
        Special::Dir => "folder",
        Special::Include { .. } => "file",
        Special::LatencyTrackingInfoPercentiles => "percentiles",
        Special::Loadmodule => "path and arguments",
        Special::NotifyKeyspaceEvents { .. } => "letters",
        Special::OomScoreAdjValues { .. } => "three numbers",
        Special::Replicaof { .. } => "host and port",
        Special::RenameCommand => "two names",
        Special::Save { .. } => "seconds and changes",
        Special::Sentinel => "sentinel's own",
        Special::User => "name and rules",
        Special::UncheckedMemory => "bytes",
        Special::UncheckedOctal => "octal",
        Special::NotInFiles => "number",
    }
}

fn special_long(special: Special) -> String {
    match special {
        Special::Bind { min_addresses, max_addresses, optional_prefix } => {
            let mut text = format!("{min_addresses} to {max_addresses} addresses");
            if optional_prefix {
                text.push_str(
                    "; `-` before one lets the server start without it, `*` is all of IPv4, `::*` of IPv6",
                );
            }
            text
        }
        Special::ClientOutputBufferLimit { strict } => {
            let how = if strict { "several on a line" } else { "one a line" };
            format!("class (`normal`, `replica` or `pubsub`), hard limit, soft limit, seconds; {how}")
        }
        Special::Dir => "a folder that exists".to_owned(),
        Special::Include { glob: true } => "a file, or a pattern of files".to_owned(),
        Special::Include { glob: false } => "a file".to_owned(),
        Special::LatencyTrackingInfoPercentiles => "numbers from 0 to 100; none switches it off".to_owned(),
        Special::Loadmodule => "the module's path, and its arguments".to_owned(),
        Special::NotifyKeyspaceEvents { all, others } => {
            format!("letters of `{all}` (all of them: `A`) and `{others}`; empty switches it off")
        }
        Special::OomScoreAdjValues { min, max } => {
            format!("three scores, {min} to {max}: of a primary, a replica, a background child")
        }
        Special::Replicaof { .. } => "the primary's host and port, or `no one`".to_owned(),
        Special::RenameCommand => "a command and its new name; an empty one removes the command".to_owned(),
        Special::Save { strict } => {
            let how = if strict { "pairs on one line or several" } else { "one pair a line" };
            format!("seconds and changes after which the data is saved: {how}; `\"\"` never")
        }
        Special::Sentinel => "see sentinel.conf; for a Sentinel only".to_owned(),
        Special::User => "a name and ACL rules".to_owned(),
        Special::UncheckedMemory => "a number of bytes; garbage reads as 0".to_owned(),
        Special::UncheckedOctal => "an octal number up to 777; garbage reads as 0".to_owned(),
        Special::NotInFiles => "a number, by CONFIG SET only: a file may not hold it".to_owned(),
    }
}
