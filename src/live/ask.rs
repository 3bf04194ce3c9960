//! Questions to one server, all at once: one round trip for the connection, one for the login and every answer.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use ::redis::Cmd;

use super::link::{Link, Patience};
use super::question::Question;
use super::reply::{Frames, Garbage, Reply};
use super::tls::{Served, TlsClient};
use super::{Address, Trouble};
use crate::text::acl::Sensitive;

/// As whom to log in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// An ACL user; the default user if absent.
    pub user: Option<String>,
    /// Its password.
    pub password: Sensitive<Vec<u8>>,
}

/// A server to ask, and how to get in.
#[derive(Debug, Clone)]
pub struct Party {
    /// Where it listens.
    pub address: Address,
    /// As whom to log in.
    pub login: Option<Login>,
    /// TLS, where it speaks that.
    pub tls: Option<TlsClient>,
    /// Commands that go by other names there, in lower case; an empty name is a command that is gone.
    pub renamed: BTreeMap<String, String>,
}

/// Why one question has no answer though others have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The command has been renamed away.
    Removed,
    /// The server's words.
    Said(String),
    /// The answer is no answer to the question.
    Nonsense,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Removed => f.write_str("the command has been renamed away"),
            Refusal::Said(words) => f.write_str(words),
            Refusal::Nonsense => f.write_str("the answer cannot be understood"),
        }
    }
}

/// Where a server begins to repeat the arguments of a command that it does not know (`commandCheckExistence`,
/// server.c); it cuts them, so that the whole password need not stand there.
const ECHO: &str = "with args beginning with";

/// The answers of one server.
pub(super) struct Answers {
    /// Everything that it said.
    heard: Vec<u8>,
    /// Where in it each answer stands, in the order of the questions.
    places: Vec<Result<Range<usize>, Refusal>>,
    pub(super) served: Option<Served>,
}

impl Answers {
    /// The answers, in the order of the questions.
    pub(super) fn list(&self) -> impl Iterator<Item = Result<Reply<'_>, Refusal>> {
        self.places.iter().map(|place| {
            let place = place.clone()?;
            Reply::read(&self.heard[place]).map_err(|Garbage| Refusal::Nonsense)
        })
    }
}

/// Asks. Everything is sent at once behind the login.
pub(super) async fn ask(
    party: &Party,
    questions: &[Question],
    patience: Patience,
) -> Result<Answers, Trouble> {
    let mut link = Link::open(&party.address, party.tls.as_ref(), patience).await?;
    let mut bytes = Vec::new();
    let auth = party.renamed.get("auth").map_or("AUTH", String::as_str);
    let login = party.login.as_ref().filter(|_| !auth.is_empty());
    if let Some(login) = login {
        let mut command = Cmd::new();
        command.arg(auth).arg(login.user.as_deref()).arg(login.password.0.as_slice());
        bytes.extend(command.get_packed_command());
    }
    let sent: Vec<bool> = questions.iter().map(|question| pack(party, question, &mut bytes)).collect();
    let served = link.served();
    link.send(&bytes).await;
    let hidden = login.map(|login| String::from_utf8_lossy(&login.password.0).into_owned());
    let mut replies = Replies { link, frames: Frames::default(), hidden };
    if login.is_some() {
        logged_in(replies.next().await?)?;
    }
    let mut places = Vec::with_capacity(questions.len());
    for sent in sent {
        places.push(if sent { replies.next().await? } else { Err(Refusal::Removed) });
    }
    Ok(Answers { heard: replies.link.into_heard(), places, served })
}

/// Adds a question to what is sent, by the name that the server has for the command; false where it has none.
fn pack(party: &Party, question: &Question, bytes: &mut Vec<u8>) -> bool {
    let words = question.words();
    let mut command = Cmd::new();
    for (at, word) in words.iter().enumerate() {
        let renamed = (at == 0).then(|| party.renamed.get(&word.to_ascii_lowercase())).flatten();
        match renamed {
            Some(name) if name.is_empty() => return false,
            Some(name) => command.arg(name),
            None => command.arg(word.as_ref()),
        };
    }
    bytes.extend(command.get_packed_command());
    true
}

/// A login that no password is needed for is no trouble: that the server is open shows in its users.
fn logged_in(reply: Result<Range<usize>, Refusal>) -> Result<(), Trouble> {
    match reply {
        Ok(_) => Ok(()),
        Err(Refusal::Said(words)) if words.contains("without any password configured") => Ok(()),
        Err(refusal) => Err(Trouble::WrongLogin(refusal.to_string())),
    }
}

/// What comes back, reply by reply.
struct Replies {
    link: Link,
    frames: Frames,
    /// The password that was sent: whoever answers may repeat it.
    hidden: Option<String>,
}

impl Replies {
    /// Where the next reply stands. Trouble that concerns the whole server ends everything.
    async fn next(&mut self) -> Result<Result<Range<usize>, Refusal>, Trouble> {
        let place = loop {
            match self.frames.next(self.link.heard()) {
                Ok(Some(place)) => break place,
                Ok(None) if self.link.more().await => {}
                Ok(None) | Err(Garbage) => return Err(self.trouble()),
            }
        };
        let Some(error) = self.link.heard()[place.clone()].strip_prefix(b"-") else { return Ok(Ok(place)) };
        let error = String::from_utf8_lossy(error);
        let (code, words) = error.trim_end().split_once(' ').unwrap_or((error.trim_end(), ""));
        let words = &self.without_password(words);
        match Trouble::of_error(code, words) {
            Some(trouble) if concerns_all(&trouble) => Err(trouble),
            _ => Ok(Err(Refusal::Said(format!("{code} {words}").trim_end().to_owned()))),
        }
    }

    fn trouble(&self) -> Trouble {
        match self.link.trouble() {
            Trouble::Stranger(_) => {
                Trouble::Stranger(format!("it says `{}`", self.without_password(&self.link.begun())))
            }
            other => other,
        }
    }

    /// A server's words without the password. Servers that do not know AUTH (it has been renamed, or they are
    /// something else) answer with what they were told.
    fn without_password(&self, words: &str) -> String {
        let words = words.split(ECHO).next().unwrap_or_default().trim_end_matches([' ', ',']);
        match &self.hidden {
            Some(password) if !password.is_empty() => words.replace(password.as_str(), "•••"),
            _ => words.to_owned(),
        }
    }
}

/// Rights can be missing for single questions; everything else is said to all.
fn concerns_all(trouble: &Trouble) -> bool {
    !matches!(trouble, Trouble::Forbidden(_))
}
