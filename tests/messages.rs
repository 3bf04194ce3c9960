//! All messages on one page: each rule's failing example with what people are told, to be read from top
//! to bottom.

use cachewright::check::RULES;
use cachewright::explain::messages;

#[test]
fn messages_read_well() {
    let mut page = String::new();
    for rule in RULES {
        let messages = messages(&rule.fails);
        assert!(!messages.is_empty(), "{} has no message", rule.code.name());
        page.push_str(&messages);
        page.push('\n');
    }
    insta::assert_snapshot!(page);
}
