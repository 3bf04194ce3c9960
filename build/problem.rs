//! What is wrong with the data, and where.

use std::fmt::{self, Display};

/// One mistake in a schema.
#[derive(Debug)]
pub(crate) struct Problem {
    file: String,
    entry: String,
    message: String,
}

impl Problem {
    /// A mistake in an entry of a file.
    pub(crate) fn new(file: &str, entry: &str, message: impl Display) -> Self {
        // cargo reads one line per directive of a build script.
        let message = message.to_string().trim().replace('\n', " ");
        Problem { file: file.to_owned(), entry: entry.to_owned(), message }
    }

    /// A mistake of a file as a whole, as the only one.
    pub(crate) fn of(file: &str, message: impl Display) -> Vec<Self> {
        vec![Problem::new(file, "", message)]
    }
}

impl Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.entry.is_empty() {
            write!(f, "{}: {}", self.file, self.message)
        } else {
            write!(f, "{}: [{}]: {}", self.file, self.entry, self.message)
        }
    }
}
