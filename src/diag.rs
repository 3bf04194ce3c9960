//! Findings: what is wrong, where, what it means and what to do. Findings are data; only `report`
//! turns them into text. The code of a finding is its rule's name; the rules' prose lives in `check`.

mod code;

pub use code::{Code, CodeKind};

use crate::source::Span;

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The program exits with 1.
    Error,
    /// Printed; the exit code stays 0 unless warnings are denied.
    Warning,
}

impl Level {
    /// The word that messages begin with.
    pub const fn name(self) -> &'static str {
        match self {
            Level::Error => "error",
            Level::Warning => "warning",
        }
    }
}

/// Where a finding points.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// At a part of a text.
    Span(Span),
    /// At a line of an artifact, by the artifact's path and the line counted from 1.
    Output {
        /// The path of the artifact below the output folder.
        path: String,
        /// The line.
        line: usize,
    },
    /// At a file as a whole, or at nothing that has a line: the name says which.
    Named(String),
}

/// A second place that a finding explains itself by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Related {
    /// Where.
    pub span: Span,
    /// What is there.
    pub label: String,
}

/// Whether a fix says what was meant, or guesses at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certainty {
    /// There is one right answer, and `check --fix` writes it: servers do what they did, or could not start before.
    Sure,
    /// What was probably meant, or what most people choose: it would change what servers do, or says something of
    /// hosts. Shown, and left to people.
    Guess,
}

/// A change of one text of the spec. It names the thing that changes; what that comes to in TOML or JSON is the
/// business of `spec::edits`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// Other text in a place.
    Replace {
        /// The text to replace.
        span: Span,
        /// What to put there.
        text: String,
    },
    /// Away with an entry of a table, or with an item of a list; with the last item of a list goes the list's own
    /// entry.
    Remove {
        /// The entry's key, or the item.
        span: Span,
    },
    /// One more entry in a table.
    Insert {
        /// The key that it goes behind.
        beside: Span,
        /// Its key.
        key: String,
        /// Its value, as both TOML and JSON write it.
        value: String,
    },
}

impl Edit {
    /// The place that it is about.
    pub const fn span(&self) -> Span {
        match self {
            Edit::Replace { span, .. } | Edit::Remove { span } | Edit::Insert { beside: span, .. } => *span,
        }
    }
}

/// A change of the spec that mends a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What changes, all of it or nothing.
    pub edits: Vec<Edit>,
    /// Whether it is what was meant.
    pub certainty: Certainty,
}

/// One thing that is wrong, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The rule.
    pub code: Code,
    /// How much it weighs.
    pub level: Level,
    /// What is wrong, in one line, naming the thing as the user wrote it.
    pub title: String,
    /// Where.
    pub place: Place,
    /// A few words beside the place.
    pub label: Option<String>,
    /// Other places that explain it.
    pub related: Vec<Related>,
    /// What to do.
    pub help: Vec<String>,
    /// What else is worth knowing: what the server would do, and how we know.
    pub notes: Vec<String>,
    /// A change that mends it.
    pub fix: Option<Fix>,
    /// The deployment it belongs to; none where it touches the whole spec.
    pub deployment: Option<String>,
    /// Where an error of another rule is the cause of it. While that stands, this one is not told.
    pub cause: Option<(Code, Span)>,
}

impl Finding {
    /// A finding at a place in a text, at the level that its code has by default.
    pub fn new(code: Code, span: Span, title: impl Into<String>) -> Self {
        Finding::at(code, Place::Span(span), title)
    }

    /// A finding at any place.
    pub fn at(code: Code, place: Place, title: impl Into<String>) -> Self {
        let level = match code.kind() {
            CodeKind::Hard | CodeKind::Error => Level::Error,
            CodeKind::Warn | CodeKind::Allow => Level::Warning,
        };
        Finding {
            code,
            level,
            title: title.into(),
            place,
            label: None,
            related: Vec::new(),
            help: Vec::new(),
            notes: Vec::new(),
            fix: None,
            deployment: None,
            cause: None,
        }
    }

    /// Adds a few words beside the place.
    #[must_use]
    pub fn label(mut self, text: impl Into<String>) -> Self {
        self.label = Some(text.into());
        self
    }

    /// Adds a second place.
    #[must_use]
    pub fn related(mut self, span: Span, label: impl Into<String>) -> Self {
        self.related.push(Related { span, label: label.into() });
        self
    }

    /// Adds what to do.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(text.into());
        self
    }

    /// Adds what else is worth knowing.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// Adds the one right answer: other text in a place.
    #[must_use]
    pub fn fix(self, span: Span, replacement: impl Into<String>) -> Self {
        self.mended_by(vec![Edit::Replace { span, text: replacement.into() }])
    }

    /// Adds the one right answer: the entry whose key stands at the place, or the item that does, goes away.
    #[must_use]
    pub fn fix_by_removing(self, span: Span) -> Self {
        self.mended_by(vec![Edit::Remove { span }])
    }

    /// Adds the one right answer, in several edits that belong together.
    #[must_use]
    pub fn mended_by(mut self, edits: Vec<Edit>) -> Self {
        self.fix = Some(Fix { edits, certainty: Certainty::Sure });
        self
    }

    /// Adds what was probably meant, or what most people choose: other text in a place.
    #[must_use]
    pub fn guess(mut self, span: Span, replacement: impl Into<String>) -> Self {
        let edits = vec![Edit::Replace { span, text: replacement.into() }];
        self.fix = Some(Fix { edits, certainty: Certainty::Guess });
        self
    }

    /// Says which deployment it belongs to.
    #[must_use]
    pub fn of(mut self, deployment: &str) -> Self {
        self.deployment = Some(deployment.to_owned());
        self
    }

    /// Says which rule's error at which place is the cause of it.
    #[must_use]
    pub fn follows_from(mut self, code: Code, span: Span) -> Self {
        self.cause = Some((code, span));
        self
    }

    /// The span it points at, where it points into a text.
    pub fn span(&self) -> Option<Span> {
        match self.place {
            Place::Span(span) => Some(span),
            Place::Output { .. } | Place::Named(_) => None,
        }
    }

    /// Every span it points at, the related ones too.
    pub fn spans(&self) -> impl Iterator<Item = Span> {
        self.span().into_iter().chain(self.related.iter().map(|related| related.span))
    }
}

/// A growing list of findings.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    list: Vec<Finding>,
}

impl Findings {
    /// Adds one.
    pub fn push(&mut self, finding: Finding) {
        self.list.push(finding);
    }

    /// Adds all of another list.
    pub fn append(&mut self, mut other: Findings) {
        self.list.append(&mut other.list);
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// The number of findings.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether any is an error.
    pub fn has_errors(&self) -> bool {
        self.list.iter().any(|finding| finding.level == Level::Error)
    }

    /// Each one, in the order of [`Findings::sort`] if that was called, else of discovery.
    pub fn iter(&self) -> impl Iterator<Item = &Finding> {
        self.list.iter()
    }

    /// Keeps those that `keep` says and lets it change them.
    pub fn retain_mut(&mut self, keep: impl FnMut(&mut Finding) -> bool) {
        self.list.retain_mut(keep);
    }

    /// Orders by place, and drops exact repetitions.
    pub fn sort(&mut self) {
        self.list.sort_by(|a, b| {
            (&a.place, a.level, a.code, &a.title).cmp(&(&b.place, b.level, b.code, &b.title))
        });
        self.list.dedup();
    }
}

impl Extend<Finding> for Findings {
    fn extend<I: IntoIterator<Item = Finding>>(&mut self, iter: I) {
        self.list.extend(iter);
    }
}

impl IntoIterator for Findings {
    type Item = Finding;
    type IntoIter = std::vec::IntoIter<Finding>;

    fn into_iter(self) -> Self::IntoIter {
        self.list.into_iter()
    }
}

impl FromIterator<Finding> for Findings {
    fn from_iter<I: IntoIterator<Item = Finding>>(iter: I) -> Self {
        Findings { list: iter.into_iter().collect() }
    }
}
