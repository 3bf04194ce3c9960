//! Drift as JUnit's XML: a deployment is a suite, a node a case. A case fails where the node differs, and is an error
//! where something of it is not known.

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use super::advice::advice;
use super::same::groups;
use super::{Told, line};
use crate::drift::{Class, NodeReport};
use crate::report::counted;

pub(super) fn render(told: &Told<'_>) -> String {
    let mut report = Report::new(format!("cachewright drift: {}", told.model.name));
    for (name, places) in groups(told.reports) {
        let mut suite = TestSuite::new(name.as_str());
        suite.add_test_cases(places.iter().map(|at| case(told, *at, &name)));
        report.add_test_suite(suite);
    }
    // Text in memory can always be written; an error could only be shown.
    report.to_string().unwrap_or_else(|error| error.to_string())
}

fn case(told: &Told<'_>, at: usize, group: &str) -> TestCase {
    let report = &told.reports[at];
    let mut case = TestCase::new(report.node.id().to_string(), status(told, at));
    case.set_classname(format!("{}.{group}", told.model.name));
    let moved = |class| class == Class::Moved && !told.deny_moved;
    let told_apart = lines(report, moved).into_iter().map(|line| format!("moved by the servers: {line}"));
    let accepted = report
        .accepted
        .iter()
        .map(|one| format!("accepted until {}: {} ({})", one.until, line(&one.difference), one.reason));
    let more: Vec<String> = told_apart.chain(accepted).collect();
    if !more.is_empty() {
        case.set_system_out(more.join("\n"));
    }
    case
}

fn status(told: &Told<'_>, at: usize) -> TestCaseStatus {
    let report = &told.reports[at];
    let bad = |kind, ty: &str, message: String, text: Vec<String>| {
        let mut status = TestCaseStatus::non_success(kind);
        status.set_type(ty).set_message(message).set_description(text.join("\n"));
        status
    };
    if let Err(trouble) = &report.outcome {
        let advice = told.routes.get(at).map(|route| advice(trouble, route));
        let message = format!("not observed: {trouble}");
        return bad(NonSuccessKind::Error, trouble.kind().name(), message, advice.into_iter().collect());
    }
    let drift = lines(report, |class| class.counts(told.deny_moved));
    let unread = lines(report, |class| class == Class::Unreadable);
    let differences = counted(drift.len(), "difference");
    match (drift.is_empty(), unread.is_empty()) {
        (true, true) => TestCaseStatus::success(),
        (false, true) => bad(NonSuccessKind::Failure, "drift", differences, drift),
        (_, false) => {
            let things = format!("{} could not be read", counted(unread.len(), "thing"));
            let message = if drift.is_empty() { things } else { format!("{differences}, {things}") };
            bad(NonSuccessKind::Error, "unreadable", message, [drift, unread].concat())
        }
    }
}

fn lines(report: &NodeReport<'_>, keep: impl Fn(Class) -> bool) -> Vec<String> {
    report.differences().iter().filter(|one| keep(one.class)).map(line).collect()
}
