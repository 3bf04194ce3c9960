use std::path::Path;

use super::*;
use crate::model::Model;
use crate::pipeline::{Compiled, compile};
use crate::spec::{Date, ReadText};

struct One(String);

impl ReadText for One {
    fn read(&self, _: &Path) -> Result<String, String> {
        Ok(self.0.clone())
    }
}

fn compiled(version: &str, set: &str, watch: &str, address: &str) -> Compiled {
    let text = format!(
        "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"{address}\" }}\nb = {{ address = \"10.0.0.2\" }}\n\
         [sentinels.main]\nversion = \"{version}\"\nhosts = [\"a\", \"b\"]\n{set}\n\
         [redis.s]\nversion = \"7.2\"\ntopology = \"sentinel\"\ninitial-primary = \"a\"\nreplicas = [\"b\"]\nconfig.protected-mode = false\nsurvives = \"nothing\"\nlints.open-server = \"allow\"\n\
         [redis.s.sentinel]\nset = \"main\"\nquorum = 2\n{watch}\n"
    );
    let today = Date { year: 2026, month: 1, day: 1 };
    compile(Path::new("a.toml"), &One(text), today)
}

fn model(version: &str, set: &str, watch: &str) -> Model {
    let compiled = compiled(version, set, watch, "10.0.0.1");
    let titles: Vec<_> = compiled.findings.iter().map(|finding| &finding.title).collect();
    assert!(titles.is_empty(), "{titles:?}");
    compiled.model.unwrap()
}

fn codes(version: &str, set: &str, watch: &str) -> Vec<&'static str> {
    compiled(version, set, watch, "10.0.0.1").findings.iter().map(|finding| finding.code.name()).collect()
}

#[test]
fn sentinels_tell_the_address_of_their_host_unless_another_is_written() {
    let told = |set: &str| {
        let model = model("7.2", set, "");
        let set = &model.sentinels[0];
        set.nodes
            .iter()
            .flat_map(|node| lines(&set.globals(node).into_iter().cloned().collect::<Vec<_>>()))
            .collect::<Vec<_>>()
    };
    assert_eq!(told(""), ["announce-ip 10.0.0.1", "announce-ip 10.0.0.2"]);
    assert_eq!(told("config.announce-ip = \"1.2.3.4\""), ["announce-ip 1.2.3.4", "announce-ip 1.2.3.4"]);
    let own = "nodes.b.config.announce-ip = \"1.2.3.4\"";
    assert_eq!(told(own), ["announce-ip 10.0.0.1", "announce-ip 1.2.3.4"]);
}

fn lines(settings: &[WatchSetting]) -> Vec<String> {
    let line =
        |setting: &WatchSetting, line: &Vec<String>| format!("{} {}", setting.name.value, line.join(" "));
    settings.iter().flat_map(|setting| setting.lines.iter().map(move |one| line(setting, one))).collect()
}

#[test]
fn a_set_has_nodes_plain_directives_and_its_own() {
    let set = "[sentinels.main.config]\nloglevel = \"verbose\"\ndeny-scripts-reconfig = true\n\
               sentinel-pass = { env = \"P\" }\n[sentinels.main.nodes.b.config]\nannounce-ip = \"1.2.3.4\"";
    let model = model("7.0", set, "");
    let set = &model.sentinels[0];
    assert_eq!(
        set.nodes.iter().map(|node| (node.id.0.as_str(), node.port)).collect::<Vec<_>>(),
        [("a", 26379), ("b", 26379)]
    );
    let names = |node| set.settings(node).map(|setting| setting.name.as_str()).collect::<Vec<_>>();
    assert_eq!(names(&set.nodes[0]), ["bind", "dir", "loglevel", "port"]);
    assert_eq!(lines(&set.global), ["deny-scripts-reconfig yes"]);
    assert!(set.global.iter().any(|one| one.name.value == "sentinel-pass" && one.secret.is_some()));
    let own: Vec<_> = set.globals(&set.nodes[1]).into_iter().map(|one| one.name.value.as_str()).collect();
    assert_eq!(own, ["announce-ip", "deny-scripts-reconfig", "sentinel-pass"]);
}

#[test]
fn a_deployments_settings_are_read_by_the_sentinels_version() {
    let watch = "down-after-milliseconds = 5000\nrename-command = [\"CONFIG c1\", \"SLAVEOF s1\"]";
    let model = model("7.0", "", watch);
    let Topology::Sentinel { watch, .. } = &model.deployments[0].topology else { panic!() };
    assert_eq!(
        lines(&watch.settings),
        ["down-after-milliseconds 5000", "rename-command CONFIG c1", "rename-command SLAVEOF s1"]
    );
}

#[test]
fn each_mistake_is_found_once() {
    let watch = |text| codes("7.0", "", text);
    assert_eq!(watch("down-after-milliseconds = \"30s\""), ["reinterpreted-value"]);
    assert_eq!(watch("down-after-milliseconds = 0"), ["invalid-value"]);
    assert_eq!(watch("down-after-miliseconds = 5"), ["unknown-directive"]);
    assert_eq!(watch("resolve-hostnames = true"), ["misplaced-key"]);
    assert_eq!(watch("loglevel = \"verbose\""), ["misplaced-key"]);
    assert_eq!(watch("auth-pass = \"x\""), ["literal-secret"]);
    assert_eq!(watch("auth-user = \"my app\""), ["unrepresentable"]);
    assert_eq!(watch("monitor = \"x\""), ["derived-by-hand"]);
    assert_eq!(watch("rename-command = [\"CONFIG a\", \"config b\"]"), ["contradictory-settings"]);
    assert_eq!(codes("6.2", "", "master-reboot-down-after-period = 5"), ["unavailable-directive"]);
    let set = |text: &str| codes("7.0", &format!("[sentinels.main.config]\n{text}"), "");
    assert_eq!(set("resolve-hostname = true"), ["unknown-directive"]);
    assert_eq!(set("parallel-syncs = 2"), ["misplaced-key"]);
    assert_eq!(set("port = 26380"), ["derived-by-hand"]);
    assert_eq!(set("announce-hostnames = \"on\""), ["invalid-value"]);
    assert_eq!(set("myid = \"abc\""), ["derived-by-hand"]);
}

#[test]
fn names_have_to_be_resolved() {
    let named = |version, set| compiled(version, set, "", "cache-a.example");
    let set = named("7.0", "").model.unwrap().sentinels.remove(0);
    assert_eq!(lines(&set.global), ["announce-hostnames yes", "resolve-hostnames yes"]);
    let by_hand = named("7.0", "[sentinels.main.config]\nresolve-hostnames = false");
    assert_eq!(by_hand.findings.iter().map(|f| f.code).collect::<Vec<_>>(), [Code::DerivedByHand]);
    let old = named("6.0", "");
    assert!(old.findings.iter().any(|f| f.code == Code::ReinterpretedValue));
    assert!(old.model.unwrap().sentinels[0].global.is_empty());
}

#[test]
fn an_observer_makes_a_file_of_users() {
    let observer = "observer = { user = \"o\", password = { env = \"O\" } }";
    let with = |version: &str, rest: &str| {
        let model = model(version, &format!("{observer}\n{rest}"), "");
        let set = model.sentinels[0].clone();
        let users: Vec<_> =
            set.users.iter().map(|user| (user.name.value.clone(), user.passwords.len())).collect();
        let file = set.setting(&set.nodes[0], "aclfile").is_some();
        (users, file)
    };
    let named = |default: usize| vec![("default".to_owned(), default), ("o".to_owned(), 1)];
    assert_eq!(with("6.2", ""), (named(0), true));
    assert_eq!(with("7.2", "config.requirepass = { env = \"P\" }"), (named(1), true));
    for (version, rest) in [
        ("6.0", ""),
        ("7.2", "nodes.a.config.requirepass = { env = \"P\" }"),
        ("7.2", "config.user = \"x on nopass +ping\""),
    ] {
        let codes = codes(version, &format!("{observer}\n{rest}"), "");
        assert_eq!(codes, ["contradictory-settings"], "{version} {rest}");
    }
}
