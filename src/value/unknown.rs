//! What a server does with a directive that it does not know.

use crate::catalog::{Target, UnknownDirectives, supported};

/// What becomes of a line whose directive no version of the target knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unknown {
    /// The parser stops at the line.
    Fatal,
    /// The line is kept for the modules; without one that knows it, the server gives up after parsing.
    FatalLater,
    /// The build loads modules, and the directive may be theirs.
    PerhapsAModules,
}

/// Says what becomes of a line with an unknown name and a number of arguments.
pub fn unknown_directive(name: &str, arguments: usize, target: &Target) -> Unknown {
    let minor = supported(target.engine).iter().find(|minor| minor.range.contains(target.versions.last));
    let queued = arguments > 0
        && match minor.map(|minor| minor.unknown) {
            Some(UnknownDirectives::AllAreQueued) => true,
            Some(UnknownDirectives::DottedAreQueued) => name.contains('.'),
            Some(UnknownDirectives::Fatal) | None => false,
        };
    match (queued, target.build.modules) {
        (false, _) => Unknown::Fatal,
        (true, false) => Unknown::FatalLater,
        (true, true) => Unknown::PerhapsAModules,
    }
}
