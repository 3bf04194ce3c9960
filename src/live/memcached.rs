//! A connection to a memcached, in its ascii protocol.

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{TcpStream, ToSocketAddrs};

use super::{Address, Failure, Identity, PATIENCE};
use crate::catalog::{Engine, Version};

/// The first version whose `stats settings` may be asked for whatever it was started with. Before, it kills a
/// memcached that was started with `-N` (observed on 1.6.18 and 1.6.38).
pub const SETTINGS_SAFE_SINCE: Version = Version::new(1, 6, 40);

/// A connection to a memcached.
pub struct MemcachedServer {
    stream: BufReader<TcpStream>,
}

impl MemcachedServer {
    /// Connects.
    pub fn connect(address: &Address) -> Result<Self, Failure> {
        let mut last = None;
        let resolved = (address.host.as_str(), address.port).to_socket_addrs().map_err(|e| lost(&e))?;
        for one in resolved {
            match TcpStream::connect_timeout(&one, PATIENCE) {
                Ok(stream) => {
                    let limits = stream
                        .set_read_timeout(Some(PATIENCE))
                        .and_then(|()| stream.set_write_timeout(Some(PATIENCE)));
                    limits.map_err(|error| lost(&error))?;
                    return Ok(MemcachedServer { stream: BufReader::new(stream) });
                }
                Err(error) => last = Some(lost(&error)),
            }
        }
        Err(last.unwrap_or(Failure::Lost("the name stands for no address".to_owned())))
    }

    /// Sends a command whose answer is one line; an error is one of the server's words.
    pub fn command(&mut self, line: &str) -> Result<String, Failure> {
        self.send(line)?;
        let answer = self.line()?;
        let is_error = ["ERROR", "CLIENT_ERROR", "SERVER_ERROR"].iter().any(|word| answer.starts_with(word));
        if is_error { Err(Failure::Refused(answer)) } else { Ok(answer) }
    }

    /// Who it is.
    pub fn identity(&mut self) -> Result<Identity, Failure> {
        let answer = self.command("version")?;
        let version = answer.strip_prefix("VERSION ").and_then(|version| version.parse().ok());
        let version = version.ok_or(Failure::Nonsense("version"))?;
        Ok(Identity { engine: Engine::Memcached, version, fork: None, sentinel: false })
    }

    /// The rows of `stats settings`, by name.
    ///
    /// Before [`SETTINGS_SAFE_SINCE`] this kills a server that was started with `-N`; `started_with_napi_ids` says
    /// whether it may have been, and it is then not asked: none.
    pub fn settings(
        &mut self,
        started_with_napi_ids: bool,
    ) -> Result<Option<BTreeMap<String, String>>, Failure> {
        if started_with_napi_ids && self.identity()?.version < SETTINGS_SAFE_SINCE {
            return Ok(None);
        }
        self.send("stats settings")?;
        let mut rows = BTreeMap::new();
        loop {
            let line = self.line()?;
            if line == "END" {
                return Ok(Some(rows));
            }
            let row = line.strip_prefix("STAT ").ok_or_else(|| Failure::Refused(line.clone()))?;
            let (name, value) = row.split_once(' ').unwrap_or((row, ""));
            rows.insert(name.to_owned(), value.to_owned());
        }
    }

    fn send(&mut self, line: &str) -> Result<(), Failure> {
        self.stream.get_mut().write_all(format!("{line}\r\n").as_bytes()).map_err(|error| lost(&error))
    }

    fn line(&mut self) -> Result<String, Failure> {
        let mut line = Vec::new();
        let read = self.stream.read_until(b'\n', &mut line).map_err(|error| lost(&error))?;
        if read == 0 {
            return Err(Failure::Lost("it closed the connection".to_owned()));
        }
        Ok(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned())
    }
}

fn lost(error: &io::Error) -> Failure {
    Failure::Lost(error.to_string())
}
