//! The rules, one file each, and the list of them. The list is sorted by name; help, `explain` and
//! the documentation are generated from it.

use super::rule::Rule;

/// Every rule, sorted by name.
pub const RULES: &[&Rule] = &[];

/// The rule of a name.
pub fn rule(name: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.code.name() == name).copied()
}
