//! The pages below `docs/rules/` are generated from the rules: `UPDATE_DOCS=1 cargo test --test rules` writes them
//! anew.

use std::collections::BTreeSet;
use std::path::Path;

use cachewright::check::RULES;
use cachewright::explain;

#[test]
fn the_pages_of_rules_are_what_the_rules_say() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rules");
    let pages = explain::pages();
    let there = || -> BTreeSet<String> {
        let files = std::fs::read_dir(&folder).into_iter().flatten();
        files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect()
    };
    let wanted: BTreeSet<String> = pages.iter().map(|(name, _)| name.clone()).collect();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::create_dir_all(&folder).unwrap();
        for old in there().difference(&wanted) {
            std::fs::remove_file(folder.join(old)).unwrap();
        }
        for (name, text) in &pages {
            std::fs::write(folder.join(name), text).unwrap();
        }
    }
    assert_eq!(there(), wanted, "the rules' pages are old; write them anew with UPDATE_DOCS=1");
    for (name, generated) in &pages {
        let written = std::fs::read_to_string(folder.join(name)).unwrap_or_default();
        let differs = written.lines().zip(generated.lines()).position(|(a, b)| a != b);
        assert!(
            written == *generated,
            "docs/rules/{name} is old, from line {differs:?}; write it anew with UPDATE_DOCS=1"
        );
    }
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
