//! What servers are asked: the whole list. Nothing else is ever sent by [`super::observe`], and none of it
//! changes a server.

use std::borrow::Cow;

/// A question that a server, or a Sentinel, can be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Question {
    /// Who it is.
    Identity,
    /// Whom it follows, and who follows it.
    Replication,
    /// Every setting that it lists.
    Settings,
    /// A setting that it shows only when asked by name.
    Setting(&'static str),
    /// Its users, as lines of an ACL file.
    Users,
    /// The cluster as it sees it: a line a node.
    ClusterNodes,
    /// Whether the cluster is whole, as it sees it.
    ClusterState,
    /// The primaries that a Sentinel watches.
    Watched,
    /// The replicas of a watched primary.
    ReplicasOf(String),
    /// The other Sentinels of a watched primary.
    SentinelsOf(String),
    /// Whether enough Sentinels are there for a failover.
    Quorum(String),
    /// A Sentinel's own settings.
    SentinelSettings,
}

impl Question {
    /// The words to send.
    pub fn words(&self) -> Vec<Cow<'_, str>> {
        let fixed = |words: &'static [&'static str]| words.iter().map(|word| Cow::Borrowed(*word)).collect();
        let about = |sub: &'static str, name| vec!["SENTINEL".into(), sub.into(), Cow::Borrowed(name)];
        match self {
            Question::Identity => fixed(&["INFO", "server"]),
            Question::Replication => fixed(&["INFO", "replication"]),
            Question::Settings => fixed(&["CONFIG", "GET", "*"]),
            Question::Setting(name) => vec!["CONFIG".into(), "GET".into(), Cow::Borrowed(name)],
            Question::Users => fixed(&["ACL", "LIST"]),
            Question::ClusterNodes => fixed(&["CLUSTER", "NODES"]),
            Question::ClusterState => fixed(&["CLUSTER", "INFO"]),
            Question::Watched => fixed(&["SENTINEL", "MASTERS"]),
            Question::ReplicasOf(name) => about("SLAVES", name),
            Question::SentinelsOf(name) => about("SENTINELS", name),
            Question::Quorum(name) => about("CKQUORUM", name),
            Question::SentinelSettings => fixed(&["SENTINEL", "CONFIG", "GET", "*"]),
        }
    }
}
