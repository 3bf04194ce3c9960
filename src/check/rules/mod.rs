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
    coverage_without_replicas,
    cyclic_extends,
    data_not_saved,
    derived_by_hand,
    disk_backed_sync,
    does_not_survive,
    duplicate_name,
    emptied_replica,
    endless_aof,
    endless_failover,
    endless_scripts,
    even_sentinels,
    everybody_is_admin,
    evicting_store,
    expired_lint,
    failed_snapshot_ignored,
    failed_snapshot_stops_cache,
    few_sentinels,
    flapping_replication,
    fork_refused,
    fsync_every_write,
    fsync_left_to_kernel,
    hasty_failover,
    high_hz,
    high_quorum,
    huge_pages,
    idle_clients_cut,
    ignored_directive,
    ignored_requirepass,
    impossible_quorum,
    impossible_writes,
    incomplete_tls,
    ineffective_setting,
    invalid_acl,
    invalid_field,
    invalid_lint,
    invalid_template,
    invalid_value,
    listens_everywhere,
    literal_secret,
    low_quorum,
    majority_in_one_place,
    many_databases,
    maxmemory_too_small,
    memory_overcommitted,
    min_replicas_off,
    misplaced_key,
    missing_key,
    mute_subscriber,
    no_crash_report,
    no_keepalive,
    no_key_isolation,
    no_latency_monitor,
    no_promotable_replica,
    no_slow_log,
    open_sentinels,
    open_server,
    open_user,
    peak_above_memory,
    peers_lack_rights,
    peers_locked_out,
    plain_links,
    plain_port_beside_tls,
    plain_text_in_public,
    port_clash,
    powerless_user,
    quorum_of_one,
    reinterpreted_value,
    relative_path,
    renamed_command,
    renamed_directive,
    renamed_for_peers,
    replica_buffer_too_small,
    replica_placement,
    replicas_sync_at_once,
    rights_beyond_keys,
    same_password,
    setting_without_effect,
    shard_without_replica,
    shared_data_dir,
    short_accept_queue,
    short_backlog,
    slow_aof_load,
    slow_fsync,
    snapshots_only,
    stays_down,
    syntax,
    too_few_clients,
    too_few_files,
    too_few_masters,
    too_many_io_threads,
    unannounced_hostname,
    unavailable_directive,
    unbounded_write_loss,
    unchecked_snapshots,
    undefined_deployment,
    undefined_host,
    undefined_node,
    undefined_profile,
    undefined_sentinels,
    undefined_template,
    undone_rule,
    unequal_maxmemory,
    unexpanded_placeholder,
    unfit_log_level,
    unknown_directive,
    unknown_key,
    unlimited_memory,
    unlocked_commands,
    unpinned_node,
    unreachable_bind,
    unreadable_layer,
    unreadable_template,
    unrepresentable,
    unsaved_primary,
    unseen_include,
    unset_without_effect,
    unsupported_format,
    unsupported_version,
    unused_artifact,
    unused_host,
    unused_lint_level,
    unused_profile,
    unused_sentinels,
    unused_template,
    watchdog_left_on,
    weak_tls,
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
