//! What was heard from a sentinel.

use crate::text::acl::Sensitive;
use std::collections::BTreeMap;

use super::ask::{Party, Refusal, ask};
use super::link::Patience;
use super::observed::{Fields, Settings, fields, items, lines, pairs, text, who};
use super::question::Question;
use super::reply::Reply;
use super::tls::Served;
use super::{Identity, Trouble};

/// What a sentinel says of itself and of what it watches.
#[derive(Debug, Clone)]
pub struct SentinelAnswers {
    /// Who it is.
    pub identity: Identity,
    /// `INFO server`.
    pub server: Fields,
    /// The primaries that it watches, by the name that it has for them: `SENTINEL MASTERS`.
    pub watched: Result<BTreeMap<String, Fields>, Refusal>,
    /// What it knows of each watched primary that it was asked about, by name.
    pub around: BTreeMap<String, Around>,
    /// Its own settings, as `SENTINEL CONFIG GET` prints them (6.2 and later). May hold a password.
    pub settings: Result<Settings, Refusal>,
    /// Its users, each as a line of an ACL file (6.2 and later).
    pub users: Result<Sensitive<Vec<Vec<u8>>>, Refusal>,
    /// The certificate that it showed.
    pub served: Option<Served>,
}

/// What a sentinel knows around a watched primary.
#[derive(Debug, Clone)]
pub struct Around {
    /// Its replicas: `SENTINEL SLAVES`.
    pub replicas: Result<Vec<Fields>, Refusal>,
    /// The other sentinels: `SENTINEL SENTINELS`.
    pub sentinels: Result<Vec<Fields>, Refusal>,
    /// Whether enough sentinels are there for a failover: `SENTINEL CKQUORUM`. A refusal is an answer here, too.
    pub quorum: Result<String, Refusal>,
}

/// Asks a sentinel everything that can be compared; `names` are the primaries that it should watch.
pub async fn observe_sentinel(
    party: &Party,
    names: &[String],
    patience: Patience,
) -> Result<SentinelAnswers, Trouble> {
    let mut questions =
        vec![Question::Identity, Question::Watched, Question::SentinelSettings, Question::Users];
    for name in names {
        questions.extend([
            Question::ReplicasOf(name.clone()),
            Question::SentinelsOf(name.clone()),
            Question::Quorum(name.clone()),
        ]);
    }
    let answers = ask(party, &questions, patience).await?;
    let mut replies = answers.list();
    let mut next = move || replies.next().unwrap_or(Err(Refusal::Nonsense));
    let (identity, server) = who(next().and_then(fields))?;
    let watched = next()
        .and_then(instances)
        .map(|list| list.into_iter().filter_map(|one| Some((one.get("name")?.clone(), one))).collect());
    let settings = next().and_then(pairs).map(|pairs| Settings::of(&pairs));
    let users = next().and_then(lines).map(Sensitive);
    let around = names
        .iter()
        .map(|name| {
            let around = Around {
                replicas: next().and_then(instances),
                sentinels: next().and_then(instances),
                quorum: next().and_then(text),
            };
            (name.clone(), around)
        })
        .collect();
    Ok(SentinelAnswers { identity, server, watched, around, settings, users, served: answers.served.clone() })
}

/// A list of instances, each a list of fields.
fn instances(reply: Reply<'_>) -> Result<Vec<Fields>, Refusal> {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    let one = |reply| Ok(pairs(reply)?.into_iter().map(|(name, value)| (text(name), text(value))).collect());
    items(reply)?.into_iter().map(one).collect()
}
