//! The rule `relative-path`.

use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::running::{Running, faults, whose};
use crate::check::servers::Servers;
use crate::diag::{Code, Finding, Findings};
use crate::model::{Assigned, Model};
use crate::source::Span;
use crate::value::Value;

/// A file named by a path that starts where the server happens to be.
pub(super) static RULE: Rule = Rule {
    code: Code::RelativePath,
    group: RuleGroup::Operations,
    about: "A file named by a path that starts where the server happens to be",
    why: r#"The server looks for an included file from the folder that it was started in, which is `/` for a rendered unit, and
for a module from its data folder, or in the system's folders of libraries where the path has no `/`. It does not
start where the file is not there: "Fatal error, can't open config file" or "Can't load module".

Write the whole path, beginning with `/`."#,
    source: "config.c (loadServerConfig) and module.c (moduleLoad) of Redis 7.0.15; both seen on Redis 6.2.14, 7.0.15 and 8.0.6 and Valkey 9.1.2",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11", zone = "a" }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]
build = { modules = true }

[redis.sessions.config]
maxmemory = "1gb"
maxmemory-policy = "noeviction"
loadmodule = "bloom.so"

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
build = { modules = true }

[redis.sessions.config]
maxmemory = "1gb"
maxmemory-policy = "noeviction"
loadmodule = "/usr/lib/redis/modules/bloom.so"

[redis.sessions.users.app]
passwords = [{ env = "APP_PASSWORD" }]
rules = "~session:* +@read +@write +@connection -@dangerous"
"#,
    ),
    stage: Stage::Model(run),
};

/// Where `unseen-include` would speak too, and does not.
const INCLUDE: &str = "include";

fn run(model: &Model, findings: &mut Findings) {
    for servers in Servers::all(model) {
        for name in [INCLUDE, "loadmodule"] {
            let relative = |running: &Running<'_>| -> Option<Span> {
                running.place(name).filter(|_| first_relative(running, name).is_some())
            };
            for (place, nodes) in faults(servers, relative) {
                let Some(path) = nodes.first().and_then(|running| first_relative(running, name)) else { continue };
                let from = match name {
                    INCLUDE => "from the folder that it is started in, `/` for its unit",
                    _ if path.contains('/') => "from its data folder",
                    _ => "in the system's folders of libraries",
                };
                let title = format!("{} looks for `{path}` {from}", whose(&nodes));
                let mut finding = Finding::new(Code::RelativePath, place, title)
                    .help("write the whole path, beginning with `/`")
                    .note("a server that does not find it does not start");
                if name == INCLUDE {
                    finding = finding.help("or write the settings into the spec: nothing checks what is included");
                }
                findings.push(finding.of(servers.name));
            }
        }
    }
}

/// The first file of a directive that has no whole path.
pub(super) fn first_relative(running: &Running<'_>, name: &str) -> Option<String> {
    let values = match &running.setting(name)?.value {
        Assigned::Value(value) => std::slice::from_ref(value),
        Assigned::Values(values) => values,
        Assigned::Verbatim(_) | Assigned::Secret(_) => return None,
    };
    let path = |value: &Value| match value {
        Value::Args(args) => args.first().cloned(),
        Value::Text(text) => Some(text.clone()),
        _ => None,
    };
    let path = values.iter().filter_map(path).find(|path| !path.starts_with(b"/"))?;
    String::from_utf8(path).ok()
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    #[test]
    fn an_include_has_one_finding() {
        let with = |config: &str| codes_of(&super::RULE.fails.spec.replace("loadmodule = \"bloom.so\"", config));
        assert_eq!(with("include = \"base.conf\""), ["relative-path"]);
        assert_eq!(with("include = [\"/etc/redis/base.conf\", \"more.conf\"]"), ["relative-path"]);
        assert_eq!(with("include = \"/etc/redis/base.conf\""), ["unseen-include"]);
    }
}
