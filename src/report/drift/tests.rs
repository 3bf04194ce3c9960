//! Every form of one report, which has something of everything.

use std::collections::BTreeMap;

use super::*;
use crate::drift::{Accepted, Mend, Problem};
use crate::explain::compile_example;
use crate::live::{LoginSource, PasswordSource, Trouble};
use crate::model::AnyNode;
use crate::pipeline::Compiled;
use crate::spec::{Date, SecretRef};

const SPEC: &str = r#"format = 1
name = "shop"

[hosts]
cache-a1 = { address = "10.0.1.11" }
cache-b1 = { address = "10.0.2.11" }
cache-c1 = { address = "10.0.3.11" }

[redis.sessions]
version = "7.2"
topology = "replicated"
initial-primary = "cache-a1"
replicas = ["cache-b1", "cache-c1"]

[redis.sessions.config]
maxmemory = "4gb"
maxmemory-policy = "volatile-lru"

[redis.sessions.users.app]
passwords = [{ env = "APP_PASSWORD" }]
rules = "~session:* +@read"

[redis.queue]
version = "7.2"
topology = "standalone"
hosts = ["cache-a1"]
port = 6380

[redis.catalog]
version = "7.2"
topology = "replicated"
initial-primary = "cache-a1"
replicas = ["cache-b1"]
port = 6381
"#;

fn text(text: &str) -> Side {
    Side::Text(text.to_owned())
}

fn setting(name: &str, class: Class, wanted: &str, live: &str) -> Difference {
    Difference {
        subject: Subject::Setting(name.to_owned()),
        class,
        wanted: text(wanted),
        live: text(live),
        mend: None,
        span: None,
        note: None,
        standing: None,
    }
}

/// The report of a spec's nodes, with what was found on some of them.
struct Stage {
    compiled: Compiled,
    found: BTreeMap<&'static str, Result<Vec<Difference>, Trouble>>,
    accepted: Vec<Accepted>,
}

impl Stage {
    fn clean() -> Self {
        Stage { compiled: compile_example(SPEC, &[]), found: BTreeMap::new(), accepted: Vec::new() }
    }

    fn everything() -> Self {
        let mut stage = Stage::clean();
        let at = |needle: &str| {
            let start = SPEC.find(needle).unwrap();
            Some(Sources::span(stage.compiled.model.as_ref().unwrap().span.source, start..start + 1))
        };
        let mut memory = setting("maxmemory", Class::Changed, "4gb", "2gb");
        memory.mend = Some(Mend::Command("CONFIG SET maxmemory 4gb".to_owned()));
        memory.span = at("maxmemory =");
        memory.standing = Some(Standing::RunningOnly);
        let mut databases = setting("databases", Class::NotInSpec, "16", "32");
        databases.mend = Some(Mend::Restart);
        let mut io = setting("io-threads", Class::NotInSpec, "1", "4");
        io.mend = Some(Mend::Restart);
        let rules =
            "~session:* ~cart:* resetchannels -@all +@read +client|setname +client|id +cluster|slots -keys";
        let user = Difference {
            subject: Subject::User("app".to_owned()),
            mend: Some(Mend::Command(format!("ACL SETUSER app resetkeys resetchannels -@all {rules}"))),
            span: at("[redis.sessions.users.app]"),
            note: Some("it may also run flushall".to_owned()),
            ..setting("", Class::Changed, rules, &format!("{rules} +flushall"))
        };
        let secret = Difference {
            wanted: Side::Secret,
            live: Side::Secret,
            mend: Some(Mend::ByHand(
                "`CONFIG SET masterauth`, to the password in the variable REPLICA".to_owned(),
            )),
            ..setting("masterauth", Class::Changed, "", "")
        };
        let title = setting("proc-title-template", Class::NotInSpec, "{title}", "a\u{1b}[2Jb");
        let save = Difference {
            standing: Some(Standing::Rewritten),
            mend: Some(Mend::Command("CONFIG REWRITE".to_owned())),
            ..setting("save", Class::AtRestart, "", "900 1")
        };
        let moved = Difference {
            subject: Subject::Role,
            note: Some("cache-a1 led on the first day; the servers decide who does".to_owned()),
            ..setting("", Class::Moved, "replica of 10.0.1.11 6379", "primary")
        };
        let unread = Difference {
            subject: Subject::User("*".to_owned()),
            wanted: Side::Unknown,
            live: Side::Unknown,
            note: Some(
                "ACL LIST: NOPERM User app has no permissions to run the 'acl|list' command".to_owned(),
            ),
            ..setting("", Class::Unreadable, "", "")
        };
        let wrong = "WRONGPASS invalid username-password pair or user is disabled.";
        stage.found = BTreeMap::from([
            ("sessions/cache-a1", Ok(vec![databases.clone(), io.clone(), memory.clone(), user])),
            ("sessions/cache-b1", Ok(vec![moved, memory.clone(), secret])),
            ("sessions/cache-c1", Ok(vec![memory, save, title])),
            ("queue/cache-a1", Ok(vec![unread])),
            ("catalog/cache-a1", Err(Trouble::WrongLogin(wrong.to_owned()))),
            ("catalog/cache-b1", Err(Trouble::NoConnection("Connection refused".to_owned()))),
        ]);
        stage
    }

    fn emit(&self, format: Format, look: Look, deny_moved: bool) -> String {
        let model = self.compiled.model.as_ref().unwrap();
        let reports: Vec<NodeReport<'_>> = AnyNode::all(model)
            .map(|node| NodeReport {
                node,
                outcome: self.found.get(node.name().as_str()).cloned().unwrap_or_else(|| Ok(Vec::new())),
                accepted: self.accepted.iter().filter(|_| node.group() == "queue").cloned().collect(),
            })
            .collect();
        let password = PasswordSource::Spec(SecretRef::Env("CATALOG_PASSWORD".to_owned()));
        let route = |node: &AnyNode<'_>| Route {
            address: crate::live::address_of(model, node),
            via: (node.group() == "queue").then(|| "127.0.0.1:16380".parse().unwrap()),
            login: Some(LoginSource { user: None, password: password.clone() }),
        };
        let routes: Vec<Route> = reports.iter().map(|report| route(&report.node)).collect();
        let mut texts = Sources::default();
        let id = texts.add("baseline.toml", "format = 1\n[[accept]]\nnodes = [\"queue/cache-a1\"]\n");
        let remarks = [Remark {
            span: Sources::span(id, 31..47),
            problem: Problem::Stale,
            text: "`hz` is not `20` on queue/cache-a1 any more: remove the entry".to_owned(),
        }];
        let accepting = Accepting { name: "baseline.toml", sources: &texts, remarks: &remarks };
        let told = Told {
            model,
            sources: &self.compiled.sources,
            reports: &reports,
            routes: &routes,
            baseline: (!self.accepted.is_empty()).then_some(accepting),
            deny_moved,
            asked_at: 1_800_000_000,
        };
        super::emit(&told, format, look)
    }

    fn accepting(mut self) -> Self {
        self.accepted.push(Accepted {
            difference: setting("hz", Class::Changed, "10", "20"),
            reason: "a <test> & more".to_owned(),
            until: Date { year: 2027, month: 3, day: 1 },
        });
        self
    }
}

fn wide(width: usize) -> Look {
    Look { color: false, width: Some(width) }
}

#[test]
fn clean_is_one_line() {
    let look = Look::default();
    assert_eq!(Stage::clean().emit(Format::Human, look, false), "no drift: 6 nodes compared\n");
    assert_eq!(
        Stage::clean().accepting().emit(Format::Human, look, false),
        "no drift: 6 nodes compared; 1 difference accepted in baseline.toml\n"
    );
}

#[test]
fn nothing_observed_is_not_called_clean() {
    let mut stage = Stage::clean();
    let nodes =
        ["catalog/cache-a1", "catalog/cache-b1", "queue/cache-a1", "sessions/cache-a1", "sessions/cache-b1"];
    stage.found = nodes.into_iter().map(|node| (node, Err(Trouble::NoAnswer))).collect();
    let last = |stage: &Stage| {
        let text = stage.emit(Format::Human, Look::default(), false);
        (text.lines().last().unwrap().to_owned(), text.matches("`--timeout` waits longer").count())
    };
    let line = "6 nodes: no drift seen on 1 node, 5 nodes not observed".to_owned();
    // What to do is the same for all of them.
    assert_eq!(last(&stage), (line, 1));
    stage.found.insert("sessions/cache-c1", Err(Trouble::NoAnswer));
    assert_eq!(last(&stage).0, "6 nodes: 6 nodes not observed");
}

#[test]
fn human_at_80_columns() {
    let report = Stage::everything().emit(Format::Human, wide(80), false);
    insta::assert_snapshot!(report);
    for line in report.lines().filter(|line| !line.contains("mend: ACL SETUSER")) {
        assert!(unicode_width::UnicodeWidthStr::width(line) <= 80, "{line}");
    }
}

#[test]
fn human_at_120_columns() {
    insta::assert_snapshot!(Stage::everything().accepting().emit(Format::Human, wide(120), true));
}

#[test]
fn human_in_colours_is_the_same_text() {
    let plain = Stage::everything().emit(Format::Human, wide(80), false);
    let colored = Stage::everything().emit(Format::Human, Look { color: true, ..wide(80) }, false);
    assert_ne!(plain, colored);
    assert_eq!(anstream::adapter::strip_str(&colored).to_string(), plain);
}

#[test]
fn json() {
    insta::assert_snapshot!(Stage::everything().accepting().emit(Format::Json, wide(80), false));
}

#[test]
fn junit() {
    insta::assert_snapshot!(Stage::everything().accepting().emit(Format::Junit, wide(80), false));
}

#[test]
fn github() {
    insta::assert_snapshot!(Stage::everything().accepting().emit(Format::Github, wide(80), false));
}

#[test]
fn prometheus() {
    insta::assert_snapshot!(Stage::everything().accepting().emit(Format::Prometheus, wide(80), false));
}
