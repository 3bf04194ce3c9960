//! The rule `renamed-peer-command`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::{Code, Finding, Findings};
use crate::model::{Assigned, Deployment, Model, Node, Setting, Topology, Watch};
use crate::source::Span;
use crate::value::Value;

/// A renamed command that replicas or sentinels send.
pub(super) static RULE: Rule = Rule {
    code: Code::RenamedPeerCommand,
    group: RuleGroup::Security,
    about: "A renamed command that replicas or sentinels send",
    why: "`rename-command` renames for everybody, also for the servers themselves. Replicas say REPLCONF to their primary, and
sentinels say INFO, PING, SLAVEOF, CONFIG REWRITE, CLIENT KILL, EXEC, PUBLISH and SUBSCRIBE. Tried with one of them
renamed: everything starts and replicates, and when the primary fails, no replica is promoted.

Remove the line, and take the command from users by ACL rules instead (`-config`, `-@dangerous`), which leave it to
those who need it. Sentinels can be told of new names: `rename-command` in the deployment's `sentinel` table.",
    source: "tried on Redis 6.2.14 and 7.0.15 and Valkey 8.1.1 with CONFIG, CLIENT, SLAVEOF, INFO and REPLCONF renamed, one at a time; sentinel.c (sentinelInstanceMapCommand) of Redis 7.0.15",
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
auth = { password = { env = "SESSIONS_PASSWORD" } }

[redis.sessions]
version = "7.2"
topology = "sentinel"
initial-primary = "cache-a"
replicas = ["cache-b", "cache-c"]
sentinel = { set = "main", quorum = 2 }
replication = { password = { env = "SESSIONS_PASSWORD" } }

[redis.sessions.config]
rename-command = "CONFIG ''"
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
auth = { password = { env = "SESSIONS_PASSWORD" } }

[redis.sessions]
version = "7.2"
topology = "sentinel"
initial-primary = "cache-a"
replicas = ["cache-b", "cache-c"]
sentinel = { set = "main", quorum = 2 }
replication = { password = { env = "SESSIONS_PASSWORD" } }

[redis.sessions.config]
rename-command = "FLUSHALL ''"
"#,
    ),
    stage: Stage::Model(run),
};

/// What sentinels cannot do without.
const SENTINEL: [&str; 8] =
    ["client", "config", "exec", "info", "ping", "publish", "slaveof", "subscribe"];

fn run(model: &Model, findings: &mut Findings) {
    for deployment in &model.deployments {
        if deployment.poisoned.iter().any(|name| name == "rename-command") {
            continue;
        }
        findings.extend(deployment.nodes.iter().find_map(|node| renamed(deployment, node)));
    }
}

fn renamed(deployment: &Deployment, node: &Node) -> Option<Finding> {
    let setting = deployment.setting(node, "rename-command")?;
    let watch = match &deployment.topology {
        Topology::Standalone => return None,
        Topology::Sentinel { watch, .. } => Some(watch),
        Topology::Replicated { .. } | Topology::Cluster { .. } => None,
    };
    let (command, who) = lines(setting).into_iter().find_map(|(from, to)| {
        let sends = |watch: &&Watch| SENTINEL.contains(&from.as_str()) && !knows(watch, &from, &to);
        match watch {
            Some(watch) if sends(&watch) => Some((from, "sentinels send it, and could not fail over")),
            Some(_) if from == "replconf" => {
                Some((from, "replicas say by it where they listen, and sentinels would not find them"))
            }
            _ => None,
        }
    })?;
    let name = &deployment.name.value;
    let place: Span = setting.origin.span().unwrap_or(node.span);
    let title = format!("`{}` of `{name}` is renamed: {who}", command.to_ascii_uppercase());
    let mut finding = Finding::new(Code::RenamedPeerCommand, place, title)
        .help(format!("remove the line, and let ACL rules of users forbid it: `-{command}`"))
        .note("everything starts and replicates; when the primary fails, nobody is promoted");
    if let Some(watch) = watch {
        finding = finding.related(watch.set.span, "these sentinels watch it");
    }
    Some(finding.of(name))
}

/// The commands and their new names, in lower case.
fn lines(setting: &Setting) -> Vec<(String, String)> {
    let values = match &setting.value {
        Assigned::Values(values) => values.as_slice(),
        Assigned::Value(value) => std::slice::from_ref(value),
        _ => &[],
    };
    let line = |value: &Value| {
        let Value::Args(args) = value else { return None };
        let [from, to] = args.as_slice() else { return None };
        let word = |bytes: &[u8]| String::from_utf8_lossy(bytes).to_ascii_lowercase();
        Some((word(from), word(to)))
    };
    values.iter().filter_map(line).collect()
}

/// Whether sentinels are told of the new name.
fn knows(watch: &Watch, from: &str, to: &str) -> bool {
    let told = watch.settings.iter().filter(|setting| setting.name.value == "rename-command");
    told.flat_map(|setting| &setting.lines).any(|line| {
        let words: Vec<&str> = line.iter().flat_map(|argument| argument.split_whitespace()).collect();
        matches!(words.as_slice(), [old, new] if old.eq_ignore_ascii_case(from) && new.eq_ignore_ascii_case(to))
    })
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    fn of(rename: &str, table: &str) -> Vec<String> {
        codes_of(&format!(
            "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"127.0.0.1\" }}\nb = {{ address = \"127.0.0.2\" }}\n\
             c = {{ address = \"127.0.0.3\" }}\n[sentinels.m]\nversion = \"7.2\"\nhosts = [\"a\", \"b\", \"c\"]\n\
             [redis.s]\nversion = \"7.2\"\ntopology = \"sentinel\"\ninitial-primary = \"a\"\nreplicas = [\"b\", \"c\"]\n\
             sentinel = {{ set = \"m\", quorum = 2{table} }}\nconfig.rename-command = {rename}\n"
        ))
    }

    #[test]
    fn what_sentinels_send() {
        let none: [&str; 0] = [];
        let renamed = ["renamed-peer-command"];
        for command in ["CONFIG", "client", "INFO", "SLAVEOF", "REPLCONF"] {
            assert_eq!(of(&format!("\"{command} x1\""), ""), renamed, "{command}");
        }
        for command in ["FLUSHALL", "KEYS", "REPLICAOF", "DEBUG"] {
            assert_eq!(of(&format!("\"{command} x1\""), ""), none, "{command}");
        }
        assert_eq!(of("[\"KEYS ''\", \"CONFIG c1\"]", ""), renamed);
        assert_eq!(of("\"CONFIG c1\"", ", rename-command = \"CONFIG c1\""), none);
        assert_eq!(of("\"CONFIG c1\"", ", rename-command = \"CONFIG c2\""), renamed);
    }
}
