//! The rule `replica-buffer-too-small`.

use crate::check::servers::OUTPUT_LIMITS;
use crate::check::footprint::{SHARED_BUFFERS, SPEED, has_second_channel, in_a_save, rounded, shards};
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::servers::Servers;
use crate::diag::{Code, Finding, Findings};
use crate::model::{Deployment, Model, Node};
use crate::source::Span;
use crate::value::Limit;

/// What is written during a full sync does not fit where it waits for the replica.
pub(super) static RULE: Rule = Rule {
    code: Code::ReplicaBufferTooSmall,
    group: RuleGroup::Memory,
    about: "A replica is dropped before it has caught up, again and again",
    why: "While a replica takes in a snapshot, what is written waits in its output buffer at the primary. When that reaches
the hard limit of `client-output-buffer-limit replica`, or stays above the soft limit for so many seconds, the
primary drops the replica, which asks for the next snapshot, and so on: the replica never gets there, and the
primary forks all day.

With `write-rate` declared this rule counts what is written while all of `maxmemory` is saved, sent and loaded at
100 MB a second; slower machines need more. Nothing is said where the snapshot travels on a connection of its own
(Redis 8.0, and Valkey with `dual-channel-replication-enabled`), for the replica keeps the writes there.

Up to 6.2 a hard limit below `repl-backlog-size` is too small by itself: a replica that comes back gets what it
missed from the backlog into its buffer, and is dropped for it. From 7.0 on the server takes the size of the
backlog for the limit.

The room is memory beside `maxmemory`: `peak-above-memory` counts it.",
    source: "networking.c (checkClientOutputBufferLimits) of Redis 6.0.16, 6.2.14 and 7.0.15 and Valkey 8.0.1; the drop after +CONTINUE seen on Redis 6.0.16 and 6.2.14, and its absence on 7.0.15",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11", zone = "a" }
cache-b = { address = "10.0.2.11", zone = "b" }
cache-c = { address = "10.0.3.11", zone = "c" }

[sentinels.main]
version = "7.2"
hosts = ["cache-a", "cache-b", "cache-c"]
auth = { user = "sentinel", password = { env = "SENTINEL_PASSWORD" } }

[redis.sessions]
version = "7.2"
topology = "sentinel"
initial-primary = "cache-a"
replicas = ["cache-b", "cache-c"]
sentinel = { set = "main", quorum = 2 }
replication = { user = "replica", password = { env = "REPLICA_PASSWORD" } }
purpose = "store"
write-rate = "4mb"

[redis.sessions.config]
maxmemory = "20gb"
maxmemory-policy = "noeviction"
appendonly = true
repl-backlog-size = "256mb"

[redis.sessions.users.app]
passwords = [{ env = "SESSIONS_APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"
"#,
    ),
    passes: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11", zone = "a" }
cache-b = { address = "10.0.2.11", zone = "b" }
cache-c = { address = "10.0.3.11", zone = "c" }

[sentinels.main]
version = "7.2"
hosts = ["cache-a", "cache-b", "cache-c"]
auth = { user = "sentinel", password = { env = "SENTINEL_PASSWORD" } }

[redis.sessions]
version = "7.2"
topology = "sentinel"
initial-primary = "cache-a"
replicas = ["cache-b", "cache-c"]
sentinel = { set = "main", quorum = 2 }
replication = { user = "replica", password = { env = "REPLICA_PASSWORD" } }
purpose = "store"
write-rate = "4mb"

[redis.sessions.config]
maxmemory = "20gb"
maxmemory-policy = "noeviction"
appendonly = true
repl-backlog-size = "256mb"
client-output-buffer-limit = ["replica 2gb 2gb 60"]

[redis.sessions.users.app]
passwords = [{ env = "SESSIONS_APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"
"#,
    ),
    stage: Stage::Model(run),
};

fn run(model: &Model, findings: &mut Findings) {
    for deployment in &model.deployments {
        let shards = shards(deployment);
        if shards.iter().all(|shard| shard.len() < 2) {
            continue;
        }
        let servers = Servers::of_deployment(deployment);
        let primaries = u64::try_from(shards.len()).unwrap_or(u64::MAX);
        let rate = deployment.spec.write_rate.map(|rate| rate.value.0 / primaries);
        let mut told: Vec<Span> = Vec::new();
        for node in shards.iter().filter(|shard| shard.len() > 1).filter_map(|shard| shard.first()) {
            let place = servers.place(node, OUTPUT_LIMITS);
            if told.contains(&place) {
                continue;
            }
            let finding = below_backlog(deployment, &servers, node)
                .or_else(|| below_writes(deployment, &servers, node, rate?));
            if let Some(finding) = finding {
                told.push(place);
                findings.push(finding);
            }
        }
    }
}

/// Up to 6.2: a hard limit that what the backlog holds exceeds.
fn below_backlog<'m>(
    deployment: &'m Deployment,
    servers: &Servers<'m>,
    node: &'m Node,
) -> Option<Finding> {
    let limit = servers.output_limits(node)?.replica?;
    let backlog = servers.bytes(node, "repl-backlog-size")?;
    if deployment.target.versions.first >= SHARED_BUFFERS || limit.hard == 0 || limit.hard >= backlog {
        return None;
    }
    let name = &deployment.name.value;
    let title = format!(
        "replicas of `{name}` that resume are dropped: the backlog holds {}, and their buffer {}",
        rounded(backlog),
        rounded(limit.hard)
    );
    let (small, large) = (servers.place(node, OUTPUT_LIMITS), servers.place(node, "repl-backlog-size"));
    let mut finding = Finding::new(Code::ReplicaBufferTooSmall, small, title);
    if small != large {
        finding = finding.related(large, "what a replica may get at once");
    }
    Some(
        finding
            .help(format!("raise the hard limit of `replica` above {}", rounded(backlog)))
            .note("seen on Redis 6.2.14: \"scheduled to be closed ASAP for overcoming of output buffer limits\"")
            .of(name),
    )
}

/// Limits that what is written during a full sync exceeds.
fn below_writes<'m>(
    deployment: &'m Deployment,
    servers: &Servers<'m>,
    node: &'m Node,
    rate: u64,
) -> Option<Finding> {
    let data = servers.bytes(node, "maxmemory").filter(|bytes| *bytes > 0)?;
    if has_second_channel(servers, node) {
        return None;
    }
    let limit = servers.output_limits(node)?.replica?;
    let backlog = servers.bytes(node, "repl-backlog-size")?;
    let shared = deployment.target.versions.first >= SHARED_BUFFERS;
    let hard = if shared && limit.hard > 0 { limit.hard.max(backlog) } else { limit.hard };
    let written = in_a_save(rate, data);
    let fits = exceeded(Limit { hard, ..limit }, rate, written)?;
    let name = &deployment.name.value;
    let title = format!(
        "`{name}` takes {} of writes during a full sync, and the buffer of a replica {fits}",
        rounded(written)
    );
    let declared = deployment.spec.write_rate?.span;
    let set = servers.setting(node, OUTPUT_LIMITS).and_then(|setting| setting.origin.span());
    let mut finding = Finding::new(Code::ReplicaBufferTooSmall, set.unwrap_or(declared), title);
    if set.is_some() {
        finding = finding.related(declared, "what is written");
    }
    if let Some(place) = servers.setting(node, "maxmemory").and_then(|setting| setting.origin.span()) {
        finding = finding.related(place, "what is sent");
    }
    let room = rounded(written.saturating_mul(3) / 2 / (64 << 20) * (64 << 20) + (64 << 20));
    Some(
        finding
            .help(format!("write `client-output-buffer-limit = [\"replica {room} {room} 60\"]`"))
            .note(format!(
                "{} are saved, sent and loaded in {} seconds at 100 MB a second; the replica would be dropped before, and begin again",
                rounded(data),
                data / SPEED
            ))
            .of(name),
    )
}

/// What of a limit is exceeded by so much, written at a rate; none where all of it fits.
fn exceeded(limit: Limit, rate: u64, written: u64) -> Option<String> {
    if limit.hard > 0 && written >= limit.hard {
        return Some(rounded(limit.hard));
    }
    let seconds = u64::try_from(limit.seconds).unwrap_or(0);
    let within = limit.soft.saturating_add(rate.saturating_mul(seconds));
    (limit.soft > 0 && written > within)
        .then(|| format!("{} for {seconds} seconds", rounded(limit.soft)))
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    const NONE: [&str; 0] = [];
    const FOUND: [&str; 1] = ["replica-buffer-too-small"];

    fn codes(target: &str, more: &str) -> Vec<String> {
        codes_of(&format!(
            "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"127.0.0.1\" }}\nb = {{ address = \"127.0.0.2\" }}\n\
             {target}\ntopology = \"replicated\"\ninitial-primary = \"a\"\nreplicas = [\"b\"]\n{more}"
        ))
    }

    const NEW: &str = "[redis.s]\nversion = \"7.2\"";
    const OLD: &str = "[redis.s]\nversion = \"6.2\"";

    #[test]
    fn what_is_written_during_a_full_sync_must_fit() {
        // 10 GB take 102 seconds. The backlog is large enough for a lost link, and no larger than the hard limit.
        let with = |rate: &str, backlog: &str, more: &str| {
            let config = format!("{{ maxmemory = \"10gb\", repl-backlog-size = \"{backlog}\"{more} }}");
            codes(NEW, &format!("write-rate = \"{rate}\"\nconfig = {config}\n"))
        };
        let rate = |rate: &str, more: &str| with(rate, "200mb", more);
        assert_eq!(rate("1mb", ""), NONE);
        assert_eq!(rate("3mb", ""), FOUND);
        // The hard limit holds, and the soft one is exceeded for too long.
        assert_eq!(rate("2mb", ""), FOUND);
        assert_eq!(rate("3mb", ", client-output-buffer-limit = \"replica 0 0 0\""), NONE);
        assert_eq!(rate("3mb", ", client-output-buffer-limit = [\"replica 512mb 512mb 60\"]"), NONE);
        // From 7.0 on the hard limit is at least the backlog; the soft one is not.
        assert_eq!(
            with("2mb", "1gb", ", client-output-buffer-limit = [\"replica 64mb 0 0\"]"),
            NONE
        );
        assert_eq!(codes(NEW, "config = { maxmemory = \"10gb\" }\n"), NONE);
        assert_eq!(codes(NEW, "write-rate = \"9mb\"\nconfig = { repl-backlog-size = \"600mb\" }\n"), NONE);
    }

    #[test]
    fn snapshots_on_a_connection_of_their_own_leave_the_writes_to_the_replica() {
        let rest = "write-rate = \"9mb\"\nconfig = { repl-backlog-size = \"600mb\", maxmemory = \"10gb\" }\n";
        assert_eq!(codes("[redis.s]\nversion = \"8.0\"", rest), NONE);
        assert_eq!(codes("[valkey.s]\nversion = \"8.0\"", rest), FOUND);
        let dual = "write-rate = \"9mb\"\nconfig = { repl-backlog-size = \"600mb\", maxmemory = \"10gb\", dual-channel-replication-enabled = true }\n";
        assert_eq!(codes("[valkey.s]\nversion = \"8.0\"", dual), NONE);
    }

    #[test]
    fn up_to_6_2_the_backlog_must_fit() {
        let small = "config = { repl-backlog-size = \"512mb\" }\n";
        assert_eq!(codes(OLD, small), FOUND);
        assert_eq!(codes(NEW, small), NONE);
        assert_eq!(codes(OLD, "config = { repl-backlog-size = \"256mb\" }\n"), NONE);
        let endless = "config = { repl-backlog-size = \"512mb\", client-output-buffer-limit = \"replica 0 0 0\" }\n";
        assert_eq!(codes(OLD, endless), NONE);
    }
}
