//! The rights that follow from the topology.

use crate::catalog::{Engine, Version};
use crate::text::acl::AclRule;

/// What a replica sends to its primary (`syncWithMaster`, replication.c of 6.0.16 to 7.2.6): PING, REPLCONF
/// and PSYNC; on Valkey from 8.0 also SYNC, over the second connection of dual-channel replication
/// (`fullSyncWithReplica`, replication.c of 8.0.1). No keys and no channels.
pub fn replication_rules(engine: Engine, version: Version) -> Vec<AclRule> {
    let mut rules = Vec::new();
    if has_channels(version) {
        rules.push(AclRule::ResetChannels);
    }
    rules.extend(["ping", "psync", "replconf"].map(|name| allow(name, None)));
    if engine == Engine::Valkey && version >= Version::new(8, 0, 0) {
        rules.push(allow("sync", None));
    }
    rules
}

/// What a sentinel sends to the servers that it watches (every `redisAsyncCommand` of sentinel.c of 6.0.16,
/// 6.2.14, 7.0.15, 7.2.6 and Valkey 8.0.1: the same set), and ROLE, which redis.io's page on Sentinel lists too.
/// 6.x knows the subcommands as first arguments. Coordinated failover (`SENTINEL FAILOVER name COORDINATED`,
/// observed on Valkey 9.1.2) also sends CLIENT PAUSE and FAILOVER to a primary that is well.
pub fn sentinel_rules(engine: Engine, version: Version) -> Vec<AclRule> {
    let mut rules = Vec::new();
    if has_channels(version) {
        rules.push(AclRule::AllChannels);
    }
    let plain = ["exec", "info", "multi", "ping", "publish", "role", "slaveof", "subscribe"];
    rules.extend(plain.map(|name| allow(name, None)));
    let subs = [("client", "kill"), ("client", "setname"), ("config", "rewrite"), ("script", "kill")];
    rules.extend(subs.map(|(name, sub)| allow(name, Some(sub))));
    if engine == Engine::Valkey && version >= Version::new(9, 0, 0) {
        rules.extend([allow("failover", None), allow("client", Some("pause"))]);
    }
    rules
}

/// What drift asks of a server: who it is, its role, all settings and users, and in a cluster its nodes and state. No keys
/// and no channels. 6.x knows the subcommands as first arguments.
pub fn observer_rules(version: Version, in_cluster: bool) -> Vec<AclRule> {
    let mut rules = Vec::new();
    if has_channels(version) {
        rules.push(AclRule::ResetChannels);
    }
    rules.push(allow("info", None));
    rules.extend([allow("config", Some("get")), allow("acl", Some("list"))]);
    if in_cluster {
        rules.extend([allow("cluster", Some("nodes")), allow("cluster", Some("info"))]);
    }
    rules
}

/// What drift asks of a sentinel, which has users from 6.2 on. No rule tells `SENTINEL CONFIG GET` from `SENTINEL CONFIG
/// SET`: a rule names a command and one word behind it (7.0.15: "Allowing first-arg of a subcommand is not supported").
pub fn sentinel_observer_rules() -> Vec<AclRule> {
    let mut rules = vec![AclRule::ResetChannels, allow("info", None), allow("acl", Some("list"))];
    let subs = ["ckquorum", "config", "masters", "sentinels", "slaves"];
    rules.extend(subs.map(|sub| allow("sentinel", Some(sub))));
    rules
}

/// ACLs speak of channels from 6.2 on.
pub(super) fn has_channels(version: Version) -> bool {
    version >= Version::new(6, 2, 0)
}

fn allow(name: &str, sub: Option<&str>) -> AclRule {
    AclRule::Command { allow: true, name: name.to_owned(), sub: sub.map(str::to_owned) }
}
