//! Questions to one server, all at once: one round trip for the connection, one for the login and every answer.

use std::collections::BTreeMap;
use std::fmt;
use std::io::{BufReader, Write};

use ::redis::{Cmd, Parser, Value};

use super::link::{Link, Patience};
use super::question::Question;
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

/// The answers of one server, in the order of the questions.
pub(super) struct Answers {
    pub(super) list: Vec<Result<Value, Refusal>>,
    pub(super) served: Option<Served>,
}

/// Asks. Everything is sent at once behind the login.
pub(super) fn ask(party: &Party, questions: &[Question], patience: Patience) -> Result<Answers, Trouble> {
    let mut link = Link::open(&party.address, party.tls.as_ref(), patience)?;
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
    // Who turns us away closes the connection while we write; what it said before can still be read.
    let written = link.write_all(&bytes).and_then(|()| link.flush());
    let hidden = login.map(|login| String::from_utf8_lossy(&login.password.0).into_owned());
    let link = BufReader::with_capacity(32 << 10, link);
    let mut replies = Replies { parser: Parser::new(), link, written, hidden };
    if login.is_some() {
        logged_in(replies.next()?)?;
    }
    let mut list = Vec::with_capacity(questions.len());
    for sent in sent {
        list.push(if sent { replies.next()? } else { Err(Refusal::Removed) });
    }
    Ok(Answers { list, served })
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
fn logged_in(reply: Result<Value, Refusal>) -> Result<(), Trouble> {
    match reply {
        Ok(_) => Ok(()),
        Err(Refusal::Said(words)) if words.contains("without any password configured") => Ok(()),
        Err(refusal) => Err(Trouble::WrongLogin(refusal.to_string())),
    }
}

/// What comes back, reply by reply.
struct Replies {
    parser: Parser,
    link: BufReader<Link>,
    written: std::io::Result<()>,
    /// The password that was sent: whoever answers may repeat it.
    hidden: Option<String>,
}

impl Replies {
    /// The next reply. Trouble that concerns the whole server ends everything.
    fn next(&mut self) -> Result<Result<Value, Refusal>, Trouble> {
        match self.parser.parse_value(&mut self.link) {
            Ok(Value::ServerError(error)) => {
                let code = error.code().to_owned();
                let words = &self.without_password(error.details().unwrap_or_default());
                match Trouble::of_error(&code, words) {
                    Some(trouble) if concerns_all(&trouble) => Err(trouble),
                    _ => Ok(Err(Refusal::Said(format!("{code} {words}").trim_end().to_owned()))),
                }
            }
            Ok(value) => Ok(Ok(value)),
            Err(_) => Err(self.trouble()),
        }
    }

    fn trouble(&self) -> Trouble {
        let link = self.link.get_ref();
        match link.trouble(&self.written) {
            Trouble::Stranger(_) => {
                Trouble::Stranger(format!("it says `{}`", self.without_password(&link.begun())))
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
