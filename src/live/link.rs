//! One connection with time limits, with TLS or without: bytes in and out, nothing of what they mean.

use std::io::{self, Read, Write};
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use rustls::{ClientConnection, StreamOwned};

use super::tls::{Served, TlsClient, reason};
use super::{Address, Trouble};

/// The most bytes that a server may answer with: what `CONFIG GET *`, thousands of users and a cluster of a thousand
/// nodes take, many times over. Whoever sends more is no server of ours.
const MOST_BYTES: u64 = 64 << 20;

/// Bytes of an answer that are kept to show what answers, where it is no such server.
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
    left: u64,
    /// How the server's answers begin.
    begun: Vec<u8>,
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
    Tls(Box<StreamOwned<ClientConnection, Timed>>),
}

impl Link {
    /// Connects, and greets where it is TLS.
    pub(super) fn open(
        address: &Address,
        tls: Option<&TlsClient>,
        patience: Patience,
    ) -> Result<Self, Trouble> {
        let deadline = Instant::now() + patience.connect;
        let mut tries = 0;
        let plain = loop {
            match connect(address, deadline) {
                Ok(stream) => break stream,
                Err(error) if may_pass(&error) && tries < patience.retries => {
                    tries += 1;
                    std::thread::sleep(PAUSE.min(deadline.saturating_duration_since(Instant::now())));
                }
                Err(error) if is_timeout(&error) => {
                    return Err(Trouble::NoConnection("no answer in time".into()));
                }
                Err(error) => return Err(Trouble::NoConnection(crate::tree::reason(&error))),
            }
        };
        // Questions go out in one piece; nothing is to be gained by waiting for more.
        let _ = plain.set_nodelay(true);
        let stream = match tls {
            None => Stream::Plain(plain),
            Some(client) => Stream::Tls(Box::new(greet(client, address, plain, deadline)?)),
        };
        let mut link = Link { stream, deadline, left: MOST_BYTES, begun: Vec::new(), ended: None };
        link.until(Instant::now() + patience.answer);
        Ok(link)
    }

    /// The certificate that the server showed; none without TLS.
    pub(super) fn served(&self) -> Option<Served> {
        match &self.stream {
            Stream::Plain(_) => None,
            Stream::Tls(stream) => stream.conn.peer_certificates().and_then(Served::of),
        }
    }

    /// Why there is no answer, or none that could be understood; `written` is what became of the questions.
    pub(super) fn trouble(&self, written: &io::Result<()>) -> Trouble {
        match (&self.ended, written) {
            (Some(Ended::Late), _) => Trouble::NoAnswer,
            (Some(Ended::Tls(reason)), _) => Trouble::Tls(reason.clone()),
            (_, Err(error)) => Trouble::Lost(crate::tree::reason(error)),
            (Some(Ended::Closed(reason)), _) => Trouble::Lost(reason.clone()),
            (None, Ok(())) => Trouble::Stranger(format!("it says `{}`", self.begun())),
        }
    }

    /// How the server's answers begin, as text.
    pub(super) fn begun(&self) -> String {
        let line = self.begun.split(|byte| *byte == b'\n').next().unwrap_or_default();
        String::from_utf8_lossy(line).trim_end().to_owned()
    }

    fn until(&mut self, deadline: Instant) {
        self.deadline = deadline;
        if let Stream::Tls(stream) = &mut self.stream {
            stream.sock.deadline = deadline;
        }
    }
}

impl Read for Link {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "it sends without end"));
        }
        let read = match &mut self.stream {
            Stream::Plain(stream) => read_until(stream, buffer, self.deadline),
            Stream::Tls(stream) => stream.read(buffer),
        };
        match &read {
            Ok(0) => self.ended = Some(Ended::Closed("the server closed it".to_owned())),
            Ok(read) => {
                self.left = self.left.saturating_sub(*read as u64);
                let room = SHOWN.saturating_sub(self.begun.len());
                self.begun.extend_from_slice(&buffer[..room.min(*read)]);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) if is_timeout(error) => self.ended = Some(Ended::Late),
            Err(error) => {
                let closed = || Ended::Closed(crate::tree::reason(error));
                self.ended = Some(of_tls(error).map_or_else(closed, Ended::Tls));
            }
        }
        read
    }
}

impl Write for Link {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.stream {
            Stream::Plain(stream) => write_until(stream, bytes, self.deadline),
            Stream::Tls(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.stream {
            Stream::Plain(stream) => stream.flush(),
            Stream::Tls(stream) => stream.flush(),
        }
    }
}

/// A socket below TLS.
struct Timed {
    stream: TcpStream,
    deadline: Instant,
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        read_until(&mut self.stream, buffer, self.deadline)
    }
}

impl Write for Timed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        write_until(&mut self.stream, bytes, self.deadline)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

/// Tries every address that the host stands for; none may take the time of those behind it.
fn connect(address: &Address, deadline: Instant) -> io::Result<TcpStream> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name stands for no address");
    let addresses = addresses(address, deadline)?;
    for (at, one) in addresses.iter().enumerate() {
        let share = u32::try_from(addresses.len() - at).unwrap_or(u32::MAX);
        match TcpStream::connect_timeout(one, left(deadline)? / share) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// The addresses of a host. The system's resolver knows no time limit: it is asked on the side.
fn addresses(address: &Address, deadline: Instant) -> io::Result<Vec<SocketAddr>> {
    if let Ok(ip) = address.host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(ip, address.port)]);
    }
    let (send, receive) = mpsc::channel();
    let asked = (address.host.clone(), address.port);
    // Whoever gave up waiting hears no more of it.
    std::thread::Builder::new().spawn(move || send.send(asked.to_socket_addrs().map(Iterator::collect)))?;
    match receive.recv_timeout(left(deadline)?) {
        Ok(addresses) => addresses,
        Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, "its name is not looked up in time")),
    }
}

fn greet(
    client: &TlsClient,
    address: &Address,
    stream: TcpStream,
    deadline: Instant,
) -> Result<StreamOwned<ClientConnection, Timed>, Trouble> {
    let name = client.name_of(&address.host)?;
    let connection = ClientConnection::new(Arc::clone(&client.config), name)
        .map_err(|error| Trouble::Tls(reason(&error)))?;
    let mut stream = StreamOwned::new(connection, Timed { stream, deadline });
    while stream.conn.is_handshaking() {
        if let Err(error) = stream.conn.complete_io(&mut stream.sock) {
            return Err(match of_tls(&error) {
                Some(said) => Trouble::Tls(said),
                None if is_timeout(&error) => Trouble::NoAnswer,
                None => Trouble::Tls(format!("{}: does it speak TLS there?", crate::tree::reason(&error))),
            });
        }
    }
    Ok(stream)
}

/// What TLS says of an error, where it is one of TLS.
fn of_tls(error: &io::Error) -> Option<String> {
    error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()).map(reason)
}

/// The time that is left; an error where there is none.
fn left(deadline: Instant) -> io::Result<Duration> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(left) }
}

fn read_until(stream: &mut TcpStream, buffer: &mut [u8], deadline: Instant) -> io::Result<usize> {
    stream.set_read_timeout(Some(left(deadline)?))?;
    stream.read(buffer)
}

fn write_until(stream: &mut TcpStream, bytes: &[u8], deadline: Instant) -> io::Result<usize> {
    stream.set_write_timeout(Some(left(deadline)?))?;
    stream.write(bytes)
}

/// A server that is just being restarted.
fn may_pass(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionReset)
}

pub(super) fn is_timeout(error: &io::Error) -> bool {
    // Linux says "would block" where a read took too long.
    matches!(error.kind(), io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock)
}
