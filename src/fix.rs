//! Fixes carried out, in memory: those of findings that have one right answer. A fix stays if its finding is gone
//! afterwards and nothing else is found instead, in any spec of the run; so layers that specs share serve them all.
//! Reading files is the caller's business, and so is writing them.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::diag::{Certainty, Code, Edit, Finding, Findings, Level};
use crate::pipeline::{Compiled, compile};
use crate::source::{SourceId, Sources, Span};
use crate::spec::{Date, ReadText, edits};

/// Most rounds of fixes: what one lays open, the next may mend. Each leaves less to say than there was before, so that
/// they come to an end by themselves; this is for specs that take long to check.
const MOST_ROUNDS: usize = 100;

/// Specs with their fixes carried out.
#[derive(Debug)]
pub struct Mended {
    /// What is left, in the order of the specs.
    pub compiled: Vec<Compiled>,
    /// What was mended, in the order in which it was.
    pub fixed: Vec<Fixed>,
    /// The new texts, by the files that they belong to.
    pub texts: BTreeMap<PathBuf, NewText>,
}

/// Findings that were mended, with the texts as they were then.
#[derive(Debug)]
pub struct Fixed {
    /// The findings.
    pub findings: Findings,
    /// The texts of their spec.
    pub sources: Sources,
    /// The places of secrets in them.
    pub secrets: Vec<Span>,
}

/// A text that changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewText {
    /// The name that messages call it by.
    pub name: String,
    /// As it was read.
    pub old: String,
    /// As it is to be.
    pub new: String,
}

/// How the files of specs are read and told apart.
pub trait Files: ReadText {
    /// The file behind a path: paths that lead to one file have one.
    fn file(&self, path: &Path) -> PathBuf {
        path.to_owned()
    }
}

/// Carries out the fixes of all specs.
pub fn mend(specs: &[PathBuf], files: &dyn Files, today: Date) -> Mended {
    let mut run = Run {
        specs,
        files: Laid { files, over: RefCell::default() },
        today,
        compiled: Vec::new(),
        fixed: Vec::new(),
        refused: BTreeSet::new(),
    };
    run.compiled = run.compile();
    for _ in 0..MOST_ROUNDS {
        if !run.round() {
            break;
        }
    }
    Mended { compiled: run.compiled, fixed: run.fixed, texts: run.files.over.into_inner() }
}

/// Files with new texts laid over them.
struct Laid<'a> {
    files: &'a dyn Files,
    over: RefCell<BTreeMap<PathBuf, NewText>>,
}

impl ReadText for Laid<'_> {
    fn read(&self, path: &Path) -> Result<String, String> {
        match self.over.borrow().get(&self.files.file(path)) {
            Some(text) => Ok(text.new.clone()),
            None => self.files.read(path),
        }
    }

    fn list(&self, folder: &Path) -> Result<Vec<String>, String> {
        self.files.list(folder)
    }
}

/// What stays the same about a finding while texts change.
type Kind = (Code, String);

/// A fix that can be carried out.
struct Candidate {
    /// The spec and the finding in it; others have the same fix.
    of: Vec<(usize, usize)>,
    /// Per file: what changes.
    changes: Vec<(PathBuf, Range<usize>, String)>,
}

impl Candidate {
    fn overlaps(&self, other: &Candidate) -> bool {
        self.changes.iter().any(|(file, range, _)| {
            let touches = |range: &Range<usize>, other: &Range<usize>| {
                range.start <= other.end && other.start <= range.end
            };
            other.changes.iter().any(|(other_file, other, _)| file == other_file && touches(range, other))
        })
    }
}

struct Run<'a> {
    specs: &'a [PathBuf],
    files: Laid<'a>,
    today: Date,
    compiled: Vec<Compiled>,
    fixed: Vec<Fixed>,
    /// Fixes that did more than they should.
    refused: BTreeSet<Kind>,
}

impl Run<'_> {
    fn compile(&self) -> Vec<Compiled> {
        let one = |path: &PathBuf| {
            let mut compiled = compile(path, &self.files, self.today);
            compiled.try_templates();
            compiled
        };
        self.specs.iter().map(one).collect()
    }

    /// One round of fixes; whether there was any.
    fn round(&mut self) -> bool {
        let chosen = self.choose();
        if chosen.is_empty() {
            return false;
        }
        let before = self.files.over.borrow().clone();
        // One of them may do something else, or lay open what nobody could see: then half of them, to come near it.
        let halves = std::iter::successors(Some(chosen.len()), |count| Some(count / 2));
        for count in halves.take_while(|count| *count > 0) {
            if let Some(after) = self.tried(&chosen[..count], &before, as_meant) {
                self.keep(&chosen[..count], after);
                return true;
            }
        }
        for candidate in &chosen {
            let alone = std::slice::from_ref(candidate);
            if let Some(after) = self.tried(alone, &before, fewer) {
                self.keep(alone, after);
                return true;
            }
            let (spec, finding) = candidate.of[0];
            let finding = self.compiled[spec].findings.iter().nth(finding);
            self.refused.extend(finding.map(kind));
        }
        false
    }

    /// The fixes that do not overlap, in the order of the findings.
    fn choose(&self) -> Vec<Candidate> {
        let mut chosen: Vec<Candidate> = Vec::new();
        for (spec, compiled) in self.compiled.iter().enumerate() {
            let secrets = compiled.secrets();
            for (at, finding) in compiled.findings.iter().enumerate() {
                let sure = finding.fix.as_ref().filter(|fix| fix.certainty == Certainty::Sure);
                let Some(fix) = sure.filter(|_| !self.refused.contains(&kind(finding))) else { continue };
                let Some(changes) = self.changes(compiled, &fix.edits, &secrets) else { continue };
                let candidate = Candidate { of: vec![(spec, at)], changes };
                match chosen.iter_mut().find(|other| other.overlaps(&candidate)) {
                    Some(same) if same.changes == candidate.changes => same.of.push((spec, at)),
                    Some(_) => {}
                    None => chosen.push(candidate),
                }
            }
        }
        chosen
    }

    /// What edits come to; none where they are not ours to make.
    fn changes(
        &self,
        compiled: &Compiled,
        edits: &[Edit],
        secrets: &[Span],
    ) -> Option<Vec<(PathBuf, Range<usize>, String)>> {
        let mut changes = Vec::new();
        for edit in edits {
            let change = edits::resolve(edit, &compiled.sources)?;
            let touches = |secret: &Span| {
                let other = secret.range();
                secret.source == change.source
                    && change.range.start < other.end
                    && other.start < change.range.end
            };
            let named = Path::new(&compiled.sources.get(change.source).name);
            let file = self.files.files.file(named);
            // What a layer takes away may be there for another spec that is not looked at here.
            let removes = matches!(edit, Edit::Remove { .. });
            let own = self.specs.iter().any(|spec| self.files.files.file(spec) == file);
            if secrets.iter().any(touches) || is_template(compiled, change.source) || (removes && !own) {
                return None;
            }
            changes.push((file, change.range, change.text));
        }
        (!changes.is_empty()).then_some(changes)
    }

    /// The specs with the fixes carried out, if they pass the test; otherwise nothing has changed.
    fn tried(
        &self,
        chosen: &[Candidate],
        before: &BTreeMap<PathBuf, NewText>,
        passes: fn(&[Compiled], &[Compiled], &[Candidate]) -> bool,
    ) -> Option<Vec<Compiled>> {
        let mut changes: BTreeMap<&PathBuf, Vec<(&Range<usize>, &str)>> = BTreeMap::new();
        for (file, range, text) in chosen.iter().flat_map(|candidate| &candidate.changes) {
            changes.entry(file).or_default().push((range, text));
        }
        for (file, mut changes) in changes {
            let Some((name, text)) = self.text_of(file) else { continue };
            changes.sort_by_key(|(range, _)| std::cmp::Reverse((range.start, range.end)));
            let mut new = text.clone();
            for (range, text) in changes {
                new.replace_range(range.clone(), text);
            }
            let mut over = self.files.over.borrow_mut();
            over.entry(file.clone()).or_insert(NewText { name, old: text, new: String::new() }).new = new;
        }
        let after = self.compile();
        if passes(&self.compiled, &after, chosen) {
            return Some(after);
        }
        self.files.over.replace(before.clone());
        None
    }

    /// The name and the text of a file, as it is now.
    fn text_of(&self, file: &Path) -> Option<(String, String)> {
        let mut sources = self.compiled.iter().flat_map(|compiled| compiled.sources.iter());
        let source = sources.find(|source| self.files.files.file(Path::new(&source.name)) == file)?;
        Some((source.name.clone(), source.text.clone()))
    }

    /// Goes on with what the fixes made of the specs.
    fn keep(&mut self, chosen: &[Candidate], after: Vec<Compiled>) {
        let mut findings: BTreeMap<usize, Findings> = BTreeMap::new();
        for (spec, at) in chosen.iter().map(|candidate| candidate.of[0]) {
            let finding = self.compiled[spec].findings.iter().nth(at).cloned();
            findings.entry(spec).or_default().extend(finding);
        }
        for (spec, findings) in findings {
            let compiled = &self.compiled[spec];
            let (sources, secrets) = (compiled.sources.clone(), compiled.secrets());
            self.fixed.push(Fixed { findings, sources, secrets });
        }
        self.compiled = after;
    }
}

fn kind(finding: &Finding) -> Kind {
    (finding.code, finding.title.clone())
}

fn is_template(compiled: &Compiled, id: SourceId) -> bool {
    compiled.model.iter().flat_map(|model| &model.own.folder.files).any(|file| file.source == id)
}

fn kinds(specs: &[Compiled]) -> BTreeMap<Kind, usize> {
    let mut kinds = BTreeMap::new();
    for finding in specs.iter().flat_map(|compiled| compiled.findings.iter()) {
        *kinds.entry(kind(finding)).or_insert(0) += 1;
    }
    kinds
}

/// Whether the findings of the fixes are gone and no other came.
fn as_meant(before: &[Compiled], after: &[Compiled], chosen: &[Candidate]) -> bool {
    let mut left = kinds(before);
    for (spec, at) in chosen.iter().flat_map(|candidate| &candidate.of) {
        let finding = before[*spec].findings.iter().nth(*at);
        if let Some(count) = finding.and_then(|finding| left.get_mut(&kind(finding))) {
            *count -= 1;
        }
    }
    kinds(after).iter().all(|(kind, count)| left.get(kind).is_some_and(|left| count <= left))
}

/// Whether there are fewer errors, or as many and less to say, and no text was spoilt. This way no two fixes can undo
/// each other for ever.
fn fewer(before: &[Compiled], after: &[Compiled], _: &[Candidate]) -> bool {
    let count = |specs: &[Compiled], counts: fn(&Finding) -> bool| {
        let findings = specs.iter().flat_map(|compiled| compiled.findings.iter());
        findings.filter(|finding| counts(finding)).count()
    };
    let errors = |specs| count(specs, |finding| finding.level == Level::Error);
    let syntax = |specs| count(specs, |finding| finding.code == Code::Syntax);
    let weight = |specs| (errors(specs), count(specs, |_| true));
    weight(after) < weight(before) && syntax(after) <= syntax(before)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{Example, RULES};

    const DAY: Date = Date { year: 2026, month: 1, day: 1 };

    struct Texts(BTreeMap<PathBuf, String>);

    impl ReadText for Texts {
        fn read(&self, path: &Path) -> Result<String, String> {
            self.0.get(path).cloned().ok_or_else(|| "no such file".to_owned())
        }

        fn list(&self, folder: &Path) -> Result<Vec<String>, String> {
            let below = self.0.keys().filter_map(|path| path.strip_prefix(folder).ok());
            let names: Vec<String> = below.map(|path| path.to_string_lossy().into_owned()).collect();
            if names.is_empty() { Err("no such folder".to_owned()) } else { Ok(names) }
        }
    }

    impl Files for Texts {}

    fn texts(list: &[(&str, &str)]) -> Texts {
        Texts(list.iter().map(|(path, text)| (PathBuf::from(path), (*text).to_owned())).collect())
    }

    /// Mends specs, and what is written then once more: a second run changes nothing.
    fn mended(specs: &[&str], files: &mut Texts) -> Mended {
        let specs: Vec<PathBuf> = specs.iter().map(PathBuf::from).collect();
        let mended = mend(&specs, files, DAY);
        for (path, text) in &mended.texts {
            assert_eq!(files.0.get(path), Some(&text.old));
            files.0.insert(path.clone(), text.new.clone());
        }
        let again = mend(&specs, files, DAY);
        assert!(again.texts.is_empty() && again.fixed.is_empty(), "{again:#?}");
        assert_eq!(kinds(&again.compiled), kinds(&mended.compiled));
        mended
    }

    fn codes(mended: &Mended) -> Vec<&'static str> {
        mended.compiled.iter().flat_map(|compiled| compiled.findings.iter()).map(|f| f.code.name()).collect()
    }

    fn of_example(example: &Example) -> Texts {
        let mut list = vec![("shop.toml", example.spec)];
        list.extend(example.layers);
        texts(&list)
    }

    const HEAD: &str = "format = 1\nname = \"x\"\n[hosts]\na = { address = \"127.0.0.1\" }\n";

    #[test]
    fn an_example_with_one_right_answer_has_no_finding_afterwards() {
        let mut seen = 0;
        for rule in RULES {
            let mut files = of_example(&rule.fails);
            let sure = crate::explain::compile_example(rule.fails.spec, rule.fails.layers)
                .findings
                .iter()
                .any(|finding| finding.fix.as_ref().is_some_and(|fix| fix.certainty == Certainty::Sure));
            let mended = mended(&["shop.toml"], &mut files);
            if sure {
                seen += 1;
                assert!(codes(&mended).is_empty(), "{}: {:#?}", rule.code.name(), mended.texts);
            } else {
                assert!(mended.texts.is_empty(), "{}: {:#?}", rule.code.name(), mended.texts);
            }
        }
        assert!(seen >= 5, "only {seen} examples have a fix");
    }

    #[test]
    fn passing_examples_stay_as_they_are() {
        for rule in RULES {
            assert!(mended(&["shop.toml"], &mut of_example(&rule.passes)).texts.is_empty());
        }
    }

    #[test]
    fn several_rounds_mend_what_others_laid_open() {
        let spec = format!(
            "{HEAD}[redis.s] # odd\nversion='7.2'\ntopology = \"standalone\"\nhosts = \"a\" # one\n\
             [redis.s.config]\n  slave-priority=90   # low\n\"slave-read-only\" = true\nunset = [ 'maxmemory',\n  \"hz\" ]\n\
             [lints]\n# why\nunused-host = \"allow\" # gone\n"
        );
        let mut files = texts(&[("x.toml", &spec)]);
        let left = mended(&["x.toml"], &mut files);
        assert_eq!(codes(&left), [""; 0]);
        let wanted = spec
            .replace("hosts = \"a\"", "hosts = [\"a\"]")
            .replace("slave-priority", "replica-priority")
            .replace("\"slave-read-only\"", "replica-read-only")
            .replace("unset = [ 'maxmemory',\n  \"hz\" ]\n", "")
            .replace("unused-host = \"allow\" # gone\n", "");
        assert_eq!(files.0[Path::new("x.toml")], wanted);
    }

    #[test]
    fn many_fixes_of_many_specs_are_all_carried_out() {
        let deployment = |at: usize| {
            format!(
                "[redis.s{at}]\nversion = \"7.2\"\ntopology = \"standalone\"\nport = {}\nhosts = \"a\"\n\
                 config = {{ slave-priority = 1, unset = [\"hz\"] }}\n",
                7000 + at
            )
        };
        let deployments: String = (0..30).map(deployment).collect();
        let spec = format!("{HEAD}{deployments}[lints]\nunused-host = \"allow\"\n");
        let mut files = texts(&[("x.toml", &spec), ("y.toml", &spec)]);
        let left = mended(&["x.toml", "y.toml"], &mut files);
        assert_eq!(codes(&left), [""; 0]);
        let fixed: usize = left.fixed.iter().map(|fixed| fixed.findings.iter().count()).sum();
        assert_eq!(fixed, 2 * (30 * 3 + 1));
    }

    #[test]
    fn a_missing_key_with_one_value_goes_behind_the_first_key() {
        let spec = "# The shop's.\r\n\"name\"= 'x' # so\r\n[hosts]\r\na = { address = \"127.0.0.1\" }\r\n\
                    [redis.s]\r\nversion = \"7.2\"\r\ntopology = \"standalone\"\r\nhosts = [\"a\"]\r\n";
        let mut files = texts(&[("x.toml", spec)]);
        assert_eq!(codes(&mended(&["x.toml"], &mut files)), [""; 0]);
        assert_eq!(files.0[Path::new("x.toml")], spec.replace("# so\r\n", "# so\r\nformat = 1\r\n"));
        // The name of the fleet is nobody's guess, and without a line of its own there is no place.
        for left in [
            spec.replace("\"name\"= 'x' # so\r\n", ""),
            spec.replace("\"name\"= 'x' # so\r\n", "a.b = 1\r\n"),
        ] {
            let mut files = texts(&[("x.toml", &left)]);
            assert!(mended(&["x.toml"], &mut files).texts.is_empty());
        }
        let mut files = texts(&[("x.json", "{\n\t\"name\": \"x\", \"hosts\": {}\n}\n")]);
        mended(&["x.json"], &mut files);
        assert_eq!(
            files.0[Path::new("x.json")],
            "{\n\t\"name\": \"x\",\n\t\"format\": 1, \"hosts\": {}\n}\n"
        );
    }

    #[test]
    fn a_setting_without_effect_goes_where_nothing_else_would_have_it() {
        let head =
            format!("{HEAD}[redis.s]\nversion = \"7.2\"\ntopology = \"standalone\"\nhosts = [\"a\"]\n");
        let with = |config: &str| texts(&[("x.toml", &format!("{head}[redis.s.config]\n{config}"))]);
        let mut files = with("cluster-node-timeout = 5000 # once a cluster\nhz = 20\n");
        assert_eq!(codes(&mended(&["x.toml"], &mut files)), [""; 0]);
        assert_eq!(files.0, with("hz = 20\n").0);
        let mut files = with("cluster-replica-no-failover = true\n");
        assert!(mended(&["x.toml"], &mut files).texts.is_empty(), "it was to keep a node from leading");
    }

    #[test]
    fn a_fix_that_would_do_harm_elsewhere_is_left_out() {
        // One profile for a server that knows only the old name and one that has a new one.
        let spec = format!(
            "{HEAD}[profiles.p.config]\nslave-priority = 1\nslave-read-only = false\n\
             [valkey.v]\nversion = \"8.0\"\ntopology = \"standalone\"\nhosts = [\"a\"]\nport = 7000\n\
             profiles = [\"p\"]\n[profiles.q.config]\nmasterauth = {{ env = \"P\" }}\n\
             [redis.r]\nversion = \"7.2\"\ntopology = \"standalone\"\nhosts = [\"a\"]\nprofiles = [\"q\"]\n\
             [valkey.w]\nversion = \"8.0\"\ntopology = \"standalone\"\nhosts = [\"a\"]\nport = 7001\nprofiles = [\"q\"]\n"
        );
        let mut files = texts(&[("x.toml", &spec)]);
        let left = mended(&["x.toml"], &mut files);
        assert_eq!(codes(&left), ["renamed-directive"]);
        let text = &files.0[Path::new("x.toml")];
        assert!(
            text.contains("replica-priority = 1\nreplica-read-only = false") && text.contains("masterauth")
        );
    }

    #[test]
    fn shared_layers_serve_all_specs_of_the_run() {
        let base = "{\n  \"format\": 1,\n  \"hosts\": {\"a\": {\"address\": \"127.0.0.1\"}},\n  \"profiles\": {\"p\": \
                    {\"config\": {\n    \"masterauth\": {\"env\": \"P\"},\n    \"slave-priority\": 1\n  }}}\n}\n";
        let of = |engine: &str| {
            format!(
                "extends = [\"base.json\"]\nname = \"x\"\n[{engine}.s]\nversion = \"8.0\"\ntopology = \"standalone\"\n\
                 hosts = [\"a\"]\nprofiles = [\"p\"]\n"
            )
        };
        let (redis, valkey) = (of("redis"), of("valkey"));
        let list = [("r.toml", redis.as_str()), ("v.toml", valkey.as_str()), ("base.json", base)];
        let mut files = texts(&list);
        assert_eq!(codes(&mended(&["r.toml", "v.toml"], &mut files)), ["renamed-directive"]);
        let wanted = base.replace("slave-priority", "replica-priority");
        assert_eq!(files.0[Path::new("base.json")], wanted);
        let mut files = texts(&list);
        assert_eq!(codes(&mended(&["v.toml"], &mut files)), [""; 0]);
        assert_eq!(files.0[Path::new("base.json")], wanted.replace("masterauth", "primaryauth"));
    }

    #[test]
    fn nothing_is_taken_out_of_a_layer() {
        let base = format!("{HEAD}[redis.s.config]\nunset = [\"maxmemory\"]\n");
        let spec = "extends = [\"base.toml\"]\n[redis.s]\nversion = \"7.2\"\ntopology = \"standalone\"\nhosts = [\"a\"]\n";
        let mut files = texts(&[("x.toml", spec), ("base.toml", &base)]);
        assert_eq!(codes(&mended(&["x.toml"], &mut files)), ["unset-without-effect"]);
    }

    #[test]
    fn secrets_and_guesses_are_left_alone() {
        let spec = format!(
            "{HEAD}[redis.s]\nversion = \"7.2\"\ntopology = \"standalone\"\nhosts = [\"a\"]\n\
             [redis.s.config]\nmaxmemory-polcy = \"noeviction\"\nmasterauth = \"hunter2\"\n\
             [redis.s.users.app]\npasswords = \"hunter2\"\nrules = \"+@read\"\n"
        );
        let mut files = texts(&[("x.toml", &spec)]);
        let left = mended(&["x.toml"], &mut files);
        assert!(left.texts.is_empty(), "{:#?}", left.texts);
        assert!(codes(&left).contains(&"unknown-directive"));
    }
}
