//! redis.conf and valkey.conf: the line syntax of `loadServerConfigFromString` (config.c) and
//! `sdssplitargs` (sds.c), which are the same in 6.0.16, 6.2.14, 7.0.15, 7.2.6, 7.4.1 and Valkey 8.0.1.
//!
//! Here live splitting, editing and quoting. Directives' names and values are bytes to this module.
//!
//! Not modelled: `include`, arguments of the command line, and the second splitting that 7.0 and later
//! give to a lone argument of directives with several values (callers have [`split_args`] for it).

mod doc;
mod quote;
mod split;

pub use doc::{ConfDoc, ConfLine, ConfLineKind, Directive};
pub use quote::{force_quote, push_directive, quote_conf, survives_unescaped, write_directive};
pub use split::{Arg, Quote, split_args};

/// Longest line, line break included, that CONFIG REWRITE of 6.0 and 6.2 keeps in one piece
/// (`CONFIG_MAX_LINE` in server.h). Reading at start has no limit, nor has 7.0's rewrite.
pub const REWRITE_LINE_LIMIT_6: usize = 1024;
