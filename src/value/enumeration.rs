//! Switches, enumerations and bit flags (config.c: yesnotoi, configEnumGetValue, configEnumGetName).

use crate::catalog::{EnumWord, WithoutFeature};

use super::case::{Case, Reading};
use super::cnum::until_nul;
use super::reason::{Otherwise, Reason, Stage};
use super::resplit::arguments;
use super::value::Value;

/// A directive whose value is `yes` or `no`.
pub(super) fn read_bool(case: Case<'_>, arg: &[u8]) -> Result<Reading, Reason> {
    let (word, otherwise) = c_word(arg);
    let yes = if word.eq_ignore_ascii_case(b"yes") {
        true
    } else if word.eq_ignore_ascii_case(b"no") {
        false
    } else {
        return Err(Reason::NotABool);
    };
    let lacking = case.lacking().filter(|_| yes && case.facts.without_feature == WithoutFeature::OffOnly);
    match lacking {
        Some(feature) => Err(Reason::NeedsFeature { feature, stage: Stage::Parse }),
        None => Ok(Reading::noted(Value::Bool(yes), otherwise)),
    }
}

/// A directive whose value is one of some words.
pub(super) fn read_word(case: Case<'_>, words: &'static [EnumWord], arg: &[u8]) -> Result<Reading, Reason> {
    let (text, cut) = c_word(arg);
    let word = find(words, text)?;
    let lacking = word.needs.filter(|feature| !case.build.has(*feature));
    Ok(Reading::noted(Value::Word(word.prints), cut.or(lacking.map(Otherwise::NoEffect))))
}

/// A directive whose value is a set of words. The default's word stands for the empty set.
pub(super) fn read_flags(
    case: Case<'_>,
    words: &'static [EnumWord],
    args: &[&[u8]],
) -> Result<Reading, Reason> {
    let args = arguments(case.server, args);
    if args.is_empty() {
        return Err(Reason::NotInEnum { words: names(words) });
    }
    let mut set = Vec::new();
    for arg in &args {
        set.push(find(words, until_nul(arg))?.word);
    }
    if set.contains(&"save") && set.contains(&"nosave") {
        return Err(Reason::ExclusiveWords("save", "nosave"));
    }
    // The word of the empty set says nothing beside others.
    let none = words.iter().map(|word| word.word).find(|word| case.facts.default == Some(word));
    let mut flags: Vec<_> =
        words.iter().map(|w| w.word).filter(|w| set.contains(w) && none != Some(*w)).collect();
    if flags.is_empty() {
        flags.extend(none);
    }
    Ok(Reading::plain(Value::Flags(flags)))
}

/// The word that a text names, in any case.
fn find(words: &'static [EnumWord], text: &[u8]) -> Result<&'static EnumWord, Reason> {
    words
        .iter()
        .find(|word| word.word.as_bytes().eq_ignore_ascii_case(text))
        .ok_or_else(|| Reason::NotInEnum { words: names(words) })
}

/// The words of an enumeration.
fn names(words: &'static [EnumWord]) -> Vec<&'static str> {
    words.iter().map(|word| word.word).collect()
}

/// A C string, and whether something was cut off.
pub(super) fn c_word(arg: &[u8]) -> (&[u8], Option<Otherwise>) {
    let word = until_nul(arg);
    (word, (word.len() < arg.len()).then_some(Otherwise::CutAtNul))
}
