//! cachewright: a compiler for cache infrastructure. See ARCHITECTURE.md for the pipeline.

pub mod catalog;
pub mod text;
pub mod value;
