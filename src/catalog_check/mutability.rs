//! What can be changed in a running server: every name is set to the value that it has.

use std::collections::BTreeMap;

use super::names::{known, listed};
use super::parser::{Answer, Parser, Trial};
use super::report::{Aspect, Report};
use crate::catalog::Target;
use crate::live::Failure;

/// Compares whether CONFIG SET looks at values at all.
pub(super) fn check(
    parser: &mut dyn Parser,
    rows: &BTreeMap<String, String>,
    target: &Target,
    report: &mut Report,
) -> Result<(), Failure> {
    let mut ours = Vec::new();
    let mut trials = Vec::new();
    for (_, facts) in known(target) {
        for name in listed(facts) {
            if let Some(value) = rows.get(name) {
                ours.push(Change::of(facts.runtime, facts.protected));
                trials.push(Trial { name, value: value.clone() });
            }
        }
    }
    for ((ours, trial), answer) in ours.into_iter().zip(&trials).zip(parser.try_all(&trials)?) {
        let theirs = match answer {
            // A refusal of the value says that values are looked at.
            Answer::Taken | Answer::Refused(_) => Change::Free,
            Answer::Protected => Change::Protected,
            Answer::Immutable | Answer::Unknown => Change::Never,
        };
        report.compare(Aspect::Mutability, trial.name, (ours, theirs), |change| change.title().to_owned());
    }
    Ok(())
}

/// Whether a directive can be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Free,
    Protected,
    Never,
}

impl Change {
    fn of(runtime: bool, protected: bool) -> Self {
        match (runtime, protected) {
            (false, false) => Change::Never,
            (_, true) => Change::Protected,
            (true, false) => Change::Free,
        }
    }

    fn title(self) -> &'static str {
        match self {
            Change::Free => "it can be changed at runtime",
            Change::Protected => "it is protected",
            Change::Never => "it cannot be changed at runtime",
        }
    }
}
