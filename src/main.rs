//! The `cachewright` command.

fn main() {}
