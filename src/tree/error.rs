//! Why an output folder could not be read or written.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Why an output folder could not be read or written, and what to do.
#[derive(Debug)]
pub enum TreeError {
    /// The system refuses something.
    Io {
        /// What was tried: `write`, `move into place`.
        doing: &'static str,
        /// With what.
        path: PathBuf,
        /// What it said.
        cause: io::Error,
    },
    /// It broke in the middle of moving files into place.
    Halfway {
        /// What broke.
        cause: Box<TreeError>,
    },
    /// Something that cachewright did not write stands where a file belongs.
    Foreign {
        /// Where.
        path: PathBuf,
    },
    /// Something other than a file stands where a file belongs, or something other than a folder where a
    /// folder belongs.
    InTheWay {
        /// Where.
        path: PathBuf,
        /// What it is: `a symbolic link`.
        what: &'static str,
        /// What belongs there: `a folder`.
        wanted: &'static str,
    },
    /// Another run writes to the folder.
    Locked {
        /// The lock file.
        lock: PathBuf,
    },
    /// The manifest cannot be understood.
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// Why.
        why: String,
    },
}

impl TreeError {
    /// What to wrap errors of the system with.
    pub(super) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> TreeError {
        move |cause| TreeError::Io { doing, path: path.to_owned(), cause }
    }
}

impl fmt::Display for TreeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TreeError::Io { doing, path, cause } => {
                write!(f, "cannot {doing} {}: {}", path.display(), reason(cause))
            }
            TreeError::Halfway { cause } => write!(
                f,
                "{cause}\nsome files are new and some old, each of them whole; render again to complete them"
            ),
            TreeError::Foreign { path } => write!(
                f,
                "{} is in the way: cachewright did not write it, and leaves it alone\n\
                 move it away, or render into another folder",
                path.display()
            ),
            TreeError::InTheWay { path, what, wanted } => write!(
                f,
                "{} is {what}, where {wanted} belongs\nmove it away, or render into another folder",
                path.display()
            ),
            TreeError::Locked { lock } => write!(
                f,
                "another cachewright is writing there (it holds {})\nrender again when it is done",
                lock.display()
            ),
            TreeError::Manifest { path, why } => write!(
                f,
                "{} does not say which files are cachewright's: {why}\n\
                 bring it back from version control, or remove the folder and render again",
                path.display()
            ),
        }
    }
}

impl std::error::Error for TreeError {}

/// What went wrong, without Rust's `(os error 2)`.
pub(crate) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}
