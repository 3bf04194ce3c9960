//! What was heard from a server, by what it is about.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::hash::BuildHasher;
use std::ops::Range;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::ask::{Party, Refusal, ask};
use super::link::Patience;
use super::question::Question;
use super::reply::Reply;
use super::tls::Served;
use super::{Identity, Trouble};
use crate::text::acl::Sensitive;

/// The lines of an INFO section, by name.
pub type Fields = BTreeMap<String, String>;

/// What a Redis or Valkey server says of itself.
#[derive(Debug, Clone)]
pub struct ServerAnswers {
    /// Who it is.
    pub identity: Identity,
    /// `INFO server`.
    pub server: Fields,
    /// `INFO replication`.
    pub replication: Result<Fields, Refusal>,
    /// Settings by name, as `CONFIG GET` prints them. May hold passwords: never to be shown as it is.
    pub settings: Result<Settings, Refusal>,
    /// Users, each as a line of an ACL file.
    pub users: Result<Sensitive<Vec<Vec<u8>>>, Refusal>,
    /// `CLUSTER NODES`, where it was asked for.
    pub cluster_nodes: Option<Result<String, Refusal>>,
    /// `CLUSTER INFO`, where it was asked for.
    pub cluster_state: Option<Result<Fields, Refusal>>,
    /// The certificate that it showed.
    pub served: Option<Served>,
}

/// Settings as `CONFIG GET` prints them. `Debug` shows only their names.
#[derive(Clone, Default)]
pub struct Settings {
    /// All names and values in one piece: servers have hundreds.
    text: Vec<u8>,
    /// Where each name and its value stand, found by the name.
    rows: HashTable<Row>,
    hasher: DefaultHashBuilder,
}

type Row = (Range<usize>, Range<usize>);

impl Settings {
    /// Of several values for a name the last one counts.
    pub(super) fn of(pairs: &[Pair<'_>]) -> Self {
        let length = pairs.iter().map(|(name, value)| name.len() + value.len()).sum();
        let mut text = Vec::with_capacity(length);
        let mut rows = HashTable::with_capacity(pairs.len());
        let hasher = DefaultHashBuilder::default();
        for (name, value) in pairs {
            let middle = text.len() + name.len();
            let row = (text.len()..middle, middle..middle + value.len());
            text.extend_from_slice(name);
            text.extend_from_slice(value);
            let is_it = |row: &Row| text[row.0.clone()] == **name;
            let hash = |row: &Row| hasher.hash_one(&text[row.0.clone()]);
            rows.entry(hasher.hash_one(name), is_it, hash).insert(row);
        }
        Settings { text, rows, hasher }
    }

    /// The value of one, where the server has it.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        let name = name.as_bytes();
        let is_it = |row: &Row| self.text[row.0.clone()] == *name;
        let (_, value) = self.rows.find(self.hasher.hash_one(name), is_it)?;
        Some(&self.text[value.clone()])
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.rows.iter().map(|row| String::from_utf8_lossy(&self.text[row.0.clone()]));
        f.debug_set().entries(names.collect::<BTreeSet<_>>()).finish()
    }
}

/// Asks a server everything that can be compared: `hidden` are the settings that it shows by name only, and it is
/// asked about its cluster where it should be in one.
pub async fn observe_server(
    party: &Party,
    hidden: &[&'static str],
    in_cluster: bool,
    patience: Patience,
) -> Result<ServerAnswers, Trouble> {
    let mut questions = vec![Question::Identity, Question::Replication, Question::Users, Question::Settings];
    questions.extend(hidden.iter().copied().map(Question::Setting));
    if in_cluster {
        questions.extend([Question::ClusterNodes, Question::ClusterState]);
    }
    let answers = ask(party, &questions, patience).await?;
    let mut replies = answers.list();
    let mut next = move || replies.next().unwrap_or(Err(Refusal::Nonsense));
    let server = next().and_then(fields);
    let (identity, server) = who(server)?;
    let replication = next().and_then(fields);
    let users = next().and_then(lines).map(Sensitive);
    let mut settings = next().and_then(pairs);
    for _ in hidden {
        // Versions that do not have it answer with nothing; whoever may not ask has been told so already.
        if let (Ok(settings), Ok(more)) = (&mut settings, next().and_then(pairs)) {
            settings.extend(more);
        }
    }
    let cluster_nodes = in_cluster.then(|| next().and_then(text));
    let cluster_state = in_cluster.then(|| next().and_then(fields));
    Ok(ServerAnswers {
        identity,
        server,
        replication,
        settings: settings.map(|pairs| Settings::of(&pairs)),
        users,
        cluster_nodes,
        cluster_state,
        served: answers.served.clone(),
    })
}

/// Who answered. A server that does not say is none that can be compared.
pub(super) fn who(server: Result<Fields, Refusal>) -> Result<(Identity, Fields), Trouble> {
    match server {
        Ok(fields) => match Identity::of_info(&fields) {
            Some(identity) => Ok((identity, fields)),
            None => Err(Trouble::Stranger("its INFO names no version of Redis or Valkey".to_owned())),
        },
        Err(Refusal::Said(words)) if words.starts_with("NOPERM") => Err(Trouble::Forbidden(words)),
        Err(refusal) => Err(Trouble::Stranger(format!("INFO: {refusal}"))),
    }
}

pub(super) fn text(reply: Reply<'_>) -> Result<String, Refusal> {
    bytes(reply).map(|bytes| String::from_utf8_lossy(bytes).into_owned())
}

fn bytes(reply: Reply<'_>) -> Result<&[u8], Refusal> {
    reply.into_text().ok_or(Refusal::Nonsense)
}

/// The `name:value` lines of a text.
pub(super) fn fields(reply: Reply<'_>) -> Result<Fields, Refusal> {
    let text = String::from_utf8_lossy(bytes(reply)?);
    let pairs = text.lines().filter_map(|line| line.split_once(':'));
    Ok(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

pub(super) fn lines(reply: Reply<'_>) -> Result<Vec<Vec<u8>>, Refusal> {
    items(reply)?.into_iter().map(|item| bytes(item).map(<[u8]>::to_vec)).collect()
}

pub(super) fn items(reply: Reply<'_>) -> Result<Vec<Reply<'_>>, Refusal> {
    match reply {
        Reply::List(items) => Ok(items),
        Reply::Text(_) | Reply::Error(_) => Err(Refusal::Nonsense),
    }
}

/// A name and its value.
type Pair<'h> = (&'h [u8], &'h [u8]);

/// A list of names and values in turn.
pub(super) fn pairs(reply: Reply<'_>) -> Result<Vec<Pair<'_>>, Refusal> {
    let mut items = items(reply)?.into_iter();
    let mut pairs = Vec::with_capacity(items.len() / 2);
    while let Some(name) = items.next() {
        let value = items.next().ok_or(Refusal::Nonsense)?;
        pairs.push((bytes(name)?, bytes(value)?));
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_found_by_name_and_not_shown() {
        let pairs: Vec<Pair<'_>> =
            vec![(b"save", b"900 1"), (b"requirepass", b"old"), (b"dir", b""), (b"requirepass", b"hunter2")];
        let settings = Settings::of(&pairs);
        assert_eq!(settings.get("requirepass"), Some(b"hunter2".as_slice()));
        assert_eq!(settings.get("save"), Some(b"900 1".as_slice()));
        assert_eq!((settings.get("dir"), settings.get("port")), (Some(b"".as_slice()), None));
        assert_eq!(format!("{settings:?}"), r#"{"dir", "requirepass", "save"}"#);
    }
}
