//! `docs/rules.md` is generated from the rules: `UPDATE_DOCS=1 cargo test --test rules` writes it anew.

use std::path::Path;

use cachewright::check::RULES;
use cachewright::explain;

#[test]
fn the_page_of_rules_is_what_the_rules_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rules.md");
    let generated = explain::markdown();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, &generated).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    let differs = written.lines().zip(generated.lines()).position(|(a, b)| a != b);
    assert!(
        written == generated,
        "docs/rules.md is old, from line {differs:?}; write it anew with UPDATE_DOCS=1"
    );
}

#[test]
fn explanations_hold_the_message_and_both_examples() {
    for rule in RULES {
        let text = explain::text(rule);
        assert!(text.starts_with(rule.code.name()), "{text}");
        assert!(text.contains(&format!("[{}]", rule.code.name())), "{text}");
        assert!(text.contains("This fails:") && text.contains("This passes:"), "{text}");
    }
}
