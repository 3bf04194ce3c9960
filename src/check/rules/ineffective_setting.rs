//! The rule `ineffective-setting`.

use crate::catalog::{Group, Owner, directive};
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::servers::Servers;
use crate::diag::{Code, Finding, Findings};
use crate::model::{Assigned, Model, Origin, Setting};
use crate::value::Value;

/// A setting that has no effect in this topology.
pub(super) static RULE: Rule = Rule {
    code: Code::IneffectiveSetting,
    group: RuleGroup::Topology,
    about: "A setting that has no effect in this topology",
    why: "Servers take these settings anywhere and heed them in one topology only. Whoever wrote the line believes that it
does something:

- `databases` in a cluster: there is one database, whatever the number. Redis before 7.2 prints the number all the
  same, later ones print 1, and every version refuses `SELECT 1`. From Valkey 9.1 on `cluster-databases` counts.
- `replica-priority` in a cluster: only Sentinel reads it. A cluster promotes the replica with the newest data, also one
  with priority 0. `cluster-replica-no-failover` keeps a node from being promoted.
- `cluster-…` outside of a cluster, such as `cluster-replica-no-failover` or `cluster-databases`.

Remove the line, or write the one that counts. Settings of a profile are not looked at: it may be shared with a
deployment where they count. Neither are those that say what is the default anyway.",
    source: "select in db.c, clusterHandleSlaveFailover in cluster.c of Redis 7.0.15; measured on Redis 6.0.16 to 8.0.6 and Valkey 8.1.1 and 9.1.2",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11", zone = "a" }
cache-b = { address = "10.0.2.11", zone = "b" }
cache-c = { address = "10.0.3.11", zone = "c" }

[redis.catalog]
version = "7.2"
topology = "cluster"
hosts = ["cache-a", "cache-b", "cache-c"]
shards = 3
replicas = 1
replication = { password = { env = "SESSIONS_PASSWORD" } }

[redis.catalog.config]
replica-priority = 0
"#,
    ),
    passes: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11", zone = "a" }
cache-b = { address = "10.0.2.11", zone = "b" }
cache-c = { address = "10.0.3.11", zone = "c" }

[redis.catalog]
version = "7.2"
topology = "cluster"
hosts = ["cache-a", "cache-b", "cache-c"]
shards = 3
replicas = 1
replication = { password = { env = "SESSIONS_PASSWORD" } }

[redis.catalog.config]
cluster-node-timeout = 10000
"#,
    ),
    stage: Stage::Model(run),
};

fn run(model: &Model, findings: &mut Findings) {
    for deployment in &model.deployments {
        let servers = Servers::of_deployment(deployment);
        if servers.is_poisoned(&["cluster-enabled"]) {
            continue;
        }
        let own = deployment.nodes.iter().flat_map(|node| node.own.list());
        for setting in deployment.shared.list().chain(own) {
            let (Origin::Deployment(place) | Origin::Node(place)) = setting.origin else { continue };
            // Whoever starts from a redis.conf of the package has lines that change nothing anywhere.
            if servers.says_the_default(setting) {
                continue;
            }
            let Some(why) = ineffective(&servers, setting) else { continue };
            let title = format!("`{}` has no effect in {servers}: {}", setting.name, why.because);
            let finding = Finding::new(Code::IneffectiveSetting, place, title).help(why.help);
            let finding = why.note.into_iter().fold(finding, Finding::note);
            let finding = if why.help == REMOVE { finding.fix_by_removing(place) } else { finding };
            findings.push(match deployment.spec.topology {
                Some(topology) => finding.related(topology.span, "the topology is set here"),
                None => finding,
            }
            .of(servers.name));
        }
    }
}

/// What to do where nothing else would have the effect.
const REMOVE: &str = "remove it";

/// Why a setting has no effect, and what would.
struct Why {
    because: &'static str,
    help: &'static str,
    note: Option<&'static str>,
}

fn ineffective(servers: &Servers<'_>, setting: &Setting) -> Option<Why> {
    let directive = setting.directive?;
    if !servers.in_cluster() {
        let is_cluster = servers.nodes.iter().any(|node| servers.is_on(node, "cluster-enabled"));
        let of_clusters = directive.group == Group::Cluster && directive.owner == Owner::Operator;
        return (of_clusters && !is_cluster && directive.name != "cluster-enabled").then_some(Why {
            because: "it is no cluster",
            help: match directive.name {
                "cluster-replica-no-failover" => "write `replica-priority = 0`, which Sentinel heeds",
                "cluster-databases" => "write `databases`",
                _ => REMOVE,
            },
            note: None,
        });
    }
    match directive.name {
        "replica-priority" => Some(Why {
            because: "only Sentinel reads it",
            help: "write `cluster-replica-no-failover = true` for a node that is never to lead, or remove it",
            note: Some("a cluster promotes the replica with the newest data, also one with priority 0"),
        }),
        "databases" => databases(servers, setting),
        _ => None,
    }
}

fn databases(servers: &Servers<'_>, setting: &Setting) -> Option<Why> {
    let Assigned::Value(Value::Integer(number)) = setting.value else { return None };
    if number <= 1 || super::many_databases::is_told(servers, "databases", number) {
        return None;
    }
    let own = directive(servers.target.engine, "cluster-databases")
        .is_some_and(|own| own.at(servers.target.versions.first).is_some());
    Some(if own {
        Why {
            because: "a cluster has as many as `cluster-databases` says, 1 if nothing",
            help: "write `cluster-databases`, or remove it",
            note: Some("SELECT 1 is refused otherwise: \"DB index is out of range\""),
        }
    } else {
        Why {
            because: "a cluster has one database",
            help: REMOVE,
            note: Some("SELECT 1 is refused: \"SELECT is not allowed in cluster mode\""),
        }
    })
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    fn cluster(engine: &str, version: &str, config: &str) -> Vec<String> {
        codes_of(&format!(
            "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"127.0.0.1\" }}\n[{engine}.s]\nversion = \"{version}\"\n\
             topology = \"cluster\"\nshards = 3\nsurvives = \"nothing\"\nhosts = [\"a\"]\n{config}\n"
        ))
    }

    fn alone(config: &str) -> Vec<String> {
        codes_of(&format!(
            "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"127.0.0.1\" }}\n[redis.s]\nversion = \"7.2\"\n\
             topology = \"standalone\"\nhosts = [\"a\"]\n{config}\n"
        ))
    }

    const NONE: [&str; 0] = [];
    const FOUND: [&str; 1] = ["ineffective-setting"];

    #[test]
    fn a_cluster_has_one_database_in_every_version() {
        for (engine, version) in [("redis", "6.0"), ("redis", "8.0"), ("valkey", "8.1"), ("valkey", "9.1")] {
            assert_eq!(cluster(engine, version, "config.databases = 4"), FOUND, "{engine} {version}");
            assert_eq!(cluster(engine, version, "config.databases = 16"), NONE, "{engine} {version}");
            assert_eq!(cluster(engine, version, "config.databases = 1"), NONE, "{engine} {version}");
        }
        assert_eq!(cluster("valkey", "9.1", "config.cluster-databases = 16"), NONE);
        // Said already.
        assert_eq!(cluster("redis", "7.0", "config.databases = 1_000_000"), ["many-databases"]);
    }

    #[test]
    fn priorities_are_for_sentinel_and_cluster_settings_for_clusters() {
        assert_eq!(cluster("redis", "7.2", "config.replica-priority = 0"), FOUND);
        assert_eq!(alone("config.replica-priority = 0"), NONE);
        assert_eq!(alone("config.cluster-node-timeout = 5000"), FOUND);
        assert_eq!(alone("config.cluster-node-timeout = 5000\nconfig.cluster-enabled = { override = true }"), NONE);
        assert_eq!(alone("nodes.a.config.cluster-migration-barrier = 2"), FOUND);
    }

    #[test]
    fn profiles_may_be_shared() {
        let profile = "profiles = [\"p\"]\n[profiles.p.config]\ncluster-node-timeout = 5000";
        assert_eq!(alone(profile), NONE);
    }
}
