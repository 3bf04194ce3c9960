use std::path::Path;

use super::*;
use crate::catalog::{Build, Engine};
use crate::spec::{ReadText, decode, load};
use crate::text::acl::read_rules;

struct One(String);

impl ReadText for One {
    fn read(&self, _: &Path) -> Result<String, String> {
        Ok(self.0.clone())
    }
}

const BUILD: Build = Build { tls: true, defrag: true, systemd: false, modules: false };

/// The users of a deployment as lines without passwords, and the findings: code, what they point at, title.
fn lower(engine: &str, version: &str, rest: &str) -> (Vec<String>, Vec<(Code, String, Finding)>) {
    let text = format!(
        "format = 1\nname = \"x\"\n[{engine}.d]\nversion = \"{version}\"\ntopology = \"standalone\"\n{rest}\n"
    );
    let mut findings = Findings::default();
    let layers = load(Path::new("a.toml"), &One(text), &mut findings);
    let spec = decode(&layers, &mut findings).unwrap();
    assert!(findings.is_empty(), "{findings:?}");
    let (engine, table) =
        if engine == "redis" { (Engine::Redis, &spec.redis) } else { (Engine::Valkey, &spec.valkey) };
    let record = &table.get("d").unwrap().value;
    let target = Target { engine, versions: record.version.as_ref().unwrap().value, build: BUILD };
    let login = record.replication.as_ref().map(|credentials| Login {
        user: credentials.value.user.clone(),
        password: credentials.value.password.clone().unwrap(),
    });
    let observer = record.observer.as_ref().map(|observer| Login {
        user: observer.value.user.clone(),
        password: observer.value.password.clone().unwrap(),
    });
    let sentinel = login.clone().filter(|_| rest.contains("# sentinel too"));
    let from = UserSources {
        declared: &record.users,
        replication: login.as_ref(),
        sentinel: sentinel.as_ref(),
        target: &target,
        observer: observer.as_ref(),
        in_cluster: false,
        requirepass: None,
        channels_open: None,
        deployment: "d",
        sources: &layers.sources,
    };
    let users = users(&from, &mut findings);
    let lines = users.iter().map(|user| {
        let rules: Vec<_> = user.rules.iter().map(|rule| rule.value.clone()).collect();
        let line = String::from_utf8(write_acl_line(&user.name.value, &rules).unwrap()).unwrap();
        format!("{line} ({} passwords)", user.passwords.len())
    });
    findings.sort();
    let at = |finding: &Finding| layers.sources.slice(finding.span().unwrap()).to_owned();
    (lines.collect(), findings.into_iter().map(|f| (f.code, at(&f), f)).collect())
}

fn findings(engine: &str, version: &str, rules: &str) -> Vec<(String, String)> {
    let (_, found) = lower(engine, version, &format!("users.app.rules = {rules}"));
    found.into_iter().map(|(_, at, finding)| (at, finding.title)).collect()
}

#[test]
fn declared_users_close_the_default_one() {
    let (users, found) = lower(
        "redis",
        "7.2",
        "users.app = { passwords = [{ env = \"A\" }, { env = \"B\" }], rules = [\"~app:*\", \"+@read -@dangerous\"] }\n\
         users.gone = { enabled = false }",
    );
    assert_eq!(found, []);
    assert_eq!(
        users,
        [
            "user app on ~app:* +@read -@dangerous (2 passwords)",
            "user default off (0 passwords)",
            "user gone off (0 passwords)",
        ]
    );
    let (users, _) = lower("redis", "7.2", "users.default.rules = \"nopass +@all\"");
    assert_eq!(users, ["user default on nopass +@all (0 passwords)"]);
    assert_eq!(lower("redis", "7.2", "").0, Vec::<String>::new());
}

#[test]
fn each_refused_rule_is_found_at_its_word() {
    assert_eq!(
        findings("redis", "7.2", "'~a +gett (+config|gte) @read ~* ~b'"),
        [
            ("+gett".into(), "Redis 7.2 refuses a rule of `app`: no such command: `gett`".into()),
            (
                "+config|gte".into(),
                "Redis 7.2 refuses a rule of `app`: no such subcommand: `config|gte`".into()
            ),
            (
                "@read".into(),
                format!("a rule of `app` cannot be read: {}", crate::text::Problem::AclUnknownRule)
            ),
            (
                "~b".into(),
                "Redis 7.2 refuses a rule of `app`: a key pattern after all keys were allowed".into()
            ),
        ] as [(String, String); 4]
    );
    // Escapes: the word's own place is not known, the string's is.
    let found = findings("redis", "7.2", "\"+g\\u0065tt\"");
    assert_eq!(found[0].0, "\"+g\\u0065tt\"");
    let found = findings("redis", "7.2", "[\"on\", \"\"\"\n+get\n+nope\"\"\"]");
    assert_eq!(found.iter().map(|(at, _)| at.as_str()).collect::<Vec<_>>(), ["+nope"]);
}

#[test]
fn help_names_what_was_meant() {
    let help = |rules: &str| {
        let (_, found) = lower("redis", "7.2", &format!("users.app.rules = \"{rules}\""));
        assert_eq!(found.len(), 1, "{rules}: {found:?}");
        found[0].2.help.join("; ")
    };
    assert!(help("+gett").contains("`get`"));
    assert!(help("+config|gett").contains("`config|get`"));
    assert!(help("+@raed").contains("`@read`"));
    assert!(help("@read").contains("`+@read`"));
    assert!(help("get").contains("`+get`"));
    assert!(help("session:*").contains("`~`"));
    assert!(help("nopas").contains("`nopass`"));
    assert!(help("-select|1").contains("-select +select|"));
    assert!(help("db=0").contains("remove"));
}

#[test]
fn versions_differ() {
    let titles = |engine, version, rules: &str| {
        findings(engine, version, &format!("\"{rules}\""))
            .into_iter()
            .map(|(_, title)| title)
            .collect::<Vec<_>>()
    };
    for (engine, version, rules, refused) in [
        ("redis", "6.0", "resetchannels", true),
        ("redis", "6.2", "resetchannels &a", false),
        ("redis", "6.2", "&a", true),
        ("redis", "7.0", "&a", false),
        ("redis", "6.2", "%R~a", true),
        ("redis", "7.0", "%R~a (~b +get)", false),
        ("redis", "6.2", "(~b +get)", true),
        ("redis", "6.0", "+getdel", true),
        ("redis", "6.0", "+lpos", true),
        ("redis", "6.0.16", "+lpos", false),
        ("redis", "6.2", "-config|get", true),
        ("redis", "7.0", "-config|get", false),
        ("redis", "6.0", "+@all +config|get", true),
        ("redis", "6.2", "+@all +config|get", false),
        ("redis", "8.0", "db=0", true),
        ("valkey", "9.1", "db=0", false),
        ("valkey", "8.1", "db=0", true),
    ] {
        let found = titles(engine, version, rules);
        assert_eq!(!found.is_empty(), refused, "{engine} {version} {rules}: {found:?}");
        assert!(found.len() <= 1);
    }
}

#[test]
fn passwords_never_stand_in_rules() {
    let (users, found) = lower("redis", "7.2", "users.app.rules = \"on >hunter2 ~a <hunter3\"");
    assert_eq!(found.iter().map(|(code, ..)| *code).collect::<Vec<_>>(), [Code::LiteralSecret; 2]);
    assert_eq!(found[0].1, ">hunter2");
    assert!(found.iter().all(|(.., finding)| !format!("{finding:?}").contains("hunter")));
    assert!(!format!("{users:?}").contains("hunter"));
    let hash = "0123456789abcdef".repeat(4);
    assert!(findings("redis", "7.2", &format!("\"#{hash}\"")).is_empty());
}

#[test]
fn rights_are_derived() {
    let login = "replication = { user = \"sync\", password = { env = \"R\" } }";
    let (users, found) = lower("redis", "6.2", login);
    assert_eq!(found, []);
    assert_eq!(
        users,
        [
            "user default on nopass ~* &* +@all (0 passwords)",
            "user sync on resetchannels +ping +psync +replconf (1 passwords)"
        ]
    );
    assert!(lower("redis", "6.0", login).0[1].contains("on +ping"));
    assert!(lower("valkey", "8.0", login).0[1].contains("+sync"));
    // Declared for its passwords alone.
    let (users, found) =
        lower("redis", "7.2", &format!("{login}\nusers.sync.passwords = [{{ env = \"OLD\" }}]"));
    assert_eq!(found, []);
    assert!(users[1].ends_with("+replconf (2 passwords)"), "{users:?}");
    let (_, found) = lower("redis", "7.2", &format!("{login}\nusers.sync.rules = \"+@all\""));
    assert_eq!((found[0].0, found[0].1.as_str(), found.len()), (Code::DerivedByHand, "\"+@all\"", 1));
    // One name for both: replicas must not close the channels that sentinels need.
    let (users, _) = lower("redis", "7.2", &format!("{login} # sentinel too"));
    let rules = read_rules(users[1].split(" (").next().unwrap().trim_start_matches("user sync ")).plain();
    let closed = rules.iter().position(|rule| *rule == AclRule::ResetChannels).unwrap();
    assert!(rules.iter().position(|rule| *rule == AclRule::AllChannels).unwrap() > closed);
    // Nobody's rights are derived who logs in as the default user.
    assert_eq!(lower("redis", "7.2", "replication = { password = { env = \"R\" } }").0, Vec::<String>::new());
}

#[test]
fn an_observer_leaves_the_default_user_as_it_is() {
    let observer = "observer = { user = \"o\", password = { env = \"O\" } }";
    let rights = "user o on resetchannels +info +config|get +acl|list (1 passwords)";
    let (lines, findings) = lower("redis", "7.2", observer);
    assert!(findings.is_empty());
    assert_eq!(lines, ["user default on nopass ~* &* +@all (0 passwords)", rights]);
    // What replicas show is its password, which nothing but the file of users makes it ask for.
    let replication = format!("{observer}\nreplication = {{ password = {{ env = \"R\" }} }}");
    let (lines, _) = lower("redis", "7.2", &replication);
    assert_eq!(lines, ["user default on ~* &* +@all (1 passwords)", rights]);
    let users = format!("{observer}\n[redis.d.users.a]\npasswords = {{ env = \"A\" }}");
    let (lines, _) = lower("redis", "7.2", &users);
    assert!(lines.contains(&"user default off (0 passwords)".to_owned()), "{lines:?}");
    let (_, findings) = lower("redis", "7.2", &observer.replace("\"o\"", "\"default\""));
    assert_eq!(findings[0].2.title, "the observer cannot be the default user");
}

#[test]
fn a_name_that_a_file_cannot_hold() {
    let (_, found) = lower("redis", "7.2", "replication = { user = \"a b\", password = { env = \"R\" } }");
    assert_eq!((found[0].0, found[0].1.as_str()), (Code::Unrepresentable, "\"a b\""));
}

#[test]
fn derived_rules_are_valid_in_every_version() {
    let redis = ["6.0.0", "6.0.20", "6.2.0", "6.2.16", "7.0.0", "7.2.6", "7.4.1", "8.0.6"];
    let valkey = ["7.2.7", "8.0.1", "8.1.1", "9.1.2"];
    let all = redis.map(|v| (Engine::Redis, v)).into_iter().chain(valkey.map(|v| (Engine::Valkey, v)));
    for (engine, version) in all {
        let version = version.parse().unwrap();
        for rules in [replication_rules(engine, version), sentinel_rules(engine, version)] {
            let line = String::from_utf8(write_acl_line("u", &rules).unwrap()).unwrap();
            let read = read_rules(line.trim_start_matches("user u "));
            assert_eq!(judge(&read.rules, engine, version, true), [], "{engine} {version}");
        }
    }
}
