//! Collects the layers of a spec along `extends` and merges them. Reading files is the caller's
//! business: a [`ReadText`] hands in texts by path.

use std::path::{Component, Path, PathBuf};

use super::Spec;
use super::decode::{nearest, unknown_key};
use super::merge::{extract_unset, lay_over};
use super::raw::{Entry, Raw, Table};
use super::scalars::{OneOrMany, literal_secret};
use super::shape::{Describe, Field, Presence};
use super::templates::TemplateFolder;
use super::{json_layer, toml_layer};
use crate::diag::{Code, Finding, Findings, Place};
use crate::source::{At, SourceId, Sources, Span};

/// The key that names the layers below; every layer may hold it.
pub const EXTENDS: Field = Field {
    key: "extends",
    doc: "The layers below this one, TOML or JSON, later ones over earlier ones. Paths start at this file.",
    presence: Presence::Optional,
    bounds: None,
    shape: OneOrMany::<String>::shape,
};

/// Hands in the text of a layer.
pub trait ReadText {
    /// The text at a path, or why there is none (`No such file or directory`).
    fn read(&self, path: &Path) -> Result<String, String>;

    /// The files below a folder, by their paths in it with `/` between the parts, in any order; or why there
    /// are none. Only folders of templates are listed, so what holds no folders need not know how.
    fn list(&self, folder: &Path) -> Result<Vec<String>, String> {
        Err(format!("there are no folders here, and {} would be one", folder.display()))
    }
}

/// The merged layers of one spec, still untyped.
#[derive(Debug, Default)]
pub struct Layers {
    /// Every text that was read.
    pub sources: Sources,
    /// The merged tree.
    pub root: Table,
    /// Where the main text begins and ends.
    pub main: Option<Span>,
    /// A text had syntax errors or could not be read: the absence of a key proves nothing.
    pub lossy: bool,
    /// The main text itself could not be read.
    pub unreadable: bool,
    /// The spec's own templates; [`read_templates`](super::read_templates) puts them here.
    pub templates: TemplateFolder,
}

/// Reads the layer at `path` and all that it extends.
pub fn load(path: &Path, reader: &dyn ReadText, findings: &mut Findings) -> Layers {
    let mut loader = Loader { reader, findings, layers: Layers::default(), open: Vec::new() };
    let name = path.to_string_lossy().into_owned();
    match reader.read(path) {
        Err(why) => {
            loader.layers.unreadable = true;
            let title = format!("cannot read `{name}`: {why}");
            loader.findings.push(Finding::at(Code::UnreadableLayer, Place::Named(name), title));
        }
        Ok(text) => {
            let end = text.len();
            let id = loader.layers.sources.add(&name, text);
            loader.layers.main = Some(Sources::span(id, 0..end));
            loader.layers.root = loader.layer(path, id);
        }
    }
    loader.layers
}

struct Loader<'a> {
    reader: &'a dyn ReadText,
    findings: &'a mut Findings,
    layers: Layers,
    /// The layers that are being read, outermost first, with the place that extends the next one.
    open: Vec<(PathBuf, Option<Span>)>,
}

impl Loader<'_> {
    fn layer(&mut self, path: &Path, id: SourceId) -> Table {
        let text = self.layers.sources.get(id).text.clone();
        let before = self.findings.len();
        let mut table = if is_json(path) {
            json_layer::read(id, &text, self.findings)
        } else {
            toml_layer::read(id, &text, self.findings)
        };
        self.layers.lossy |= self.findings.len() > before;
        extract_unset(&mut table, self.findings);

        self.open.push((normal(path), None));
        let mut merged = Table::default();
        let mut secrets = Vec::new();
        for (base, span) in self.bases(&mut table) {
            if let Some(layer) = self.base(path, &base, span) {
                lay_over(&mut merged, layer, &mut secrets);
            }
        }
        self.open.pop();
        lay_over(&mut merged, table, &mut secrets);
        for span in secrets {
            self.findings.push(literal_secret(At::new("a password that a later layer replaces", span)));
        }
        merged
    }

    /// Takes `extends` out of a layer.
    fn bases(&mut self, table: &mut Table) -> Vec<(String, Span)> {
        let Some(entry) = self.extends(table) else { return Vec::new() };
        let items = match entry.value.value {
            Raw::List(items) => items,
            Raw::Text(_) => vec![entry.value],
            other => {
                self.layers.lossy = true;
                let title = format!("`extends` is a list of paths, not {}", other.what());
                self.findings.push(
                    Finding::new(Code::WrongType, entry.value.span, title)
                        .help("write `extends = [\"../base.toml\"]`"),
                );
                return Vec::new();
            }
        };
        let mut bases = Vec::new();
        for item in items {
            match item.value {
                Raw::Text(path) => bases.push((path, item.span)),
                other => {
                    self.layers.lossy = true;
                    let title = format!("`extends` lists paths, and {} is none", other.what());
                    self.findings.push(Finding::new(Code::WrongType, item.span, title));
                }
            }
        }
        bases
    }

    /// The entry `extends`, or the one that was meant by it: without its layers a spec makes no sense.
    fn extends(&mut self, table: &mut Table) -> Option<Entry> {
        if let Some(entry) = table.entries.remove(EXTENDS.key) {
            return Some(*entry);
        }
        let known = |key: &str| Spec::RECORD.fields.iter().any(|field| field.key == key);
        let meant = |key: &&String| !known(key) && nearest(key, [EXTENDS.key].into_iter()).is_some();
        let key = table.entries.keys().find(meant)?.clone();
        let entry = table.entries.remove(&key)?;
        self.findings.push(unknown_key(&key, entry.key, "a spec", &[EXTENDS.key]));
        Some(*entry)
    }

    fn base(&mut self, from: &Path, base: &str, span: Span) -> Option<Table> {
        let path = normal(&from.parent().unwrap_or(Path::new("")).join(base));
        if let Some(start) = self.open.iter().position(|(open, _)| *open == path) {
            self.cycle(start, &path, span);
            return None;
        }
        match self.reader.read(&path) {
            Err(why) => {
                self.layers.lossy = true;
                let title = format!("cannot read the layer `{base}`: {why}");
                self.findings.push(
                    Finding::new(Code::UnreadableLayer, span, title)
                        .help(format!("correct the path, or see that `{}` can be read", path.display()))
                        .note("paths in `extends` start at the file that they stand in"),
                );
                None
            }
            Ok(text) => {
                let id = self.layers.sources.add(path.to_string_lossy(), text);
                if let Some(last) = self.open.last_mut() {
                    last.1 = Some(span);
                }
                Some(self.layer(&path, id))
            }
        }
    }

    fn cycle(&mut self, start: usize, path: &Path, span: Span) {
        self.layers.lossy = true;
        let title = format!("`{}` extends itself", path.display());
        let mut finding = Finding::new(Code::CyclicExtends, span, title).label("back to where it began");
        for (layer, place) in &self.open[start..] {
            if let Some(place) = place.filter(|place| *place != span) {
                finding = finding.related(place, format!("`{}` extends this", layer.display()));
            }
        }
        self.findings.push(finding.help("move what both need into a layer of its own"));
    }
}

/// Whether a layer is written in JSON: its name says so.
pub(super) fn is_json(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"))
}

/// The path without `.` and, where that is possible without looking at the disk, without `..`.
pub(super) fn normal(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if matches!(out.components().next_back(), Some(Component::Normal(_))) => {
                out.pop();
            }
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    struct Texts(BTreeMap<&'static str, &'static str>);

    impl ReadText for Texts {
        fn read(&self, path: &Path) -> Result<String, String> {
            let text = path.to_str().and_then(|path| self.0.get(path));
            text.map(|text| (*text).to_owned()).ok_or_else(|| "no such file".to_owned())
        }
    }

    fn loaded(texts: &[(&'static str, &'static str)]) -> (Layers, Findings) {
        let mut findings = Findings::default();
        let reader = Texts(texts.iter().copied().collect());
        let layers = load(Path::new(texts[0].0), &reader, &mut findings);
        (layers, findings)
    }

    fn integer(table: &Table, path: &[&str]) -> Option<i64> {
        let (last, tables) = path.split_last()?;
        let mut table = table;
        for key in tables {
            let Raw::Table(inner) = &table.get(key)?.value else { return None };
            table = inner;
        }
        match table.get(last)?.value {
            Raw::Integer(number) => Some(number),
            _ => None,
        }
    }

    #[test]
    fn layers_merge_from_left_to_right_and_this_file_last() {
        let (layers, findings) = loaded(&[
            ("prod/shop.toml", "extends = [\"../base.toml\", \"hosts.json\"]\n[a]\nx = 1\n"),
            ("base.toml", "[a]\nx = 3\ny = 3\nz = 3\n"),
            ("prod/hosts.json", "{\"a\": {\"x\": 2, \"y\": 2}}"),
        ]);
        assert!(findings.is_empty(), "{findings:?}");
        let values: Vec<_> = ["x", "y", "z"].map(|key| integer(&layers.root, &["a", key])).into();
        assert_eq!(values, [Some(1), Some(2), Some(3)]);
        let Raw::Table(a) = &layers.root.get("a").unwrap().value else { panic!() };
        let history: Vec<_> =
            a.entries["x"].overrode.iter().map(|span| layers.sources.locate(*span).to_string()).collect();
        assert_eq!(history, ["base.toml:2:1", "prod/hosts.json:1:8"]);
    }

    #[test]
    fn a_secret_that_a_later_layer_replaces_stands_in_the_repository_all_the_same() {
        let (_, findings) = loaded(&[
            (
                "a.toml",
                "extends = [\"b.toml\"]\n[c]\nrequirepass = { env = \"A\" }\nunset = [\"masterauth\"]\n",
            ),
            ("b.toml", "[c]\nrequirepass = \"hunter2\"\nmasterauth = \"hunter3\"\nmaxmemory = \"1gb\"\n"),
        ]);
        let codes: Vec<_> = findings.iter().map(|finding| finding.code).collect();
        assert_eq!(codes, [Code::LiteralSecret, Code::LiteralSecret]);
    }

    #[test]
    fn unset_takes_away_what_a_layer_below_set() {
        let (layers, findings) = loaded(&[
            ("a.toml", "extends = [\"b.toml\"]\n[c]\nunset = [\"x\", \"w\"]\n"),
            ("b.toml", "[c]\nx = 1\ny = 2\n"),
        ]);
        assert!(findings.is_empty());
        assert_eq!((integer(&layers.root, &["c", "x"]), integer(&layers.root, &["c", "y"])), (None, Some(2)));
        let Raw::Table(c) = &layers.root.get("c").unwrap().value else { panic!() };
        let unset: Vec<_> = c.unset.iter().map(|unset| (unset.name.value.as_str(), unset.used)).collect();
        assert_eq!(unset, [("x", true), ("w", false)]);
    }

    #[test]
    fn a_cycle_is_one_finding_that_shows_the_way_round() {
        let (_, findings) =
            loaded(&[("a.toml", "extends = [\"b.toml\"]"), ("b.toml", "extends = [\"./a.toml\"]")]);
        let list: Vec<_> = findings.into_iter().collect();
        assert_eq!(list.len(), 1);
        assert_eq!((list[0].code, list[0].related.len()), (Code::CyclicExtends, 1));
    }

    #[test]
    fn the_same_layer_twice_on_different_ways_is_no_cycle() {
        let (layers, findings) = loaded(&[
            ("a.toml", "extends = [\"b.toml\", \"c.toml\"]"),
            ("b.toml", "extends = [\"d.toml\"]"),
            ("c.toml", "extends = [\"d.toml\"]"),
            ("d.toml", "x = 1"),
        ]);
        assert!(findings.is_empty());
        assert_eq!(integer(&layers.root, &["x"]), Some(1));
    }

    #[test]
    fn every_syntax_error_is_reported_and_the_rest_is_read() {
        let (layers, findings) = loaded(&[("a.toml", "x = \ny = 2\nz = [1,\nw = = 3\n")]);
        assert!(layers.lossy);
        assert!(findings.len() >= 2, "{findings:?}");
        assert_eq!(integer(&layers.root, &["y"]), Some(2));
    }
}
