//! Sets of directives.

use super::directive::Directive;
use super::directives::MOST_DIRECTIVES;

/// A set of directives of one engine: a bit for each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct DirectiveSet([u64; MOST_DIRECTIVES.div_ceil(64)]);

impl DirectiveSet {
    /// Every directive.
    pub const ALL: Self = DirectiveSet([u64::MAX; MOST_DIRECTIVES.div_ceil(64)]);

    /// Adds a directive.
    pub fn insert(&mut self, directive: &Directive) {
        let (word, bit) = place(directive);
        self.0[word] |= bit;
    }

    /// Takes a directive away.
    pub fn remove(&mut self, directive: &Directive) {
        let (word, bit) = place(directive);
        self.0[word] &= !bit;
    }

    /// Whether it has a directive.
    pub fn contains(&self, directive: &Directive) -> bool {
        let (word, bit) = place(directive);
        self.0[word] & bit != 0
    }

    /// Whether two sets have a directive in common.
    pub fn meets(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).any(|(one, other)| one & other != 0)
    }
}

/// The word and the bit that stand for a directive.
fn place(directive: &Directive) -> (usize, u64) {
    (usize::from(directive.place / 64), 1 << (directive.place % 64))
}
