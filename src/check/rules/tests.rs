//! Every rule's examples are run: the failing one has its finding and no other, the passing one none.

use super::super::rule::{Example, Rule, Stage};
use super::RULES;
use crate::diag::{Code, CodeKind, Finding, Findings};
use crate::explain::{EXAMPLE_DAY, compile_example};

/// The findings of a spec with its layers.
pub(in crate::check) fn findings_of(spec: &str, layers: &[(&str, &str)]) -> Vec<Finding> {
    compile_example(spec, layers).findings.into_iter().collect()
}

/// The names of the rules that a spec breaks, in the order of its text.
pub(super) fn codes_of(spec: &str) -> Vec<String> {
    findings_of(spec, &[]).iter().map(|finding| finding.code.name().to_owned()).collect()
}

fn outcome(example: &Example) -> Vec<(String, String)> {
    let findings = findings_of(example.spec, example.layers);
    findings.into_iter().map(|finding| (finding.code.name().to_owned(), finding.title)).collect()
}

#[test]
fn every_code_has_exactly_one_rule() {
    let mut codes: Vec<Code> = RULES.iter().map(|rule| rule.code).collect();
    codes.sort_unstable();
    let mut all = Code::ALL.to_vec();
    all.sort_unstable();
    assert_eq!(codes, all);
}

#[test]
fn rules_and_groups_have_names_of_their_own() {
    use super::super::rule::RuleGroup;
    assert!(RULES.iter().all(|rule| RuleGroup::of_name(rule.code.name()).is_none()));
    let opinions = RULES.iter().filter(|rule| rule.group == RuleGroup::Opinion);
    assert!(opinions.into_iter().all(|rule| rule.code.kind() == CodeKind::Allow));
}

#[test]
fn rules_are_sorted_by_name() {
    assert!(RULES.is_sorted_by_key(|rule| rule.code.name()));
}

#[test]
fn every_failing_example_has_its_finding_and_no_other() {
    let wrong = |rule: &&&'static Rule| {
        let found = outcome(&rule.fails);
        found.len() != 1 || found[0].0 != rule.code.name()
    };
    let wrong: Vec<_> =
        RULES.iter().filter(wrong).map(|rule| (rule.code.name(), outcome(&rule.fails))).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_passing_example_has_no_finding() {
    let found = RULES.iter().map(|rule| (rule.code.name(), outcome(&rule.passes)));
    let wrong: Vec<_> = found.filter(|(_, found)| !found.is_empty()).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// With this and the test of failing examples, a rule that is switched off is missed by a test.
#[test]
fn a_rule_makes_findings_of_its_own_name_and_nobody_else_does() {
    for example in RULES.iter().flat_map(|rule| [&rule.fails, &rule.passes]) {
        let Some(model) = compile_example(example.spec, example.layers).model else { continue };
        for rule in RULES {
            let mut findings = Findings::default();
            match rule.stage {
                Stage::Model(run) => run(&model, &mut findings),
                Stage::Dated(run) => run(&model, EXAMPLE_DAY, &mut findings),
                Stage::Reading | Stage::Lowering | Stage::Leveling | Stage::Rendering => continue,
            }
            let others: Vec<_> = findings.iter().filter(|finding| finding.code != rule.code).collect();
            assert!(others.is_empty(), "{}: {others:#?}", rule.code.name());
        }
    }
}

#[test]
fn texts_of_rules_are_well_formed() {
    for rule in RULES {
        let name = rule.code.name();
        assert!(!rule.about.ends_with('.') && !rule.about.contains('\n'), "{name}");
        assert!(rule.why.split("\n\n").count() >= 1 && rule.why.ends_with(['.', '}']), "{name}");
        assert!(rule.why.lines().all(|line| line.chars().count() <= 120), "{name}");
        assert!(!rule.source.is_empty(), "{name}");
        assert!(rule.fails.spec.ends_with('\n') && rule.passes.spec.ends_with('\n'), "{name}");
        assert_ne!((rule.fails.spec, rule.fails.layers), (rule.passes.spec, rule.passes.layers), "{name}");
    }
}
