//! What holds for every directive of every version, and for values as specs write them.

use proptest::prelude::*;

use super::*;
use crate::catalog::{
    Build, Directive, Engine, Target, Version, VersionRange, directive, directives, supported,
};

const FULL: Build = Build { tls: true, defrag: true, systemd: true, modules: false };

fn exactly(engine: Engine, version: &str) -> Target {
    Target { engine, versions: VersionRange::exactly(version.parse().unwrap()), build: FULL }
}

fn minor(engine: Engine, major: u8, minor: u8) -> Target {
    Target { engine, versions: VersionRange::minor(major, minor), build: FULL }
}

fn redis(name: &str) -> &'static Directive {
    directive(Engine::Redis, name).unwrap()
}

fn judged(name: &str, version: &str, args: &[&str]) -> Judgement {
    judge(redis(name), args, &exactly(Engine::Redis, version))
}

/// Texts that some directive understands, and their neighbours.
fn word() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        8 => prop::sample::select(vec![
            "yes", "no", "default", "nosave", "now", "save", "", "0", "1", "5", "16", "500", "60", "900", "100", "700", "-1",
            "1kb", "64mb", "5%", "normal", "replica", "pubsub", "127.0.0.1", "-::1", "*", "host", "6379", "KEA", "Ex", "An",
            "50", "99.9", "-0", "one", "everysec", "allkeys-lru", "notice", "relative", "local0", "{title} x", "a b",
            "18446744073709551615", "99999999999gb", "900 1 300 10", "\"unbalanced", "4294967297",
        ]).prop_map(|text| text.as_bytes().to_vec()),
        2 => "[0-9kmgb%+-]{1,6}".prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..12),
    ]
}

/// A directive on one of its versions.
fn place() -> impl Strategy<Value = (Target, &'static Directive)> {
    let mut places = Vec::new();
    for engine in [Engine::Redis, Engine::Valkey] {
        for minor in supported(engine) {
            let target = Target { engine, versions: VersionRange::exactly(minor.last_known), build: FULL };
            let known = directives(engine).iter().filter(|d| d.at(minor.last_known).is_some());
            places.extend(known.map(|directive| (target, directive)));
        }
    }
    prop::sample::select(places)
}

/// The lines of a value, as `fold_lines` takes them.
fn folded(directive: &Directive, lines: &[Vec<Vec<u8>>], target: &Target) -> Option<Value> {
    fold_lines(directive, lines, target).value().cloned()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 20_000, ..ProptestConfig::default() })]

    #[test]
    fn what_is_accepted_is_written_and_read_back(
        (target, directive) in place(),
        args in prop::collection::vec(word(), 0..5),
    ) {
        let judgement = judge(directive, &args, &target);
        if let (Verdict::Accepted, Some(value)) = (judgement.verdict, judgement.value()) {
            prop_assert_eq!(folded(directive, &value.to_lines(), &target), Some(value.clone()));
        }
    }

    #[test]
    fn what_is_printed_is_the_same_value_again(
        (target, directive) in place(),
        args in prop::collection::vec(word(), 0..5),
    ) {
        let version = target.versions.first;
        let judgement = judge(directive, &args, &target);
        let Some(value) = judgement.value().filter(|value| !matches!(value, Value::Args(_))) else {
            return Ok(());
        };
        let printed = value.printed(directive, version);
        let again = observed(directive, target.engine, version, &printed);
        // New keys are not printed beside A, and an address with blanks is printed as two.
        if !matches!(value, Value::Events(_) | Value::Addresses(_) | Value::Primary(_)) {
            prop_assert_eq!(again.as_ref(), Some(value));
        }
        prop_assert_eq!(again.map(|again| again.printed(directive, version)), Some(printed));
    }

    #[test]
    fn nothing_panics(
        (target, directive) in place(),
        lines in prop::collection::vec(prop::collection::vec(word(), 0..4), 0..4),
    ) {
        let target = Target { versions: VersionRange::minor(target.versions.first.major, target.versions.first.minor), ..target };
        let folded = fold_lines(directive, &lines, &target);
        for judgement in &folded.judgements {
            prop_assert!(!judgement.spans.is_empty());
            prop_assert_eq!(judgement.spans[0].versions.first, target.versions.first);
            prop_assert_eq!(judgement.spans.last().unwrap().versions.last, target.versions.last);
            if let Some((_, reason)) = judgement.refusal() {
                prop_assert!(!reason.to_string().is_empty());
            }
        }
        for value in &folded.values {
            let _ = (value.to_string(), value.to_lines());
        }
    }

    #[test]
    fn sizes_and_durations_never_panic(text in ".{0,12}") {
        let _ = (parse_size(&text), parse_duration(&text));
    }
}

#[test]
fn every_default_is_accepted_and_prints_itself() {
    for engine in [Engine::Redis, Engine::Valkey] {
        for minor in supported(engine) {
            let version = minor.last_known;
            let target = Target { engine, versions: VersionRange::exactly(version), build: FULL };
            for directive in directives(engine) {
                let Some(default) = directive.at(version).and_then(|facts| facts.default) else { continue };
                let written = Written::Text(default);
                let lines = written_lines(directive, &written, version).unwrap();
                let folded = fold_lines(directive, &lines, &target);
                // 6.x prints all save points and limits in a line that it would not read, and `replicaof` may be
                // empty only where nothing sets it.
                let unreadable = target.versions.first < Version::new(7, 0, 0)
                    && ["save", "client-output-buffer-limit", "bind"].contains(&directive.name);
                let test_build = folded.judgements[0]
                    .refusal()
                    .is_some_and(|(_, r)| matches!(r, Reason::TestBuildsOnly { .. }));
                let file = folded.judgements[0].refusal().is_some_and(|(_, r)| *r == Reason::NotInAFile);
                if unreadable || test_build || file || directive.name == "replicaof" {
                    continue;
                }
                let printed = folded.value().map(|value| value.printed(directive, version));
                assert_eq!(
                    printed.as_deref(),
                    Some(default.as_bytes()),
                    "{} {version}: {:?}",
                    directive.name,
                    folded.judgements
                );
            }
        }
    }
}

#[test]
fn a_range_is_judged_in_every_patch() {
    let judgement = judge(redis("save"), &["900 1"], &minor(Engine::Redis, 7, 0));
    assert_eq!(judgement.verdict, Verdict::Refused, "7.0.0 does not split a single argument");
    assert_eq!(judgement.refusal().unwrap().0, VersionRange::exactly(Version::new(7, 0, 0)));
    // A switch became a choice in 6.0.7, and `yes` is still `yes`.
    assert_eq!(
        judge(redis("tls-auth-clients"), &["yes"], &minor(Engine::Redis, 6, 0)).verdict,
        Verdict::Accepted
    );
    let all = judge(redis("port"), &["x"], &minor(Engine::Redis, 6, 2));
    assert_eq!(all.refusal().unwrap().0, minor(Engine::Redis, 6, 2).versions);
    assert_eq!(judgement.spans.len(), 2);

    let judgement = judge(redis("oom-score-adj"), &["no"], &minor(Engine::Redis, 6, 0));
    assert_eq!(judgement.refusal().unwrap().1, &Reason::NotInThisVersion { stage: Stage::Parse });
    let judgement = judge(redis("maxmemory"), &["1gb"], &minor(Engine::Redis, 6, 0));
    assert_eq!((judgement.verdict, judgement.value()), (Verdict::Accepted, Some(&Value::Bytes(1 << 30))));

    // From 6.2.2 on it is clamped, before it is not: no patch refuses it.
    let judgement = judge(redis("hz"), &["1000"], &minor(Engine::Redis, 6, 2));
    assert_eq!(judgement.verdict, Verdict::AcceptedOtherwise);
}

#[test]
fn builds_decide_for_themselves() {
    let bare = Build { tls: false, defrag: false, systemd: false, modules: false };
    let target = |version: &str| Target { build: bare, ..exactly(Engine::Redis, version) };
    let verdict = |name, version, arg: &str| judge(redis(name), &[arg], &target(version)).verdict;
    assert_eq!(verdict("activedefrag", "7.2.6", "yes"), Verdict::DependsOnBuild);
    assert_eq!(verdict("activedefrag", "7.2.6", "no"), Verdict::Accepted);
    assert_eq!(verdict("tls-port", "6.2.16", "0"), Verdict::DependsOnBuild);
    assert_eq!(verdict("tls-port", "7.2.6", "0"), Verdict::AcceptedOtherwise);
    assert_eq!(verdict("supervised", "7.2.6", "systemd"), Verdict::AcceptedOtherwise);
    assert_eq!(verdict("req-res-logfile", "7.2.6", "x"), Verdict::DependsOnBuild);
}

#[test]
fn quirks_are_told() {
    let note = |name, version, args: &[&str]| judged(name, version, args).otherwise();
    assert_eq!(note("maxmemory", "7.0.15", &["99999999999gb"]), Some(Otherwise::Wraps));
    assert_eq!(note("maxmemory", "7.0.15", &[""]), Some(Otherwise::EmptyIsZero));
    assert_eq!(note("maxmemory", "7.0.15", &["1k"]), None);
    assert_eq!(note("save", "6.2.16", &["900", "1", "300", "10"]), Some(Otherwise::LineIgnored));
    assert_eq!(note("unixsocketperm", "6.2.16", &["888"]), Some(Otherwise::GarbageRead));
    assert_eq!(
        note("client-output-buffer-limit", "6.2.16", &["normal", "foo", "0", "0"]),
        Some(Otherwise::GarbageRead)
    );
    assert_eq!(note("hz", "7.2.6", &["1000"]), Some(Otherwise::Clamped { min: 1, max: 500 }));
    assert_eq!(judged("hz", "6.0.20", &["0"]).refusal().unwrap().1, &Reason::CrashesTheServer);
    assert_eq!(judged("timeout", "7.2.6", &["5", "#", "x"]).refusal().unwrap().1, &Reason::TrailingComment);
    let seconds = judged("timeout", "7.2.6", &["1h"]);
    assert_eq!(seconds.refusal().unwrap().1, &Reason::NotAnInteger(IntegerFault::Unit { means: 3600 }));
}

#[test]
fn lines_add_up_or_replace_each_other() {
    let target = exactly(Engine::Redis, "7.2.6");
    let value = |name: &str, lines: &[&[&str]]| {
        let lines: Vec<Vec<&str>> = lines.iter().map(|line| line.to_vec()).collect();
        let folded = fold_lines(redis(name), &lines, &target);
        folded
            .value()
            .map(|value| String::from_utf8(value.printed(redis(name), target.versions.first)).unwrap())
    };
    assert_eq!(value("save", &[&["900", "1"], &[""], &["60", "5"]]).as_deref(), Some("60 5"));
    assert_eq!(value("save", &[&["900", "1"], &["60", "5"]]).as_deref(), Some("900 1 60 5"));
    assert_eq!(value("timeout", &[&["5"], &["6"]]).as_deref(), Some("6"));
    assert_eq!(value("timeout", &[&["5"], &["x"]]), None);
    assert_eq!(
        value("client-output-buffer-limit", &[&["replica", "1mb", "1mb", "1"], &["normal", "1", "2", "3"]])
            .as_deref(),
        Some("normal 1 2 3 slave 1048576 1048576 1 pubsub 33554432 8388608 60")
    );
    let users = [vec!["a", "on"], vec!["b", "off"]];
    assert_eq!(fold_lines(redis("user"), &users, &target).values.len(), 2);
}

#[test]
fn a_spec_writes_what_is_natural() {
    let version = Version::new(7, 2, 6);
    let lines = |name: &str, value: &Written<'_>| {
        written_lines(redis(name), value, version).map(|lines| {
            lines
                .iter()
                .map(|args| args.iter().map(|a| String::from_utf8_lossy(a).into_owned()).collect::<Vec<_>>())
                .collect::<Vec<_>>()
        })
    };
    let list = |items: &[&'static str]| Written::List(items.iter().map(|item| Written::Text(item)).collect());
    assert_eq!(lines("appendonly", &Written::Bool(true)), Ok(vec![vec!["yes".to_owned()]]));
    assert_eq!(lines("timeout", &Written::Integer(-5)), Ok(vec![vec!["-5".to_owned()]]));
    assert_eq!(lines("save", &list(&["900 1", "300 10"])).unwrap(), [["900", "1"], ["300", "10"]]);
    assert_eq!(lines("save", &list(&[])).unwrap(), [[""]]);
    assert_eq!(lines("save", &Written::Text("")).unwrap(), [[""]]);
    assert_eq!(lines("bind", &list(&["127.0.0.1", "-::1"])).unwrap(), [["127.0.0.1", "-::1"]]);
    assert_eq!(lines("bind", &Written::Text("127.0.0.1 -::1")).unwrap(), [["127.0.0.1", "-::1"]]);
    assert_eq!(lines("shutdown-on-sigterm", &list(&["now", "force"])).unwrap(), [["now", "force"]]);
    assert_eq!(
        lines(
            "latency-tracking-info-percentiles",
            &Written::List(vec![Written::Integer(50), Written::Float(99.9)])
        )
        .unwrap(),
        [["50", "99.9"]]
    );
    assert_eq!(lines("client-output-buffer-limit", &list(&["replica 256mb 64mb 60"])).unwrap()[0].len(), 4);
    assert_eq!(lines("requirepass", &Written::Text("a b")).unwrap(), [["a b"]]);
    assert_eq!(lines("requirepass", &list(&["a"])), Err(BadShape::NotAList));
    assert_eq!(lines("bind", &Written::List(vec![list(&["x"])])), Err(BadShape::NestedList));
    assert_eq!(lines("unixsocketperm", &Written::Integer(0o770)), Err(BadShape::OctalAsText));
    assert_eq!(lines("save", &Written::Text("\"900 1")), Err(BadShape::UnbalancedQuotes));
}

#[test]
fn files_that_do_not_start() {
    let problems = |values: &[(&'static str, Value)], version: &str| {
        let settings = FileSettings { values: values.iter().cloned().collect(), has_user_lines: true };
        file_rules(&settings, &exactly(Engine::Redis, version))
    };
    let on = Value::Bool(true);
    let port = |number| Value::Integer(number);
    let text = |text: &str| Value::Text(text.as_bytes().to_vec());
    let primary = Value::Primary(Some(Primary { host: b"h".to_vec(), port: 1 }));
    assert_eq!(problems(&[], "7.2.6"), []);
    assert_eq!(problems(&[("aclfile", text("/users.acl"))], "7.2.6"), [FileProblem::UsersAndAclFile]);
    assert_eq!(
        problems(&[("cluster-enabled", on.clone()), ("replicaof", primary)], "7.2.6"),
        [FileProblem::ReplicaofInCluster]
    );
    assert_eq!(problems(&[("tls-port", port(1))], "7.2.6"), [FileProblem::TlsWithoutCertificate]);
    let bus = FileProblem::ClusterBusPort { port: 60_000, max: 55_535 };
    let cluster = [("cluster-enabled", on), ("port", port(60_000))];
    assert_eq!(problems(&cluster, "7.2.6"), [bus]);
    let named = [cluster.as_slice(), &[("cluster-port", port(7000))]].concat();
    assert_eq!(problems(&named, "7.2.6"), []);
    assert_eq!(problems(&named, "6.2.16"), [bus]);
    assert_eq!(problems(&[("port", port(0))], "7.2.6"), [FileProblem::ListensNowhere]);
    assert_eq!(problems(&[("port", port(0)), ("unixsocket", text("/s"))], "7.2.6"), []);
    assert_eq!(problems(&[("port", port(5)), ("tls-port", port(5))], "7.2.6").len(), 2);
}

#[test]
fn unknown_names() {
    let plain = |version| exactly(Engine::Redis, version);
    let with_modules = Target { build: Build { modules: true, ..FULL }, ..exactly(Engine::Redis, "8.0.2") };
    assert_eq!(unknown_directive("no.such", 1, &plain("6.2.16")), Unknown::Fatal);
    assert_eq!(unknown_directive("no.such", 1, &plain("7.2.6")), Unknown::FatalLater);
    assert_eq!(unknown_directive("no.such", 0, &plain("7.2.6")), Unknown::Fatal);
    assert_eq!(unknown_directive("nosuch", 1, &plain("7.2.6")), Unknown::Fatal);
    assert_eq!(unknown_directive("nosuch", 1, &plain("8.0.2")), Unknown::FatalLater);
    assert_eq!(unknown_directive("nosuch", 1, &with_modules), Unknown::PerhapsAModules);
}
