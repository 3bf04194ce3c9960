//! What `render --check` prints: what would change, each change once, without secrets.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use similar::{ChangeTag, TextDiff};

use super::masked::masked;
use crate::emit::{Artifact, MANIFEST};
use crate::model::Model;
use crate::report::counted;
use crate::tree::{Comparison, Difference, TreeError, compare};

/// Lines around a change that are shown.
const CONTEXT: usize = 3;
/// Lines of one file's changes that are shown.
const LINES: usize = 100;
/// Different changes that are shown.
const SHOWN: usize = 20;
/// Files of one change that are named.
const NAMED: usize = 5;

/// The changes of one run.
#[derive(Debug)]
pub(super) struct Changes {
    folder: PathBuf,
    comparison: Comparison,
    files: BTreeMap<Change, Files>,
    manifest: bool,
    /// The paths of own artifacts below their folders.
    own: Vec<String>,
}

/// One change. Nodes of a deployment mostly have the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Change {
    /// The lines that go and come.
    Lines(Vec<String>),
    /// In a word.
    Word(String),
}

/// The files that have a change.
#[derive(Debug, Default)]
struct Files {
    paths: Vec<String>,
    /// The hunks of one of them, with the lines around the change, one string a line.
    hunks: Vec<String>,
}

/// What is printed.
pub(super) struct Report {
    pub(super) text: String,
    /// Nothing would change.
    pub(super) clean: bool,
}

impl Changes {
    /// What the spec renders, against a folder.
    pub(super) fn of(folder: &Path, model: &Model) -> Result<Self, TreeError> {
        let comparison = compare(folder)?;
        comparison.is_for(&model.name)?;
        let own = model.own.artifacts.iter().map(|artifact| artifact.path.value.clone()).collect();
        Ok(Changes { folder: folder.to_owned(), comparison, files: BTreeMap::new(), manifest: false, own })
    }

    /// Compares a file.
    pub(super) fn look_at(&mut self, artifact: &Artifact) -> Result<(), TreeError> {
        let Some(difference) = self.comparison.with(artifact)? else { return Ok(()) };
        if artifact.path == MANIFEST {
            self.manifest = true;
            return Ok(());
        }
        let (change, hunks) = match difference {
            Difference::Content { secret: false, .. } if self.is_own(&artifact.path) => {
                let why = "differs; not shown, for the format of own artifacts is not known, nor what is secret in it";
                (Change::Word(why.to_owned()), Vec::new())
            }
            Difference::Content { old, secret: false } => hunks(&old, &artifact.bytes),
            word => (Change::Word(in_a_word(&word, artifact)), Vec::new()),
        };
        let files = self.files.entry(change).or_default();
        if files.paths.is_empty() {
            files.hunks = hunks;
        }
        files.paths.push(artifact.path.clone());
        Ok(())
    }

    /// Whether a file is an artifact that the spec declares.
    fn is_own(&self, path: &str) -> bool {
        let ends_with = |own: &String| {
            path.strip_suffix(own.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'))
        };
        self.own.iter().any(ends_with)
    }

    /// All of it, by the first file of each change.
    pub(super) fn report(mut self, color: bool) -> Report {
        for path in self.comparison.left() {
            self.files.entry(Change::Word("rendered no more".to_owned())).or_default().paths.push(path);
        }
        let mut changes: Vec<(Change, Files)> = self.files.into_iter().collect();
        changes.sort_by(|a, b| a.1.paths.cmp(&b.1.paths));
        let files: usize = changes.iter().map(|(_, files)| files.paths.len()).sum();
        let paint = Paint { color };
        let mut text = String::new();
        for (change, files) in changes.iter().take(SHOWN) {
            write_change(&mut text, &self.folder, change, files, paint);
        }
        if let Some(more) = changes.len().checked_sub(SHOWN).filter(|more| *more > 0) {
            let _ = writeln!(text, "and {}", counted(more, "other change"));
        }
        let folder = self.folder.display();
        let clean = files == 0 && !self.manifest;
        let _ = match (clean, files) {
            (true, _) => writeln!(text, "{folder} is up to date"),
            (false, 0) => writeln!(text, "{folder}/{MANIFEST} is out of date: render again"),
            (false, _) => writeln!(text, "{folder} is out of date, {}: render again", counted(files, "file")),
        };
        Report { text, clean }
    }
}

/// A difference without its lines.
fn in_a_word(difference: &Difference, artifact: &Artifact) -> String {
    match difference {
        Difference::Missing => "missing".to_owned(),
        Difference::Mode { old } => format!("mode {old:04o}, rendered {}", artifact.mode_text()),
        Difference::Content { .. } => "differs; not shown, for it holds secrets".to_owned(),
    }
}

fn write_change(text: &mut String, folder: &Path, change: &Change, files: &Files, paint: Paint) {
    let Files { paths, hunks } = files;
    let Some(first) = paths.first() else { return };
    let first = folder.join(first);
    // Writing to a String cannot fail.
    match change {
        Change::Lines(_) => {
            let _ = writeln!(text, "{}", paint.bold(&format!("--- {}", first.display())));
            let _ = writeln!(text, "{}", paint.bold(&format!("+++ {} (rendered)", first.display())));
            for line in hunks.iter().take(LINES) {
                let _ = writeln!(text, "{}", paint.line(line));
            }
            if hunks.len() > LINES {
                let _ = writeln!(text, "({})", counted(hunks.len() - LINES, "more line"));
            }
        }
        Change::Word(word) => {
            let _ = writeln!(text, "{}: {word}", first.display());
        }
    }
    for path in paths.iter().skip(1).take(NAMED) {
        let _ = writeln!(text, "  the same: {}", folder.join(path).display());
    }
    if let Some(more) = paths.len().checked_sub(NAMED + 1).filter(|more| *more > 0) {
        let _ = writeln!(text, "  and {}", counted(more, "more file"));
    }
    text.push('\n');
}

/// The lines that differ, and the same with some around them, as a unified diff has them.
fn hunks(old: &[u8], new: &[u8]) -> (Change, Vec<String>) {
    let (old, new) = (masked(&String::from_utf8_lossy(old)), masked(&String::from_utf8_lossy(new)));
    if old == new {
        return (Change::Word("differs in a secret, which is not shown".to_owned()), Vec::new());
    }
    let diff = TextDiff::from_lines(&old, &new);
    let (mut changed, mut lines) = (Vec::new(), Vec::new());
    for hunk in diff.unified_diff().context_radius(CONTEXT).iter_hunks() {
        lines.push(hunk.header().to_string());
        for change in hunk.iter_changes() {
            let sign = match change.tag() {
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
                ChangeTag::Equal => ' ',
            };
            let value = change.value();
            let line = format!("{sign}{}", visible(value.trim_end_matches('\n')));
            if sign != ' ' {
                changed.push(line.clone());
            }
            lines.push(line);
            if !value.ends_with('\n') {
                lines.push("\\ No newline at end of file".to_owned());
            }
        }
    }
    (Change::Lines(changed), lines)
}

/// A line that cannot give orders to a terminal.
fn visible(line: &str) -> String {
    let mut text = String::with_capacity(line.len());
    for c in line.chars() {
        if c.is_control() && c != '\t' { text.extend(c.escape_debug()) } else { text.push(c) }
    }
    text
}

/// Colours, where there are some.
#[derive(Clone, Copy)]
struct Paint {
    color: bool,
}

impl Paint {
    fn with(self, code: &str, text: &str) -> String {
        if self.color { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }

    fn bold(self, text: &str) -> String {
        self.with("1", text)
    }

    fn line(self, line: &str) -> String {
        match line.as_bytes().first() {
            Some(b'-') => self.with("31", line),
            Some(b'+') => self.with("32", line),
            Some(b'@') => self.with("36", line),
            _ => line.to_owned(),
        }
    }
}
