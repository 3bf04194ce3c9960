//! What was heard from a memcached.

use std::collections::BTreeMap;

use super::ask::Party;
use super::link::{LONGEST_LINE, Link, Patience};
use super::memcached::SETTINGS_SAFE_SINCE;
use super::tls::Served;
use super::{Identity, Trouble};
use crate::catalog::Engine;

/// What a memcached says of itself.
#[derive(Debug, Clone)]
pub struct MemcachedAnswers {
    /// Who it is.
    pub identity: Identity,
    /// The rows of `stats`, by name.
    pub stats: BTreeMap<String, String>,
    /// The rows of `stats settings`, by name; none where it was not asked.
    pub settings: Option<BTreeMap<String, String>>,
    /// The certificate that it showed.
    pub served: Option<Served>,
}

/// Asks a memcached everything that can be compared.
///
/// Before [`SETTINGS_SAFE_SINCE`], `stats settings` kills a server that was started with `-N`. Whether it was cannot be
/// known from outside: counters of `stats` that would tell stay 0 where every connection finds its queue, and what the
/// spec declares is no proof, as who looks for drift is not sure of just that. A cache that dies of being looked at
/// costs more than settings that were not compared. So the version is asked first, and old ones are asked for their
/// settings only where somebody says that they run without (`without_napi_ids`). `stats` is safe in all versions.
pub async fn observe_memcached(
    party: &Party,
    without_napi_ids: bool,
    patience: Patience,
) -> Result<MemcachedAnswers, Trouble> {
    let link = Link::open(&party.address, party.tls.as_ref(), patience).await?;
    let served = link.served();
    let mut talk = Talk { link, read: 0 };
    talk.link.send(b"version\r\nstats\r\n").await;
    let line = talk.line().await?;
    let version = line.strip_prefix("VERSION ").and_then(|version| version.parse().ok());
    let version = version.ok_or_else(|| trouble(&line))?;
    let identity = Identity { engine: Engine::Memcached, version, fork: None, sentinel: false };
    let stats = talk.rows().await?;
    let settings = if version >= SETTINGS_SAFE_SINCE || without_napi_ids {
        talk.link.send(b"stats settings\r\n").await;
        Some(talk.rows().await?)
    } else {
        None
    };
    Ok(MemcachedAnswers { identity, stats, settings, served })
}

/// A connection on which questions and answers take turns.
struct Talk {
    link: Link,
    /// How much of what has come has been read.
    read: usize,
}

impl Talk {
    async fn line(&mut self) -> Result<String, Trouble> {
        loop {
            let unread = &self.link.heard()[self.read..];
            if let Some(end) = unread.iter().position(|byte| *byte == b'\n') {
                let line = String::from_utf8_lossy(&unread[..end]).trim_end_matches('\r').to_owned();
                self.read += end + 1;
                return Ok(line);
            }
            if unread.len() > LONGEST_LINE || !self.link.more().await {
                return Err(self.link.trouble());
            }
        }
    }

    /// The rows of an answer, up to its end.
    async fn rows(&mut self) -> Result<BTreeMap<String, String>, Trouble> {
        let mut rows = BTreeMap::new();
        loop {
            let line = self.line().await?;
            if line == "END" {
                return Ok(rows);
            }
            let row = line.strip_prefix("STAT ").ok_or_else(|| trouble(&line))?;
            let (name, value) = row.split_once(' ').unwrap_or((row, ""));
            rows.insert(name.to_owned(), value.to_owned());
        }
    }
}

/// What a line comes to that is no answer.
fn trouble(line: &str) -> Trouble {
    if line.starts_with("CLIENT_ERROR unauthenticated") {
        Trouble::NeedsLogin
    } else if line.contains("Too many open connections") {
        Trouble::TurnedAway(line.to_owned())
    } else if line.starts_with("SERVER_ERROR") {
        Trouble::Occupied(line.to_owned())
    } else {
        let start: String = line.chars().take(60).collect();
        Trouble::Stranger(format!("it says `{start}`"))
    }
}
