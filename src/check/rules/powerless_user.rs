//! The rule `powerless-user`.

use super::undone_rule::undoes;
use crate::check::access::is_poisoned;
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::{Code, Finding, Findings};
use crate::model::users::{Access, Rights};
use crate::model::{Deployment, Model, User};
use crate::source::Span;
use crate::text::acl::AclRule;

/// A user that nobody can log in as, or that can do nothing.
pub(super) static RULE: Rule = Rule {
    code: Code::PowerlessUser,
    group: RuleGroup::Acl,
    about: "A user that nobody can log in as, or that can do nothing",
    why: "A user begins with nothing: without a password it can never log in, without commands each answer is NOPERM, and
without key patterns each command that takes a key is. Servers start with all of these, and the application finds
out.

Give it what it lacks: `passwords`, commands (`+@read`), key patterns (`~session:*`, or `~*` for all keys). A user
that is kept for later says so by `enabled = false`, of which nothing is said.

A user without key patterns that may run INFO is taken for one that monitors, and needs none.",
    source: "ACLAuthenticateUser and ACLCheckAllUserCommandPerm (acl.c) of Redis 7.0.15; tried on Redis 6.0.16, 6.2.14, 7.0.15, 8.0.6 and Valkey 9.1.2",
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
rules = "+@read +@write -@dangerous"
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

fn run(model: &Model, findings: &mut Findings) {
    for deployment in model.deployments.iter().filter(|deployment| !is_poisoned(deployment)) {
        let declared = deployment.users.iter().filter(|user| user.derived.is_none() && user.complete);
        findings.extend(declared.filter_map(|user| powerless(deployment, user)));
    }
}

fn powerless(deployment: &Deployment, user: &User) -> Option<Finding> {
    let rights = deployment.rights(user);
    let name = &user.name.value;
    // What was given and taken back is told where it was taken.
    let undone = (0..user.rules.len()).any(|at| undoes(deployment, user, at).is_some());
    let spec = deployment.spec.users.get(name)?;
    let finding = |place: Span, title: String| {
        Finding::new(Code::PowerlessUser, place, title).of(&deployment.name)
    };
    if undone {
        return None;
    }
    if !rights.enabled {
        // `off` is meant; that `reset` means it too, few know.
        let reset = user.rules.iter().rfind(|rule| rule.value == AclRule::Reset)?;
        let off = user.rules.iter().any(|rule| rule.value == AclRule::Off);
        return (!off).then(|| {
            finding(reset.span, format!("nobody can log in as `{name}`: `reset` among its rules switches it off"))
                .help("remove `reset`, which a user of a file does not need, or write `on` behind it")
        });
    }
    if !rights.free && !rights.has_hash && user.passwords.is_empty() {
        let whom = if name == "default" { "nobody is" } else { "nobody can log in as" };
        return Some(
            finding(user.name.span, format!("{whom} `{name}`: it has no password"))
                .help("add `passwords = { env = \"…\" }`, or `enabled = false` while it is not used")
                .note("\"WRONGPASS invalid username-password pair or user is disabled.\""),
        );
    }
    let place = spec.rules.as_ref().map_or(user.name.span, |rules| rules.span);
    if rights.all().all(Access::has_no_commands) {
        return Some(
            finding(place, format!("`{name}` may run no command"))
                .help("allow some in its `rules`, such as `+@read +@write -@dangerous`")
                .note("it can log in, and every command is refused (\"NOPERM …\")"),
        );
    }
    if lacks_keys(rights) {
        return Some(
            finding(place, format!("`{name}` may use no key: its rules have no key pattern"))
                .help("add the keys that it works on, such as `~session:*`, or `~*` for all")
                .note("every command that takes a key is refused (\"NOPERM …\")"),
        );
    }
    None
}

/// Commands on data and no keys to use them on.
fn lacks_keys(rights: &Rights) -> bool {
    // All commands of these categories take a key.
    const DATA: [&str; 8] =
        ["string", "hash", "list", "set", "sortedset", "stream", "bitmap", "hyperloglog"];
    let has_keys = rights.all().any(|access| access.all_keys || !access.keys.is_empty());
    let on_data = || {
        rights.all().flat_map(Access::commands).any(|command| {
            let facts = command.revisions.last();
            facts.is_some_and(|facts| facts.categories.iter().any(|category| DATA.contains(category)))
        })
    };
    !has_keys && !rights.may("info", None) && on_data()
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::{codes_of, findings_of};

    fn spec(version: &str, user: &str) -> String {
        format!(
            "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"127.0.0.1\" }}\n\
             [redis.s]\nversion = \"{version}\"\ntopology = \"standalone\"\nhosts = [\"a\"]\n\
             [redis.s.users.app]\n{user}\n"
        )
    }

    fn title(user: &str) -> Option<String> {
        let found = findings_of(&spec("7.2", user), &[]);
        assert!(found.len() < 2, "{user}: {found:?}");
        found.into_iter().next().map(|finding| finding.title)
    }

    const PASSWORD: &str = "passwords = { env = \"P\" }\n";

    #[test]
    fn nobody_logs_in() {
        assert_eq!(title("rules = \"~* +get\"").unwrap(), "nobody can log in as `app`: it has no password");
        assert_eq!(title("rules = \"~* +get\"\nenabled = false"), None);
        assert_eq!(title("rules = \"off ~* +get\""), None);
        let hash = "0123456789abcdef".repeat(4);
        assert_eq!(title(&format!("rules = \"#{hash} ~* +get\"")), None);
        let reset = title(&format!("{PASSWORD}rules = \"reset ~* +get\""));
        assert!(reset.unwrap().contains("`reset`"));
        assert_eq!(title(&format!("{PASSWORD}rules = \"reset on ~* +get\"")), None);
    }

    #[test]
    fn no_command_and_no_key() {
        assert_eq!(title(PASSWORD).unwrap(), "`app` may run no command");
        assert_eq!(title(&format!("{PASSWORD}rules = \"~*\"")).unwrap(), "`app` may run no command");
        assert!(title(&format!("{PASSWORD}rules = \"+get\"")).unwrap().contains("no key pattern"));
        assert!(title(&format!("{PASSWORD}rules = \"+@all -@dangerous\"")).unwrap().contains("no key pattern"));
        assert_eq!(title(&format!("{PASSWORD}rules = \"~* +get -@all\"")).unwrap().split(' ').nth(1), Some("does"));
        for sound in ["+ping", "+info +config|get +slowlog", "+@all", "+@connection", "~a +get", "(~a +get)"] {
            assert_eq!(title(&format!("{PASSWORD}rules = \"{sound}\"")), None, "{sound}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_told_once() {
        for broken in ["passwords = \"pw\"\nrules = \"~* +get\"", "passwords = { env = \"P\" }\nrules = 3", "passwords = 3", "rules = \"+nope\""] {
            assert_eq!(codes_of(&spec("7.2", broken)).len(), 1, "{broken}");
        }
    }
}
