//! `client-output-buffer-limit`: limits per class of clients (config.c: updateClientOutputBufferLimit;
//! Redis 6 in loadServerConfigFromString).

use std::fmt;

use super::case::{Case, Reading, arity};
use super::cnum::{strtoll, until_nul};
use super::memory::{Size, size};
use super::reason::{Otherwise, Reason};
use super::resplit::{arguments, split};
use super::units::size_text;
use super::value::Value;

/// How far the output buffer of a client may grow before the client is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Limit {
    /// At once, in bytes; 0 is no limit.
    pub hard: u64,
    /// After [`Limit::seconds`] above it, in bytes; 0 is no limit.
    pub soft: u64,
    /// Seconds.
    pub seconds: i32,
}

/// The limits that lines set, per class; a class without one keeps its default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OutputLimits {
    /// Usual clients.
    pub normal: Option<Limit>,
    /// Replicas, printed under their old name.
    pub replica: Option<Limit>,
    /// Subscribers.
    pub pubsub: Option<Limit>,
}

/// The classes in the servers' order, as people write them and as `CONFIG GET` prints them.
const CLASSES: [(&str, &str); 3] = [("normal", "normal"), ("replica", "slave"), ("pubsub", "pubsub")];

impl OutputLimits {
    /// These limits, and `other`'s where these have none.
    #[must_use]
    pub fn or(self, other: OutputLimits) -> OutputLimits {
        OutputLimits {
            normal: self.normal.or(other.normal),
            replica: self.replica.or(other.replica),
            pubsub: self.pubsub.or(other.pubsub),
        }
    }

    /// These limits, completed by the directive's default as a server prints it.
    pub(super) fn completed(self, default: &[u8]) -> OutputLimits {
        let words = split(default).unwrap_or_default();
        let words: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
        strict_limits(&words, |text| size(text, false)).map_or(self, |(defaults, _)| self.or(defaults))
    }

    /// The arguments of one line per class.
    pub(super) fn lines(&self) -> Vec<Vec<Vec<u8>>> {
        self.classes()
            .map(|((class, _), limit)| {
                let words = [
                    class.to_owned(),
                    size_text(limit.hard),
                    size_text(limit.soft),
                    limit.seconds.to_string(),
                ];
                words.map(String::into_bytes).to_vec()
            })
            .collect()
    }

    /// The classes that have limits.
    fn classes(&self) -> impl Iterator<Item = ((&'static str, &'static str), Limit)> {
        CLASSES
            .into_iter()
            .zip([self.normal, self.replica, self.pubsub])
            .filter_map(|(c, limit)| Some((c, limit?)))
    }

    /// The place of the class that a word names; none for clients without limits (`master`) or no class.
    fn class_mut(&mut self, name: &[u8]) -> Option<&mut Option<Limit>> {
        let name = until_nul(name).to_ascii_lowercase();
        match name.as_slice() {
            b"normal" => Some(&mut self.normal),
            b"replica" | b"slave" => Some(&mut self.replica),
            b"pubsub" => Some(&mut self.pubsub),
            _ => None,
        }
    }
}

impl fmt::Display for OutputLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let classes: Vec<String> = self
            .classes()
            .map(|((_, class), limit)| format!("{class} {} {} {}", limit.hard, limit.soft, limit.seconds))
            .collect();
        f.write_str(&classes.join(" "))
    }
}

/// A line of its own, completed by the defaults.
pub(super) fn read_output_limits(case: Case<'_>, strict: bool, args: &[&[u8]]) -> Result<Reading, Reason> {
    let (limits, otherwise) = limits_line(case, strict, args)?;
    let default = case.facts.default.unwrap_or_default().as_bytes();
    Ok(Reading::noted(Value::OutputLimits(Box::new(limits.completed(default))), otherwise))
}

/// The limits that one line sets.
pub(super) fn limits_line(
    case: Case<'_>,
    strict: bool,
    args: &[&[u8]],
) -> Result<(OutputLimits, Option<Otherwise>), Reason> {
    if !strict {
        return lenient_limits(case, args);
    }
    let args = arguments(case.server, args);
    let args: Vec<&[u8]> = args.iter().map(Vec::as_slice).collect();
    if args.len().is_multiple_of(4) {
        strict_limits(&args, |text| case.size(text))
    } else {
        arity("a class, two sizes and seconds", &args)
    }
}

/// The limits that a server printed: of every class.
pub(super) fn printed_limits(words: &[&[u8]]) -> Option<Value> {
    let (limits, _) = strict_limits(words, |text| size(text, false)).ok()?;
    let complete = words.len() == 4 * CLASSES.len();
    complete.then_some(Value::OutputLimits(Box::new(limits)))
}

/// Any number of classes, each checked.
fn strict_limits(
    args: &[&[u8]],
    size: impl Fn(&[u8]) -> Option<Size>,
) -> Result<(OutputLimits, Option<Otherwise>), Reason> {
    let mut limits = OutputLimits::default();
    let mut otherwise = args.is_empty().then_some(Otherwise::LineIgnored);
    for words in args.chunks_exact(4) {
        let &[class, hard, soft, seconds] = words else { continue };
        let place = limits.class_mut(class).ok_or(Reason::UnknownClass)?;
        let (Some(hard), Some(soft)) = (size(hard), size(soft)) else { return Err(Reason::BadLimit) };
        let number = strtoll(seconds, 10);
        if !number.rest.is_empty() || number.as_int() < 0 {
            return Err(Reason::BadLimit);
        }
        *place = Some(Limit { hard: hard.bits, soft: soft.bits, seconds: number.as_int() });
        let wraps = (i64::from(number.as_int()) != number.value).then_some(Otherwise::Wraps);
        let empty = seconds.is_empty().then_some(Otherwise::EmptyIsZero);
        otherwise = otherwise.or(hard.otherwise).or(soft.otherwise).or(wraps).or(empty);
    }
    Ok((limits, otherwise))
}

/// Redis 6: one class, and what is not a size or number reads as 0.
fn lenient_limits(case: Case<'_>, args: &[&[u8]]) -> Result<(OutputLimits, Option<Otherwise>), Reason> {
    let &[class, hard, soft, seconds] = args else {
        return case.unmatched_arity("a class, two sizes and seconds", args);
    };
    let mut limits = OutputLimits::default();
    let place = limits.class_mut(class).ok_or(Reason::UnknownClass)?;
    let (hard, soft, number) = (size(hard, true), size(soft, true), strtoll(seconds, 10));
    if number.as_int() < 0 {
        return Err(Reason::BadLimit);
    }
    *place = Some(Limit {
        hard: hard.map_or(0, |size| size.bits),
        soft: soft.map_or(0, |size| size.bits),
        seconds: number.as_int(),
    });
    let understood = hard.is_some() && soft.is_some() && number.digits && number.rest.is_empty();
    let negative = [hard, soft].into_iter().flatten().any(|size| size.signed() < 0);
    let otherwise = if !understood {
        Some(Otherwise::GarbageRead)
    } else if negative || i64::from(number.as_int()) != number.value {
        Some(Otherwise::Wraps)
    } else {
        hard.and_then(|size| size.otherwise).or(soft.and_then(|size| size.otherwise))
    };
    Ok((limits, otherwise))
}
