//! What a comparison found.

use std::collections::BTreeMap;
use std::fmt;

use crate::live::Identity;

/// What was compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Aspect {
    /// Names that exist, and how they are shown.
    Names,
    /// Values of a fresh server.
    Defaults,
    /// What can be changed in a running server.
    Mutability,
    /// Lowest and highest values.
    Ranges,
    /// Lists of words.
    Words,
    /// Commands and their ACL categories.
    Commands,
    /// Words of ACL rules.
    AclRules,
}

impl Aspect {
    /// What people call it.
    pub const fn title(self) -> &'static str {
        match self {
            Aspect::Names => "names",
            Aspect::Defaults => "defaults",
            Aspect::Mutability => "mutability",
            Aspect::Ranges => "ranges",
            Aspect::Words => "word lists",
            Aspect::Commands => "commands",
            Aspect::AclRules => "ACL rules",
        }
    }
}

/// A fact that the server contradicts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disagreement {
    /// What the fact is about.
    pub aspect: Aspect,
    /// The directive, command or rule.
    pub subject: String,
    /// What the catalogue says.
    pub ours: String,
    /// What the server says.
    pub theirs: String,
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Disagreement { aspect, subject, ours, theirs } = self;
        write!(f, "{}: `{subject}`: the catalogue says {ours}, the server {theirs}", aspect.title())
    }
}

/// All that a comparison found.
#[derive(Debug)]
pub struct Report {
    /// Who was asked.
    pub identity: Identity,
    /// How many facts were compared, by aspect.
    pub compared: BTreeMap<Aspect, usize>,
    /// Every contradiction, in the order found.
    pub disagreements: Vec<Disagreement>,
    /// What could not be compared, and why.
    pub notes: Vec<String>,
}

impl Report {
    pub(super) fn new(identity: Identity) -> Self {
        Report { identity, compared: BTreeMap::new(), disagreements: Vec::new(), notes: Vec::new() }
    }

    /// Who was asked, and how much was compared, in one line.
    pub fn summary(&self) -> String {
        let Identity { engine, version, fork, sentinel } = &self.identity;
        let fork = fork.as_ref().map(|fork| format!("{fork} as ")).unwrap_or_default();
        let role = if *sentinel { " as Sentinel" } else { "" };
        let counts: Vec<String> =
            self.compared.iter().map(|(aspect, count)| format!("{count} {}", aspect.title())).collect();
        let counts = if counts.is_empty() { "nothing".to_owned() } else { counts.join(", ") };
        let found = self.disagreements.len();
        format!("{fork}{engine} {version}{role}: compared {counts}; {found} disagreements")
    }

    pub(super) fn note(&mut self, text: impl Into<String>) {
        self.notes.push(text.into());
    }

    /// Counts a fact that the server confirmed or contradicted.
    pub(super) fn count(&mut self, aspect: Aspect) {
        *self.compared.entry(aspect).or_default() += 1;
    }

    /// Records a contradiction; it has been counted.
    pub(super) fn contradict(
        &mut self,
        aspect: Aspect,
        subject: impl Into<String>,
        ours: impl Into<String>,
        theirs: impl Into<String>,
    ) {
        let found =
            Disagreement { aspect, subject: subject.into(), ours: ours.into(), theirs: theirs.into() };
        // A live server and its program may say the same.
        if !self.disagreements.contains(&found) {
            self.disagreements.push(found);
        }
    }

    /// Counts a fact, and records a contradiction where the two are not the same.
    pub(super) fn compare<T: PartialEq>(
        &mut self,
        aspect: Aspect,
        subject: &str,
        (ours, theirs): (T, T),
        show: impl Fn(&T) -> String,
    ) {
        self.count(aspect);
        if ours != theirs {
            self.contradict(aspect, subject, show(&ours), show(&theirs));
        }
    }
}
