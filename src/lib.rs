//! cachewright: a compiler for cache infrastructure. See ARCHITECTURE.md for the pipeline.

pub mod catalog;
pub mod catalog_check;
pub mod check;
pub mod diag;
pub mod live;
pub mod model;
pub mod pipeline;
pub mod report;
pub mod source;
pub mod spec;
pub mod text;
pub mod value;
