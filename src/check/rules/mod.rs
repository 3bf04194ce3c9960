//! The rules, one file each, and the list of them. The list is sorted by name; help, `explain` and
//! the documentation are generated from it.

mod alias_contradiction;
mod artifact_clash;
mod contradicting_template;
mod contradictory_settings;
mod cyclic_extends;
mod derived_by_hand;
mod does_not_survive;
mod duplicate_name;
mod expired_lint;
mod ignored_directive;
mod impossible_quorum;
mod incomplete_tls;
mod invalid_acl;
mod invalid_field;
mod invalid_lint;
mod invalid_template;
mod invalid_value;
mod literal_secret;
mod many_databases;
mod misplaced_key;
mod missing_key;
mod peers_locked_out;
mod port_clash;
mod reinterpreted_value;
mod renamed_directive;
mod replica_placement;
mod shared_data_dir;
mod syntax;
mod too_few_masters;
mod unavailable_directive;
mod undefined_deployment;
mod undefined_host;
mod undefined_node;
mod undefined_profile;
mod undefined_sentinels;
mod undefined_template;
mod unexpanded_placeholder;
mod unknown_directive;
mod unknown_key;
mod unpinned_node;
mod unreadable_layer;
mod unreadable_template;
mod unrepresentable;
mod unset_without_effect;
mod unsupported_format;
mod unsupported_version;
mod unused_artifact;
mod unused_host;
mod unused_profile;
mod unused_sentinels;
mod unused_template;
mod wrong_type;

#[cfg(test)]
mod tests;

use super::rule::Rule;

/// Every rule, sorted by name.
pub const RULES: &[&Rule] = &[
    &alias_contradiction::RULE,
    &artifact_clash::RULE,
    &contradicting_template::RULE,
    &contradictory_settings::RULE,
    &cyclic_extends::RULE,
    &derived_by_hand::RULE,
    &does_not_survive::RULE,
    &duplicate_name::RULE,
    &expired_lint::RULE,
    &ignored_directive::RULE,
    &impossible_quorum::RULE,
    &incomplete_tls::RULE,
    &invalid_acl::RULE,
    &invalid_field::RULE,
    &invalid_lint::RULE,
    &invalid_template::RULE,
    &invalid_value::RULE,
    &literal_secret::RULE,
    &many_databases::RULE,
    &misplaced_key::RULE,
    &missing_key::RULE,
    &peers_locked_out::RULE,
    &port_clash::RULE,
    &reinterpreted_value::RULE,
    &renamed_directive::RULE,
    &replica_placement::RULE,
    &shared_data_dir::RULE,
    &syntax::RULE,
    &too_few_masters::RULE,
    &unavailable_directive::RULE,
    &undefined_deployment::RULE,
    &undefined_host::RULE,
    &undefined_node::RULE,
    &undefined_profile::RULE,
    &undefined_sentinels::RULE,
    &undefined_template::RULE,
    &unexpanded_placeholder::RULE,
    &unknown_directive::RULE,
    &unknown_key::RULE,
    &unpinned_node::RULE,
    &unreadable_layer::RULE,
    &unreadable_template::RULE,
    &unrepresentable::RULE,
    &unset_without_effect::RULE,
    &unsupported_format::RULE,
    &unsupported_version::RULE,
    &unused_artifact::RULE,
    &unused_host::RULE,
    &unused_profile::RULE,
    &unused_sentinels::RULE,
    &unused_template::RULE,
    &wrong_type::RULE,
];

/// The rule of a name.
pub fn rule(name: &str) -> Option<&'static Rule> {
    RULES.iter().find(|rule| rule.code.name() == name).copied()
}
