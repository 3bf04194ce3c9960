//! What was heard from a server, by what it is about.

use std::collections::BTreeMap;

use ::redis::Value;

use super::ask::{Answers, Party, Refusal, ask};
use super::link::Patience;
use super::question::Question;
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
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Settings(pub BTreeMap<String, Vec<u8>>);

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Asks a server everything that can be compared: `hidden` are the settings that it shows by name only, and it is
/// asked about its cluster where it should be in one.
pub fn observe_server(
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
    let Answers { list, served } = ask(party, &questions, patience)?;
    let mut replies = list.into_iter();
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
        settings: settings.map(Settings),
        users,
        cluster_nodes,
        cluster_state,
        served,
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

/// A text; some answers of it come as verbatim strings.
pub(super) fn text(value: Value) -> Result<String, Refusal> {
    bytes(value).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}

fn bytes(value: Value) -> Result<Vec<u8>, Refusal> {
    match value {
        Value::BulkString(bytes) => Ok(bytes),
        Value::SimpleString(text) | Value::VerbatimString { text, .. } => Ok(text.into_bytes()),
        Value::Int(number) => Ok(number.to_string().into_bytes()),
        Value::Okay => Ok(b"OK".to_vec()),
        Value::Nil => Ok(Vec::new()),
        _ => Err(Refusal::Nonsense),
    }
}

/// The `name:value` lines of a text.
pub(super) fn fields(value: Value) -> Result<Fields, Refusal> {
    let text = text(value)?;
    let pairs = text.lines().filter_map(|line| line.split_once(':'));
    Ok(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
}

pub(super) fn lines(value: Value) -> Result<Vec<Vec<u8>>, Refusal> {
    items(value)?.into_iter().map(bytes).collect()
}

pub(super) fn items(value: Value) -> Result<Vec<Value>, Refusal> {
    match value {
        Value::Array(items) | Value::Set(items) => Ok(items),
        _ => Err(Refusal::Nonsense),
    }
}

pub(super) fn pairs(value: Value) -> Result<BTreeMap<String, Vec<u8>>, Refusal> {
    match value {
        Value::Array(items) => {
            let mut items = items.into_iter();
            let mut pairs = BTreeMap::new();
            while let Some(name) = items.next() {
                let value = items.next().ok_or(Refusal::Nonsense)?;
                pairs.insert(text(name)?, bytes(value)?);
            }
            Ok(pairs)
        }
        Value::Map(items) => {
            items.into_iter().map(|(name, value)| Ok((text(name)?, bytes(value)?))).collect()
        }
        _ => Err(Refusal::Nonsense),
    }
}
