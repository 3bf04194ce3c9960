use super::*;
use crate::drift::{Mend, Side, Subject};
use crate::explain::compile_example;
use crate::live::Trouble;

const SPEC: &str = "format = 1\nname = \"x\"\n[hosts]\na = { address = \"10.0.0.1\" }\nb = { address = \"10.0.0.2\" }\n\
                    [redis.s]\nversion = \"7.2\"\ntopology = \"replicated\"\ninitial-primary = \"a\"\nreplicas = [\"b\"]\n";
const TODAY: Date = Date { year: 2027, month: 1, day: 1 };

fn changed(name: &str, live: Side) -> Difference {
    let subject = Subject::Setting(name.to_owned());
    Difference::new(subject, Class::Changed, Side::Text("w".to_owned()), live).mend(Mend::Restart)
}

fn text(text: &str) -> Side {
    Side::Text(text.to_owned())
}

/// What is left, what is accepted and what is remarked.
fn applied(
    baseline: &str,
    outcomes: Vec<Result<Vec<Difference>, Trouble>>,
) -> (Vec<String>, usize, Vec<String>) {
    let model = compile_example(SPEC, &[]).model.unwrap();
    let mut reports: Vec<NodeReport<'_>> = AnyNode::all(&model)
        .zip(outcomes)
        .map(|(node, outcome)| NodeReport { node, outcome, accepted: Vec::new() })
        .collect();
    let baseline = Baseline::read("b.toml", baseline).unwrap();
    let remarks = baseline.apply(&model, &mut reports, TODAY);
    let left = |report: &NodeReport<'_>| {
        let name = report.node.name();
        let list = report.differences().iter().map(move |one| format!("{name} {}", one.subject));
        list.collect::<Vec<_>>()
    };
    let line = |remark: &Remark| {
        format!("{} {}", baseline.sources.locate(remark.span).at.line, remark.problem.name())
    };
    (
        reports.iter().flat_map(left).collect(),
        reports.iter().map(|report| report.accepted.len()).sum(),
        remarks.iter().map(line).collect(),
    )
}

fn entry(nodes: &str, subject: &str, live: &str, until: &str) -> String {
    format!(
        "[[accept]]\nnodes = [{nodes}]\nsubject = \"{subject}\"\nlive = '{live}'\nreason = \"r\"\nuntil = {until}\n"
    )
}

#[test]
fn the_same_value_is_accepted_and_another_one_is_drift_again() {
    let baseline = format!("format = 1\n{}", entry("\"s/a\", \"s/b\"", "hz", "20", "2027-01-01"));
    let (left, accepted, remarks) =
        applied(&baseline, vec![Ok(vec![changed("hz", text("20"))]), Ok(vec![changed("hz", text("30"))])]);
    assert_eq!((left, accepted), (vec!["s/b hz".to_owned()], 1));
    assert_eq!(remarks, ["3 stale"]);
}

#[test]
fn expired_entries_accept_nothing() {
    let baseline = format!("format = 1\n{}", entry("\"s/a\"", "hz", "20", "2026-12-31"));
    let (left, accepted, remarks) = applied(&baseline, vec![Ok(vec![changed("hz", text("20"))])]);
    assert_eq!((left.len(), accepted), (1, 0));
    assert_eq!(remarks, ["7 expired"]);
}

#[test]
fn nodes_that_were_not_observed_prove_nothing() {
    let baseline = format!("format = 1\n{}", entry("\"s/a\", \"s/b\", \"s/bb\"", "hz", "20", "2027-01-01"));
    let (_, accepted, remarks) = applied(&baseline, vec![Err(Trouble::NoAnswer)]);
    assert_eq!(accepted, 0);
    assert_eq!(remarks, ["3 unknown-node"]);
}

#[test]
fn what_could_not_be_read_is_never_accepted() {
    let unread = Difference::unreadable(Subject::Setting("hz".to_owned()), "no");
    let baseline = format!("format = 1\n{}", entry("\"s/a\"", "hz", "(unknown)", "2027-01-01"));
    let (left, accepted, _) = applied(&baseline, vec![Ok(vec![unread])]);
    assert_eq!((left.len(), accepted), (1, 0));
}

#[test]
fn every_mistake_of_a_baseline_is_found_in_one_run() {
    let text = "format = 1\n[[accept]]\nnodes = \"s/a\"\nsubjct = \"hz\"\nlive = \"20\"\nreason = \"\"\nuntil = \"soon\"\n\
                [[accept]]\nnodes = [\"s/a\"]\nsubject = \"hz\"\n";
    let (sources, findings) = Baseline::read("b.toml", text).unwrap_err();
    let list: Vec<String> = findings
        .iter()
        .map(|finding| format!("{} {}", sources.locate(finding.span().unwrap()).at.line, finding.code.name()))
        .collect();
    assert_eq!(
        list,
        ["3 wrong-type", "4 unknown-key", "6 invalid-field", "7 invalid-field", "8 missing-key"]
    );
}

#[test]
fn what_is_written_accepts_what_differs_and_keeps_reasons() {
    let model = compile_example(SPEC, &[]).model.unwrap();
    let of = |live: Side| Ok(vec![changed("hz", live), changed("requirepass", Side::Secret)]);
    let reports = |outcomes: [Result<Vec<Difference>, Trouble>; 2]| -> Vec<NodeReport<'_>> {
        let nodes = AnyNode::all(&model).zip(outcomes);
        nodes.map(|(node, outcome)| NodeReport { node, outcome, accepted: Vec::new() }).collect()
    };
    let mut now = reports([of(text("a \"b\"")), of(text(""))]);
    let (written, count) = Baseline::text(None, &model, &now, false, TODAY);
    assert_eq!(count, 4);
    insta::assert_snapshot!(written);
    assert!(Baseline::is_ours(written.as_bytes()));
    let filled = written.replace("reason = \"\"", "reason = \"known\"");
    let baseline = Baseline::read("b.toml", &filled).unwrap();
    assert_eq!(baseline.apply(&model, &mut now, TODAY), []);
    assert!(now.iter().all(|report| report.differences().is_empty() && report.accepted.len() == 2));
    assert_eq!(
        Baseline::text(Some(&baseline), &model, &now, false, Date { year: 2030, ..TODAY }),
        (filled.clone(), 4)
    );
    // Of nodes that are not there today, it says what it said.
    now[1].outcome = Err(Trouble::NoAnswer);
    now[1].accepted.clear();
    let (again, count) = Baseline::text(Some(&baseline), &model, &now, false, TODAY);
    assert_eq!((count, again.matches("\"s/b\"").count()), (4, 2), "{again}");
}
