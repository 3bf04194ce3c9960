//! The rule `renamed-for-peers`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::running::{Running, faults, whose};
use crate::check::servers::Servers;
use crate::diag::{Code, Finding, Findings};
use crate::model::{Assigned, Deployment, Model, Topology, Watch};
use crate::source::Span;
use crate::spec::listed;
use crate::value::Value;

/// A renamed command that replicas, sentinels or the bootstrap script need.
pub(super) static RULE: Rule = Rule {
    code: Code::RenamedForPeers,
    group: RuleGroup::Operations,
    about: "A renamed command that replicas, sentinels or the bootstrap script need",
    why: r#"`rename-command` hides a command from everybody, from other servers too. Replicas send PING, REPLCONF, PSYNC and, with
credentials, AUTH: without PING or AUTH there is no link, without REPLCONF it breaks every second, without PSYNC every
break of it is a full copy. Sentinels send PING, INFO, PUBLISH, SUBSCRIBE, SLAVEOF (never REPLICAOF), CONFIG, CLIENT
and EXEC. Each of these was renamed on real servers, and their primary killed: no failover succeeded. With PUBLISH or
SUBSCRIBE the sentinels did not find each other; with CONFIG, CLIENT, SLAVEOF or EXEC they promoted nobody, over and
over. The rendered bootstrap.sh asks every node by INFO, and forms a cluster by CLUSTER, from which clients also learn
who has which slots.

Rights do better than names: `users` gives each user the commands that it needs. Where a name must stay, sentinels can
be told the new one, `sentinel = { …, rename-command = ["CONFIG new-name"] }`."#,
    source: "sentinel.c (sentinelSendSlaveOf, sentinelSendPeriodicCommands) and replication.c (syncWithMaster); tried with three sentinels and two replicas on Redis 7.0.15, and CONFIG, SLAVEOF, CLIENT and EXEC on Redis 6.0.16 and 8.0.6 and Valkey 8.0.1 and 9.1.2 as well",
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

[redis.sessions.config]
maxmemory = "1gb"
maxmemory-policy = "noeviction"
appendonly = true
rename-command = ["CONFIG admin-config"]

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
sentinel = { set = "main", quorum = 2, rename-command = ["CONFIG admin-config"] }
replication = { user = "replica", password = { env = "REPLICA_PASSWORD" } }
purpose = "store"

[redis.sessions.config]
maxmemory = "1gb"
maxmemory-policy = "noeviction"
appendonly = true
rename-command = ["CONFIG admin-config"]

[redis.sessions.users.app]
passwords = [{ env = "APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"
"#,
    ),
    stage: Stage::Model(run),
};

/// The setting in question; the sentinels' own has the same name.
const NAME: &str = "rename-command";
/// What replicas send without and with credentials (`syncWithMaster` in replication.c).
const OF_REPLICAS: [&str; 3] = ["PING", "REPLCONF", "PSYNC"];
const WITH_CREDENTIALS: &str = "AUTH";
/// What a failover does not work without, as tried on real servers.
const OF_SENTINELS: [&str; 8] = ["PING", "INFO", "PUBLISH", "SUBSCRIBE", "SLAVEOF", "CONFIG", "CLIENT", "EXEC"];
/// What bootstrap.sh does not come to its end without; in a cluster, CLUSTER too.
const OF_SCRIPTS: [&str; 2] = ["PING", "INFO"];
const OF_CLUSTERS: &str = "CLUSTER";

/// A command and its new name, which is empty where it is taken away.
type Renamed = (String, String);

fn run(model: &Model, findings: &mut Findings) {
    let has_peers = |deployment: &&Deployment| {
        deployment.has_replicas() || matches!(deployment.topology, Topology::Cluster { .. })
    };
    for deployment in model.deployments.iter().filter(has_peers) {
        let renames = |running: &Running<'_>| {
            let missed = missed(deployment, &renamed(running));
            running.place(NAME).filter(|_| missed.anything())
        };
        if deployment.poisoned.iter().any(|name| name == NAME) {
            continue;
        }
        for (place, nodes) in faults(Servers::of_deployment(deployment), renames) {
            findings.extend(finding(deployment, place, &nodes));
        }
    }
}

/// What a node renames, in capitals.
fn renamed(running: &Running<'_>) -> Vec<Renamed> {
    let values = match running.setting(NAME).map(|setting| &setting.value) {
        Some(Assigned::Value(value)) => std::slice::from_ref(value),
        Some(Assigned::Values(values)) => values,
        _ => return Vec::new(),
    };
    let pair = |value: &Value| match value {
        Value::Args(args) => {
            let text = |at: usize| String::from_utf8(args.get(at)?.clone()).ok();
            Some((text(0)?.to_ascii_uppercase(), text(1)?))
        }
        _ => None,
    };
    values.iter().filter_map(pair).filter(|(old, new)| !old.eq_ignore_ascii_case(new)).collect()
}

/// The commands that are missed, by whom.
struct Missed {
    replicas: Option<Vec<Renamed>>,
    sentinels: Option<Vec<Renamed>>,
    script: Option<Vec<Renamed>>,
}

impl Missed {
    fn anything(&self) -> bool {
        self.replicas.is_some() || self.sentinels.is_some() || self.script.is_some()
    }
}

fn missed(deployment: &Deployment, renamed: &[Renamed]) -> Missed {
    let some = |needed: &dyn Fn(&Renamed) -> bool| {
        let missed: Vec<Renamed> = renamed.iter().filter(|one| needed(one)).cloned().collect();
        (!missed.is_empty()).then_some(missed)
    };
    let log_in = deployment.replication.is_some();
    let has_replicas = deployment.has_replicas();
    let of_replicas = |(old, _): &Renamed| {
        has_replicas && (OF_REPLICAS.contains(&old.as_str()) || (log_in && old == WITH_CREDENTIALS))
    };
    let cluster = matches!(deployment.topology, Topology::Cluster { .. });
    let of_script =
        |(old, _): &Renamed| OF_SCRIPTS.contains(&old.as_str()) || (cluster && old == OF_CLUSTERS);
    let watch = match &deployment.topology {
        Topology::Sentinel { watch, .. } => Some(watch),
        _ => None,
    };
    let of_sentinels =
        |one: &Renamed| watch.is_some_and(|watch| OF_SENTINELS.contains(&one.0.as_str()) && !is_told(watch, one));
    Missed { replicas: some(&of_replicas), sentinels: some(&of_sentinels), script: some(&of_script) }
}

/// Whether the sentinels know the new name.
fn is_told(watch: &Watch, (old, new): &Renamed) -> bool {
    let lines = watch.settings.iter().filter(|setting| setting.name.value == NAME).flat_map(|setting| &setting.lines);
    let mut pairs = lines.filter_map(|line| Some((line.first()?, line.get(1)?)));
    !new.is_empty() && pairs.any(|(told, name)| told.eq_ignore_ascii_case(old) && name.eq_ignore_ascii_case(new))
}

fn finding(deployment: &Deployment, place: Span, nodes: &[Running<'_>]) -> Option<Finding> {
    let missed = missed(deployment, &renamed(nodes.first()?));
    let commands = |renamed: &[Renamed]| listed(&renamed.iter().map(|(old, _)| old.as_str()).collect::<Vec<_>>());
    let what = |renamed: &[Renamed]| {
        let has = |name: &str| renamed.iter().any(|(old, _)| old == name);
        if has("PING") || has(WITH_CREDENTIALS) {
            "replicas cannot follow"
        } else if has("REPLCONF") {
            "their link breaks every second"
        } else {
            "each break of the link needs a full copy"
        }
    };
    let whose = whose(nodes);
    let (title, note) = match (&missed.replicas, &missed.sentinels, &missed.script) {
        (Some(replicas), sentinels, _) => {
            let title = format!("`{NAME}` hides {} of {whose} from its replicas", commands(replicas));
            let also = sentinels.as_ref().map(|list| format!("; sentinels miss {}, and cannot fail over", commands(list)));
            (title, format!("{}{}", what(replicas), also.unwrap_or_default()))
        }
        (None, Some(sentinels), _) => (
            format!("`{NAME}` hides {} of {whose} from its sentinels", commands(sentinels)),
            "with a dead primary they try to fail over again and again, and none succeeds".to_owned(),
        ),
        (None, None, Some(script)) if script.iter().any(|(old, _)| old == OF_CLUSTERS) => (
            format!("`{NAME}` hides {} of {whose} from bootstrap.sh and from clients", commands(script)),
            "the script cannot form the cluster, and clients do not learn who has which slots".to_owned(),
        ),
        (None, None, Some(script)) => (
            format!("`{NAME}` hides {} of {whose} from bootstrap.sh", commands(script)),
            "the script cannot tell the role of any node, and ends".to_owned(),
        ),
        (None, None, None) => return None,
    };
    let mut finding = Finding::new(Code::RenamedForPeers, place, title)
        .help("give `users` only the commands that they need, and rename nothing");
    let told = missed.sentinels.iter().flatten().find(|(old, new)| !new.is_empty() && !OF_SCRIPTS.contains(&old.as_str()));
    if let Some((old, new)) = told.filter(|_| missed.replicas.is_none()) {
        finding = finding.help(format!("or tell the sentinels the new name: `{NAME} = [\"{old} {new}\"]` in the `sentinel` table"));
    }
    Some(finding.note(note).of(&deployment.name))
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::{codes_of, findings_of};

    fn with(renames: &str) -> Vec<String> {
        codes_of(&super::RULE.fails.spec.replace("\"CONFIG admin-config\"", renames))
    }

    #[test]
    fn what_peers_send_keeps_its_name() {
        for command in ["PING", "INFO", "publish", "SUBSCRIBE", "SlaveOf", "CONFIG", "CLIENT", "EXEC", "REPLCONF", "AUTH"] {
            assert_eq!(with(&format!("\"{command} x\"")), ["renamed-for-peers"], "{command}");
            assert_eq!(with(&format!("\"{command} \\\"\\\"\"")), ["renamed-for-peers"], "{command}");
        }
        for command in ["REPLICAOF", "MULTI", "FLUSHALL", "KEYS", "SCRIPT", "SYNC"] {
            assert_eq!(with(&format!("\"{command} x\"")), [""; 0], "{command}");
        }
    }

    #[test]
    fn sentinels_can_be_told_and_replicas_cannot() {
        let spec = super::RULE.passes.spec;
        assert_eq!(codes_of(&spec.replacen("admin-config", "other", 1)), ["renamed-for-peers"]);
        assert_eq!(codes_of(&spec.replace("CONFIG", "REPLCONF")), ["renamed-for-peers"]);
    }

    #[test]
    fn one_finding_names_all() {
        let spec = super::RULE.fails.spec.replace("admin-config\"", "admin-config\", \"SLAVEOF x\", \"PSYNC y\"");
        let findings = findings_of(&spec, &[]);
        assert_eq!(findings.len(), 1);
        assert!(findings[0].title.contains("hides `PSYNC` of `sessions` from its replicas"), "{}", findings[0].title);
        assert!(findings[0].notes[0].contains("sentinels miss `CONFIG` and `SLAVEOF`"), "{:?}", findings[0].notes);
    }

    #[test]
    fn bootstrap_needs_some_as_well() {
        let cluster = |renames: &str| {
            findings_of(
                &format!(
                    "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"127.0.0.1\" }}\n[redis.s]\nversion = \"7.2\"\n\
                     topology = \"cluster\"\nhosts = [\"a\"]\nshards = 3\nsurvives = \"nothing\"\n\
                     config.rename-command = [{renames}]\n"
                ),
                &[],
            )
        };
        let found = cluster("\"CLUSTER \\\"\\\"\", \"FLUSHALL x\"");
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].title, "`rename-command` hides `CLUSTER` of `s` from bootstrap.sh and from clients");
        assert_eq!(cluster("\"INFO x\"").len(), 1);
        assert_eq!(cluster("\"REPLCONF x\"").len(), 0, "nobody replicates");
        let replicated = |renames: &str| {
            codes_of(&format!(
                "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"127.0.0.1\" }}\nb = {{ address = \"127.0.0.2\" }}\n\
                 [redis.s]\nversion = \"7.2\"\ntopology = \"replicated\"\ninitial-primary = \"a\"\nreplicas = [\"b\"]\n\
                 config.rename-command = [{renames}]\n"
            ))
        };
        assert_eq!(replicated("\"INFO x\""), ["renamed-for-peers"]);
        assert_eq!(replicated("\"CLUSTER x\""), [""; 0]);
    }
}
