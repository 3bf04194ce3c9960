use std::path::Path;

use crate::model::Assigned;
use crate::pipeline::{Compiled, compile};
use crate::spec::{Date, ReadText};
use crate::value::Value;

struct One(String);

impl ReadText for One {
    fn read(&self, _: &Path) -> Result<String, String> {
        Ok(self.0.clone())
    }
}

fn compiled(version: &str, topology: &str, rest: &str) -> Compiled {
    let text = format!(
        "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"127.0.0.1\" }}\nb = {{ address = \"127.0.0.2\" }}\n\
         [redis.s]\nversion = \"{version}\"\n{topology}\n{rest}\n"
    );
    compile(Path::new("a.toml"), &One(text), Date { year: 2026, month: 1, day: 1 })
}

fn codes(topology: &str, rest: &str) -> Vec<&'static str> {
    let compiled = compiled("7.2", topology, rest);
    compiled.findings.iter().map(|finding| finding.code.name()).collect()
}

/// What every node has of a directive.
fn values(topology: &str, rest: &str, name: &str) -> Vec<Option<String>> {
    let model = compiled("7.2", topology, rest).model.unwrap();
    let deployment = &model.deployments[0];
    let value = |node| match &deployment.setting(node, name)?.value {
        Assigned::Value(Value::Integer(number)) => Some(number.to_string()),
        Assigned::Value(Value::Bool(on)) => Some(on.to_string()),
        other => panic!("{other:?}"),
    };
    deployment.nodes.iter().map(value).collect()
}

const REPLICATED: &str = "topology = \"replicated\"\ninitial-primary = \"a\"\nreplicas = [\"b\"]";
const NONE: [&str; 0] = [];

const FILES: &str =
    "config.tls-cert-file = \"/c\"\nconfig.tls-key-file = \"/k\"\nconfig.tls-ca-cert-file = \"/a\"\n";

#[test]
fn tls_by_hand_is_told_once_where_others_have_to_know() {
    let files = FILES;
    for line in
        ["tls-port = 6390", "tls-replication = true", "tls-port = 6390\nconfig.tls-replication = \"yes\""]
    {
        assert_eq!(codes(REPLICATED, &format!("{files}config.{line}")), ["derived-by-hand"], "{line}");
        assert_eq!(codes(REPLICATED, &format!("config.{line}")), ["derived-by-hand"], "{line}");
    }
    let alone = "topology = \"standalone\"\nhosts = [\"a\", \"b\"]";
    assert_eq!(codes(alone, &format!("{files}config.tls-port = 6390")), NONE);
    assert_eq!(codes(REPLICATED, &format!("{files}config.tls-port = {{ override = 6390 }}")), NONE);
    assert_eq!(codes(REPLICATED, "config.tls-port = 0\nconfig.tls-replication = false"), NONE);
    let node = format!("{files}nodes.a.config.tls-port = 6390");
    assert_eq!(codes(REPLICATED, &node), ["derived-by-hand"]);
}

const TABLE: &str = "tls = { cert-file = \"/c\", key-file = \"/k\", ca-cert-file = \"/a\" }";

#[test]
fn a_port_beside_the_plain_one_counts_up_with_it() {
    let table = TABLE.replace(" }", ", port = 7100 }");
    let some = |ports: &[u16]| ports.iter().map(|port| Some(port.to_string())).collect::<Vec<_>>();
    let alone = "topology = \"standalone\"\nport = 7000\nhosts = [\"a\", \"b\", \"a\"]";
    assert_eq!(values(alone, &table, "tls-port"), some(&[7100, 7100, 7101]));
    assert_eq!(codes(alone, &table), NONE);
    let cluster =
        "topology = \"cluster\"\nport = 7000\nhosts = [\"a\", \"b\"]\nshards = 3\nsurvives = \"nothing\"";
    assert_eq!(values(cluster, &table, "tls-port"), some(&[7100, 7100, 7101]));
    let last = TABLE.replace(" }", ", port = 65535 }");
    assert_eq!(codes(alone, &last), ["invalid-value"]);
}

#[test]
fn replication_speaks_tls_where_there_is_any() {
    let alone = "topology = \"standalone\"\nhosts = [\"a\", \"b\"]";
    assert_eq!(values(alone, TABLE, "tls-replication"), [None, None]);
    let on = Some("true".to_owned());
    assert_eq!(values(REPLICATED, TABLE, "tls-replication"), [on.clone(), on.clone()]);
    let asked = TABLE.replace(" }", ", replication = true }");
    assert_eq!(values(alone, &asked, "tls-replication"), [on.clone(), on]);
    // Where nobody's certificate is looked at, no authority is needed.
    let open = "tls = { cert-file = \"/c\", key-file = \"/k\", auth-clients = \"no\" }";
    assert_eq!(codes(alone, open), NONE);
    assert_eq!(codes(REPLICATED, open), ["incomplete-tls"]);
}

#[test]
fn a_key_with_a_password_needs_a_server_that_can_be_told_it() {
    let table = TABLE.replace(" }", ", key-file-password = { env = \"KEY\" } }");
    for (version, expected) in [("6.0", 1), ("6.2", 1), ("6.2.2", 0), ("7.2", 0)] {
        let compiled = compiled(version, REPLICATED, &table);
        let titles: Vec<_> = compiled.findings.iter().map(|finding| finding.title.as_str()).collect();
        let title = format!("`tls.key-file-password` needs Redis 6.2.2, and `s` runs {version}");
        assert_eq!(titles, vec![title.as_str(); expected], "{version}");
    }
}

#[test]
fn a_table_or_a_build_without_tls_is_told_as_before() {
    assert_eq!(codes(REPLICATED, &format!("{TABLE}\nconfig.tls-replication = true")), NONE);
    assert_eq!(codes(REPLICATED, &format!("tls = 3\n{FILES}config.tls-replication = true")), ["wrong-type"]);
    let without = "build = { tls = false }\nconfig.tls-replication = true";
    assert!(!codes(REPLICATED, without).contains(&"derived-by-hand"));
    assert!(codes(REPLICATED, without).contains(&"contradictory-settings"));
}
