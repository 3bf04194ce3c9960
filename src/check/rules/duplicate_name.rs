//! The rule `duplicate-name`.

use std::collections::BTreeMap;

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::{Code, Finding, Findings};
use crate::model::{Deployment, Model, Topology, Watch};
use crate::source::Span;

/// Two deployments, or two primaries of one set of sentinels, with one name.
pub(super) static RULE: Rule = Rule {
    code: Code::DuplicateName,
    group: RuleGroup::Language,
    about: "Two deployments, or two primaries of one set of sentinels, with one name",
    why: r#"The name of a deployment is the name of its folder in the output and of its units on the machines. Redis,
Valkey and memcached share these names, so a cache called `sessions` in two of them would be written over
itself.

Sentinel knows what it watches by one name each. Two `sentinel monitor` lines with the same name in a file
stop it at its start ("Duplicate master name"). The name is the deployment's own unless `master-name` says
otherwise."#,
    source: "sentinel.c of Redis 7.0.15 (createSentinelRedisInstance, sentinelCheckCreateInstanceErrors)",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "127.0.0.1" }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]
users.app = { passwords = { env = "APP_PASSWORD" }, rules = "~session:* +@read +@write -@dangerous" }

[valkey.sessions]
version = "7.2"
topology = "standalone"
port = 6380
hosts = ["cache-a"]
users.app = { passwords = { env = "APP_PASSWORD" }, rules = "~session:* +@read +@write -@dangerous" }
"#,
    ),
    passes: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "127.0.0.1" }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]
users.app = { passwords = { env = "APP_PASSWORD" }, rules = "~session:* +@read +@write -@dangerous" }

[valkey.carts]
version = "7.2"
topology = "standalone"
port = 6380
hosts = ["cache-a"]
users.app = { passwords = { env = "APP_PASSWORD" }, rules = "~cart:* +@read +@write -@dangerous" }
"#,
    ),
    stage: Stage::Model(run),
};

/// Two primaries of one set of sentinels under one name. Deployments of one name are found while names
/// are looked up.
fn run(model: &Model, findings: &mut Findings) {
    let mut seen: BTreeMap<(&str, &str), Span> = BTreeMap::new();
    for deployment in &model.deployments {
        let Topology::Sentinel { watch, .. } = &deployment.topology else { continue };
        let place = name_span(deployment, watch);
        let Some(other) = seen.insert((&watch.set.value, &watch.master_name), place) else { continue };
        let title =
            format!("the sentinels `{}` watch two primaries called `{}`", watch.set.value, watch.master_name);
        findings.push(
            Finding::new(Code::DuplicateName, place, title)
                .related(other, "the other one")
                .help("give one of them another `master-name`")
                .note("Sentinel refuses its file with it (\"Duplicate master name\")")
                .of(&deployment.name),
        );
    }
}

/// Where the name that Sentinel knows a deployment by is written.
fn name_span(deployment: &Deployment, watch: &Watch) -> Span {
    let written = deployment.spec.sentinel.as_ref().and_then(|table| table.master_name.as_ref());
    written.filter(|name| name.value == watch.master_name).map_or(deployment.name.span, |name| name.span)
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    #[test]
    fn one_set_knows_each_primary_by_its_own_name() {
        let text = "format = 1\nname = \"x\"\n[hosts]\na = { address = \"127.0.0.1\" }\n\
            [sentinels.m]\nversion = \"7.2\"\nhosts = [\"a\"]\n\
            [redis.s]\nversion = \"7.2\"\ntopology = \"sentinel\"\ninitial-primary = \"a\"\nsentinel = { set = \"m\", quorum = 1 }\nsurvives = \"nothing\"\n\
            [redis.t]\nversion = \"7.2\"\ntopology = \"sentinel\"\nport = 6380\ninitial-primary = \"a\"\n\
            sentinel = { set = \"m\", quorum = 1, master-name = \"s\" }\nsurvives = \"nothing\"\n";
        assert_eq!(codes_of(text), ["duplicate-name"]);
        assert!(codes_of(&text.replace("master-name = \"s\"", "master-name = \"u\"")).is_empty());
    }
}
