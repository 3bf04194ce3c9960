//! One token made wrong. Every rule here says by itself that the result is wrong, without looking at it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use cachewright::catalog::{self, Engine};
use cachewright::spec as language;

use crate::random::Random;
use crate::sites::{Entry, Part, Shape, entries, headers, marks};
use crate::specs::Spec;

/// A wrong text in the place of a right one.
#[derive(Debug, Clone)]
pub(crate) struct Mutation {
    pub(crate) kind: &'static str,
    /// The text that is changed.
    pub(crate) path: String,
    pub(crate) text: String,
    /// What was changed, for a message.
    pub(crate) what: String,
    /// The lines that a finding has to touch, counted from 1, by text. One is enough.
    pub(crate) places: BTreeMap<String, BTreeSet<usize>>,
}

/// What a key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// A word of the language or the name of a setting.
    Word,
    /// A name that others refer to: of a host, a profile, a set of sentinels.
    Declared,
    /// The name of a deployment.
    Deployment,
    /// The name of a node, of which there is a closed list.
    Node,
    /// Any name is a name.
    Free,
}

fn role(path: &[&str]) -> Role {
    match path {
        ["hosts" | "profiles" | "sentinels", _] => Role::Declared,
        ["redis" | "valkey" | "memcached", _] => Role::Deployment,
        [_, _, "nodes", _] => Role::Node,
        [_, _, "users", _] | ["artifacts", _] => Role::Free,
        _ => Role::Word,
    }
}

/// Whether a value names a host, a profile, a set of sentinels, a deployment or a template.
fn refers(path: &[&str]) -> bool {
    matches!(
        path,
        [_, _, "hosts" | "profiles" | "replicas", "[]"]
            | [_, _, "initial-primary"]
            | ["templates"]
            | ["artifacts", _, "template"]
            | ["artifacts", _, "deployments", "[]"]
            | [_, _, "sentinel", "set"]
    )
}

/// Every mutation of one text of a spec; letters and stray characters differ from round to round.
pub(crate) fn mutations(spec: &Spec, path: &str, random: &mut Random) -> Vec<Mutation> {
    let text = &spec.texts[path];
    let json = is_json(path);
    let mut maker = Maker { spec, path, text, random, list: Vec::new(), names: names(spec) };
    maker.punctuation(json);
    if !json {
        let (entries, parts) = (entries(text), headers(text));
        for entry in &entries {
            maker.entry(entry);
        }
        for part in &parts {
            maker.part(part, &parts);
        }
    }
    maker.list
}

/// Every name that something in the spec has.
fn names(spec: &Spec) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for text in spec.texts.values() {
        let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '_');
        names.extend(words.map(str::to_owned));
    }
    names
}

/// Whether some version of something knows the word: then it is no misspelling.
fn known(word: &str) -> bool {
    let records = [
        language::Spec::RECORD,
        language::HostSpec::RECORD,
        language::ProfileSpec::RECORD,
        language::SentinelsSpec::RECORD,
        language::RedisSpec::RECORD,
        language::MemcachedSpec::RECORD,
        language::BuildSpec::RECORD,
        language::Credentials::RECORD,
        language::TlsSpec::RECORD,
        language::NodeSpec::RECORD,
        language::UserSpec::RECORD,
        language::PinSpec::RECORD,
        language::WatchSpec::RECORD,
        language::SecretTable::RECORD,
        language::LintSpec::RECORD,
    ];
    ["extends", "unset"].contains(&word)
        || records.iter().flat_map(|record| record.fields).any(|field| field.key == word)
        || [Engine::Redis, Engine::Valkey].into_iter().any(|engine| {
            catalog::directive(engine, word).is_some() || catalog::sentinel::directive(engine, word).is_some()
        })
        || catalog::memcached::option(word).is_some()
}

struct Maker<'a> {
    spec: &'a Spec,
    path: &'a str,
    text: &'a str,
    random: &'a mut Random,
    list: Vec<Mutation>,
    names: BTreeSet<String>,
}

impl Maker<'_> {
    fn push(&mut self, kind: &'static str, range: Range<usize>, with: &str) {
        let mut text = self.text.to_owned();
        text.replace_range(range.clone(), with);
        let line = |at: usize| text[..at].matches('\n').count() + 1;
        let lines = line(range.start)..=line(range.start + with.len());
        let what = format!("`{}` -> `{with}`", &self.text[range.clone()]);
        let places = BTreeMap::from([(self.path.to_owned(), lines.collect())]);
        self.list.push(Mutation { kind, path: self.path.to_owned(), text, what, places });
    }

    /// Lets a finding cover the headers of a table as well, in any text, and where the keys of the root stand.
    fn also_table(&mut self, table: &[&str]) {
        let Some(last) = self.list.last_mut() else { return };
        for (path, text) in &self.spec.texts {
            let text = if *path == last.path { &last.text } else { text };
            let lines = last.places.entry(path.clone()).or_default();
            for (number, line) in text.lines().enumerate() {
                let header = line.strip_prefix('[').and_then(|rest| rest.split(']').next());
                if header.is_some_and(|header| header.split('.').eq(table.iter().copied())) {
                    lines.insert(number + 1);
                }
            }
            if table.is_empty() && path == self.spec.main {
                lines.extend(1..=4);
            }
        }
    }

    /// Lets a finding cover every line that holds a word in quotes or as a name.
    fn also_mentions(&mut self, word: &str) {
        let Some(last) = self.list.last_mut() else { return };
        for (path, text) in &self.spec.texts {
            let text = if *path == last.path { &last.text } else { text };
            let lines = last.places.entry(path.clone()).or_default();
            for (number, line) in text.lines().enumerate() {
                if line.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').any(|other| other == word) {
                    lines.insert(number + 1);
                }
            }
        }
    }

    /// A misspelling of a word that is nothing else's name.
    fn misspelt(&mut self, word: &str) -> Option<String> {
        for _ in 0..8 {
            let mut letters: Vec<char> = word.chars().collect();
            let at = self.random.below(letters.len());
            let letter = char::from(b'a' + u8::try_from(self.random.below(26)).unwrap());
            match self.random.below(4) {
                0 if letters.len() > 2 => {
                    letters.remove(at);
                }
                1 if at + 1 < letters.len() => letters.swap(at, at + 1),
                2 => letters.insert(at, letter),
                _ => letters[at] = letter,
            }
            let other: String = letters.into_iter().collect();
            let name = other.starts_with(|c: char| c.is_ascii_alphanumeric());
            if name && other != word && !known(&other) && !self.names.contains(&other) {
                return Some(other);
            }
        }
        None
    }

    fn entry(&mut self, entry: &Entry) {
        let path = entry.path();
        if let Some(key) = &entry.key {
            self.key(&path, key.clone());
            if !entry.inline {
                self.whole_line(&path, key.start, entry.value.end);
            }
        }
        if refers(&path) {
            let name = &self.text[entry.value.start + 1..entry.value.end - 1];
            if let Some(other) = self.misspelt(name) {
                self.push("reference", entry.value.clone(), &format!("\"{other}\""));
            }
        }
        // What a layer above replaces is never looked at.
        if !self.replaced(&path) {
            for (kind, bad) in bad_values(&path, entry.shape) {
                self.push(kind, entry.value.clone(), bad);
            }
        }
        if path.last() == Some(&"rules") && entry.shape == Shape::Text {
            let at = entry.value.clone();
            let text = &self.text[at.clone()];
            let rule = ["+@read", "+get", "+@all"].iter().find_map(|rule| text.find(rule)).unwrap();
            self.push("acl", at.start + rule..at.start + rule + 4, "+@rx");
        }
    }

    fn replaced(&self, path: &[&str]) -> bool {
        let above = &self.spec.texts[self.spec.main];
        self.path != self.spec.main
            && entries(above).iter().any(|entry| entry.path() == path && entry.shape != Shape::Table)
    }

    fn key(&mut self, path: &[&str], at: Range<usize>) {
        let word = self.text[at.clone()].to_owned();
        let Some(other) = self.misspelt(&word) else { return };
        match role(path) {
            Role::Word => self.push("misspelt key", at, &other),
            Role::Declared if self.declared_once(path) => {
                self.push("misspelt declaration", at, &other);
                self.also_mentions(&word);
            }
            Role::Node => self.push("misspelt node", at, &other),
            _ => {}
        }
    }

    /// Whether only one header or key of all texts declares the name.
    fn declared_once(&self, path: &[&str]) -> bool {
        let header = |text: &String| {
            let own = |part: &&Part| {
                part.path() == path && part.last
                    || part.path().len() > path.len() && part.path().starts_with(path) && part.last
            };
            if text.starts_with('{') { 0 } else { headers(text).iter().filter(own).count() }
        };
        let key = |text: &String| {
            let own = |entry: &&Entry| entry.key.is_some() && entry.path() == path;
            if text.starts_with('{') { 0 } else { entries(text).iter().filter(own).count() }
        };
        self.spec.texts.values().map(|text| header(text) + key(text)).sum::<usize>() == 1
    }

    fn part(&mut self, part: &Part, all: &[Part]) {
        let word = self.text[part.at.clone()].to_owned();
        let path = part.path();
        match role(&path) {
            Role::Deployment => {
                // In one of several headers: what stands there belongs to a deployment that is none.
                let several = all.iter().filter(|other| other.path == part.path).count() > 1;
                let elsewhere = self.spec.texts.len() > 1;
                if (several || elsewhere)
                    && let Some(other) = self.misspelt(&word)
                {
                    self.push("deployment", part.at.clone(), &other);
                    self.also_mentions(&word);
                }
            }
            _ => self.key(&path, part.at.clone()),
        }
        if part.last {
            let end = self.text[part.at.end..].find('\n').map_or(self.text.len(), |at| part.at.end + at + 1);
            let start = self.text[..part.at.start].rfind('\n').map_or(0, |at| at + 1);
            let line = self.text[start..end].to_owned();
            let text_end = self.text.len();
            self.push("header twice", text_end..text_end, &format!("\n{line}"));
        }
    }

    /// A key with its value twice, or not at all where it is needed.
    fn whole_line(&mut self, path: &[&str], start: usize, end: usize) {
        let line = format!("{}\n", &self.text[start..end]);
        self.push("key twice", start..start, &line);
        let (key, table) = path.split_last().unwrap();
        let needed = match table {
            [] => matches!(*key, "format" | "name"),
            ["redis" | "valkey", _] => {
                matches!(*key, "version" | "topology" | "initial-primary" | "hosts" | "shards" | "sentinel")
            }
            ["memcached", _] => matches!(*key, "version" | "hosts"),
            ["sentinels", _] => matches!(*key, "version" | "hosts"),
            ["artifacts", _] => matches!(*key, "template" | "per" | "path"),
            _ => false,
        };
        let elsewhere = self.spec.texts.iter().filter(|(path, _)| *path != self.path);
        let again = elsewhere
            .filter(|(path, _)| !is_json(path))
            .any(|(_, text)| entries(text).iter().any(|entry| entry.key.is_some() && entry.path() == path));
        if needed && !again {
            self.push("needed key gone", start..end, "");
            self.also_table(table);
        }
    }

    fn punctuation(&mut self, json: bool) {
        let marks = marks(self.text);
        for &at in &marks.punctuation {
            let c = &self.text[at..=at];
            let line_start = self.text[..at].rfind('\n').map_or(0, |at| at + 1);
            let line_end = self.text[at..].find('\n').map_or(self.text.len(), |end| at + end);
            let comment = self.text[line_start..line_end].split_once('#').map_or("", |(_, comment)| comment);
            if comment.contains(['"', ']', '}']) && !json {
                // The comment may close what is open.
                continue;
            }
            let before_closing = self.text[at + 1..].trim_start().starts_with([']', '}']);
            if !(c == "," && before_closing && !json) {
                self.push("deleted mark", at..at + 1, "");
            }
            self.push("doubled mark", at..at, c);
        }
        for at in marks.edges {
            let stray = *self.random.pick(&[
                "@", "$", ";", "!", "?", "%", "^", "&", "*", "(", ")", "~", "|", "/", "\\", "<", ">",
            ]);
            self.push("stray character", at..at, stray);
        }
    }
}

/// Values that are wrong for the key at a path.
fn bad_values(path: &[&str], shape: Shape) -> Vec<(&'static str, &'static str)> {
    let mut bad = Vec::new();
    let mut types = |values: &[&'static str]| bad.extend(values.iter().map(|value| ("wrong type", *value)));
    if let [.., "config", name] = path {
        types(&["1979-05-27", "{ x = 1 }"]);
        bad.extend(bad_settings(name).iter().map(|value| ("bad setting", *value)));
        return bad;
    }
    if path.contains(&"config") {
        return bad;
    }
    if let [_, _, "sentinel", "down-after-milliseconds" | "failover-timeout"] = path {
        types(&["1979-05-27", "{ x = 1 }"]);
        bad.extend([("bad setting", "0"), ("bad setting", "\"abc\"")]);
        return bad;
    }
    let key = path.iter().rev().find(|part| **part != "[]").copied().unwrap_or_default();
    match shape {
        Shape::Text => types(&["true", "1979-05-27", "[[1]]"]),
        Shape::Integer => types(&["\"seven\"", "true", "1.5", "1979-05-27"]),
        Shape::Bool => types(&["\"perhaps\"", "7", "[]"]),
        Shape::List => types(&["true", "1979-05-27"]),
        Shape::Table => types(&["true", "7", "[7]"]),
        Shape::Other => {}
    }
    let range: &[&'static str] = match (key, shape) {
        ("port", _) => &["0", "70000", "-1", "99999999999999999999"],
        ("shards", _) => &["0", "2", "1001", "-3"],
        ("replicas", Shape::Integer) => &["-1", "101"],
        ("quorum", _) => &["0", "99", "-1"],
        ("cpus", _) => &["0", "-1"],
        ("format", _) => &["0", "2"],
        ("version", _) => &["\"5.0\"", "\"99.1\"", "\"new\"", "\"7.2.\""],
        ("topology", _) => &["\"ring\"", "\"Cluster\"", "\"\""],
        ("survives" | "purpose", _) => &["\"planet\"", "\"\""],
        ("per" | "engines", Shape::Text) => &["\"each\"", "\"\""],
        ("path", _) => &["\"../up\"", "\"/etc/motd\"", "\"\""],
        ("mode", _) => &["\"0888\"", "\"0777\"", "644"],
        ("memory", _) => &["\"lots\"", "\"8 gb\"", "-1"],
        ("initial-primary" | "set" | "env" | "name" | "address", Shape::Text) => &["\"\""],
        _ => &[],
    };
    bad.extend(range.iter().map(|value| ("out of range", *value)));
    bad
}

/// Values that no version takes, or takes otherwise than written.
fn bad_settings(name: &str) -> &'static [&'static str] {
    match name {
        "maxmemory" => &["\"4qb\"", "-1", "\"99999999999gb\"", "\"${MEMORY}\""],
        "maxmemory-policy" => &["\"lru\"", "\"\"", "5"],
        "appendonly" => &["\"perhaps\"", "2"],
        "appendfsync" => &["\"sometimes\"", "true"],
        "save" => &["[\"900\"]", "[\"a b\"]", "\"900 1 300\""],
        "notify-keyspace-events" => &["\"Q!\""],
        "replica-priority" | "conn-limit" => &["-1", "\"x\""],
        "memory-limit" => &["\"x\""],
        "max-item-size" => &["\"2q\"", "-1"],
        "threads" => &["0", "-1", "\"x\""],
        _ => &[],
    }
}

fn is_json(path: &str) -> bool {
    std::path::Path::new(path).extension().is_some_and(|extension| extension == "json")
}
