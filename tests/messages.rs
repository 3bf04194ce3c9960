//! All messages on one page: each rule's failing example with what people are told, to be read from top
//! to bottom.

use cachewright::check::RULES;
use cachewright::explain::messages;

#[test]
fn messages_read_well() {
    let pages: Vec<String> = RULES.iter().map(|rule| messages(&rule.fails)).collect();
    insta::assert_snapshot!(pages.join("\n"));
    for (rule, page) in RULES.iter().zip(pages) {
        assert!(page.contains(&format!("[{}]", rule.code.name())), "{}", rule.code.name());
    }
}
