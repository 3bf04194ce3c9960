//! The rule `short-backlog`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::running::{Running, faults, whose};
use crate::check::servers::Servers;
use crate::diag::{Code, Finding, Findings};
use crate::model::{Deployment, Model};
use crate::source::Span;
use crate::value::size_text;

/// A backlog too short for a link that times out.
pub(super) static RULE: Rule = Rule {
    code: Code::ShortBacklog,
    group: RuleGroup::Durability,
    about: "A backlog too short for a link that times out",
    why: "A primary keeps its latest writes (`repl-backlog-size`), and a replica that comes back takes from there what it has
missed. What has missed more than that needs a full copy: a fork, all data over the network, and a replica that
answers nothing or old data meanwhile. A link that goes silent is given up after `repl-timeout`, 60 seconds by
default, and until then the replica misses everything. So a backlog that holds less than that time of writes is of no
use when a link breaks.

With `write-rate` declared, `check` compares: the rate times `repl-timeout`, in a cluster the rate of one shard. The
default of 1 MB (10 MB from Valkey 8.0) is for very few writes. `repl-backlog-ttl` frees the backlog once no replica
has been there for so long: below `repl-timeout` it is gone when the replica is back.",
    source: "replication.c (masterTryPartialResynchronization, replicationCron) of Redis 7.0.15; measured on Redis 7.0.15 and Valkey 9.1.2: with 4.5 MB written while a replica was away, 1 MB and a ttl of 2 seconds made a full copy, 64 MB none",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11", zone = "a" }
cache-b = { address = "10.0.2.11", zone = "b" }

[redis.sessions]
version = "7.2"
topology = "replicated"
initial-primary = "cache-a"
replicas = ["cache-b"]
replication = { user = "replica", password = { env = "REPLICA_PASSWORD" } }
purpose = "store"
write-rate = "5mb"

[redis.sessions.config]
maxmemory = "4gb"
maxmemory-policy = "noeviction"
appendonly = true

[redis.sessions.users.app]
passwords = [{ env = "APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"
"#,
    ),
    passes: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11", zone = "a" }
cache-b = { address = "10.0.2.11", zone = "b" }

[redis.sessions]
version = "7.2"
topology = "replicated"
initial-primary = "cache-a"
replicas = ["cache-b"]
replication = { user = "replica", password = { env = "REPLICA_PASSWORD" } }
purpose = "store"
write-rate = "5mb"

[redis.sessions.config]
maxmemory = "4gb"
maxmemory-policy = "noeviction"
appendonly = true
repl-backlog-size = "300mb"

[redis.sessions.users.app]
passwords = [{ env = "APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"
"#,
    ),
    stage: Stage::Model(run),
};

/// The settings in question.
const SIZE: &str = "repl-backlog-size";
const TTL: &str = "repl-backlog-ttl";
const TIMEOUT: &str = "repl-timeout";
const MEGABYTE: i128 = 1 << 20;

fn run(model: &Model, findings: &mut Findings) {
    for deployment in model.deployments.iter().filter(|deployment| deployment.has_replicas()) {
        findings.extend(too_small(deployment));
        findings.extend(too_short_lived(deployment));
    }
}

fn too_small(deployment: &Deployment) -> Vec<Finding> {
    let Some(rate) = deployment.write_rate() else { return Vec::new() };
    let needed = |running: &Running<'_>| Some(i128::from(rate.value) * running.number(TIMEOUT)?);
    let place = |running: &Running<'_>| {
        let short = running.number(SIZE)? < needed(running)?;
        short.then(|| running.place(SIZE).unwrap_or(rate.span))
    };
    let finding = |(place, nodes): (Span, Vec<Running<'_>>)| {
        let running = nodes.first()?;
        let (size, timeout) = (running.number(SIZE)?, running.number(TIMEOUT)?);
        let enough = (needed(running)? + MEGABYTE - 1) / MEGABYTE * MEGABYTE;
        let enough = size_text(u64::try_from(enough).ok()?);
        let title = format!(
            "the backlog of {} holds {} of writes, and a silent link is given up after {timeout} seconds",
            whose(&nodes),
            seconds(size, i128::from(rate.value))
        );
        let mut finding = Finding::new(Code::ShortBacklog, place, title)
            .help(format!("write `{SIZE} = \"{enough}\"` or more, or a lower `{TIMEOUT}`"))
            .note(format!(
                "{} a second for {timeout} seconds are {enough}; a replica that has missed more than the {} that are kept needs a full copy",
                size_text(rate.value),
                size_text(u64::try_from(size).ok()?)
            ));
        if place != rate.span {
            finding = finding.related(rate.span, "what is written");
        }
        Some(finding.of(&deployment.name))
    };
    faults(Servers::of_deployment(deployment), place).into_iter().filter_map(finding).collect()
}

fn too_short_lived(deployment: &Deployment) -> Vec<Finding> {
    let place = |running: &Running<'_>| {
        let ttl = running.number(TTL)?;
        running.place(TTL).filter(|_| ttl > 0 && Some(ttl) < running.number(TIMEOUT))
    };
    let finding = |(place, nodes): (Span, Vec<Running<'_>>)| {
        let running = nodes.first()?;
        let (ttl, timeout) = (running.number(TTL)?, running.number(TIMEOUT)?);
        let title = format!(
            "{} forgets its backlog {ttl} seconds after its last replica went, before a silent link is given up",
            whose(&nodes)
        );
        Some(
            Finding::new(Code::ShortBacklog, place, title)
                .help(format!("write `{TTL} = 3600`, the default, or at least {timeout} (`{TIMEOUT}`)"))
                .note("a replica that comes back needs a full copy then")
                .of(&deployment.name),
        )
    };
    faults(Servers::of_deployment(deployment), place).into_iter().filter_map(finding).collect()
}

/// How long a backlog lasts, in words.
fn seconds(size: i128, rate: i128) -> String {
    match size / rate.max(1) {
        0 => "less than a second".to_owned(),
        1 => "a second".to_owned(),
        seconds => format!("{seconds} seconds"),
    }
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::{codes_of, findings_of};

    fn with(config: &str) -> String {
        super::RULE.fails.spec.replace("appendonly = true", &format!("appendonly = true\n{config}"))
    }

    #[test]
    fn the_rate_times_the_timeout() {
        let told = ["short-backlog"];
        assert_eq!(codes_of(&with("repl-backlog-size = \"299mb\"")), told);
        assert_eq!(codes_of(&with("repl-backlog-size = \"300mb\"")), [""; 0]);
        assert_eq!(codes_of(&with("repl-backlog-size = \"60mb\"\nrepl-timeout = 12")), [""; 0]);
        assert_eq!(codes_of(&with("").replace("write-rate = \"5mb\"\n", "")), [""; 0]);
    }

    #[test]
    fn the_numbers_are_told() {
        let finding = &findings_of(super::RULE.fails.spec, &[])[0];
        assert!(finding.title.contains("holds less than a second of writes"), "{}", finding.title);
        assert!(finding.help[0].contains("\"300mb\""), "{:?}", finding.help);
    }

    #[test]
    fn a_backlog_outlives_the_link() {
        let with = |ttl: u32| codes_of(&with(&format!("repl-backlog-size = \"300mb\"\nrepl-backlog-ttl = {ttl}")));
        assert_eq!(with(59), ["short-backlog"]);
        assert_eq!(with(60), [""; 0]);
        assert_eq!(with(0), [""; 0], "it is kept for good");
    }

    #[test]
    fn a_shard_has_its_share() {
        let cluster = |rate: &str| {
            codes_of(&format!(
                "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"127.0.0.1\" }}\n[valkey.s]\nversion = \"8.0\"\n\
                 topology = \"cluster\"\nhosts = [\"a\"]\nshards = 3\nreplicas = 1\nsurvives = \"nothing\"\n\
                 write-rate = \"{rate}\"\n"
            ))
        };
        let told = |rate| cluster(rate).iter().any(|code| code == "short-backlog");
        assert!(!told("512kb"), "10 MB are enough for 170 kB a second");
        assert!(told("513kb"));
    }
}
