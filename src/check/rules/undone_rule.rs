//! The rule `undone-rule`.

use std::collections::BTreeMap;

use crate::catalog::acl;
use super::peers_lack_rights::is_told;
use crate::check::access::{is_poisoned, shown, some};
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::{Code, Finding, Findings};
use crate::model::{Deployment, Model, User};
use crate::source::{At, Span};
use crate::text::acl::AclRule;

/// A rule of a user that a later one undoes.
pub(super) static RULE: Rule = Rule {
    code: Code::UndoneRule,
    group: RuleGroup::Acl,
    about: "A rule of a user that a later one undoes",
    why: "Servers read the rules of a user from left to right, and the last one that speaks of a command, a key or a
channel counts. What stands in the wrong order starts without a word:

- `+info -@dangerous` cannot run INFO, because INFO is among the dangerous commands. Write `-@dangerous +info`.
- `-@dangerous +@write` can run FLUSHALL, because FLUSHALL writes. Write `+@write -@dangerous`.
- `-flushall +@all` can run FLUSHALL. Write `+@all -flushall`.
- `~app:* allkeys` is not limited to any keys. Remove one of the two.
- `nopass` says nothing where the user has `passwords`, which are written behind it.
- `on` among the rules goes before `enabled = false`, and `off` before `enabled = true`.

A category that takes commands away from what was granted as a category (`+@read +@write -@dangerous`) is what
categories are for, and a command granted behind it (`-@dangerous +info`) is an exception from it.",
    source: "ACLSetUser and ACLSetSelector (acl.c) of Redis 6.0.16 to 7.2.6; tried on Redis 6.0.16, 6.2.14, 7.0.15, 8.0.6 and Valkey 9.1.2",
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
rules = "~session:* +@read +@write +info -@dangerous"
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
rules = "~session:* +@read +@write -@dangerous +info"
"#,
    ),
    stage: Stage::Model(run),
};

fn run(model: &Model, findings: &mut Findings) {
    for deployment in model.deployments.iter().filter(|deployment| !is_poisoned(deployment)) {
        for user in deployment.users.iter().filter(|user| user.derived.is_none() && user.complete) {
            findings.append(undone_by_order(model, deployment, user));
            findings.extend(needless_nopass(deployment, user));
            findings.extend(two_states(deployment, user));
        }
    }
}

/// One finding for each rule that undoes others.
fn undone_by_order(model: &Model, deployment: &Deployment, user: &User) -> Findings {
    let mut by: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for at in 0..user.rules.len() {
        let undoing = undoes(deployment, user, at);
        if let Some(undoing) = undoing.filter(|_| !is_told(model, deployment, user, &user.rules[at].value)) {
            by.entry(undoing).or_default().push(at);
        }
    }
    by.into_iter().filter_map(|(undoing, undone)| told(deployment, user, undoing, &undone)).collect()
}

/// The later rule that leaves nothing of what a rule says.
pub(super) fn undoes(deployment: &Deployment, user: &User, at: usize) -> Option<usize> {
    let rule = &user.rules[at].value;
    let later = || user.rules.iter().enumerate().skip(at + 1);
    let last = |speaks: &dyn Fn(&AclRule) -> bool| {
        later().filter(|(_, other)| speaks(&other.value)).last().map(|(at, other)| (at, &other.value))
    };
    match rule {
        AclRule::Command { allow, name, sub } => {
            let (at, by) = last(&|other| covers(deployment, other, name, sub.as_deref()))?;
            (grants(by) != *allow).then_some(at)
        }
        AclRule::AllCommands | AclRule::Category { allow: true, .. } => {
            let (at, by) = last(&|other| match (rule, other) {
                (_, AclRule::AllCommands | AclRule::NoCommands | AclRule::Reset) => true,
                (AclRule::Category { name, .. }, AclRule::Category { name: other, .. }) => name == other,
                _ => false,
            })?;
            (!grants(by)).then_some(at)
        }
        // What the category forbids, and a later one allows again.
        AclRule::Category { allow: false, name } => later()
            .rfind(|(_, other)| match &other.value {
                AclRule::AllCommands => true,
                AclRule::Category { allow: true, .. } => {
                    !allowed_again(deployment, user, name, &other.value).is_empty()
                }
                _ => false,
            })
            .map(|(at, _)| at)
            .filter(|at| !forbidden_again(user, *at, name)),
        AclRule::KeyPattern { .. } => {
            let (at, _) = last(&|other| {
                matches!(other, AclRule::AllKeys | AclRule::ResetKeys | AclRule::Reset)
            })?;
            Some(at)
        }
        AclRule::AllKeys => {
            let (at, by) =
                last(&|other| matches!(other, AclRule::AllKeys | AclRule::ResetKeys | AclRule::Reset))?;
            (*by != AclRule::AllKeys).then_some(at)
        }
        AclRule::Channel(_) => {
            let (at, _) = last(&|other| {
                matches!(other, AclRule::AllChannels | AclRule::ResetChannels | AclRule::Reset)
            })?;
            Some(at)
        }
        AclRule::AllChannels => {
            let (at, by) = last(&|other| {
                matches!(other, AclRule::AllChannels | AclRule::ResetChannels | AclRule::Reset)
            })?;
            (*by != AclRule::AllChannels).then_some(at)
        }
        AclRule::Selector(_) => {
            last(&|other| matches!(other, AclRule::ClearSelectors | AclRule::Reset)).map(|(at, _)| at)
        }
        _ => None,
    }
}

/// Whether a rule behind another one forbids the category, or everything, once more.
fn forbidden_again(user: &User, at: usize, category: &str) -> bool {
    user.rules.iter().skip(at + 1).any(|rule| match &rule.value {
        AclRule::NoCommands | AclRule::Reset => true,
        AclRule::Category { allow: false, name } => name == category,
        _ => false,
    })
}

/// The commands that a category forbids and a granting rule behind it allows, as far as the user has them.
fn allowed_again(deployment: &Deployment, user: &User, forbidden: &str, by: &AclRule) -> Vec<String> {
    let target = deployment.target;
    let rights = deployment.rights(user);
    let in_both = |command: &&'static acl::Command| {
        let Some(facts) = command.at(target.versions.first) else { return false };
        let granted = match by {
            AclRule::Category { name, .. } => facts.categories.contains(&name.as_str()),
            _ => true,
        };
        granted && facts.categories.contains(&forbidden)
    };
    let named = |command: &acl::Command| {
        user.rules.iter().any(|rule| match &rule.value {
            AclRule::Command { name, sub, .. } => {
                let full = sub.as_ref().map_or_else(|| name.clone(), |sub| format!("{name}|{sub}"));
                full == command.name
            }
            _ => false,
        })
    };
    let commands = acl::commands(target.engine).iter().filter(in_both).filter(|command| !named(command));
    let has = |command: &&acl::Command| {
        let (name, sub) = match command.name.split_once('|') {
            Some((name, sub)) => (name, Some(sub)),
            None => (command.name, None),
        };
        rights.root.may(name, sub)
    };
    commands.filter(has).map(|command| command.name.to_owned()).collect()
}

/// Whether a rule speaks of a whole command or subcommand.
fn covers(deployment: &Deployment, rule: &AclRule, name: &str, sub: Option<&str>) -> bool {
    let target = deployment.target;
    match rule {
        AclRule::AllCommands | AclRule::NoCommands | AclRule::Reset => true,
        AclRule::Command { name: other, sub: other_sub, .. } => {
            name == other && (other_sub.is_none() || other_sub.as_deref() == sub)
        }
        AclRule::Category { name: category, .. } => {
            let holds = |command: &acl::Command| {
                let facts = command.at(target.versions.first);
                facts.is_some_and(|facts| facts.categories.contains(&category.as_str()))
            };
            let itself = acl::command(target.engine, name, sub).is_some_and(holds);
            // The category of a container alone is nobody's business: its subcommands are what is run.
            let mut subs = acl::subcommands(target.engine, name, target.versions.first)
                .filter(|sub| !sub.name.ends_with("|help"))
                .peekable();
            itself || (sub.is_none() && subs.peek().is_some() && subs.all(holds))
        }
        _ => false,
    }
}

fn grants(rule: &AclRule) -> bool {
    matches!(
        rule,
        AclRule::AllCommands
            | AclRule::Command { allow: true, .. }
            | AclRule::Category { allow: true, .. }
    )
}

fn told(deployment: &Deployment, user: &User, undoing: usize, undone: &[usize]) -> Option<Finding> {
    let by = &user.rules[undoing];
    let first = &user.rules[*undone.first()?];
    let names: Vec<String> = undone.iter().map(|at| shown(&user.rules[*at].value)).collect();
    let (name, what, word) = (&user.name.value, some(&names), shown(&by.value));
    let them = if names.len() == 1 { "it" } else { "them" };
    let behind = format!("write {what} behind `{word}`, or remove {them}");
    let (title, help) = match (&first.value, &by.value) {
        (AclRule::Category { allow: false, name: category }, granting) if grants(granting) => {
            let again = allowed_again(deployment, user, category, granting);
            let title = format!("`{name}` may run {} although {what} forbids that: `{word}` allows it again", some(&again));
            (title, behind)
        }
        (AclRule::Command { allow: false, .. }, _) => {
            (format!("`{name}` may run what {what} forbids: `{word}` allows it again"), behind)
        }
        (AclRule::KeyPattern { .. }, AclRule::AllKeys) => {
            let help = format!("remove `{word}`, or remove {what} where all keys are meant");
            (format!("`{name}` is not limited to {what}: `{word}` allows all keys"), help)
        }
        (AclRule::Channel(_), AclRule::AllChannels) => {
            let help = format!("remove `{word}`, or remove {what} where all channels are meant");
            (format!("`{name}` is not limited to {what}: `{word}` allows all channels"), help)
        }
        (_, AclRule::Reset | AclRule::NoCommands | AclRule::ResetKeys | AclRule::ResetChannels | AclRule::ClearSelectors) => {
            let title = format!("`{name}` does not have {what}: `{word}` takes back what stands before it");
            (title, format!("write `{word}` first, or remove it"))
        }
        _ => (format!("`{name}` does not have {what}: `{word}` takes {them} back"), behind),
    };
    let mut finding = Finding::new(Code::UndoneRule, first.span, title);
    // Where escapes hide the words, both are the whole text.
    if by.span != first.span {
        finding = finding.related(by.span, "this counts, it stands behind");
    }
    Some(finding.help(help).note("servers read rules from left to right").of(&deployment.name))
}

/// `nopass` of a user with passwords.
fn needless_nopass(deployment: &Deployment, user: &User) -> Option<Finding> {
    let nopass = user.rules.iter().rfind(|rule| rule.value == AclRule::NoPass)?;
    let password = user.passwords.first()?;
    if !deployment.rights(user).free {
        return None;
    }
    let name = &user.name.value;
    let title = format!("`nopass` of `{name}` has no effect: a password is asked for");
    Some(
        Finding::new(Code::UndoneRule, nopass.span, title)
            .related(password.span, "the user has a password")
            .help("remove `nopass`, or `passwords` where anybody may log in as it")
            .note("a password behind `nopass` takes it away")
            .of(&deployment.name),
    )
}

/// A state among the rules that is not the declared one.
fn two_states(deployment: &Deployment, user: &User) -> Option<Finding> {
    let declared: At<bool> = deployment.spec.users.get(&user.name)?.enabled?;
    let is_state = |rule: &&At<AclRule>| matches!(rule.value, AclRule::On | AclRule::Off);
    let state = user.rules.iter().skip(1).rfind(is_state)?;
    if deployment.rights(user).enabled == declared.value {
        return None;
    }
    let (name, word) = (&user.name.value, shown(&state.value));
    let becomes = if declared.value { "off" } else { "on" };
    let title = format!("`{name}` is {becomes} although `enabled = {}`: `{word}` among its rules counts", declared.value);
    let place: Span = state.span;
    Some(
        Finding::new(Code::UndoneRule, place, title)
            .related(declared.span, "declared here")
            .help(format!("remove `{word}` from the rules"))
            .of(&deployment.name),
    )
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::findings_of;

    fn titles(version: &str, user: &str) -> Vec<String> {
        let spec = format!(
            "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"127.0.0.1\" }}\n\
             [redis.s]\nversion = \"{version}\"\ntopology = \"standalone\"\nhosts = [\"a\"]\n\
             [redis.s.lints]\nrights-beyond-keys = \"allow\"\nmute-subscriber = \"allow\"\npowerless-user = \"allow\"\nopen-user = \"allow\"\n\
             unused-lint-level = \"allow\"\n\
             [redis.s.users.app]\n{user}\n"
        );
        findings_of(&spec, &[])
            .into_iter()
            .map(|finding| {
                assert_eq!(finding.code.name(), "undone-rule", "{user}: {}", finding.title);
                finding.title
            })
            .collect()
    }

    fn rules(version: &str, rules: &str) -> Vec<String> {
        titles(version, &format!("passwords = {{ env = \"P\" }}\nrules = \"{rules}\""))
    }

    #[test]
    fn the_usual_orders_are_silent() {
        for version in ["6.0", "6.2", "7.2", "8.0"] {
            for sound in [
                "~a:* +@read +@write -@dangerous",
                "~a:* +@read +@write -@dangerous +info +client|list",
                "~* +@all -flushall -flushdb",
                "~* -@all +get +set",
                "resetkeys ~a:* nocommands +get",
                "~* +@all -config +config|get",
                "reset on ~a:* +get",
                "~* +@all -@dangerous +@admin -@dangerous",
                "~* +get +@read",
            ] {
                assert_eq!(rules(version, sound), [""; 0], "{version} {sound}");
            }
        }
        assert_eq!(rules("7.2", "resetchannels &a:* +subscribe"), [""; 0]);
    }

    #[test]
    fn what_is_taken_back_is_told() {
        for version in ["6.0", "6.2", "7.0", "8.0"] {
            assert_eq!(
                rules(version, "~* +info -@dangerous"),
                ["`app` does not have `+info`: `-@dangerous` takes it back"]
            );
            assert_eq!(
                rules(version, "~* +get +@read -@all +ping"),
                ["`app` does not have `+get` and `+@read`: `-@all` takes back what stands before it"]
            );
            assert_eq!(
                rules(version, "~a ~b resetkeys ~c +get"),
                ["`app` does not have `~a` and `~b`: `resetkeys` takes back what stands before it"]
            );
        }
        // All of its subcommands but HELP are gone.
        assert_eq!(rules("7.2", "~* +config -@dangerous").len(), 1);
        assert_eq!(rules("7.2", "~* +client -@dangerous").len(), 0);
        assert_eq!(rules("7.2", "~* +config|get -config").len(), 1);
    }

    #[test]
    fn what_is_allowed_again_is_told() {
        let again = rules("7.2", "~* -@dangerous +@write");
        assert_eq!(
            again,
            ["`app` may run `flushall`, `flushdb`, `migrate` and 5 more although `-@dangerous` forbids that: \
              `+@write` allows it again"]
        );
        assert_eq!(
            rules("7.2", "~* -flushall +@all"),
            ["`app` may run what `-flushall` forbids: `+@all` allows it again"]
        );
        assert_eq!(rules("7.2", "~* -@dangerous +@all").len(), 1);
        assert_eq!(rules("7.2", "~* -@dangerous +@hash"), [""; 0]);
    }

    #[test]
    fn limits_that_limit_nothing() {
        assert_eq!(
            rules("7.2", "~a:* allkeys +get"),
            ["`app` is not limited to `~a:*`: `~*` allows all keys"]
        );
        assert_eq!(rules("7.2", "~a &b allchannels +get").len(), 1);
        assert_eq!(rules("7.2", "~a (~b +set) clearselectors +get").len(), 1);
    }

    #[test]
    fn states_and_passwords() {
        assert_eq!(rules("7.2", "nopass ~* +get").len(), 1);
        assert_eq!(titles("7.2", "rules = \"nopass ~* +get\""), [""; 0]);
        assert_eq!(
            titles("7.2", "enabled = false\npasswords = { env = \"P\" }\nrules = \"on ~* +get\""),
            ["`app` is on although `enabled = false`: `on` among its rules counts"]
        );
        assert_eq!(titles("7.2", "passwords = { env = \"P\" }\nrules = \"off ~* +get\""), [""; 0]);
    }

    #[test]
    fn what_is_broken_is_told_once() {
        let spec = "format = 1\nname = \"x\"\n[hosts]\na = { address = \"127.0.0.1\" }\n\
             [redis.s]\nversion = \"7.2\"\ntopology = \"standalone\"\nhosts = [\"a\"]\n\
             users.app = { passwords = { env = \"P\" }, rules = \"+info -@dangerous +nope\" }\n";
        let codes: Vec<_> = findings_of(spec, &[]).iter().map(|finding| finding.code.name()).collect();
        assert_eq!(codes, ["invalid-acl"]);
    }
}
