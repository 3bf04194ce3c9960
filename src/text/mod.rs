//! The text formats that servers and their start scripts read: redis.conf, sentinel.conf, ACL files,
//! memcached's arguments, Debian's memcached.conf, environment files, systemd units, sysctl.d, sh;
//! and of templates what has to be known before they run.
//!
//! Here live reading and writing, both exactly as the program at the other end reads: bytes to a syntax
//! tree with spans, and values to quoted text. Readers are lossless and collect every error. Writers
//! are fallible: what a format cannot hold is an [`Unrepresentable`], never a mangled value.
//! What a directive, rule or option *means*, and which version knows it, may not live here: this module
//! is below the catalogue.

pub mod acl;
pub mod argv;
pub mod conf;
pub mod env_file;
mod error;
mod lines;
mod mapped;
pub mod memcached_conf;
pub mod sentinel;
pub mod shell;
mod span;
pub mod sysctl;
pub mod systemd;
pub mod template;

pub use error::{Format, Problem, SyntaxError, Unrepresentable};
pub use span::{Span, Word};
