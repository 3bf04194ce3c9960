//! cachewright: a compiler for cache infrastructure. See ARCHITECTURE.md for the pipeline.

pub mod catalog;
pub mod diag;
pub mod report;
pub mod source;
pub mod spec;
pub mod text;
