//! The rule `rights-beyond-keys`.

use crate::catalog::acl;
use crate::check::access::{is_poisoned, shown, some};
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::{Code, Finding, Findings};
use crate::model::users::Rights;
use crate::model::{Deployment, Model, User};
use crate::source::{At, Span};
use crate::text::acl::AclRule;

/// A user that is limited to some keys, and may delete or read all others.
pub(super) static RULE: Rule = Rule {
    code: Code::RightsBeyondKeys,
    group: RuleGroup::Security,
    about: "A user that is limited to some keys, and may delete or read all others",
    why: "Key patterns bind commands that take keys. Others do not ask for them: FLUSHALL, FLUSHDB and SWAPDB empty or swap whole
databases, MONITOR shows what everybody writes, PSYNC and SYNC copy all data, REPLICAOF and CLUSTER RESET throw them
away, ACL SETUSER and CONFIG SET change the limits themselves, and SHUTDOWN ends it all. Several are in
categories that look innocent: `~session:* +@read +@write` can run FLUSHALL, which writes.

`-@dangerous` at the end takes all of these away. A command that the rules name themselves (`-@dangerous +flushdb`) is
taken for decided.",
    source: "ACL CAT and COMMAND of Redis 6.0.20 to 8.0.6 and Valkey 7.2.7 to 9.1.2; FLUSHALL and SWAPDB with `~app:* +@read +@write` tried on Redis 6.0.16, 6.2.14, 7.0.15, 8.0.6 and Valkey 9.1.2",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11" }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]

[redis.sessions.users.app]
passwords = [{ env = "SESSIONS_APP_PASSWORD" }]
rules = "~session:* +@read +@write"
"#,
    ),
    passes: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11" }

[redis.sessions]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]

[redis.sessions.users.app]
passwords = [{ env = "SESSIONS_APP_PASSWORD" }]
rules = "~session:* +@read +@write -@dangerous"
"#,
    ),
    stage: Stage::Model(run),
};

/// Commands that take no key and reach all of them, the worst first.
const BEYOND: [(&str, Option<&str>); 13] = [
    ("flushall", None),
    ("flushdb", None),
    ("swapdb", None),
    ("acl", Some("setuser")),
    ("config", Some("set")),
    ("replicaof", None),
    ("slaveof", None),
    ("psync", None),
    ("sync", None),
    ("monitor", None),
    ("cluster", Some("reset")),
    ("failover", None),
    ("shutdown", None),
];

fn run(model: &Model, findings: &mut Findings) {
    for deployment in model.deployments.iter().filter(|deployment| !is_poisoned(deployment)) {
        let declared = deployment.users.iter().filter(|user| user.derived.is_none() && user.complete);
        findings.extend(declared.filter_map(|user| beyond(deployment, user)));
    }
}

fn beyond(deployment: &Deployment, user: &User) -> Option<Finding> {
    let rights = deployment.rights(user);
    let limited = rights.all().all(|access| !access.all_keys) && !rights.root.keys.is_empty();
    if !limited || !rights.enabled {
        return None;
    }
    let commands: Vec<String> = BEYOND
        .into_iter()
        .filter(|(name, sub)| rights.may(name, *sub) && !is_named(deployment, user, name, *sub))
        .map(|(name, sub)| sub.map_or_else(|| name.to_owned(), |sub| format!("{name}|{sub}")))
        .collect();
    if commands.is_empty() {
        return None;
    }
    let is_pattern = |rule: &&At<AclRule>| matches!(rule.value, AclRule::KeyPattern { .. });
    let pattern = user.rules.iter().find(is_pattern)?;
    let last = user.rules.last()?;
    let name = &user.name.value;
    let title = format!("`{name}` is limited to `{}`, and may run {}", keys(rights), some(&commands));
    let mut finding = Finding::new(Code::RightsBeyondKeys, pattern.span, title)
        .label("limits commands that take keys")
        .help("add `-@dangerous` at the end of its rules")
        .note("commands without a key do not ask for key patterns: they reach the keys of everybody");
    // With escapes the place of a word is not known.
    let width = usize::try_from(last.span.end - last.span.start).unwrap_or_default();
    if shown(&last.value).len() == width {
        finding = finding.guess(Span { start: last.span.end, ..last.span }, " -@dangerous");
    }
    Some(finding.of(&deployment.name))
}

/// Whether a rule allows the command by its name, which is decided, or forbids it, and is undone, which is told
/// there.
fn is_named(deployment: &Deployment, user: &User, command: &str, sub: Option<&str>) -> bool {
    let target = deployment.target;
    let facts = acl::command(target.engine, command, sub)
        .or_else(|| acl::command(target.engine, command, None))
        .and_then(|command| command.at(target.versions.first));
    user.rules.iter().any(|rule| match &rule.value {
        AclRule::Command { name, .. } => name == command,
        AclRule::Category { allow: false, name } => {
            facts.is_some_and(|facts| facts.categories.contains(&name.as_str()))
        }
        _ => false,
    })
}

/// The key patterns, the first of them where there are several.
fn keys(rights: &Rights) -> String {
    let first = rights.root.keys.first().map(|(.., pattern)| String::from_utf8_lossy(pattern).into_owned());
    let first = first.unwrap_or_default();
    match rights.root.keys.len() {
        0 | 1 => first,
        _ => format!("{first} …"),
    }
}

#[cfg(test)]
mod tests {
    use crate::diag::Edit;
    use crate::check::rules::tests::{codes_of, findings_of};

    fn spec(engine: &str, version: &str, rules: &str) -> String {
        format!(
            "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"127.0.0.1\" }}\n\
             [{engine}.s]\nversion = \"{version}\"\ntopology = \"standalone\"\nhosts = [\"a\"]\n\
             [{engine}.s.users.app]\npasswords = {{ env = \"P\" }}\nrules = \"{rules}\"\n"
        )
    }

    #[test]
    fn writing_can_flush_everything() {
        let none: [&str; 0] = [];
        for (engine, version) in
            [("redis", "6.0"), ("redis", "6.2"), ("redis", "7.2"), ("redis", "8.0"), ("valkey", "9.1")]
        {
            let codes = |rules: &str| codes_of(&spec(engine, version, rules));
            assert_eq!(codes("~a:* +@write"), ["rights-beyond-keys"], "{engine} {version}");
            assert_eq!(codes("~a:* +@all"), ["rights-beyond-keys"]);
            for sound in [
                "~a:* +@read",
                "~a:* +@read +@write -@dangerous",
                "~a:* +@all -@dangerous",
                "~* +@all",
                "~* +@write",
                "~a:* +get +flushdb",
                "~a:* +@all -@dangerous +flushall",
                "+info +monitor",
            ] {
                assert_eq!(codes(sound), none, "{engine} {version} {sound}");
            }
        }
    }

    #[test]
    fn what_a_later_rule_undoes_is_told_there() {
        let codes = |rules: &str| codes_of(&spec("redis", "7.2", rules));
        assert_eq!(codes("~a:* -@dangerous +@read +@write"), ["undone-rule"]);
        assert_eq!(codes("~a:* -flushall -flushdb -swapdb +@write"), ["undone-rule"]);
    }

    #[test]
    fn the_commands_are_named_and_the_fix_mends() {
        let text = spec("redis", "7.2", "~a:* ~b:* +@all");
        let found = &findings_of(&text, &[])[0];
        assert_eq!(
            found.title,
            "`app` is limited to `a:* …`, and may run `flushall`, `flushdb`, `swapdb` and 10 more"
        );
        let fix = found.fix.clone().unwrap();
        let mut mended = text.clone();
        let [Edit::Replace { span, text: new }] = &fix.edits[..] else { panic!("{fix:?}") };
        mended.replace_range(span.range(), new);
        assert_eq!(codes_of(&mended), [""; 0], "{mended}");
        // `+@all` in escapes: nobody knows where the word ends.
        assert!(findings_of(&spec("redis", "7.2", "~a +\\u0040all"), &[])[0].fix.is_none());
    }
}
