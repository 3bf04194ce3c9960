//! What the exit code says.

/// The exit codes, in the order of their weight: what could not be checked outweighs what was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Exit {
    /// Nothing to object to.
    Clean = 0,
    /// Errors, drift, differences.
    Findings = 1,
    /// Wrong usage, or a spec that cannot be read.
    Usage = 2,
    /// Something could not be checked.
    Unchecked = 3,
}

impl Exit {
    /// The code of two results together.
    #[must_use]
    pub(super) fn and(self, other: Exit) -> Exit {
        self.max(other)
    }
}
