//! Specs with a canary in every place that a secret may stand in.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use cachewright::catalog::{self, Engine, Version, VersionRange};
use tempfile::TempDir;

use crate::places::{self, Place};
use crate::search::Canary;

/// The first version whose sentinels have users.
const WITH_SENTINEL_USERS: Version = Version::new(6, 2, 0);

/// A spec in a folder of its own, with its secrets.
pub(crate) struct Planted {
    pub(crate) folder: TempDir,
    pub(crate) engine: Engine,
    pub(crate) text: String,
    pub(crate) canaries: Vec<Canary>,
    files: Vec<(PathBuf, Canary)>,
    variables: Vec<(String, Canary)>,
}

impl Planted {
    /// The spec of an engine and minor.
    pub(crate) fn new(engine: Engine, versions: VersionRange) -> Self {
        let folder = TempDir::with_prefix("cachewright-secrets-").unwrap();
        let mut planted = Planted {
            folder,
            engine,
            text: String::new(),
            canaries: Vec::new(),
            files: Vec::new(),
            variables: Vec::new(),
        };
        planted.text = planted.write(versions);
        planted.write_files();
        std::fs::write(planted.spec(), &planted.text).unwrap();
        planted
    }

    /// One for every supported minor of every engine with secrets.
    pub(crate) fn all() -> impl Iterator<Item = Planted> {
        [Engine::Redis, Engine::Valkey].into_iter().flat_map(|engine| {
            catalog::supported(engine)
                .iter()
                .map(move |minor| Planted::new(engine, VersionRange::exactly(minor.last_known)))
        })
    }

    /// The newest of each engine.
    pub(crate) fn newest() -> impl Iterator<Item = Planted> {
        [Engine::Redis, Engine::Valkey].into_iter().map(|engine| {
            Planted::new(engine, VersionRange::exactly(catalog::supported(engine).last().unwrap().last_known))
        })
    }

    pub(crate) fn spec(&self) -> PathBuf {
        self.folder.path().join("spec.toml")
    }

    /// Puts the secrets into the environment of a command.
    pub(crate) fn give(&self, command: &mut Command) {
        command.envs(self.variables.iter().map(|(name, canary)| (name, canary.value())));
    }

    /// The secret behind a reference, as manifests name it.
    pub(crate) fn behind(&self, reference: &str) -> Canary {
        let variable = |name| self.variables.iter().find(|(known, _)| known == name);
        let file = |path| self.files.iter().find(|(known, _)| known == Path::new(path));
        let found = match reference.split_once(':').unwrap() {
            ("env", name) => variable(name).map(|(_, canary)| *canary),
            ("file", path) => file(path).map(|(_, canary)| *canary),
            _ => None,
        };
        found.unwrap_or_else(|| panic!("{reference} is none of ours"))
    }

    /// Other secrets in the same places.
    pub(crate) fn rotate(&mut self) {
        for canary in &mut self.canaries {
            canary.0 += 5000;
        }
        let all = self.variables.iter_mut().map(|(_, canary)| canary);
        for canary in all.chain(self.files.iter_mut().map(|(_, canary)| canary)) {
            canary.0 += 5000;
        }
        self.write_files();
    }

    fn write_files(&self) {
        for (path, canary) in &self.files {
            crate::site::write(path, format!("{}\n", canary.value()).as_bytes(), 0o600);
        }
    }

    /// A reference to a new secret; every third one is in a file.
    fn plant(&mut self) -> String {
        let canary = Canary(self.canaries.len() + 1);
        self.canaries.push(canary);
        if canary.0.is_multiple_of(3) {
            let path = self.folder.path().join(format!("secrets/s{}", canary.0));
            let reference = format!("{{ file = \"{}\" }}", path.display());
            self.files.push((path, canary));
            reference
        } else {
            let name = format!("S{}", canary.0);
            let reference = format!("{{ env = \"{name}\" }}");
            self.variables.push((name, canary));
            reference
        }
    }

    /// A line for every directive that may hold a secret in a table.
    fn directives(&mut self, names: &BTreeSet<String>, table: &str) -> String {
        let mut text = format!("[{table}]\n");
        for name in names {
            let reference = self.plant();
            writeln!(text, "{name} = {reference}").unwrap();
        }
        text
    }

    fn write(&mut self, versions: VersionRange) -> String {
        let engine = self.engine;
        let names = places::secret_directives(engine, versions);
        let places = places::declared(engine, versions);
        let below = |table: &[&str]| -> BTreeSet<String> {
            let in_table = |place: &&Place| place[..place.len() - 1].iter().eq(table);
            places.iter().filter(in_table).filter_map(|place| place.last().cloned()).collect()
        };
        let of_sentinels = below(&["sentinels", "*", "config"]);
        let mut text = String::from("format = 1\nname = \"canary\"\n[hosts]\n");
        for host in 1..=3 {
            writeln!(text, "h{host} = {{ address = \"10.0.0.{host}\" }}").unwrap();
        }
        text += &self.directives(&names, "profiles.shared.config");
        for (name, port, more) in
            [("plain", 6001, ""), ("profiled", 6002, "profiles = [\"shared\"]\n"), ("noded", 6003, "")]
        {
            write!(
                text,
                "[{engine}.{name}]\nversion = \"{versions}\"\ntopology = \"standalone\"\nhosts = [\"h1\"]\n\
                 port = {port}\n{more}"
            )
            .unwrap();
        }
        text += &self.directives(&names, &format!("{engine}.plain.config"));
        text += &self.directives(&names, &format!("{engine}.noded.nodes.h1.config"));
        let watched = |name: &str, set: &str, port: u16| {
            format!(
                "[{engine}.{name}]\nversion = \"{versions}\"\ntopology = \"sentinel\"\ninitial-primary = \"h1\"\n\
                 replicas = [\"h2\", \"h3\"]\nport = {port}\nsentinel.set = \"{set}\"\nsentinel.quorum = 2\n"
            )
        };
        // Redis before 6.2.2 cannot be told the password of a key.
        let keys = names.iter().any(|name| name.starts_with("tls-"));
        let tls = |secret: String| {
            format!(
                "tls = {{ cert-file = \"/c\", key-file = \"/k\", ca-cert-file = \"/a\", key-file-password = {secret} }}\n"
            )
        };
        text += &watched("whole", "whole", 6004);
        text += &format!("replication = {{ user = \"replica\", password = {} }}\n", self.plant());
        text += &format!("observer = {{ user = \"watcher\", password = {} }}\n", self.plant());
        if keys {
            text += &tls(self.plant());
        }
        let two = [self.plant(), self.plant()];
        text += &format!("users.app = {{ passwords = [{}], rules = \"~* +@read\" }}\n", two.join(", "));
        text += &format!("users.one = {{ passwords = {}, rules = \"~* +@read\" }}\n", self.plant());
        let set = |name: &str, port: u16| {
            format!(
                "[sentinels.{name}]\nengine = \"{engine}\"\nversion = \"{versions}\"\n\
                 hosts = [\"h1\", \"h2\", \"h3\"]\nport = {port}\n"
            )
        };
        text += &set("whole", 26001);
        text += &format!("auth = {{ user = \"sentinel\", password = {} }}\n", self.plant());
        // Sentinels of 6.0 know no users.
        if versions.first >= WITH_SENTINEL_USERS {
            text += &format!("observer = {{ user = \"watcher\", password = {} }}\n", self.plant());
        }
        if keys {
            text += &tls(self.plant());
        }
        // Sentinel's own settings by their names. Replicas log in with the password that Sentinel is told.
        let shared = self.plant();
        text += &watched("named", "named", 6005);
        text += &format!("replication.password = {shared}\n");
        for name in below(&[engine.name(), "*", "sentinel"]) {
            text += &format!("sentinel.{name} = {shared}\n");
        }
        text += &set("named", 26002);
        text += &self.directives(&of_sentinels, "sentinels.named.config");
        text += &set("noded", 26003);
        text += &format!("auth.password = {}\n", self.plant());
        text += &self.directives(&of_sentinels, "sentinels.noded.nodes.h1.config");
        text += &watched("third", "noded", 6006);
        text += &format!("replication.password = {}\n", self.plant());
        text
    }

    /// The places that hold a secret in the text.
    fn used(&self) -> BTreeSet<Place> {
        fn walk(
            value: &toml::Value,
            path: &mut Place,
            declared: &BTreeSet<Place>,
            found: &mut BTreeSet<Place>,
        ) {
            match value {
                toml::Value::Table(table)
                    if table.len() == 1 && table.keys().all(|k| k == "env" || k == "file") =>
                {
                    let is = |place: &&Place| {
                        place.len() == path.len()
                            && place.iter().zip(path.iter()).all(|(part, key)| part == "*" || part == key)
                    };
                    let place = declared.iter().find(is);
                    found.insert(place.unwrap_or_else(|| panic!("{path:?} is not declared")).clone());
                }
                toml::Value::Table(table) => {
                    for (key, value) in table {
                        path.push(key.clone());
                        walk(value, path, declared, found);
                        path.pop();
                    }
                }
                toml::Value::Array(items) => {
                    for item in items {
                        walk(item, path, declared, found);
                    }
                }
                _ => {}
            }
        }
        let version = self.text.lines().find_map(|line| line.strip_prefix("version = ")).unwrap();
        let declared = places::declared(self.engine, version.trim_matches('"').parse().unwrap());
        let mut found = BTreeSet::new();
        let value: toml::Value = toml::from_str(&self.text).unwrap();
        walk(&value, &mut Vec::new(), &declared, &mut found);
        let protects_keys =
            declared.iter().any(|place| place.last().is_some_and(|key| key == "tls-key-file-pass"));
        let versions: VersionRange = version.trim_matches('"').parse().unwrap();
        let observes = versions.first >= WITH_SENTINEL_USERS;
        let needed = |place: &&Place| {
            let key = place.last().map(String::as_str);
            let of_sentinels = place[0] == "sentinels" && place.contains(&"observer".to_owned());
            (protects_keys || key != Some("key-file-password")) && (observes || !of_sentinels)
        };
        let missing: Vec<_> = declared.difference(&found).filter(needed).collect();
        assert!(missing.is_empty(), "no canary stands in {missing:?} of\n{}", self.text);
        found
    }
}

/// Whatever is declared is planted: a new place fails here until the spec above has it.
#[test]
fn every_place_has_a_canary_in_a_sound_spec() {
    for planted in Planted::all() {
        assert!(planted.used().len() >= 10, "{:?}", planted.used());
        let path = Path::new("spec.toml");
        let compiled = crate::texts::Texts::default().with(path, planted.text.clone()).compile(path);
        assert!(compiled.checked().is_some(), "{}", crate::texts::findings(&compiled));
    }
}
