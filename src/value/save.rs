//! `save`: points at which the data set is written (config.c: setConfigSaveOption; Redis 6 in
//! loadServerConfigFromString).

use std::fmt;

use super::case::{Case, Reading};
use super::cnum::{CNumber, string2ll, strtoll, until_nul};
use super::reason::{Otherwise, Reason};
use super::resplit::arguments;
use super::value::Value;

/// Save after so many seconds if so much has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SavePoint {
    /// Seconds, 1 or more.
    pub seconds: i64,
    /// Changes, 0 or more; a server cuts them to 32 bits, which may be negative.
    pub changes: i32,
}

impl SavePoint {
    /// The arguments of the line that adds the point.
    pub(super) fn arguments(&self) -> Vec<Vec<u8>> {
        vec![self.seconds.to_string().into_bytes(), self.changes.to_string().into_bytes()]
    }
}

impl fmt::Display for SavePoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.seconds, self.changes)
    }
}

/// What one line does to the points collected so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SaveLine {
    /// `save ""`: forgets them, the built-in ones too.
    Clear,
    /// Adds points (none for a line that Redis 6 ignores, which forgets the built-in ones all the same).
    Add(Vec<SavePoint>),
}

/// A `save` line of its own.
pub(super) fn read_save(case: Case<'_>, strict: bool, args: &[&[u8]]) -> Result<Reading, Reason> {
    let (line, otherwise) = save_line(case, strict, args)?;
    let points = match line {
        SaveLine::Clear => Vec::new(),
        SaveLine::Add(points) => points,
    };
    Ok(Reading::noted(Value::Save(points), otherwise))
}

/// Reads a `save` line, `strict` as 7.0 and later do.
pub(super) fn save_line(
    case: Case<'_>,
    strict: bool,
    args: &[&[u8]],
) -> Result<(SaveLine, Option<Otherwise>), Reason> {
    if strict { strict_line(case, args) } else { lenient_line(args) }
}

fn strict_line(case: Case<'_>, args: &[&[u8]]) -> Result<(SaveLine, Option<Otherwise>), Reason> {
    let args = arguments(case.server, args);
    if let [arg] = args.as_slice()
        && until_nul(arg).is_empty()
    {
        return Ok((SaveLine::Clear, None));
    }
    let numbers: Vec<CNumber<'_>> = args.iter().map(|arg| strtoll(arg, 10)).collect();
    if !numbers.len().is_multiple_of(2) || numbers.iter().any(|number| !number.rest.is_empty()) {
        return Err(Reason::BadSavePoints);
    }
    let mut points = Vec::new();
    let mut otherwise = numbers.is_empty().then_some(Otherwise::LineIgnored);
    for pair in numbers.chunks_exact(2) {
        let [seconds, changes] = pair else { continue };
        if seconds.value < 1 || changes.value < 0 {
            return Err(Reason::BadSavePoints);
        }
        points.push(SavePoint { seconds: seconds.value, changes: changes.as_int() });
        otherwise = otherwise.or(loss(*seconds, false)).or(loss(*changes, true));
    }
    Ok((SaveLine::Add(points), otherwise))
}

/// Redis 6: one pair per line; any other number of arguments is ignored without a word.
fn lenient_line(args: &[&[u8]]) -> Result<(SaveLine, Option<Otherwise>), Reason> {
    match args {
        [seconds, changes] => {
            let (seconds, changes) = (strtoll(seconds, 10), strtoll(changes, 10));
            let point = SavePoint { seconds: seconds.as_int().into(), changes: changes.as_int() };
            if point.seconds < 1 || point.changes < 0 {
                return Err(Reason::BadSavePoints);
            }
            let garbage =
                (!seconds.rest.is_empty() || !changes.rest.is_empty()).then_some(Otherwise::GarbageRead);
            let otherwise = garbage.or(loss(seconds, true)).or(loss(changes, true));
            Ok((SaveLine::Add(vec![point]), otherwise))
        }
        [arg] if until_nul(arg).is_empty() => Ok((SaveLine::Clear, None)),
        _ => Ok((SaveLine::Add(Vec::new()), Some(Otherwise::LineIgnored))),
    }
}

/// The points that a server printed.
pub(super) fn printed_points(words: &[&[u8]]) -> Option<Value> {
    if matches!(words, [word] if word.is_empty()) {
        return Some(Value::Save(Vec::new()));
    }
    let pairs = words.chunks(2).map(|pair| {
        let [seconds, changes] = pair else { return None };
        Some(SavePoint { seconds: string2ll(seconds)?, changes: i32::try_from(string2ll(changes)?).ok()? })
    });
    pairs.collect::<Option<Vec<_>>>().map(Value::Save)
}

/// What is silently lost of a number, kept in an `int` or a `long long`.
fn loss(number: CNumber<'_>, int: bool) -> Option<Otherwise> {
    if !number.digits && number.rest.is_empty() {
        Some(Otherwise::EmptyIsZero)
    } else if int && i64::from(number.as_int()) != number.value {
        Some(Otherwise::Wraps)
    } else {
        number.overflow.then_some(Otherwise::Saturates)
    }
}
