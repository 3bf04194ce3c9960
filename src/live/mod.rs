//! What running servers say of themselves: connections with time limits, and who a server is. Only what is asked
//! and answered stands here; what an answer means for a model or for the catalogue is decided by those who ask.
//! Nothing here changes a server by itself.

mod ask;
mod cluster_nodes;
mod crowd;
mod fleet;
mod identity;
mod link;
mod login;
pub mod memcached;
mod memcached_answers;
mod observed;
mod question;
pub mod redis;
mod reply;
mod route;
mod sentinel;
mod tls;
mod trouble;

use std::fmt;
use std::net::{IpAddr, ToSocketAddrs};
use std::str::FromStr;
use std::time::Duration;

pub use ask::{Login, Party, Refusal};
pub use cluster_nodes::{ClusterNode, OpenSlot, cluster_nodes};
pub use crowd::{processors, side_by_side};
pub use fleet::{Access, GivenLogin, Heard, address_of, observe};
pub use identity::Identity;
pub use link::Patience;
pub use login::{LoginSource, PasswordSource};
pub use memcached_answers::{MemcachedAnswers, observe_memcached};
pub use observed::{Fields, ServerAnswers, Settings, observe_server};
pub use question::Question;
pub use route::Route;
pub use sentinel::{Around, SentinelAnswers, observe_sentinel};
pub use tls::{Served, TlsClient, TlsSettings};
pub use trouble::{Trouble, TroubleKind};

/// How long a server may take for a connection or an answer.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// Where a server listens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// How it is spoken to.
    pub protocol: Protocol,
    /// A host name or an address, without brackets.
    pub host: String,
    /// The TCP port.
    pub port: u16,
}

/// How a server is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// As a Redis, a Valkey or a Sentinel.
    Redis,
    /// As a memcached, in its ascii protocol.
    Memcached,
}

impl Address {
    /// Whether every address that the host stands for is this machine's own. A name that does not resolve is not.
    pub fn is_loopback(&self) -> bool {
        let addresses = (self.host.as_str(), self.port).to_socket_addrs();
        addresses.is_ok_and(|addresses| {
            let ips: Vec<IpAddr> = addresses.map(|address| address.ip()).collect();
            !ips.is_empty() && ips.iter().all(IpAddr::is_loopback)
        })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// The text is no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadAddress;

impl fmt::Display for BadAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an address is written as `redis://127.0.0.1:6379`, `memcached://127.0.0.1:11211` or `[::1]:6379`")
    }
}

impl std::error::Error for BadAddress {}

impl FromStr for Address {
    type Err = BadAddress;

    /// Reads `redis://HOST:PORT`, `valkey://`, `sentinel://` (all spoken to alike) or `memcached://`; without a
    /// scheme it is a Redis.
    fn from_str(text: &str) -> Result<Self, BadAddress> {
        let (protocol, rest) = match text.split_once("://") {
            None => (Protocol::Redis, text),
            Some(("redis" | "valkey" | "sentinel", rest)) => (Protocol::Redis, rest),
            Some(("memcached", rest)) => (Protocol::Memcached, rest),
            Some(_) => return Err(BadAddress),
        };
        let (host, port) = rest.trim_end_matches('/').rsplit_once(':').ok_or(BadAddress)?;
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let host = match bare {
            Some(inner) => inner,
            None if host.contains([':', '[', ']', '/', '@']) => return Err(BadAddress),
            None => host,
        };
        let port = port.parse().map_err(|_| BadAddress)?;
        if host.is_empty() { Err(BadAddress) } else { Ok(Address { protocol, host: host.to_owned(), port }) }
    }
}

/// Why a server gave no answer that helps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// It answered with an error: its own words, without the leading code `ERR`.
    Refused(String),
    /// There is no connection, or no answer in time: the reason.
    Lost(String),
    /// It answered with something that is no answer to the question: the question.
    Nonsense(&'static str),
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Refused(words) => write!(f, "the server refuses: {words}"),
            Failure::Lost(reason) => write!(f, "the server cannot be asked: {reason}"),
            Failure::Nonsense(question) => {
                write!(f, "the server's answer to {question} cannot be understood")
            }
        }
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read() {
        let read =
            |text: &str| text.parse::<Address>().map(|address| (address.protocol, address.to_string()));
        assert_eq!(read("127.0.0.1:6379"), Ok((Protocol::Redis, "127.0.0.1:6379".to_owned())));
        assert_eq!(read("valkey://[::1]:7000/"), Ok((Protocol::Redis, "[::1]:7000".to_owned())));
        assert_eq!(read("memcached://cache-1:11211"), Ok((Protocol::Memcached, "cache-1:11211".to_owned())));
        for text in ["", "localhost", ":6379", "::1:6379", "http://a:1", "a:70000", "redis://u@a:1"] {
            assert_eq!(read(text), Err(BadAddress), "{text}");
        }
    }

    #[test]
    fn loopback_is_this_machine() {
        let loopback = |text: &str| text.parse::<Address>().unwrap().is_loopback();
        assert!(loopback("127.0.0.1:1") && loopback("[::1]:1") && loopback("127.8.0.1:1"));
        assert!(!loopback("192.0.2.1:1") && !loopback("[2001:db8::1]:1"));
    }
}
