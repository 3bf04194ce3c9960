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
    contradicting_template,
    contradictory_settings,
    coverage_without_replicas,
    cyclic_extends,
    derived_by_hand,
    does_not_survive,
    duplicate_name,
    endless_failover,
    even_sentinels,
    expired_lint,
    few_sentinels,
    flapping_replication,
    hasty_failover,
    high_quorum,
    ignored_directive,
    impossible_quorum,
    impossible_writes,
    incomplete_tls,
    ineffective_setting,
    invalid_acl,
    invalid_field,
    invalid_lint,
    invalid_template,
    invalid_value,
    literal_secret,
    low_quorum,
    majority_in_one_place,
    many_databases,
    min_replicas_off,
    misplaced_key,
    missing_key,
    no_promotable_replica,
    peers_locked_out,
    port_clash,
    quorum_of_one,
    reinterpreted_value,
    renamed_directive,
    replica_placement,
    replicas_sync_at_once,
    shard_without_replica,
    shared_data_dir,
    syntax,
    too_few_masters,
    unannounced_hostname,
    unavailable_directive,
    undefined_deployment,
    undefined_host,
    undefined_node,
    undefined_profile,
    undefined_sentinels,
    undefined_template,
    unexpanded_placeholder,
    unknown_directive,
    unknown_key,
    unpinned_node,
    unreachable_bind,
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
    writable_replica,
    writes_need_every_replica,
    wrong_type,
}

#[cfg(test)]
pub(super) mod tests;

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
