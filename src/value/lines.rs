//! Several lines of one directive in one file: the last counts, they add up, or they merge per class.

use crate::catalog::{Directive, Kind, Repeat, Special, Target};

use super::case::Case;
use super::judge::{Judgement, judge, newest_case};
use super::output_limits::{OutputLimits, limits_line};
use super::save::{SaveLine, save_line};
use super::value::Value;

/// What the lines of one directive come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folded {
    /// The judgement of each line on its own.
    pub judgements: Vec<Judgement>,
    /// The values in effect after the last line: one, except for directives whose lines are a list
    /// (`user`, `loadmodule`, `rename-command`, `include`). Empty if a line is refused or there is none.
    pub values: Vec<Value>,
}

impl Folded {
    /// The one value in effect.
    pub fn value(&self) -> Option<&Value> {
        self.values.last()
    }
}

/// Judges lines of one directive, under any of its names, in the order of the file.
pub fn fold_lines<A: AsRef<[u8]>>(directive: &Directive, lines: &[Vec<A>], target: &Target) -> Folded {
    let judgements: Vec<Judgement> = lines.iter().map(|args| judge(directive, args, target)).collect();
    let values: Option<Vec<Value>> = judgements.iter().map(|judgement| judgement.value().cloned()).collect();
    let case = newest_case(directive, target);
    let values = match (values, case) {
        (Some(values), Some(case)) => folded(case, lines, values),
        _ => Vec::new(),
    };
    Folded { judgements, values }
}

/// The values in effect, of lines that are all accepted.
fn folded<A: AsRef<[u8]>>(case: Case<'_>, lines: &[Vec<A>], mut values: Vec<Value>) -> Vec<Value> {
    if values.is_empty() {
        return values;
    }
    match (case.facts.repeat, case.facts.kind) {
        (_, Kind::Special(Special::Save { strict })) => vec![saved(case, strict, lines)],
        (_, Kind::Special(Special::ClientOutputBufferLimit { strict })) => vec![merged(case, strict, lines)],
        (Repeat::Accumulate, _) => values,
        _ => values.split_off(values.len() - 1),
    }
}

/// The points that are left after all `save` lines.
fn saved<A: AsRef<[u8]>>(case: Case<'_>, strict: bool, lines: &[Vec<A>]) -> Value {
    let mut points = Vec::new();
    for args in lines {
        match save_line(case, strict, &as_slices(args)) {
            Ok((SaveLine::Clear, _)) => points.clear(),
            Ok((SaveLine::Add(more), _)) => points.extend(more),
            Err(_) => {}
        }
    }
    Value::Save(points)
}

/// The limits of every class after all lines.
fn merged<A: AsRef<[u8]>>(case: Case<'_>, strict: bool, lines: &[Vec<A>]) -> Value {
    let limits = lines
        .iter()
        .filter_map(|args| limits_line(case, strict, &as_slices(args)).ok())
        .fold(OutputLimits::default(), |limits, (line, _)| line.or(limits));
    Value::OutputLimits(Box::new(limits.completed(case.facts.default.unwrap_or_default().as_bytes())))
}

/// Borrowed arguments.
fn as_slices<A: AsRef<[u8]>>(args: &[A]) -> Vec<&[u8]> {
    args.iter().map(AsRef::as_ref).collect()
}
