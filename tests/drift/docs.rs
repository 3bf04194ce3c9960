//! docs/drift.md says which commands are sent, and with which rights: both are held to what there is.

use cachewright::drift::{Class, Standing, Subject};
use cachewright::live::{Question, TroubleKind};

use crate::observed::servers;
use crate::support::port::Port;

/// The lines of a block of docs/drift.md.
fn block(name: &str) -> Vec<String> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/drift.md");
    let page = std::fs::read_to_string(path).unwrap();
    let (_, rest) = page.split_once(&format!("<!-- {name} -->\n```text\n")).unwrap();
    let (lines, _) = rest.split_once("```\n").unwrap();
    lines.lines().map(str::to_owned).collect()
}

/// One question of each kind; a new kind makes this not compile.
fn questions() -> Vec<Question> {
    let name = || "NAME".to_owned();
    let all = vec![
        Question::Identity,
        Question::Replication,
        Question::Settings,
        Question::Setting("NAME"),
        Question::Users,
        Question::ClusterNodes,
        Question::ClusterState,
        Question::Watched,
        Question::ReplicasOf(name()),
        Question::SentinelsOf(name()),
        Question::Quorum(name()),
        Question::SentinelSettings,
    ];
    for one in &all {
        match one {
            Question::Identity
            | Question::Replication
            | Question::Settings
            | Question::Setting(_)
            | Question::Users
            | Question::ClusterNodes
            | Question::ClusterState
            | Question::Watched
            | Question::ReplicasOf(_)
            | Question::SentinelsOf(_)
            | Question::Quorum(_)
            | Question::SentinelSettings => {}
        }
    }
    all
}

#[test]
fn the_page_lists_every_command_that_is_sent() {
    let sent: Vec<String> = questions().iter().map(|question| question.words().join(" ")).collect();
    assert_eq!(block("commands"), sent);
}

#[test]
fn the_rights_of_the_page_are_enough_and_needed() {
    let rules = block("rights").join(" ");
    let rules: Vec<&str> = rules.split_whitespace().collect();
    for server in servers() {
        let running = server.launch().port(Port::reserve_for_cluster()).line("cluster-enabled yes").start();
        let mut set = vec!["ACL", "SETUSER", "watcher", "reset", "on", "nopass"];
        set.extend(&rules);
        running.command(&set);
        let mut connection = running.connect().unwrap();
        redis::cmd("AUTH").arg("watcher").arg("x").query::<()>(&mut connection).unwrap();
        for question in questions() {
            let words = question.words();
            // A server knows none of these.
            if words[0] == "SENTINEL" {
                continue;
            }
            let words: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
            let answer = redis::cmd(words[0]).arg(&words[1..]).query::<redis::Value>(&mut connection);
            assert!(answer.is_ok(), "{server}: {}: {answer:?}", words.join(" "));
        }
        // Nothing that changes a server is among them.
        for words in [
            &["CONFIG", "SET", "hz", "20"][..],
            &["ACL", "SETUSER", "x"],
            &["SET", "a", "b"],
            &["CLUSTER", "RESET"],
        ] {
            let answer = redis::cmd(words[0]).arg(&words[1..]).query::<redis::Value>(&mut connection);
            let error = answer.unwrap_err();
            assert_eq!(error.code(), Some("NOPERM"), "{server}: {words:?}: {error}");
        }
    }
}

#[test]
fn the_page_names_every_class_and_kind() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/drift.md");
    let page = std::fs::read_to_string(path).unwrap();
    let classes = Class::ALL.iter().map(|class| class.name());
    let troubles = [
        TroubleKind::Unreachable,
        TroubleKind::Timeout,
        TroubleKind::WrongPassword,
        TroubleKind::Occupied,
        TroubleKind::Forbidden,
        TroubleKind::Stranger,
        TroubleKind::Unsupported,
    ];
    let name = String::new;
    let subjects = [
        Subject::Version,
        Subject::Role,
        Subject::Cluster,
        Subject::Slots(name()),
        Subject::Stranger(name()),
        Subject::Certificate,
        Subject::Files,
        Subject::Watch(name()),
        Subject::Setting(name()),
        Subject::User(name()),
    ];
    let standings = [
        Standing::NotRolledOut,
        Standing::Pending,
        Standing::Rewritten,
        Standing::PendingOrRewritten,
        Standing::RunningOnly,
    ];
    let standings = standings.iter().map(|standing| standing.name());
    let kinds = troubles.iter().map(|kind| kind.name()).chain(subjects.iter().map(Subject::kind));
    for word in classes.chain(kinds).chain(standings) {
        assert!(page.contains(&format!("`{word}`")), "{word}");
    }
}
