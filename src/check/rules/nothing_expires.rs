//! The rule `nothing-expires`.

use crate::check::access::{default_user, is_poisoned, users_by_hand};
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::check::running::{Running, faults, whose};
use crate::check::servers::Servers;
use crate::diag::{Code, Finding, Findings};
use crate::model::{Deployment, Model};
use crate::source::Span;

/// A policy that evicts keys with a time to live, where nobody can give one.
pub(super) static RULE: Rule = Rule {
    code: Code::NothingExpires,
    group: RuleGroup::Memory,
    about: "A policy that evicts keys with a time to live, where nobody can give one",
    why: r#"A policy of `volatile-…` evicts only keys that have a time to live. Where there is none it is `noeviction` by another
name: a full server answers each write with "OOM command not allowed when used memory > 'maxmemory'".

Said where the declared users prove it: none of those that can log in has SET, SETEX, PSETEX, GETEX, EXPIRE, PEXPIRE,
EXPIREAT, PEXPIREAT or RESTORE, and scripts may call no more than who runs them. HEXPIRE and its like give fields of a
hash a time to live, not its key.

Give the application `+expire`, or use a policy of `allkeys-…` where any key may go."#,
    source: "evict.c (performEvictions) and expire.c of Redis 7.0.15; hash fields tried on Redis 8.0.6",
    fails: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11", zone = "a" }

[redis.carts]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]

[redis.carts.config]
maxmemory = "1gb"
maxmemory-policy = "volatile-lru"

[redis.carts.users.app]
passwords = [{ env = "APP_PASSWORD" }]
rules = "~cart:* +@hash +@connection -@dangerous"
"#,
    ),
    passes: Example::spec(
        r#"format = 1
name = "shop"

[hosts]
cache-a = { address = "10.0.1.11", zone = "a" }

[redis.carts]
version = "7.2"
topology = "standalone"
hosts = ["cache-a"]

[redis.carts.config]
maxmemory = "1gb"
maxmemory-policy = "volatile-lru"

[redis.carts.users.app]
passwords = [{ env = "APP_PASSWORD" }]
rules = "~cart:* +@hash +@connection +expire -@dangerous"
"#,
    ),
    stage: Stage::Model(run),
};

const POLICY: &str = "maxmemory-policy";
/// What gives a key a time to live, or writes one that has it.
const GIVING: [&str; 10] = [
    "set",
    "setex",
    "psetex",
    "getex",
    "expire",
    "pexpire",
    "expireat",
    "pexpireat",
    "restore",
    "restore-asking",
];

fn run(model: &Model, findings: &mut Findings) {
    for deployment in model.deployments.iter().filter(|deployment| !is_poisoned(deployment)) {
        let Some(users) = deployment.spec.users.iter().next().map(|(name, _)| name.span) else { continue };
        if may_expire(deployment) {
            continue;
        }
        for (place, nodes) in faults(Servers::of_deployment(deployment), volatile) {
            let Some(policy) = nodes.first().and_then(|running| running.word(POLICY)) else {
                continue;
            };
            let title = format!("`{policy}` of {} finds nothing to evict: no user may give a key a time to live", whose(&nodes));
            findings.push(
                Finding::new(Code::NothingExpires, place, title)
                    .related(users, "the users begin here")
                    .help("add `+expire` to the rules of those who write, or use a policy of `allkeys-…`")
                    .note("a full server would answer each write with \"OOM command not allowed when used memory > 'maxmemory'\"")
                    .of(&deployment.name),
            );
        }
    }
}

/// Where a limited server is told to evict what has a time to live.
fn volatile(running: &Running<'_>) -> Option<Span> {
    let limited = running.number("maxmemory").is_some_and(|bytes| bytes > 0);
    let policy = running.word(POLICY)?;
    running.place(POLICY).filter(|_| limited && policy.starts_with("volatile-"))
}

/// Whether somebody may give a key a time to live, or it is not known: commands of modules may, and users by hand.
fn may_expire(deployment: &Deployment) -> bool {
    let modules = deployment.target.build.modules;
    let by_hand = deployment.nodes.iter().any(|node| users_by_hand(deployment, node));
    let unread = deployment.users.iter().any(|user| !user.complete);
    let may = || {
        deployment.users.iter().any(|user| {
            let rights = deployment.rights(user);
            rights.enabled && GIVING.iter().any(|command| rights.may(command, None))
        })
    };
    modules || by_hand || unread || default_user(deployment).is_none() || may()
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    const FOUND: [&str; 1] = ["nothing-expires"];

    fn with(rules: &str, more: &str) -> Vec<String> {
        let spec = super::RULE.fails.spec.replace("~cart:* +@hash +@connection -@dangerous", rules);
        codes_of(&format!("{spec}{more}"))
    }

    #[test]
    fn whoever_may_set_may_set_one() {
        assert_eq!(with("~* +@hash +@list", ""), FOUND);
        assert_eq!(with("~* +@all -@string -@keyspace -@dangerous", ""), FOUND);
        for giving in ["+set", "+@string", "+expire", "+@all", "+getex", "+@write"] {
            assert_eq!(with(&format!("~* +@hash {giving} -@dangerous"), ""), [""; 0], "{giving}");
        }
    }

    #[test]
    fn one_user_is_enough_if_it_can_log_in() {
        let other = "[redis.carts.users.other]\npasswords = { env = \"P\" }\nrules = \"~* +set\"\n";
        assert_eq!(with("~* +@hash", other), [""; 0]);
        assert_eq!(with("~* +@hash", &format!("{other}enabled = false\n")), FOUND);
    }

    #[test]
    fn without_users_everybody_may() {
        let spec = super::RULE.fails.spec;
        let users = spec.find("[redis.carts.users.app]").unwrap();
        assert!(!codes_of(&spec[..users]).contains(&FOUND[0].to_owned()));
    }
}
