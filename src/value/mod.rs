//! The one canonical form of a directive's value, and the judgement of a value against a target.
//!
//! check, emit, diff, drift and import compare the [`Value`]s of this module and nothing else. It reads
//! arguments exactly as the servers' own parsers do (config.c and util.c of every supported version),
//! quirks included, and says what a server would print for them. One file per kind of value.
//! What may not live here: I/O, facts about single directives (they are data of the catalogue), opinions
//! about a value that every server takes as written (those are rules of `check`).

mod atoi;
mod bind;
mod case;
mod cnum;
mod defaults;
mod enumeration;
mod file_rules;
mod float;
mod integer;
mod judge;
mod lines;
mod memcached;
mod memcached_rows;
mod memcached_rules;
mod memory;
mod notify;
mod observed;
mod octal;
mod oom;
mod output_limits;
mod percentiles;
mod primary;
mod reason;
mod renames;
mod resplit;
mod save;
mod sentinel;
mod server_words;
mod text_rules;
mod units;
mod unknown;
#[expect(clippy::module_inception, reason = "the type that the folder is about")]
mod value;
mod written;

#[cfg(test)]
mod tests;

pub use defaults::Defaults;
pub use file_rules::{
    FileProblem, FileSettings, FileValues, asked_by_file_rules, file_rules, runtime_value, tls_problem,
};
pub use integer::in_unit;
pub use judge::{Judgement, Span, Verdict, judge};
pub use lines::{Folded, fold_lines};
pub use memcached::judge_option;
pub use memcached_rows::{option_of_row, printed_option};
pub use memcached_rules::{OptionProblem, option_rules};
pub use notify::Events;
pub use observed::observed;
pub use output_limits::{Limit, OutputLimits};
pub use percentiles::Percentile;
pub use reason::{IntegerFault, Otherwise, Reason, Stage};
pub use renames::{RenameProblem, Renames};
pub use save::SavePoint;
pub use sentinel::{HostNames, judge_sentinel, sentinel_rewrite, written_sentinel_lines};
pub use units::{BadDuration, BadSize, parse_duration, parse_size, size_meant, size_text};
pub use unknown::{Unknown, unknown_directive};
pub use value::{Primary, Value};
pub use written::{BadShape, Written, takes_list, written_lines};
