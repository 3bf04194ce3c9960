//! The rule `peers-locked-out`.

use crate::check::access::{Door, default_user, door, is_given, is_poisoned, refuses_other_hosts};
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::{Code, Finding, Findings};
use crate::model::{Deployment, Model, Node, SentinelSet, Topology, Watch};
use crate::source::Span;

/// Servers or sentinels that the servers of a deployment would not let in.
pub(super) static RULE: Rule = Rule {
    code: Code::PeersLockedOut,
    group: RuleGroup::Security,
    about: "Servers that would not let each other in, or their sentinels",
    why: r#"Replicas are clients of their primary, and sentinels are clients of everything that they watch. What keeps
strangers out keeps them out too, and none of it stops a server when it starts: the replicas stay empty, or
the failover does not happen on the day that it is needed. This is an error unless `[lints]` says otherwise.

- Where the default user is off (which declaring `users` does) or has a password, replicas need
  credentials: `replication = { user = "replica", password = { env = "REPLICA_PASSWORD" } }`. The user and
  its rights follow.
- There the sentinels need some as well: `auth = { user = "sentinel", … }` of the set. A sentinel that cannot
  log in takes the primary for down, like all others of its set, and promotes nobody.
- Where the default user has no password, protected mode refuses all clients from other hosts ("DENIED"),
  replicas, sentinels and the clients of a cluster among them. From 7.0 on it does so whatever `bind` says;
  earlier servers only without `bind`. Declare `users`, or a password for all with
  `replication = { password = { env = "SESSIONS_PASSWORD" } }`, or write `protected-mode = false` where a
  firewall lets only friends through.

Silence it where something else sees to it, such as `CONFIG SET` after the start."#,
    source: "acceptCommonHandler (networking.c) of Redis 6.2.14 and 7.0.15 and Valkey 8.0.1, syncWithMaster (replication.c), sentinelSendAuthIfNeeded (sentinel.c) of Redis 7.0.15; all three seen on real servers",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11" }
cache-b = { address = "10.0.2.11" }

[redis.sessions]
version = "7.2"
topology = "replicated"
initial-primary = "cache-a"
replicas = ["cache-b"]

[redis.sessions.users.app]
passwords = [{ env = "SESSIONS_APP_PASSWORD" }]
rules = "~session:* +@read +@write -@dangerous"
"#,
    ),
    passes: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11" }
cache-b = { address = "10.0.2.11" }

[redis.sessions]
version = "7.2"
topology = "replicated"
initial-primary = "cache-a"
replicas = ["cache-b"]
replication = { user = "replica", password = { env = "REPLICA_PASSWORD" } }

[redis.sessions.users.app]
passwords = [{ env = "SESSIONS_APP_PASSWORD" }]
rules = "~session:* +@read +@write -@dangerous"
"#,
    ),
    stage: Stage::Model(run),
};

fn run(model: &Model, findings: &mut Findings) {
    for deployment in &model.deployments {
        if matches!(deployment.topology, Topology::Standalone) || is_poisoned(deployment) {
            continue;
        }
        findings.extend(replicas(deployment));
        if let Topology::Sentinel { watch, .. } = &deployment.topology
            && let Some(set) = model.sentinels.iter().find(|set| set.name.value == watch.set.value)
        {
            findings.extend(sentinels(deployment, watch, set));
        }
        findings.extend(protected(model, deployment));
    }
}

/// Replicas without credentials at servers that ask for some.
fn replicas(deployment: &Deployment) -> Option<Finding> {
    let password = |node: &Node| {
        let names = ["masterauth", "primaryauth"];
        names.into_iter().any(|name| deployment.setting(node, name).is_some_and(is_given))
    };
    if !has_replicas(deployment) || deployment.spec.replication.is_some() {
        return None;
    }
    let (locked, because) = locked(deployment)?;
    deployment.nodes.iter().find(|node| !password(node))?;
    let name = &deployment.name.value;
    let title =
        format!("the replicas of `{name}` cannot log in to their primaries: they have no credentials");
    Some(
        finding(deployment, title)
            .label("its replicas follow primaries")
            .related(locked, because)
            .help("add `replication = { user = \"replica\", password = { env = \"REPLICA_PASSWORD\" } }`: the user's rights follow")
            .note("replicas would stay empty: the primary answers \"NOAUTH Authentication required.\""),
    )
}

/// Sentinels without credentials at servers that ask for some.
fn sentinels(deployment: &Deployment, watch: &Watch, set: &SentinelSet) -> Option<Finding> {
    let written = watch.settings.iter().any(|setting| setting.name.value == "auth-pass");
    if written || set.spec.auth.is_some() || set.poisoned.iter().any(|name| name == "auth") {
        return None;
    }
    let (locked, because) = locked(deployment)?;
    let set = &set.name.value;
    let title = format!(
        "the sentinels `{set}` cannot log in to `{}`: they have no credentials",
        deployment.name.value
    );
    let mut finding = finding(deployment, title);
    finding.place = crate::diag::Place::Span(watch.set.span);
    Some(
        finding
            .label("they watch it")
            .related(locked, because)
            .help(format!("add `auth = {{ user = \"sentinel\", password = {{ env = \"SENTINEL_PASSWORD\" }} }}` to `[sentinels.{set}]`: the user's rights follow"))
            .note("they would take its primary for down, and never fail over"),
    )
}

/// The first server that others on other hosts need and whose protected mode refuses them.
pub(super) fn refusing<'m>(model: &Model, deployment: &'m Deployment) -> Option<&'m Node> {
    let watched = matches!(deployment.topology, Topology::Sentinel { .. });
    let alone = matches!(deployment.topology, Topology::Standalone) || deployment.nodes.len() < 2;
    if alone && !watched {
        return None;
    }
    let remote = |node: &&Node| {
        let host = model.host(node.host);
        host.address.value != "localhost" && !host.ip().is_some_and(|ip| ip.is_loopback())
    };
    deployment.nodes.iter().filter(remote).find(|node| refuses_other_hosts(deployment, node))
}

/// Servers whose protected mode refuses all other hosts.
fn protected(model: &Model, deployment: &Deployment) -> Option<Finding> {
    let watched = matches!(deployment.topology, Topology::Sentinel { .. });
    let node = refusing(model, deployment)?;
    let host = model.host(node.host);
    let name = &deployment.name.value;
    let title = format!(
        "the servers of `{name}` refuse other hosts: protected mode is on, and nobody needs a password"
    );
    let one_for_all =
        "`replication = { password = { env = \"SESSIONS_PASSWORD\" } }` makes it one password for all";
    let one_for_all = if watched {
        format!("{one_for_all}, the same as `auth` of the sentinels")
    } else {
        one_for_all.to_owned()
    };
    Some(
        finding(deployment, title)
            .label("its servers reach each other from other hosts")
            .related(host.address.span, format!("not a loopback address, where `{}` stands", node.id))
            .help(format!("declare `users` and `replication`; {one_for_all}"))
            .help("or write `protected-mode = false` under `config`, where only trusted hosts reach them")
            .note("other servers and clients are told \"DENIED …\""),
    )
}

fn finding(deployment: &Deployment, title: String) -> Finding {
    let place = deployment.spec.topology.map_or(deployment.name.span, |topology| topology.span);
    Finding::new(Code::PeersLockedOut, place, title).of(&deployment.name)
}

fn has_replicas(deployment: &Deployment) -> bool {
    match &deployment.topology {
        Topology::Standalone => false,
        Topology::Replicated { .. } | Topology::Sentinel { .. } => deployment.nodes.len() > 1,
        Topology::Cluster { shards } => shards.iter().any(|shard| !shard.replicas.is_empty()),
    }
}

/// What the first node that asks for credentials asks them because of: where, and in words.
fn locked(deployment: &Deployment) -> Option<(Span, &'static str)> {
    let span = deployment.nodes.iter().find_map(|node| match door(deployment, node) {
        Door::Locked(span) => Some(span),
        Door::Open | Door::Unknown => None,
    })?;
    let because = match default_user(deployment) {
        Some(user) if user.derived.is_none() => {
            "the default user is declared here, and not open to everybody"
        }
        Some(_) if !deployment.spec.users.is_empty() => "with users declared, the default user is off",
        _ => "a password is needed since this",
    };
    Some((span, because))
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::{codes_of, findings_of};
    use crate::diag::Level;

    const NONE: [&str; 0] = [];
    const LOCKED: [&str; 1] = ["peers-locked-out"];
    const USERS: &str = "users.app = { passwords = [{ env = \"P\" }], rules = \"~* +@read\" }\n";
    const REPLICATION: &str = "replication = { user = \"replica\", password = { env = \"R\" } }\n";

    /// What is said of doors that are open to all.
    const OPEN: [&str; 1] = ["open-server"];

    fn of(version: &str, address: &str, rest: &str) -> Vec<String> {
        codes_of(&format!(
            "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"127.0.0.1\" }}\nb = {{ address = \"{address}\" }}\n\
             [redis.s]\nversion = \"{version}\"\ntopology = \"replicated\"\ninitial-primary = \"a\"\n\
             replicas = [\"b\"]\n{rest}"
        ))
    }

    fn watched(set: &str, rest: &str, table: &str) -> Vec<String> {
        codes_of(&format!(
            "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"10.0.0.1\" }}\nb = {{ address = \"10.0.0.2\" }}\n\
             c = {{ address = \"10.0.0.3\" }}\n[sentinels.m]\nversion = \"7.2\"\nhosts = [\"a\", \"b\", \"c\"]\n{set}\
             [redis.s]\nversion = \"7.2\"\ntopology = \"sentinel\"\ninitial-primary = \"a\"\nreplicas = [\"b\", \"c\"]\n\
             sentinel = {{ set = \"m\", quorum = 2{table} }}\n{rest}"
        ))
    }

    #[test]
    fn it_is_an_error_that_can_be_silenced() {
        let spec = super::RULE.fails.spec;
        assert_eq!(findings_of(spec, &[])[0].level, Level::Error);
        let lints = "[lints]\npeers-locked-out = { level = \"allow\", reason = \"set by hand\" }\n";
        assert_eq!(codes_of(&format!("{spec}{lints}")), NONE);
    }

    #[test]
    fn replicas_need_what_the_primary_asks_for() {
        let password = "config.requirepass = { env = \"P\" }\n";
        for version in ["6.2", "7.2"] {
            assert_eq!(of(version, "10.0.0.2", USERS), LOCKED);
            assert_eq!(of(version, "10.0.0.2", &format!("{USERS}{REPLICATION}")), NONE);
            assert_eq!(of(version, "127.0.0.2", password), LOCKED);
            assert_eq!(
                of(version, "10.0.0.2", &format!("{password}config.masterauth = {{ env = \"P\" }}\n")),
                NONE
            );
            let open = format!(
                "{USERS}users.default = {{ rules = \"nopass ~* +@all\" }}\nconfig.protected-mode = false\n"
            );
            assert_eq!(of(version, "10.0.0.2", &open), OPEN, "{open}");
        }
    }

    #[test]
    fn protected_mode_refuses_other_hosts_from_7_0_on() {
        for (version, found) in [("6.0", OPEN), ("6.2", OPEN), ("7.0", LOCKED), ("7.2", LOCKED), ("8.0", LOCKED)] {
            assert_eq!(of(version, "10.0.0.2", ""), found, "{version}");
            assert_eq!(of(version, "127.0.0.2", ""), NONE);
            assert_eq!(of(version, "localhost", ""), NONE);
            assert_eq!(of(version, "10.0.0.2", "config.protected-mode = false\n"), OPEN);
        }
        // The user is there, and the default user is still everybody.
        assert_eq!(of("7.2", "10.0.0.2", REPLICATION), LOCKED);
        assert_eq!(of("7.2", "10.0.0.2", "replication = { password = { env = \"R\" } }\n"), NONE);
    }

    #[test]
    fn sentinels_need_credentials_too() {
        let auth = "auth = { user = \"sentinel\", password = { env = \"S\" } }\n";
        let users = format!("{USERS}{REPLICATION}");
        assert_eq!(watched("", &users, ""), LOCKED);
        assert_eq!(watched(auth, &users, ""), NONE);
        assert_eq!(watched("", USERS, ""), [LOCKED, LOCKED].concat(), "one for each cause");
        let by_hand = ", auth-user = \"app\", auth-pass = { env = \"P\" }";
        assert_eq!(watched("", &users, by_hand), ["peers-lack-rights"], "it may log in, and do too little");
        let password = "replication = { password = { env = \"R\" } }\n";
        assert_eq!(watched("", password, ""), LOCKED);
        assert_eq!(watched("auth = { password = { env = \"R\" } }\n", password, ""), NONE);
    }

    #[test]
    fn what_cannot_be_read_is_told_once() {
        for broken in [
            "replication = 3\n",
            "config = 3\n",
            "users = 3\n",
            "users.app = 3\n",
            "config.requirepass = \"pw\"\n",
        ] {
            assert_eq!(of("7.2", "10.0.0.2", broken).len(), 1, "{broken}");
        }
        assert_eq!(of("7.2", "10.0.0.2", &format!("{USERS}replication = 3\n")).len(), 1);
        assert_eq!(watched("auth = 3\n", &format!("{USERS}{REPLICATION}"), ""), ["wrong-type"]);
    }

    #[test]
    fn users_by_hand_are_not_guessed() {
        assert_eq!(of("7.2", "10.0.0.2", "config.user = \"metrics off -@all +ping\"\n"), NONE);
        assert_eq!(of("7.2", "10.0.0.2", "config.aclfile = \"/etc/users.acl\"\n"), NONE);
    }
}
