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
    cyclic_extends,
    derived_by_hand,
    does_not_survive,
    duplicate_name,
    everybody_is_admin,
    expired_lint,
    ignored_directive,
    ignored_requirepass,
    impossible_quorum,
    incomplete_tls,
    invalid_acl,
    invalid_field,
    invalid_lint,
    invalid_template,
    invalid_value,
    listens_everywhere,
    literal_secret,
    many_databases,
    misplaced_key,
    missing_key,
    mute_subscriber,
    no_key_isolation,
    open_sentinels,
    open_server,
    open_user,
    peers_lack_rights,
    peers_locked_out,
    plain_links,
    plain_port_beside_tls,
    plain_text_in_public,
    port_clash,
    powerless_user,
    reinterpreted_value,
    renamed_command,
    renamed_directive,
    renamed_peer_command,
    replica_placement,
    rights_beyond_keys,
    same_password,
    shared_data_dir,
    syntax,
    too_few_masters,
    unavailable_directive,
    undefined_deployment,
    undefined_host,
    undefined_node,
    undefined_profile,
    undefined_sentinels,
    undefined_template,
    undone_rule,
    unexpanded_placeholder,
    unknown_directive,
    unknown_key,
    unlocked_commands,
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
    weak_tls,
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
