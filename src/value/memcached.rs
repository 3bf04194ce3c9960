//! Values of memcached's options: what `main` of memcached.c and `storage_read_config` of storage.c make of
//! them (1.6.18 to 1.6.45). What depends on other options is [`super::memcached_rules`]'.

use crate::catalog::memcached::{MemcachedOption, OptionFacts, OptionValue, Spelling};
use crate::catalog::{Target, Version, VersionRange};

use super::atoi::{ends, read_atoi, read_strtol, read_strtoul, strtod};
use super::case::Reading;
use super::cnum::{strtoll, until_nul};
use super::judge::{Judgement, Span, summed_up};
use super::reason::{Otherwise, Reason, Stage};
use super::value::Value;

/// From here on blanks in front of a flag's value are skipped (`main` of memcached.c).
const BLANKS_SKIPPED: Version = Version::new(1, 6, 32);

/// From here on the sizes of storage files are checked (storage.c).
pub(super) const STORAGE_CHECKED: Version = Version::new(1, 6, 21);

/// From here on buckets other than `default` can be named (storage.c).
const MORE_BUCKETS: Version = Version::new(1, 6, 25);

/// Judges an option, given with or without a value, for every version of the target. The canonical value is a
/// text that gives the same again: sizes in bytes, words and paths as written, empty for switches.
pub fn judge_option(option: &MemcachedOption, value: Option<&str>, target: &Target) -> Judgement {
    let unknown = |versions| {
        let outcome = Err(Reason::NotInThisVersion { stage: Stage::Parse });
        Span { versions, outcome, otherwise: None }
    };
    let mut spans = Vec::new();
    let VersionRange { first: mut next, last } = target.versions;
    let end = Version::new(u8::MAX, 0, 0);
    for facts in option.within(target.versions) {
        if next < facts.since {
            spans.push(unknown(VersionRange { first: next, last: before(facts.since) }));
        }
        let until = facts.until.unwrap_or(end);
        let versions = VersionRange { first: facts.since.max(next), last: before(until).min(last) };
        // A few details changed without a change of the option's kind.
        let outcome = read(option, facts, value, target, versions.first)
            .and_then(|_| read(option, facts, value, target, versions.last));
        spans.push(match outcome {
            Ok(reading) => Span { versions, outcome: Ok(reading.value), otherwise: reading.otherwise },
            Err(reason) => Span { versions, outcome: Err(reason), otherwise: None },
        });
        next = until;
    }
    if next <= last {
        spans.push(unknown(VersionRange { first: next, last }));
    }
    summed_up(spans)
}

/// The last possible patch before a version.
fn before(version: Version) -> Version {
    match version.patch.checked_sub(1) {
        Some(patch) => Version { patch, ..version },
        None => Version::new(version.major, version.minor.saturating_sub(1), u16::MAX),
    }
}

fn read(
    option: &MemcachedOption,
    facts: &OptionFacts,
    value: Option<&str>,
    target: &Target,
    version: Version,
) -> Result<Reading, Reason> {
    if let Some(feature) = facts.build.filter(|feature| !feature.is_in(target.build)) {
        return Err(Reason::NeedsBuild(feature));
    }
    let text = match (value, facts.takes_value()) {
        (None, false) if facts.value == OptionValue::Counter => "1",
        (None, false) => "",
        (Some(text), true) => text,
        (None, true) => match facts.without_value {
            Some(text) => text,
            None => return Err(arity("one value", 0)),
        },
        // It counts; a value behind it is thrown away.
        (Some(text), false) if facts.value == OptionValue::Counter => text,
        (Some(_), false) => return Err(arity("no value", 1)),
    };
    let flag = matches!(option.spelling, Spelling::Flag { .. });
    let text = if flag && version >= BLANKS_SKIPPED { text.trim_start() } else { text };
    let (canonical, otherwise) = match facts.value {
        OptionValue::PathAndSize => read_storage(text, version)?,
        kind => read_kind(kind, text)?,
    };
    Ok(Reading::noted(Value::Text(canonical.into_bytes()), otherwise))
}

fn arity(wanted: &'static str, got: usize) -> Reason {
    Reason::WrongArity { wanted, got, stage: Stage::Parse }
}

/// The canonical text and what of the written one is lost.
fn read_kind(kind: OptionValue, text: &str) -> Result<(String, Option<Otherwise>), Reason> {
    let bytes = text.as_bytes();
    let written = |(number, note): (i64, Option<Otherwise>)| (number.to_string(), note);
    match kind {
        OptionValue::Switch | OptionValue::Action { .. } => Ok((String::new(), None)),
        OptionValue::Ignored { .. } => Ok((text.to_owned(), Some(Otherwise::Ignored))),
        OptionValue::Atoi(numeric) => read_atoi(numeric, bytes).map(|(n, note)| written((n.into(), note))),
        OptionValue::Strtol(numeric) => {
            read_strtol(numeric, bytes).map(|(n, note)| written((n.into(), note)))
        }
        OptionValue::Strtoul(numeric) => {
            read_strtoul(numeric, bytes).map(|(n, note)| written((n.into(), note)))
        }
        OptionValue::Counter => {
            let number = strtoll(bytes, 10);
            if number.digits && number.rest.is_empty() && (0..=100).contains(&number.value) {
                Ok((number.value.to_string(), None))
            } else {
                Err(Reason::OutOfRange { min: 0, max: 100, octal: false })
            }
        }
        OptionValue::Atof { above, most } => {
            let (number, rest) = strtod(bytes).unwrap_or((0.0, bytes));
            in_bounds(number, above, most)?;
            let used = text[..text.len() - rest.len()].trim().to_owned();
            let used = if used.is_empty() { "0".to_owned() } else { used };
            Ok((used, (!rest.is_empty()).then_some(Otherwise::GarbageRead)))
        }
        OptionValue::Strtod { above, most } => {
            let (number, rest) = strtod(bytes).filter(|(_, rest)| ends(rest)).ok_or(Reason::NotAFloat)?;
            in_bounds(number, above, most)?;
            let garbage = rest.iter().any(|byte| !byte.is_ascii_whitespace());
            let used = text[..text.len() - rest.len()].trim().to_owned();
            Ok((used, garbage.then_some(Otherwise::GarbageRead)))
        }
        OptionValue::Octal => {
            let number = strtoll(bytes, 8);
            let garbage = !number.digits || !number.rest.is_empty();
            Ok((format!("{:o}", number.as_int()), garbage.then_some(Otherwise::GarbageRead)))
        }
        OptionValue::Size(numeric) => read_size(numeric, text),
        OptionValue::Char => match text.chars().next() {
            None => Err(Reason::Empty),
            Some(first) => {
                let more = text.chars().count() > 1;
                Ok((first.to_string(), more.then_some(Otherwise::GarbageRead)))
            }
        },
        OptionValue::Word(words) if words.contains(&text) => Ok((text.to_owned(), None)),
        OptionValue::Word(words) => Err(Reason::NotInEnum { words: words.to_vec() }),
        OptionValue::List { .. } | OptionValue::PathAndSize | OptionValue::Path | OptionValue::Text => {
            Ok((text.to_owned(), None))
        }
    }
}

fn in_bounds(number: f64, above: Option<f64>, most: Option<f64>) -> Result<(), Reason> {
    // No class of slabs grows by a factor that is no number: the server dies (SIGFPE, measured on 1.6.18).
    let low = above.is_some_and(|above| number <= above || (above >= 1.0 && number.is_nan()));
    let high = most.is_some_and(|most| number > most);
    if !low && !high {
        return Ok(());
    }
    Err(Reason::FloatOutOfRange(match (above, most) {
        (Some(above), Some(most)) => format!("above {above} and at most {most}"),
        (Some(above), None) => format!("above {above}"),
        (None, most) => format!("at most {}", most.unwrap_or(f64::INFINITY)),
    }))
}

/// `atoi` with a last letter k or m, in 32 bits each.
fn read_size(numeric: crate::catalog::Numeric, text: &str) -> Result<(String, Option<Otherwise>), Reason> {
    let (digits, factor) = match text.as_bytes() {
        [digits @ .., b'k' | b'K'] => (digits, 1024_i32),
        [digits @ .., b'm' | b'M'] => (digits, 1024 * 1024),
        whole => (whole, 1),
    };
    let any = crate::catalog::Numeric { min: i32::MIN.into(), max: i32::MAX.into(), unit: numeric.unit };
    let (number, note) = read_atoi(any, digits)?;
    let bytes = number.wrapping_mul(factor);
    let note = note.or(number.checked_mul(factor).is_none().then_some(Otherwise::CutTo32Bits));
    if i128::from(bytes) < numeric.min || i128::from(bytes) > numeric.max {
        return Err(Reason::OutOfRange { min: numeric.min, max: numeric.max, octal: false });
    }
    Ok((bytes.to_string(), note))
}

/// File, size and maybe a bucket (`storage_conf_parse`).
fn read_storage(text: &str, version: Version) -> Result<(String, Option<Otherwise>), Reason> {
    let buckets: &[&str] = if version < MORE_BUCKETS {
        &["default"]
    } else {
        &["compact", "lowttl", "chunked", "default", "coldcompact", "old"]
    };
    let mut parts = text.split(':').filter(|part| !part.is_empty());
    let (Some(_), Some(size)) = (parts.next(), parts.next()) else { return Err(Reason::BadStorage) };
    if parts.next().is_some_and(|bucket| !buckets.contains(&bucket)) {
        return Err(Reason::BadStorage);
    }
    let (digits, unit) = size.split_at(size.len() - size.chars().next_back().map_or(0, char::len_utf8));
    let number = strtoll(digits.as_bytes(), 10);
    let known = matches!(unit.to_ascii_lowercase().as_str(), "m" | "g" | "t" | "p");
    if !known || number.as_int() <= 0 {
        // Before, a file without room was taken.
        let taken = Ok((text.to_owned(), Some(Otherwise::GarbageRead)));
        return if version < STORAGE_CHECKED { taken } else { Err(Reason::BadStorage) };
    }
    let garbage = !number.rest.is_empty() || parts.next().is_some();
    Ok((text.to_owned(), garbage.then_some(Otherwise::GarbageRead)))
}

/// The bytes of a storage file, as [`read_storage`] takes them.
pub(super) fn storage_bytes(text: &str) -> u64 {
    let Some(size) = text.split(':').filter(|part| !part.is_empty()).nth(1) else { return 0 };
    let number = u64::try_from(strtoll(until_nul(size.as_bytes()), 10).as_int()).unwrap_or(0);
    let shift = match size.bytes().next_back().map(|unit| unit.to_ascii_lowercase()) {
        Some(b'm') => 20,
        Some(b'g') => 30,
        Some(b't') => 40,
        _ => 50,
    };
    number.wrapping_mul(1 << shift)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::memcached::option;
    use crate::catalog::{Build, Engine};
    use crate::value::Verdict;

    fn judged(name: &str, value: Option<&str>, versions: &str) -> Judgement {
        let build = Build { tls: true, defrag: true, systemd: true, modules: false };
        let target = Target { engine: Engine::Memcached, versions: versions.parse().unwrap(), build };
        judge_option(option(name).unwrap(), value, &target)
    }

    fn canonical(name: &str, value: &str) -> Option<String> {
        judged(name, Some(value), "1.6.18").value().map(ToString::to_string)
    }

    #[test]
    fn sizes_know_k_and_m_only() {
        for (text, bytes) in [("2m", Some("2097152")), ("512K", Some("524288")), ("1048576", Some("1048576"))]
        {
            assert_eq!(canonical("max-item-size", text).as_deref(), bytes);
        }
        for text in ["1g", "", "m", "1023", "2g", "-1m", "2048m"] {
            assert_eq!(canonical("max-item-size", text), None, "{text}");
        }
        let half = judged("max-item-size", Some("1.5m"), "1.6.18");
        assert_eq!(
            (half.verdict, half.value().unwrap().to_string().as_str()),
            (Verdict::AcceptedOtherwise, "1048576")
        );
    }

    #[test]
    fn numbers_words_switches() {
        assert_eq!(judged("memory-limit", Some("1g"), "1.6").verdict, Verdict::AcceptedOtherwise);
        assert_eq!(judged("conn-limit", Some("0"), "1.6").verdict, Verdict::Refused);
        assert_eq!(judged("protocol", Some("ASCII"), "1.6").verdict, Verdict::Refused);
        assert_eq!(judged("disable-cas", None, "1.6").verdict, Verdict::Accepted);
        assert_eq!(judged("disable-cas", Some("yes"), "1.6").verdict, Verdict::Refused);
        assert_eq!(judged("hashpower", None, "1.6").verdict, Verdict::Refused);
        assert_eq!(judged("slab_automove", None, "1.6").value().unwrap().to_string(), "1");
        assert_eq!(judged("slab-growth-factor", Some("1.0"), "1.6").verdict, Verdict::Refused);
        assert_eq!(canonical("slab-growth-factor", "1.5x").as_deref(), Some("1.5"));
        assert_eq!(canonical("unix-mask", "0750").as_deref(), Some("750"));
        assert_eq!(
            judged("proxy_config", Some("x"), "1.6.38").refusal().unwrap().1.to_string(),
            "the build lacks the proxy"
        );
    }

    #[test]
    fn patches_of_a_range_may_differ() {
        assert_eq!(judged("meta_response_old", None, "1.6.17").verdict, Verdict::Accepted);
        assert_eq!(judged("meta_response_old", None, "1.6.18").verdict, Verdict::Refused);
        let minor = judged("napi-ids", Some("2"), "1.6");
        assert_eq!(minor.refusal().unwrap().0.last, Version::new(1, 6, 8));
        assert_eq!(judged("slab_chunk_max", Some("16384"), "1.6.18").verdict, Verdict::Accepted);
        assert_eq!(judged("slab_chunk_max", Some("16384"), "1.6.38").verdict, Verdict::Refused);
    }

    #[test]
    fn storage_is_a_file_and_a_size() {
        for (text, good) in [
            ("/d/e:64m", true),
            ("/d/e:1G:default", true),
            ("/d/e", false),
            ("/d/e:64", false),
            ("/d/e:m", false),
            ("/d/e:1k", false),
            ("/d/e:1g:other", false),
            ("", false),
        ] {
            assert_eq!((judged("ext_path", Some(text), "1.6.21").value().is_some()), good, "{text}");
        }
        assert_eq!(storage_bytes("/d/e:2G:old"), 2 << 30);
    }
}
