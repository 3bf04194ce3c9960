//! Lowest and highest values and lists of words: the edges are tried, and refusals tell the rest.

use super::names::known;
use super::parser::{Answer, Parser, Trial};
use super::report::{Aspect, Report};
use super::told;
use crate::catalog::{EnumWord, Facts, Kind, Numeric, Special, Target, Version};
use crate::live::Failure;

/// Since then numbers of bytes are read without a sign.
const UNSIGNED_BYTES: Version = Version::new(7, 0, 0);

/// What is expected of a value.
enum Expected {
    /// It is taken.
    Taken,
    /// It is refused, with these bounds in the refusal where it holds any.
    OutOf(Numeric, u32),
    /// It is refused, with this highest percentage in the refusal.
    AbovePercent(u8),
    /// It is refused, with these words in the refusal.
    NotOneOf(&'static [EnumWord]),
}

/// Compares ranges and lists of words as far as the parser looks at values.
pub(super) fn check(parser: &mut dyn Parser, target: &Target, report: &mut Report) -> Result<(), Failure> {
    let harmless = parser.is_harmless();
    let mut expected = Vec::new();
    let mut trials = Vec::new();
    for (_, facts) in known(target) {
        for (value, expectation) in cases(facts, target) {
            if harmless || !matches!(expectation, Expected::Taken) {
                expected.push((facts, expectation));
                trials.push(Trial { name: facts.name, value });
            }
        }
    }
    let answers = parser.try_all(&trials)?;
    let mut counted: Option<&str> = None;
    for (((facts, expectation), trial), answer) in expected.iter().zip(&trials).zip(&answers) {
        if matches!(answer, Answer::Immutable | Answer::Protected) {
            continue;
        }
        let aspect = match facts.kind {
            Kind::Enum(_) | Kind::Flags(_) => Aspect::Words,
            _ => Aspect::Ranges,
        };
        // Once for each directive, however many of its values are tried.
        if counted != Some(facts.name) {
            counted = Some(facts.name);
            report.count(aspect);
        }
        if let Some((ours, theirs)) = contradiction(expectation, answer) {
            report.contradict(aspect, format!("{} {}", trial.name, trial.value), ours, theirs);
        }
    }
    Ok(())
}

/// The values to try.
fn cases(facts: &Facts, target: &Target) -> Vec<(String, Expected)> {
    // 6.x reads bytes by strtoll, which makes the highest number of every higher one (memtoll in util.c).
    let bytes = if target.versions.first < UNSIGNED_BYTES { i64::MAX.into() } else { u64::MAX.into() };
    match facts.kind {
        // Integers are read with a sign; where the highest is beyond, negative ones count as huge, and nothing
        // that can be written is out of range.
        Kind::Integer(numeric) if numeric.max > i64::MAX.into() => {
            vec![(numeric.min.to_string(), Expected::Taken)]
        }
        Kind::Integer(numeric) => edges(numeric, 10, (i64::MIN.into(), i64::MAX.into()), &|n| n.to_string()),
        Kind::Memory(numeric) => memory(numeric, bytes),
        Kind::Octal(numeric) => edges(numeric, 8, (0, i64::MAX.into()), &|n| format!("{n:o}")),
        Kind::MemoryOrPercent { numeric, max_percent } => {
            let mut cases = memory(numeric, bytes);
            cases.push((format!("{max_percent}%"), Expected::Taken));
            cases.push((format!("{}%", u16::from(max_percent) + 1), Expected::AbovePercent(max_percent)));
            cases
        }
        Kind::Enum(words) | Kind::Flags(words) => {
            let takable =
                words.iter().filter(|word| word.needs.is_none_or(|feature| target.build.has(feature)));
            let mut cases: Vec<_> = takable.map(|word| (word.word.to_owned(), Expected::Taken)).collect();
            cases.push(("?".to_owned(), Expected::NotOneOf(words)));
            cases
        }
        _ => Vec::new(),
    }
}

/// The edges of a number of bytes, which is read without a sign.
fn memory(numeric: Numeric, highest: i128) -> Vec<(String, Expected)> {
    edges(numeric, 10, (0, highest), &|n| n.to_string())
}

/// Both edges, and the values next to them as far as the server can read such numbers.
fn edges(
    numeric: Numeric,
    base: u32,
    readable: (i128, i128),
    write: &dyn Fn(i128) -> String,
) -> Vec<(String, Expected)> {
    let (min, max) = (numeric.min, numeric.max);
    let inside = [min, max].map(|value| (write(value), Expected::Taken));
    let outside = [min - 1, max + 1].into_iter().filter(|value| readable.0 <= *value && *value <= readable.1);
    inside.into_iter().chain(outside.map(|value| (write(value), Expected::OutOf(numeric, base)))).collect()
}

/// What the catalogue and the server say, where they differ.
fn contradiction(expected: &Expected, answer: &Answer) -> Option<(String, String)> {
    let words = match (expected, answer) {
        (Expected::Taken, Answer::Taken) => return None,
        (Expected::Taken, answer) => return Some(("it is taken".to_owned(), format!("{answer:?}"))),
        (_, Answer::Refused(words)) => words,
        (_, answer) => return Some(("it is refused".to_owned(), format!("{answer:?}"))),
    };
    match expected {
        Expected::Taken => None,
        Expected::OutOf(numeric, base) => {
            let (min, max) = told::bounds(words, *base)?;
            ((min, max) != (numeric.min, numeric.max))
                .then(|| (format!("{}..{}", numeric.min, numeric.max), format!("{min}..{max}")))
        }
        Expected::AbovePercent(most) => {
            let told = told::max_percent(words)?;
            (told != i128::from(*most)).then(|| (format!("{most}%"), format!("{told}%")))
        }
        Expected::NotOneOf(ours) => {
            let theirs = told::words(words)?;
            let ours: Vec<&str> = ours.iter().map(|word| word.word).collect();
            (ours != theirs).then(|| (ours.join(", "), theirs.join(", ")))
        }
    }
}

/// A value that any version with these facts takes in a file; none where that depends on the machine, or on
/// other lines.
pub(super) fn sample(facts: &Facts) -> Option<String> {
    let text = match facts.kind {
        Kind::Bool => "no",
        Kind::Enum(words) | Kind::Flags(words) => words.iter().find(|word| word.needs.is_none())?.word,
        Kind::Integer(numeric) => return Some(numeric.min.to_string()),
        Kind::Memory(numeric) | Kind::MemoryOrPercent { numeric, .. } => {
            return Some(numeric.max.to_string());
        }
        Kind::Octal(numeric) => return Some(format!("{:o}", numeric.max)),
        Kind::Text { .. } => facts.default.filter(|default| !default.contains(' ')).unwrap_or("x"),
        Kind::Ignored => "x",
        Kind::Special(special) => match special {
            Special::Bind { .. } => "127.0.0.1",
            Special::ClientOutputBufferLimit { .. } => "normal 0 0 0",
            Special::Dir => ".",
            Special::LatencyTrackingInfoPercentiles => "50",
            Special::NotifyKeyspaceEvents { .. } => "KEA",
            Special::OomScoreAdjValues { .. } => "0 200 800",
            Special::Replicaof { .. } => "no one",
            Special::Save { .. } => "900 1",
            Special::UncheckedMemory | Special::UncheckedOctal => "0",
            Special::Include { .. }
            | Special::Loadmodule
            | Special::RenameCommand
            | Special::Sentinel
            | Special::User
            | Special::NotInFiles => return None,
        },
    };
    Some(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Unit;

    const HZ: Numeric = Numeric { min: 1, max: 500, unit: Unit::Hertz };

    #[test]
    fn a_refusal_with_other_bounds_is_a_contradiction() {
        let refused = |words: &str| Answer::Refused(words.to_owned());
        let expected = Expected::OutOf(HZ, 10);
        assert_eq!(contradiction(&expected, &refused("argument must be between 1 and 500 inclusive")), None);
        let (ours, theirs) =
            contradiction(&expected, &refused("argument must be between 1 and 600 inclusive")).unwrap();
        assert_eq!((ours.as_str(), theirs.as_str()), ("1..500", "1..600"));
        assert!(contradiction(&expected, &Answer::Taken).is_some());
        assert!(contradiction(&Expected::Taken, &Answer::Taken).is_none());
        assert!(contradiction(&Expected::Taken, &refused("no")).is_some());
    }

    #[test]
    fn only_readable_numbers_are_tried() {
        let values = |numeric| {
            memory(numeric, u64::MAX.into()).into_iter().map(|(value, _)| value).collect::<Vec<_>>()
        };
        assert_eq!(values(HZ), ["1", "500", "0", "501"]);
        let all = Numeric { min: 0, max: u64::MAX.into(), unit: Unit::Bytes };
        assert_eq!(values(all), ["0", "18446744073709551615"]);
    }
}
