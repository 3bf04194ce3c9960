//! The rules, one file each, and the list of them. Help, `explain` and the documentation are generated
//! from it.

/// Declares each rule's file and registers its `RULE`.
macro_rules! rules {
    ($($file:ident,)*) => {
        $(mod $file;)*

        /// Every rule, sorted by name.
        pub const RULES: &[&Rule] = &[$(&$file::RULE,)*];
    };
}

rules! {
    alias_contradiction,
    artifact_clash,
    cache_refuses_writes,
    client_limit_above_maxmemory,
    contradicting_template,
    contradictory_settings,
    cyclic_extends,
    derived_by_hand,
    does_not_survive,
    duplicate_name,
    evicting_store,
    expired_lint,
    ignored_directive,
    impossible_quorum,
    incomplete_tls,
    invalid_acl,
    invalid_field,
    invalid_lint,
    invalid_template,
    invalid_value,
    literal_secret,
    many_databases,
    maxmemory_too_small,
    memory_overcommitted,
    misplaced_key,
    missing_key,
    peak_above_memory,
    peers_locked_out,
    port_clash,
    reinterpreted_value,
    renamed_directive,
    replica_buffer_too_small,
    replica_placement,
    setting_without_effect,
    shared_data_dir,
    syntax,
    too_few_masters,
    too_many_io_threads,
    unavailable_directive,
    undefined_deployment,
    undefined_host,
    undefined_node,
    undefined_profile,
    undefined_sentinels,
    undefined_template,
    unequal_maxmemory,
    unexpanded_placeholder,
    unknown_directive,
    unknown_key,
    unlimited_memory,
    unpinned_node,
    unreadable_layer,
    unreadable_template,
    unrepresentable,
    unset_without_effect,
    unsupported_format,
    unsupported_version,
    unused_artifact,
    unused_host,
    unused_lint_level,
    unused_profile,
    unused_sentinels,
    unused_template,
    wrong_type,
}

#[cfg(test)]
pub(super) mod tests;

pub(super) use does_not_survive::may_lead;
pub(super) use replica_placement::groups;
pub(super) use unused_lint_level::unused;

use super::rule::Rule;
use crate::diag::Code;

/// The rule of a name.
pub fn rule(name: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.code.name() == name).copied()
}

/// The rule that makes findings of a code: every code has one.
pub(super) fn rule_of(code: Code) -> Option<&'static Rule> {
    RULES.binary_search_by_key(&code.name(), |rule| rule.code.name()).ok().map(|at| RULES[at])
}
