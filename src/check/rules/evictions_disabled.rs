//! The rule `evictions-disabled`.

use crate::check::memcacheds::MemcachedServer;
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::{Code, Finding, Findings};
use crate::model::Model;
use crate::spec::Purpose;

/// A cache that refuses new items when it is full.
pub(super) static RULE: Rule = Rule {
    code: Code::EvictionsDisabled,
    group: RuleGroup::Memcached,
    about: "A cache that refuses new items when it is full",
    why: r#"With `disable-evictions` (`-M`) a full memcached answers "SERVER_ERROR out of memory storing object" until items
expire, and keeps old ones that nobody asks for. For data that can be computed again that is the wrong way round.

Remove the option, or say with `purpose` that these data are no cache."#,
    source: "items.c (do_item_alloc_pull) of memcached 1.6.18; measured on 1.6.18, 1.6.38 and 1.6.45: of 400 items of 100 kB with `-M -m 8`, 320 are refused",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11" }

[memcached.fragments]
version = "1.6.38"
hosts = ["cache-a"]
purpose = "cache"

[memcached.fragments.config]
disable-evictions = true
"#,
    ),
    passes: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11" }

[memcached.fragments]
version = "1.6.38"
hosts = ["cache-a"]
purpose = "store"

[memcached.fragments.config]
disable-evictions = true
"#,
    ),
    stage: Stage::Model(run),
};

fn run(model: &Model, findings: &mut Findings) {
    for server in MemcachedServer::all(model) {
        let purpose = server.deployment.spec.purpose.filter(|purpose| purpose.value == Purpose::Cache);
        let (Some(purpose), Some(option)) = (purpose, server.given("disable-evictions")) else { continue };
        let title = format!("`{}` is a cache, and refuses new items when it is full", server.name());
        findings.push(
            Finding::new(Code::EvictionsDisabled, server.place(option), title)
                .related(purpose.span, "a cache")
                .help("remove `disable-evictions`")
                .note("clients get \"SERVER_ERROR out of memory storing object\" until items expire")
                .of(server.name()),
        );
    }
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;
    
    fn codes(version: &str, config: &str) -> Vec<String> {
        codes_of(&format!(
            "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"10.0.0.1\", cpus = 4 }}\n[memcached.m]\n\
             version = \"{version}\"\nhosts = [\"a\"]\n[memcached.m.config]\n{config}\n"
        ))
    }

    #[test]
    fn undeclared_purposes_are_not_guessed() {
        assert_eq!(codes("1.6.38", "disable-evictions = true"), [""; 0]);
    }
}
