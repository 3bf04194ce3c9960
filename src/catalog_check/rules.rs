//! Words of ACL rules, tried on a user that is made for it and removed again.

use super::report::{Aspect, Report};
use crate::catalog::Target;
use crate::catalog::acl::{self, AclArg, AclRule, SanitizePrinted, Subcommands};
use crate::live::Failure;
use crate::live::redis::RedisServer;

/// The user; one of that name that was there before would be lost, so it is a name that nobody has.
const USER: &str = "cachewright-verify-catalog";

/// 64 hexadecimal digits: what a hash looks like.
const HASH: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

/// Compares which rules the server takes, and how ACLs behave as a whole.
pub(super) fn check(server: &mut RedisServer, target: &Target, report: &mut Report) -> Result<(), Failure> {
    for rule in acl::rules(target.engine) {
        let ours = rule.since <= target.versions.first;
        let theirs = takes(server, &samples(rule))?;
        report.compare(Aspect::AclRules, rule.text, (ours, theirs), |taken| said(*taken));
        if let Some(other) = rule.same_as.filter(|_| ours && theirs) {
            let own = listed(server, &samples(rule))?;
            let same = listed(server, &samples_of(other, rule.arg))?;
            report.compare(Aspect::AclRules, rule.text, (same, own), |line| format!("`{line}`"));
        }
    }
    let Some(behaviour) = acl::behaviour(target.engine, target.versions.first) else { return Ok(()) };
    let any = behaviour.subcommands == Subcommands::AnyFirstArgument;
    let theirs = takes(server, &["+config|nothing".to_owned()])?;
    report.compare(Aspect::AclRules, "+config|nothing", (any, theirs), |taken| said(*taken));
    let theirs = takes(server, &["+@all".to_owned(), "-config|get".to_owned()])?;
    report.compare(Aspect::AclRules, "-config|get", (!any, theirs), |taken| said(*taken));

    let fresh = listed(server, &[])?;
    let open = fresh.contains(" &* ") || !fresh.contains("resetchannels");
    report.compare(Aspect::AclRules, "channels of a new user", (behaviour.channels_open, open), |open| {
        if *open { "all" } else { "none" }.to_owned()
    });
    let skipped = target.versions.first >= acl_since(target, "skip-sanitize-payload")
        && listed(server, &["skip-sanitize-payload".to_owned()])?.contains("sanitize-payload");
    let printed = match (fresh.contains("sanitize-payload"), skipped) {
        (true, _) => SanitizePrinted::Always,
        (false, true) => SanitizePrinted::WhenSkipped,
        (false, false) => SanitizePrinted::Never,
    };
    report.compare(
        Aspect::AclRules,
        "sanitize-payload in ACL LIST",
        (behaviour.sanitize_printed, printed),
        |p| format!("{p:?}"),
    );
    remove(server)
}

/// The first version with a rule; one that never comes where there is none.
fn acl_since(target: &Target, text: &str) -> crate::catalog::Version {
    let rule = acl::rules(target.engine).iter().find(|rule| rule.text == text);
    rule.map_or(crate::catalog::Version::new(u8::MAX, 0, 0), |rule| rule.since)
}

/// Rules that show whether the server knows one; the last of them holds it.
fn samples(rule: &AclRule) -> Vec<String> {
    samples_of(rule.text, rule.arg)
}

fn samples_of(text: &str, arg: Option<AclArg>) -> Vec<String> {
    let own = expand(text, arg);
    match (text, arg) {
        // What is removed has to be there.
        ("<", _) => vec![">secret".to_owned(), own],
        ("!", _) => vec![format!("#{HASH}"), own],
        // To all channels, which some new users may use, no pattern can be added.
        (_, Some(AclArg::ChannelPattern)) => vec!["resetchannels".to_owned(), own],
        _ => vec![own],
    }
}

/// A rule's word or prefix with an argument of its kind.
fn expand(text: &str, arg: Option<AclArg>) -> String {
    let arg = match arg {
        None => "",
        Some(AclArg::Password) => "secret",
        Some(AclArg::PasswordHash) => HASH,
        Some(AclArg::KeyPattern | AclArg::ChannelPattern) => "cache:*",
        Some(AclArg::Command) => "get",
        Some(AclArg::Category) => "read",
        Some(AclArg::Databases) => "0",
        Some(AclArg::Selector) => "+get)",
    };
    format!("{text}{arg}")
}

/// Whether a new user can be made with these rules.
fn takes(server: &mut RedisServer, rules: &[String]) -> Result<bool, Failure> {
    let taken = match make(server, rules) {
        Ok(()) => true,
        Err(Failure::Refused(_)) => false,
        Err(failure) => return Err(failure),
    };
    remove(server)?;
    Ok(taken)
}

/// How `ACL LIST` prints a new user with these rules.
fn listed(server: &mut RedisServer, rules: &[String]) -> Result<String, Failure> {
    make(server, rules)?;
    let lines = server.texts(&["ACL", "LIST"])?;
    remove(server)?;
    let prefix = format!("user {USER} ");
    lines
        .into_iter()
        .find_map(|line| line.strip_prefix(&prefix).map(str::to_owned))
        .ok_or(Failure::Nonsense("ACL LIST"))
}

fn make(server: &mut RedisServer, rules: &[String]) -> Result<(), Failure> {
    let mut command = vec!["ACL", "SETUSER", USER];
    command.extend(rules.iter().map(String::as_str));
    server.command(&command).map(drop)
}

fn remove(server: &mut RedisServer) -> Result<(), Failure> {
    server.command(&["ACL", "DELUSER", USER]).map(drop)
}

fn said(taken: bool) -> String {
    if taken { "it is taken" } else { "it is refused" }.to_owned()
}
