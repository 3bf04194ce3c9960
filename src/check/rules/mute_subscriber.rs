//! The rule `mute-subscriber`.

use crate::check::access::{is_poisoned, shown};
use crate::check::rule::{Example, Rule, RuleGroup, Stage};
use crate::diag::{Code, Finding, Findings};
use crate::model::{Deployment, Model, User};
use crate::text::acl::AclRule;

/// A user that may subscribe or publish, and use no channel.
pub(super) static RULE: Rule = Rule {
    code: Code::MuteSubscriber,
    group: RuleGroup::Acl,
    about: "A user that may subscribe or publish, and use no channel",
    why: r#"From 7.0 on channels are closed to a new user as keys are (`acl-pubsub-default resetchannels`): without a pattern of
channels every SUBSCRIBE and PUBLISH is refused ("NOPERM … access one of the channels"). On 6.2 the same rules worked,
so this is what an upgrade breaks.

Add the channels that the user needs, `&orders:*`, or `&*` for all of them.

Users with all commands (`+@all`) are left alone: they were not given publishing in particular."#,
    source: "createACLChannels and ACLSelectorCheckCmd (acl.c) of Redis 7.0.15; tried on Redis 6.2.14, 7.0.15, 8.0.6 and Valkey 9.1.2",
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
rules = "~session:* +@read +@write +@pubsub -@dangerous"
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
rules = "~session:* &session:* +@read +@write +@pubsub -@dangerous"
"#,
    ),
    stage: Stage::Model(run),
};

/// What takes a channel.
const COMMANDS: [&str; 5] = ["subscribe", "psubscribe", "ssubscribe", "publish", "spublish"];

fn run(model: &Model, findings: &mut Findings) {
    for deployment in model.deployments.iter().filter(|deployment| !is_poisoned(deployment)) {
        if deployment.channels_open() {
            continue;
        }
        let declared = deployment.users.iter().filter(|user| user.derived.is_none() && user.complete);
        findings.extend(declared.filter_map(|user| mute(deployment, user)));
    }
}

fn mute(deployment: &Deployment, user: &User) -> Option<Finding> {
    let rights = deployment.rights(user);
    let channels = rights.all().any(|access| access.all_channels || !access.channels.is_empty());
    // One whose channels were taken away again has another finding.
    let had = user.rules.iter().any(|rule| matches!(rule.value, AclRule::Channel(_) | AclRule::AllChannels));
    if channels || had || !COMMANDS.iter().any(|name| rights.may(name, None)) {
        return None;
    }
    let granting = user.rules.iter().find(|rule| match &rule.value {
        AclRule::Category { allow: true, name } => name == "pubsub",
        AclRule::Command { allow: true, name, .. } => {
            COMMANDS.contains(&name.as_str()) && rights.may(name, None)
        }
        _ => false,
    })?;
    let (name, word) = (&user.name.value, shown(&granting.value));
    let title = format!("`{name}` has `{word}` and may use no channel: its rules have no `&` pattern");
    Some(
        Finding::new(Code::MuteSubscriber, granting.span, title)
            .help("add the channels that it uses, such as `&orders:*`, or `&*` for all")
            .note("from 7.0 on a new user has no channels, unless `acl-pubsub-default` is `allchannels`")
            .of(&deployment.name),
    )
}

#[cfg(test)]
mod tests {
    use crate::check::rules::tests::codes_of;

    fn of(version: &str, config: &str, rules: &str) -> Vec<String> {
        codes_of(&format!(
            "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"127.0.0.1\" }}\n\
             [redis.s]\nversion = \"{version}\"\ntopology = \"standalone\"\nhosts = [\"a\"]\n{config}\n\
             [redis.s.users.app]\npasswords = {{ env = \"P\" }}\nrules = \"{rules}\"\n"
        ))
    }

    const NONE: [&str; 0] = [];
    const MUTE: [&str; 1] = ["mute-subscriber"];

    #[test]
    fn channels_are_closed_from_7_0_on() {
        assert_eq!(of("6.2", "", "+subscribe"), NONE);
        assert_eq!(of("6.0", "", "+@pubsub"), NONE);
        for version in ["7.0", "7.2", "8.0"] {
            assert_eq!(of(version, "", "+subscribe"), MUTE);
            assert_eq!(of(version, "", "~a +get +@pubsub"), MUTE);
            assert_eq!(of(version, "", "&a +subscribe"), NONE);
            assert_eq!(of(version, "", "allchannels +publish"), NONE);
            assert_eq!(of(version, "", "~* +@all"), NONE);
        }
    }

    #[test]
    fn the_default_can_be_changed() {
        assert_eq!(of("7.2", "config.acl-pubsub-default = \"allchannels\"", "+subscribe"), NONE);
        assert_eq!(of("6.2", "config.acl-pubsub-default = \"resetchannels\"", "+subscribe"), MUTE);
    }
}
