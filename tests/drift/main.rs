//! Drift on real servers: a server fresh from its rendered files shows none; whatever is changed on it alone is
//! reported, that and nothing else; and changed back it shows none again.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod allowed;
mod cli;
mod clusters;
mod copies;
mod docs;
mod memcached;
mod mutate;
mod neighbours;
mod observed;
mod observer;
#[path = "../rendered/mod.rs"]
mod rendered;
mod replicated;
mod sentinels;
mod settings;
#[path = "../support/mod.rs"]
mod support;
mod tls;
mod users;
