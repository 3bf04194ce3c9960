//! The folder that rendered files are checked in from: written so that every file is old or new and whole,
//! whatever happens, and nothing of anybody else's is touched.
//!
//! A run writes what is new into a work folder inside the output folder, in the same layout, and moves it
//! into place when everything is there. What it is about to own stands in a pending manifest before the
//! first move, so a run that was killed leaves nothing that the next one does not know as its own. The
//! manifest moves last. Here live these steps and the comparison for `render --check`; what is rendered,
//! and how it is told, is decided elsewhere.
//!
//! Only the manifest is synced to the disk. Rendered files are a function of the spec: what a power
//! failure tears is found by comparing contents, which every run does, and rendered again. Syncing each
//! file would cost minutes for a fleet.

mod commit;
mod compare;
mod error;
mod folders;
mod lock;
mod manifest;
mod owned;
mod path;
mod stage;
mod way;
mod whole;

pub use compare::{Comparison, Difference, compare};
pub use error::TreeError;
pub(crate) use error::reason;
pub use stage::{Staging, Summary};
pub(crate) use whole::{replace_by_way_of, write_by_way_of};

/// The work folder's name.
const WORK: &str = ".cachewright";
/// Where new files wait in the work folder, in the layout of the output folder.
const STAGED: &str = "staged";
/// How the names of pending manifests begin.
const PENDING: &str = "pending-";
/// How they end.
const PENDING_END: &str = ".json";
/// How the name of one ends that is still being written.
const UNFINISHED_END: &str = ".new";
