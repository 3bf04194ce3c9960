//! All messages on one page: each rule's failing example with what people are told, to be read from top
//! to bottom. The rules stand by what they are about, so that those which could contradict or repeat each other are
//! neighbours.

use std::fmt::Write as _;

use cachewright::check::{RULES, RuleGroup};
use cachewright::explain::messages;

#[test]
fn messages_read_well() {
    let mut page = String::new();
    let mut shown = 0;
    for group in RuleGroup::ALL {
        writeln!(page, "\n================ {} ================\n", group.name()).unwrap();
        for rule in RULES.iter().filter(|rule| rule.group == *group) {
            let text = messages(&rule.fails);
            assert!(text.contains(&format!("[{}]", rule.code.name())), "{}", rule.code.name());
            writeln!(page, "{text}").unwrap();
            shown += 1;
        }
    }
    assert_eq!(shown, RULES.len());
    insta::assert_snapshot!(page);
}
