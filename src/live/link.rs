//! One connection with time limits, with TLS or without: bytes in and out, nothing of what they mean.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, sleep, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::tls::{Served, TlsClient, reason};
use super::{Address, Trouble};

/// The most bytes that a server may answer with: what `CONFIG GET *`, thousands of users and a cluster of a thousand
/// nodes take, many times over. Whoever sends more is no server of ours.
const MOST_BYTES: usize = 64 << 20;

/// The longest line that is waited for: errors and settings of servers are far shorter.
pub(super) const LONGEST_LINE: usize = 64 << 10;

/// Room for what comes at once: the settings of a server take 8 KB.
const ROOM: usize = 16 << 10;

/// Bytes of an answer that are shown to say what answers, where it is no such server.
const SHOWN: usize = 60;

/// Pause before a server that refused or reset a connection is tried again.
const PAUSE: Duration = Duration::from_millis(100);

/// How long a server may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// For a connection, all tries and the greeting of TLS together.
    pub connect: Duration,
    /// For all answers together.
    pub answer: Duration,
    /// How often a connection that was refused or reset is tried again within that time.
    pub retries: u32,
}

impl Default for Patience {
    fn default() -> Self {
        Patience { connect: Duration::from_secs(3), answer: Duration::from_secs(5), retries: 1 }
    }
}

/// A connection that ends by itself when time is up or too much comes back.
pub(super) struct Link {
    stream: Stream,
    deadline: Instant,
    /// Everything that has come.
    heard: Vec<u8>,
    /// Why something could not be sent.
    unsent: Option<io::Error>,
    /// Why reading ended: an error, or the server's end.
    ended: Option<Ended>,
}

/// Why nothing more could be read.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Ended {
    /// Time was up.
    Late,
    /// The server closed the connection, or something between did: the reason.
    Closed(String),
    /// TLS failed behind its greeting, where TLS 1.3 says what it wants of clients: the reason.
    Tls(String),
}

enum Stream {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl Link {
    /// Connects, and greets where it is TLS.
    pub(super) async fn open(
        address: &Address,
        tls: Option<&TlsClient>,
        patience: Patience,
    ) -> Result<Self, Trouble> {
        let deadline = Instant::now() + patience.connect;
        let mut tries = 0;
        let plain = loop {
            match connect(address, deadline).await {
                Ok(stream) => break stream,
                Err(error) if may_pass(&error) && tries < patience.retries => {
                    tries += 1;
                    sleep(PAUSE.min(deadline.saturating_duration_since(Instant::now()))).await;
                }
                Err(error) if error.kind() == io::ErrorKind::TimedOut => {
                    return Err(Trouble::NoConnection("no answer in time".into()));
                }
                Err(error) => return Err(Trouble::NoConnection(crate::tree::reason(&error))),
            }
        };
        // Questions go out in one piece; nothing is to be gained by waiting for more.
        let _ = plain.set_nodelay(true);
        let stream = match tls {
            None => Stream::Plain(plain),
            Some(client) => Stream::Tls(Box::new(greet(client, address, plain, deadline).await?)),
        };
        let deadline = Instant::now() + patience.answer;
        Ok(Link { stream, deadline, heard: Vec::with_capacity(ROOM), unsent: None, ended: None })
    }

    /// The certificate that the server showed; none without TLS.
    pub(super) fn served(&self) -> Option<Served> {
        match &self.stream {
            Stream::Plain(_) => None,
            Stream::Tls(stream) => stream.get_ref().1.peer_certificates().and_then(Served::of),
        }
    }

    /// Sends all of it. Whoever turns us away closes the connection meanwhile; what it said before can still be read, so
    /// that an error shows only in [`Link::trouble`].
    pub(super) async fn send(&mut self, bytes: &[u8]) {
        let send = async {
            match &mut self.stream {
                Stream::Plain(stream) => stream.write_all(bytes).await,
                Stream::Tls(stream) => {
                    stream.write_all(bytes).await?;
                    stream.flush().await
                }
            }
        };
        self.unsent = in_time(self.deadline, send).await.err();
    }

    /// Waits for more to come, and says whether it did.
    pub(super) async fn more(&mut self) -> bool {
        if self.heard.len() >= MOST_BYTES {
            return false;
        }
        self.heard.reserve(ROOM);
        let read = async {
            match &mut self.stream {
                Stream::Plain(stream) => stream.read_buf(&mut self.heard).await,
                Stream::Tls(stream) => stream.read_buf(&mut self.heard).await,
            }
        };
        let ended = match in_time(self.deadline, read).await {
            Ok(0) => Ended::Closed("the server closed it".to_owned()),
            Ok(_) => return true,
            Err(error) if error.kind() == io::ErrorKind::TimedOut => Ended::Late,
            Err(error) => {
                let closed = || Ended::Closed(crate::tree::reason(&error));
                of_tls(&error).map_or_else(closed, Ended::Tls)
            }
        };
        self.ended = Some(ended);
        false
    }

    /// Everything that has come so far.
    pub(super) fn heard(&self) -> &[u8] {
        &self.heard
    }

    /// Ends it, and gives everything that has come.
    pub(super) fn into_heard(self) -> Vec<u8> {
        self.heard
    }

    /// Why there is no answer, or none that could be understood.
    pub(super) fn trouble(&self) -> Trouble {
        match (&self.ended, &self.unsent) {
            (Some(Ended::Late), _) => Trouble::NoAnswer,
            (Some(Ended::Tls(reason)), _) => Trouble::Tls(reason.clone()),
            (_, Some(error)) => Trouble::Lost(crate::tree::reason(error)),
            (Some(Ended::Closed(reason)), None) => Trouble::Lost(reason.clone()),
            (None, None) => Trouble::Stranger(format!("it says `{}`", self.begun())),
        }
    }

    /// How the server's answers begin, as text.
    pub(super) fn begun(&self) -> String {
        let shown = &self.heard[..self.heard.len().min(SHOWN)];
        let line = shown.split(|byte| *byte == b'\n').next().unwrap_or_default();
        String::from_utf8_lossy(line).trim_end().to_owned()
    }
}

/// Tries every address that the host stands for; none may take the time of those behind it.
async fn connect(address: &Address, deadline: Instant) -> io::Result<TcpStream> {
    let looked_up = timeout_at(deadline, lookup_host((address.host.as_str(), address.port))).await;
    let late = |_| io::Error::other("its name is not looked up in time");
    let addresses: Vec<SocketAddr> = looked_up.map_err(late)??.collect();
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name stands for no address");
    for (at, one) in addresses.iter().enumerate() {
        let share = u32::try_from(addresses.len() - at).unwrap_or(u32::MAX);
        let now = Instant::now();
        let until = now + deadline.saturating_duration_since(now) / share;
        match in_time(until, TcpStream::connect(one)).await {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

async fn greet(
    client: &TlsClient,
    address: &Address,
    stream: TcpStream,
    deadline: Instant,
) -> Result<TlsStream<TcpStream>, Trouble> {
    let name = client.name_of(&address.host)?;
    let connector = TlsConnector::from(Arc::clone(&client.config));
    in_time(deadline, connector.connect(name, stream)).await.map_err(|error| match of_tls(&error) {
        Some(said) => Trouble::Tls(said),
        None if error.kind() == io::ErrorKind::TimedOut => Trouble::NoAnswer,
        None => Trouble::Tls(format!("{}: does it speak TLS there?", crate::tree::reason(&error))),
    })
}

/// What comes of it by then; an error of the kind `TimedOut` where nothing does.
async fn in_time<T>(deadline: Instant, work: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    timeout_at(deadline, work).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

/// What TLS says of an error, where it is one of TLS.
fn of_tls(error: &io::Error) -> Option<String> {
    error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()).map(reason)
}

/// A server that is just being restarted.
fn may_pass(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset)
}
