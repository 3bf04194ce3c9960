//! The rule `data-not-saved`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::running::{Running, copies, kept_data, whose};
use crate::diag::{Code, Finding, Findings};
use crate::model::{Deployment, Model};

/// A store or a queue that saves nothing.
pub(super) static RULE: Rule = Rule {
    code: Code::DataNotSaved,
    group: RuleGroup::Durability,
    about: "A store or a queue that saves nothing",
    why: r#"`purpose = "store"` says that the data stand nowhere else, `"queue"` that each item is work to be done. A server with
neither save points nor an append-only file begins empty after each restart, whether it crashed or was restarted for
an upgrade. Replicas do not help where all of them stop at once, and a primary that comes back empty empties them.

Write `appendonly = true`. Save points alone lose what came after the last one. Redis 6.0 has none of its own when it
is started on a file, as all rendered servers are; later versions have `3600 1 300 100 60 10000`."#,
    source: "config.c (appendServerSaveParams) and server.c (loadDataFromDisk) of Redis 6.0.16 and 7.0.15; the defaults measured on all versions",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11", zone = "a" }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]
purpose = "store"

[redis.sessions.config]
maxmemory = "1gb"
maxmemory-policy = "noeviction"
save = []

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

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]
purpose = "store"

[redis.sessions.config]
maxmemory = "1gb"
maxmemory-policy = "noeviction"
appendonly = true

[redis.sessions.users.app]
passwords = [{ env = "APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"
"#,
    ),
    stage: Stage::Model(run),
};

fn run(model: &Model, findings: &mut Findings) {
    findings.extend(model.deployments.iter().filter(|deployment| deployment.complete).filter_map(finding));
}

fn finding(deployment: &Deployment) -> Option<Finding> {
    let purpose = kept_data(deployment)?;
    let unsaved = |running: &Running<'_>| running.persists() == Some(false);
    let groups = copies(deployment).into_iter().filter(|group| group.iter().all(unsaved));
    let nodes: Vec<Running<'_>> = groups.flatten().collect();
    let first = nodes.first()?;
    let place = first.place("save").or_else(|| first.place("appendonly"));
    let title = format!("{} saves nothing, and `purpose` says that it is a {}", whose(&nodes), purpose.value.name());
    let mut finding = Finding::new(Code::DataNotSaved, place.unwrap_or(purpose.span), title)
        .help("write `appendonly = true` under `config`");
    if place.is_some() {
        finding = finding.related(purpose.span, "what the data are for");
    } else {
        finding = finding.note("it has no save points of its own: Redis 6.0 drops them when it is started on a file");
    }
    Some(finding.note("it begins empty after each restart").of(&deployment.name))
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    fn codes(version: &str, purpose: &str, config: &str) -> Vec<String> {
        codes_of(&format!(
            "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"127.0.0.1\" }}\n\
             [redis.s]\nversion = \"{version}\"\ntopology = \"standalone\"\nhosts = [\"a\"]\n{purpose}\n\
             [redis.s.config]\nmaxmemory = \"1gb\"\nmaxmemory-policy = \"noeviction\"\n{config}\n"
        ))
    }

    #[test]
    fn what_is_kept_must_be_saved() {
        let named = |codes: Vec<String>| codes.iter().any(|code| code == "data-not-saved");
        for purpose in ["purpose = \"store\"", "purpose = \"queue\""] {
            assert!(named(codes("7.2", purpose, "save = []")));
            assert!(!named(codes("7.2", purpose, "save = []\nappendonly = true")));
            assert!(!named(codes("7.2", purpose, "")));
        }
        assert!(!named(codes("7.2", "purpose = \"cache\"", "save = []")));
        assert!(!named(codes("7.2", "", "save = []")));
    }

    #[test]
    fn redis_6_0_has_no_save_points_of_its_own() {
        let store = "purpose = \"store\"";
        assert_eq!(codes("6.0", store, ""), ["data-not-saved"]);
        assert_eq!(codes("6.0", store, "save = [\"60 1\"]"), [""; 0]);
        assert_eq!(codes("7.2", store, "save = \"often\""), ["invalid-value"]);
        assert_eq!(codes("6.0", store, "save = \"often\""), ["reinterpreted-value"]);
    }
}
