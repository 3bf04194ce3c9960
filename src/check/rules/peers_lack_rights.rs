//! The rule `peers-lack-rights`.

use crate::catalog::{Engine, Version};
use super::undone_rule;
use crate::check::access::{DEFAULT, is_poisoned, shown, some, users_by_hand};
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::{Code, Finding, Findings};
use crate::model::users::Rights;
use crate::model::{Assigned, Deployment, Model, Topology, User};
use crate::source::{At, Span};
use crate::text::acl::AclRule;
use crate::value::Value;

/// Replicas or sentinels that log in as a user who may not do what they need.
pub(super) static RULE: Rule = Rule {
    code: Code::PeersLackRights,
    group: RuleGroup::Security,
    about: "Replicas or sentinels that log in as a user who may not do what they need",
    why: "The rights of the users that `replication` and `auth` of the sentinels name follow from what they are for. Where
another user is named by hand (`masteruser`, `auth-user`), where the default user is meant, or where the user is
disabled, nobody adds what is missing, and servers start all the same. Tried with one right taken away at a time:

- without `psync` a replica stays empty; without `replconf` its primary does not know its port, and no sentinel finds
  it.
- without `info` sentinels find no replicas; without `publish`, `subscribe` or the channel `__sentinel__:hello` they
  do not find each other; without `ping`, `slaveof`, `exec`, `client|kill` or `config|rewrite` no failover happens.

Let the rights follow: name the user under `replication` or under `auth`, and leave out its `rules`. This is an error
unless `[lints]` says otherwise.",
    source: "tried on Redis 6.2.14 and 7.0.15 and Valkey 8.1.1, one right taken away at a time; syncWithMaster (replication.c) and sentinelSendAuthIfNeeded (sentinel.c) of Redis 7.0.15",
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
config = { masteruser = "replica", masterauth = { env = "REPLICA_PASSWORD" } }

[redis.sessions.users.replica]
passwords = [{ env = "REPLICA_PASSWORD" }]
rules = "+psync +ping"
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

[redis.sessions.users.replica]
passwords = [{ env = "OLD_REPLICA_PASSWORD" }]
"#,
    ),
    stage: Stage::Model(run),
};

/// A command that somebody needs, with its subcommand.
type Need = (&'static str, Option<&'static str>);

/// Without any of these replication or what watches it does not work.
const REPLICA: [Need; 2] = [("psync", None), ("replconf", None)];

/// Without any of these sentinels do not find the servers or each other, or do not fail over.
const SENTINEL: [Need; 8] = [
    ("info", None),
    ("ping", None),
    ("publish", None),
    ("subscribe", None),
    ("exec", None),
    ("slaveof", None),
    ("client", Some("kill")),
    ("config", Some("rewrite")),
];

/// The channel over which sentinels of one primary find each other (sentinel.c).
const HELLO: &str = "__sentinel__:hello";

/// Somebody who logs in at the servers of a deployment.
struct Peer<'m> {
    /// With the verb: the replicas of `s` log.
    who: String,
    /// Whom they log in as, and where that is said.
    user: At<&'m str>,
    needs: &'static [Need],
    hello: bool,
    /// What makes the rights follow.
    help: String,
}

fn run(model: &Model, findings: &mut Findings) {
    for deployment in model.deployments.iter().filter(|deployment| !is_poisoned(deployment)) {
        findings.extend(peers(model, deployment).filter_map(|peer| lacks(deployment, &peer)));
    }
}

/// Who logs in at the servers of a deployment, as far as their users are known.
fn peers<'m>(model: &'m Model, deployment: &'m Deployment) -> impl Iterator<Item = Peer<'m>> {
    let by_hand = deployment.nodes.iter().any(|node| users_by_hand(deployment, node));
    let known = !matches!(deployment.topology, Topology::Standalone) && !by_hand;
    let both = known.then(|| [replicas(deployment), sentinels(model, deployment)]);
    both.into_iter().flatten().flatten()
}

/// Whether it is told here that a user lacks what one of its rules gives and a later one takes back.
pub(super) fn is_told(model: &Model, deployment: &Deployment, user: &User, rule: &AclRule) -> bool {
    let AclRule::Command { allow: true, name, sub } = rule else { return false };
    let rights = deployment.rights(user);
    let is_it = |(needed, needed_sub): &Need| {
        name == needed && (sub.is_none() || sub.as_deref() == *needed_sub) && !rights.may(needed, *needed_sub)
    };
    let mut its = peers(model, deployment).filter(|peer| peer.user.value == user.name.value);
    rights.enabled && its.any(|peer| peer.needs.iter().any(is_it))
}

fn replicas(deployment: &Deployment) -> Option<Peer<'_>> {
    if deployment.nodes.len() < 2 || deployment.poisoned.iter().any(|name| name.ends_with("user")) {
        return None;
    }
    let name = &deployment.name.value;
    let written = |name: &str| deployment.nodes.iter().find_map(|node| deployment.setting(node, name));
    let password = written("masterauth").or_else(|| written("primaryauth"))?;
    let user = written("masteruser").or_else(|| written("primaryuser"));
    let user = match user.map(|setting| (&setting.value, setting.origin.span())) {
        Some((Assigned::Value(Value::Text(text)), Some(span))) if !text.is_empty() => {
            At::new(std::str::from_utf8(text).ok()?, span)
        }
        Some((Assigned::Value(Value::Text(text)), _)) if !text.is_empty() => return None,
        _ => At::new(DEFAULT, password.origin.span()?),
    };
    Some(Peer {
        who: format!("the replicas of `{name}` log"),
        user,
        needs: &REPLICA,
        hello: false,
        help: "name it in `replication = { user = …, password = … }`, and leave out its `rules`: they follow"
            .to_owned(),
    })
}

fn sentinels<'m>(model: &'m Model, deployment: &'m Deployment) -> Option<Peer<'m>> {
    let Topology::Sentinel { watch, .. } = &deployment.topology else { return None };
    let set = model.sentinels.iter().find(|set| set.name.value == watch.set.value)?;
    if set.poisoned.iter().any(|name| name.starts_with("auth")) {
        return None;
    }
    let written = |option: &str| watch.settings.iter().find(|setting| setting.name.value == option);
    let by_hand = written("auth-user").and_then(|setting| {
        let name = setting.lines.first()?.first()?;
        Some(At::new(name.as_str(), setting.name.span))
    });
    let named = || {
        let auth = set.auth.as_ref()?;
        let default = At::new(DEFAULT, auth.password.span);
        Some(auth.user.as_ref().map_or(default, |user| At::new(user.value.as_str(), user.span)))
    };
    let password = || written("auth-pass").map(|setting| At::new(DEFAULT, setting.name.span));
    Some(Peer {
        who: format!("the sentinels `{}` log", set.name.value),
        user: by_hand.or_else(named).or_else(password)?,
        needs: &SENTINEL,
        hello: true,
        help: format!(
            "name it in `auth = {{ user = …, password = … }}` of `[sentinels.{}]`, and leave out its `rules`: they follow",
            set.name.value
        ),
    })
}

fn lacks(deployment: &Deployment, peer: &Peer<'_>) -> Option<Finding> {
    let Peer { who, user: At { value: name, span }, needs, hello, help } = peer;
    let finding = |title: String, place: Span, because: &str| {
        let finding = Finding::new(Code::PeersLackRights, *span, title).of(&deployment.name);
        if place == *span { finding } else { finding.related(place, because) }
    };
    let Some(user) = deployment.users.iter().find(|user| user.name.value == **name) else {
        // The built-in default user may do everything.
        return (*name != DEFAULT).then(|| {
            let title = format!("{who} in as `{name}`, and there is no such user");
            finding(title, *span, "").help(help).note("logging in fails: \"WRONGPASS …\"")
        });
    };
    // A default user that is off because others are declared is an error of its own.
    if !user.complete || (user.derived.is_some() && user.name.value == DEFAULT) {
        return None;
    }
    let rights = deployment.rights(user);
    if !rights.enabled {
        let title = format!("{who} in as `{name}`, which is off");
        let declared = deployment.spec.users.get(name).and_then(|spec| Some(spec.value.enabled?.span));
        return Some(
            finding(title, declared.unwrap_or(user.name.span), "it is off because of this")
                .help(format!("remove `enabled = false` of `{name}`, or let them log in as another user"))
                .note("logging in fails: \"WRONGPASS invalid username-password pair or user is disabled.\""),
        );
    }
    let mut missing: Vec<String> = needs
        .iter()
        .filter(|(name, sub)| !rights.may(name, *sub))
        .map(|(name, sub)| sub.map_or_else(|| format!("+{name}"), |sub| format!("+{name}|{sub}")))
        .collect();
    if *hello && has_channels(deployment) && !hears(rights) {
        missing.push(format!("&{HELLO}"));
    }
    if missing.is_empty() {
        return None;
    }
    let title = format!("{who} in as `{name}`, which lacks {}", some(&missing));
    let note = if *hello {
        "servers start all the same, and no failover happens on the day that it is needed"
    } else {
        "servers start all the same; without `psync` replicas stay empty, without `replconf` no sentinel finds them"
    };
    let undoing = undoing(deployment, user, needs);
    let finding = match undoing {
        Some(by) => finding(title, by.span, &format!("`{}` takes back what stands before it", shown(&by.value))),
        None => finding(title, rules_of(deployment, user), "these are its rights"),
    };
    let place = if undoing.is_some() { "behind that" } else { "to its rules" };
    Some(finding.help(help).help(format!("or add `{}` {place}", missing.join(" "))).note(note))
}

/// The rule of a user that takes back what another gave, of what is needed.
fn undoing<'m>(deployment: &Deployment, user: &'m User, needs: &[Need]) -> Option<&'m At<AclRule>> {
    let gives = |rule: &AclRule| match rule {
        AclRule::Command { allow: true, name, .. } => needs.iter().any(|(needed, _)| name == needed),
        _ => false,
    };
    let at = (0..user.rules.len()).filter(|at| gives(&user.rules[*at].value));
    at.filter_map(|at| undone_rule::undoes(deployment, user, at)).map(|by| &user.rules[by]).next()
}

fn rules_of(deployment: &Deployment, user: &User) -> Span {
    let spec = deployment.spec.users.get(&user.name);
    spec.and_then(|spec| spec.value.rules.as_ref()).map_or(user.name.span, |rules| rules.span)
}

/// ACLs speak of channels from 6.2 on.
fn has_channels(deployment: &Deployment) -> bool {
    deployment.target.engine == Engine::Valkey
        || deployment.target.versions.first >= Version::new(6, 2, 0)
}

/// Whether the channel of sentinels is open. Of patterns that are more than a name and a final star, yes is assumed.
fn hears(rights: &Rights) -> bool {
    let matches = |pattern: &Vec<u8>| {
        let text = String::from_utf8_lossy(pattern).into_owned();
        match text.strip_suffix('*') {
            Some(start) if !start.contains(['*', '?', '[', '\\']) => HELLO.starts_with(start),
            _ if text.contains(['*', '?', '[', '\\']) => true,
            _ => text == HELLO,
        }
    };
    rights.all().any(|access| access.all_channels || access.channels.iter().any(matches))
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::{codes_of, findings_of};

    const NONE: [&str; 0] = [];
    const LACKS: [&str; 1] = ["peers-lack-rights"];

    fn spec(set: &str, rest: &str, table: &str) -> String {
        format!(
            "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"127.0.0.1\" }}\nb = {{ address = \"127.0.0.2\" }}\n\
             c = {{ address = \"127.0.0.3\" }}\n[sentinels.m]\nversion = \"7.2\"\nhosts = [\"a\", \"b\", \"c\"]\n{set}\
             [redis.s]\nversion = \"7.2\"\ntopology = \"sentinel\"\ninitial-primary = \"a\"\nreplicas = [\"b\", \"c\"]\n\
             sentinel = {{ set = \"m\", quorum = 2{table} }}\n{rest}"
        )
    }

    const AUTH: &str = "auth = { user = \"watcher\", password = { env = \"S\" } }\n";
    const LOGIN: &str = "replication = { user = \"r\", password = { env = \"R\" } }\n";

    fn user(name: &str, rules: &str) -> String {
        format!("users.{name} = {{ passwords = {{ env = \"U_{name}\" }}, rules = \"{rules}\" }}\n")
    }

    #[test]
    fn derived_rights_are_enough() {
        assert_eq!(codes_of(&spec(AUTH, LOGIN, "")), NONE);
        assert_eq!(codes_of(&spec(AUTH, &format!("{LOGIN}{}", user("app", "~* +get")), "")), NONE);
        assert_eq!(codes_of(&spec("", "", "")), NONE);
        let one = "replication = { password = { env = \"R\" } }\n";
        assert_eq!(codes_of(&spec("auth = { password = { env = \"R\" } }\n", one, "")), NONE);
    }

    #[test]
    fn users_by_hand_need_everything() {
        let hand = "config.masteruser = \"hand\"\nconfig.masterauth = { env = \"U_hand\" }\n";
        let of = |rules: &str| codes_of(&spec(AUTH, &format!("{hand}{}", user("hand", rules)), ""));
        assert_eq!(of("+psync +replconf +ping"), NONE);
        assert_eq!(of("+@all"), NONE);
        assert_eq!(of("~* +@all -@dangerous"), LACKS);
        assert_eq!(of("+psync +ping"), LACKS);
        assert_eq!(codes_of(&spec(AUTH, &format!("{hand}{}", user("app", "~* +get")), "")), LACKS);
    }

    #[test]
    fn what_a_later_rule_takes_back_is_told_once() {
        let hand = "config.masteruser = \"hand\"\nconfig.masterauth = { env = \"U_hand\" }\n";
        let of = |rules: &str| findings_of(&spec(AUTH, &format!("{hand}{}", user("hand", rules)), ""), &[]);
        let found = of("+psync +replconf +ping -@dangerous");
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].title, "the replicas of `s` log in as `hand`, which lacks `+psync` and `+replconf`");
        assert_eq!(found[0].related[0].label, "`-@dangerous` takes back what stands before it");
        // What no peer needs is told of as ever.
        let codes: Vec<_> = of("+psync +replconf +info -@dangerous").iter().map(|f| f.code.name()).collect();
        assert_eq!(codes, ["peers-lack-rights", "undone-rule"]);
    }

    #[test]
    fn sentinels_by_hand_need_everything() {
        let table = ", auth-user = \"hand\", auth-pass = { env = \"U_hand\" }";
        let of = |rules: &str| codes_of(&spec("", &format!("{LOGIN}{}", user("hand", rules)), table));
        let enough = "+multi +exec +info +ping +publish +subscribe +slaveof +client|kill +config|rewrite";
        assert_eq!(of(&format!("&* {enough}")), NONE);
        assert_eq!(of(&format!("&__sentinel__:* {enough}")), NONE);
        assert_eq!(of(&format!("&other:* {enough}")), LACKS);
        assert_eq!(of("~* &* +@all -@dangerous"), LACKS);
        let found = findings_of(&spec("", &format!("{LOGIN}{}", user("hand", "~* +@all")), table), &[]);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].title, "the sentinels `m` log in as `hand`, which lacks `&__sentinel__:hello`");
    }

    #[test]
    fn whoever_is_off_lets_nobody_in() {
        assert_eq!(codes_of(&spec(AUTH, &format!("{LOGIN}users.r.enabled = false\n"), "")), LACKS);
        let default = "replication = { password = { env = \"D\" } }\n\
                       users.default = { passwords = { env = \"D\" }, rules = \"~* +@read\" }\n";
        assert_eq!(codes_of(&spec(AUTH, default, "")), LACKS);
    }

    #[test]
    fn rules_of_a_derived_user_are_told_once() {
        let found = codes_of(&spec(AUTH, &format!("{LOGIN}{}", user("r", "+ping")), ""));
        assert_eq!(found, ["derived-by-hand"]);
    }
}
