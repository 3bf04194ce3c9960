//! cachewright: a compiler for cache infrastructure. See ARCHITECTURE.md for the pipeline.

pub mod catalog;
pub mod catalog_check;
pub mod check;
pub mod cli;
pub mod diag;
pub mod drift;
pub mod emit;
pub mod explain;
pub mod fix;
pub mod live;
pub mod model;
pub mod pipeline;
pub mod reference;
pub mod report;
pub mod source;
pub mod spec;
pub mod text;
pub mod tree;
pub mod value;
