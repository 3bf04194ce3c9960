//! Access control: files of users, `user` lines of redis.conf, and the rules themselves.
//!
//! Here live the syntax tree, its readers and its writers, from `ACLSetUser`, `ACLSetSelector`,
//! `ACLMergeSelectorArguments` and `ACLLoadFromFile` (acl.c of 6.0.16, 6.2.14, 7.0.15, 7.2.6); `db=` and
//! its kin as observed on Valkey 9.1.2. Which version has which rule, which commands and categories
//! exist, and what an order of rules means (a pattern after `~*` is refused) is for others to say.

mod file;
mod read;
mod rule;
mod write;

pub use file::{AclFile, AclLine, AclLineKind, AclUser, read_conf_user};
pub use read::{Rules, SpannedRule, read_rules, read_words};
pub use rule::{AclRule, Sensitive};
pub use write::{write_acl_line, write_conf_user, write_rule};
