//! `oom-score-adj-values`: three scores for the kernel's OOM killer.

use super::case::{Case, Reading, arity};
use super::cnum::strtoll;
use super::reason::{Otherwise, Reason};
use super::resplit::arguments;
use super::value::Value;

/// Three scores between `min` and `max`.
pub(super) fn read_oom_scores(case: Case<'_>, min: i16, max: i16, args: &[&[u8]]) -> Result<Reading, Reason> {
    let wanted = "three scores";
    let words = arguments(case.server, args);
    if words.len() != 3 {
        return if case.server.is_six() { case.unmatched_arity(wanted, args) } else { arity(wanted, args) };
    }
    let mut scores = [0; 3];
    let mut otherwise = None;
    for (place, word) in scores.iter_mut().zip(&words) {
        let number = strtoll(word, 10);
        let score = i16::try_from(number.value).ok().filter(|score| (min..=max).contains(score));
        *place = score.filter(|_| number.rest.is_empty()).ok_or(Reason::BadOomScore { min, max })?;
        otherwise = otherwise.or((!number.digits).then_some(Otherwise::EmptyIsZero));
    }
    Ok(Reading::noted(Value::OomScores(scores), otherwise))
}
