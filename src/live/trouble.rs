//! Why a server could not be observed.

use std::fmt;

/// Why nothing at all is known of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// There is no connection: the reason.
    NoConnection(String),
    /// It took the connection and did not answer in time.
    NoAnswer,
    /// The connection ended before the answers did: the reason.
    Lost(String),
    /// TLS failed: the reason.
    Tls(String),
    /// It wants a login, and none is known.
    NeedsLogin,
    /// It refuses the login: its words.
    WrongLogin(String),
    /// It cannot answer now: its words (`BUSY`, `LOADING`, `MASTERDOWN`).
    Occupied(String),
    /// It takes no more clients, or none from here: its words.
    TurnedAway(String),
    /// It may not be asked by this user: its words.
    Forbidden(String),
    /// What answers there is no server of the kind: what it said.
    Stranger(String),
    /// It speaks in no way that we could ask it in: the reason.
    Unsupported(String),
}

/// The kinds of [`Trouble`], as machines name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TroubleKind {
    /// No connection, or none that lasted.
    Unreachable,
    /// No answer in time.
    Timeout,
    /// No login, or a refused one.
    WrongPassword,
    /// Busy, loading, or full.
    Occupied,
    /// The user lacks rights.
    Forbidden,
    /// Something else answers.
    Stranger,
    /// There is no way to ask.
    Unsupported,
}

impl TroubleKind {
    /// The word for machines.
    pub const fn name(self) -> &'static str {
        match self {
            TroubleKind::Unreachable => "unreachable",
            TroubleKind::Timeout => "timeout",
            TroubleKind::WrongPassword => "wrong-password",
            TroubleKind::Occupied => "occupied",
            TroubleKind::Forbidden => "forbidden",
            TroubleKind::Stranger => "stranger",
            TroubleKind::Unsupported => "unsupported",
        }
    }
}

impl Trouble {
    /// Its kind.
    pub const fn kind(&self) -> TroubleKind {
        match self {
            Trouble::NoConnection(_) | Trouble::Lost(_) | Trouble::Tls(_) => TroubleKind::Unreachable,
            Trouble::NoAnswer => TroubleKind::Timeout,
            Trouble::NeedsLogin | Trouble::WrongLogin(_) => TroubleKind::WrongPassword,
            Trouble::Occupied(_) | Trouble::TurnedAway(_) => TroubleKind::Occupied,
            Trouble::Forbidden(_) => TroubleKind::Forbidden,
            Trouble::Stranger(_) => TroubleKind::Stranger,
            Trouble::Unsupported(_) => TroubleKind::Unsupported,
        }
    }

    /// What a server's error comes to, by its code (the word before the first blank).
    pub(super) fn of_error(code: &str, words: &str) -> Option<Self> {
        let said = format!("{code} {words}");
        match code {
            "NOAUTH" => Some(Trouble::NeedsLogin),
            "WRONGPASS" => Some(Trouble::WrongLogin(said)),
            "BUSY" | "LOADING" | "MASTERDOWN" => Some(Trouble::Occupied(said)),
            "DENIED" => Some(Trouble::TurnedAway(said)),
            "NOPERM" => Some(Trouble::Forbidden(said)),
            _ if words.contains("max number of clients") => Some(Trouble::TurnedAway(said)),
            _ => None,
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::NoConnection(reason) => write!(f, "no connection: {reason}"),
            Trouble::NoAnswer => f.write_str("it takes connections and does not answer in time"),
            Trouble::Lost(reason) => write!(f, "the connection broke off: {reason}"),
            Trouble::Tls(reason) => write!(f, "no connection with TLS: {reason}"),
            Trouble::NeedsLogin => f.write_str("it wants a login, and none is known"),
            Trouble::WrongLogin(words) => write!(f, "it refuses the login: {words}"),
            Trouble::Occupied(words) => write!(f, "it cannot answer now: {words}"),
            Trouble::TurnedAway(words) => write!(f, "it turns us away: {words}"),
            Trouble::Forbidden(words) => write!(f, "the user may not ask: {words}"),
            Trouble::Unsupported(reason) => write!(f, "it cannot be asked: {reason}"),
            Trouble::Stranger(words) => write!(f, "what answers there is no such server: {words}"),
        }
    }
}

impl std::error::Error for Trouble {}
