//! The nodes of a model, asked side by side: how each is reached and as whom, and what was heard.

use std::collections::BTreeMap;
use std::path::Path;

use super::ask::{Login, Party};
use super::crowd::waiting_together;
use super::link::Patience;
use super::login::{LoginSource, logins};
use super::memcached_answers::{MemcachedAnswers, observe_memcached};
use super::observed::{ServerAnswers, observe_server};
use super::route::Route;
use super::sentinel::{SentinelAnswers, observe_sentinel};
use super::tls::{Served, TlsClient, TlsSettings};
use super::{Address, Protocol, Trouble};
use crate::emit::SecretSource;
use crate::model::{AnyNode, Assigned, MemcachedNode, Model, Setting, Topology, hidden};
use crate::source::At;
use crate::spec::TlsSpec;
use crate::text::acl::Sensitive;
use crate::value::Value;

/// What was heard from one node.
#[derive(Debug, Clone)]
pub enum Heard {
    /// A Redis or Valkey server answered.
    Server(Box<ServerAnswers>),
    /// A sentinel answered.
    Sentinel(Box<SentinelAnswers>),
    /// A memcached answered.
    Memcached(Box<MemcachedAnswers>),
    /// Nothing that helps: why.
    Nothing(Trouble),
}

impl Heard {
    /// The certificate that was shown.
    pub fn served(&self) -> Option<&Served> {
        match self {
            Heard::Server(answers) => answers.served.as_ref(),
            Heard::Sentinel(answers) => answers.served.as_ref(),
            Heard::Memcached(answers) => answers.served.as_ref(),
            Heard::Nothing(_) => None,
        }
    }
}

/// How nodes are reached beyond what the spec says.
pub struct Access<'a> {
    /// As whom to log in everywhere, instead of as the spec says.
    pub login: Option<GivenLogin>,
    /// What was given for TLS; the rest is read from the files that the spec names, where this machine has them.
    pub tls: TlsSettings,
    /// Other addresses for some nodes (tunnels, NAT), by the one that the spec comes to: `10.0.1.11:6379`.
    pub via: BTreeMap<String, Address>,
    /// No memcached was started with `-N`, so that old ones can be asked for their settings; see
    /// [`super::observe_memcached`].
    pub without_napi_ids: bool,
    /// Knows the secrets that the spec refers to.
    pub secrets: &'a dyn SecretSource,
    /// Reads a file of this machine, if it can.
    pub read: &'a dyn Fn(&Path) -> Option<Vec<u8>>,
    /// How long servers may take.
    pub patience: Patience,
    /// How many servers are asked at a time.
    pub at_once: usize,
}

/// A login that was given with the command. A user without a password is looked up in the spec.
#[derive(Debug, Clone)]
pub struct GivenLogin {
    /// The user; the default user if absent.
    pub user: Option<String>,
    /// The password.
    pub password: Option<Sensitive<Vec<u8>>>,
}

/// Asks every node of a list, and gives what was heard in its order. `done` hears of each that is done.
pub fn observe<'m>(
    model: &'m Model,
    nodes: &[AnyNode<'m>],
    access: &Access<'_>,
    done: impl Fn() + Sync,
) -> Vec<(AnyNode<'m>, Heard)> {
    let clients = Clients::new(nodes, access);
    let tasks: Vec<Task<'m>> = nodes.iter().map(|node| Task::new(model, node, access, &clients)).collect();
    let patience = access.patience;
    let without_napi_ids = access.without_napi_ids;
    let ask = async |task: &Task<'_>| {
        task.ask(model, without_napi_ids, patience).await.unwrap_or_else(Heard::Nothing)
    };
    let heard = waiting_together(&tasks, access.at_once, ask, done).unwrap_or_else(|error| {
        let trouble = Trouble::NoConnection(crate::tree::reason(&error));
        vec![Heard::Nothing(trouble); nodes.len()]
    });
    nodes.iter().copied().zip(heard).collect()
}

/// A node that is to be asked.
struct Task<'m> {
    node: AnyNode<'m>,
    party: Result<Party, Trouble>,
    /// Another login, where the first is not taken.
    otherwise: Option<Login>,
}

impl<'m> Task<'m> {
    fn new(model: &Model, node: &AnyNode<'m>, access: &Access<'_>, clients: &Clients) -> Self {
        let (first, second) = logins(node, access);
        let login = |source: Option<LoginSource>| source.and_then(|source| source.login(access));
        let party = |tls| Party {
            address: Route::to(model, node, access).asked(),
            login: login(first),
            tls,
            renamed: renamed(node.setting("rename-command")),
        };
        Task { node: *node, party: clients.of(node).map(party), otherwise: login(second) }
    }

    async fn ask(&self, model: &Model, without_napi_ids: bool, patience: Patience) -> Result<Heard, Trouble> {
        let party = self.party.as_ref().map_err(Clone::clone)?;
        match &self.node {
            AnyNode::Server(deployment, _) => {
                let in_cluster = matches!(deployment.topology, Topology::Cluster { .. });
                let hidden = hidden(&deployment.target);
                let ask = async |party: &Party| observe_server(party, &hidden, in_cluster, patience).await;
                let answers = self.or_otherwise(party, ask).await?;
                Ok(Heard::Server(Box::new(answers)))
            }
            AnyNode::Sentinel(set, _) => {
                let names: Vec<String> =
                    model.watches(set).map(|(_, _, watch)| watch.master_name.clone()).collect();
                let ask = async |party: &Party| observe_sentinel(party, &names, patience).await;
                let answers = self.or_otherwise(party, ask).await?;
                Ok(Heard::Sentinel(Box::new(answers)))
            }
            AnyNode::Memcached(_, node) => {
                speaks_ascii(node)?;
                let answers = observe_memcached(party, without_napi_ids, patience).await?;
                Ok(Heard::Memcached(Box::new(answers)))
            }
        }
    }

    /// Asks, and once more with the other login where the first is refused.
    async fn or_otherwise<A>(
        &self,
        party: &Party,
        ask: impl AsyncFn(&Party) -> Result<A, Trouble>,
    ) -> Result<A, Trouble> {
        let is_login = |trouble: &Trouble| matches!(trouble, Trouble::NeedsLogin | Trouble::WrongLogin(_));
        match (ask(party).await, &self.otherwise) {
            (Err(first), Some(login)) if is_login(&first) => {
                let again = ask(&Party { login: Some(login.clone()), ..party.clone() }).await;
                again.map_err(|second| if is_login(&second) { first } else { second })
            }
            (answers, _) => answers,
        }
    }
}

/// Whether a memcached answers in the ascii protocol.
fn speaks_ascii(node: &MemcachedNode) -> Result<(), Trouble> {
    if node.option("enable-sasl").is_some() {
        return Err(Trouble::Unsupported("it takes logins by SASL only, in the binary protocol".to_owned()));
    }
    match node.option("protocol").and_then(|option| option.value.as_deref()) {
        Some("binary") => Err(Trouble::Unsupported("it speaks the binary protocol only".to_owned())),
        _ => Ok(()),
    }
}

/// The address of a node as the spec has it: the TLS port where it has one.
pub fn address_of(model: &Model, node: &AnyNode<'_>) -> Address {
    let host = model.host(node.host()).address.value.clone();
    let (protocol, port) = match node {
        AnyNode::Server(deployment, node) => {
            let tls_port = deployment.tls.and(deployment.setting(node, "tls-port")).and_then(Setting::port);
            (Protocol::Redis, tls_port.unwrap_or(node.port))
        }
        AnyNode::Sentinel(set, node) => {
            let tls_port = set.tls.and(set.setting(node, "tls-port")).and_then(Setting::port);
            (Protocol::Redis, tls_port.unwrap_or(node.port))
        }
        AnyNode::Memcached(_, node) => (Protocol::Memcached, node.port),
    };
    Address { protocol, host, port }
}

/// The commands that a node has under other names.
fn renamed(setting: Option<&Setting>) -> BTreeMap<String, String> {
    let Some(setting) = setting else { return BTreeMap::new() };
    let values = match &setting.value {
        Assigned::Values(values) => values.as_slice(),
        Assigned::Value(value) => std::slice::from_ref(value),
        _ => &[],
    };
    let word = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let pairs = values.iter().filter_map(|value| match value {
        Value::Args(args) => Some((word(args.first()?).to_ascii_lowercase(), word(args.get(1)?))),
        _ => None,
    });
    pairs.collect()
}

/// The clients for TLS, one for each group of nodes.
struct Clients(BTreeMap<String, Result<TlsClient, Trouble>>);

impl Clients {
    fn new(nodes: &[AnyNode<'_>], access: &Access<'_>) -> Self {
        let mut clients = BTreeMap::new();
        for node in nodes {
            let Some(files) = tls_of(node) else { continue };
            let make = || TlsClient::new(&settings(files, access)).map_err(Trouble::Tls);
            clients.entry(node.group()).or_insert_with(make);
        }
        Clients(clients)
    }

    fn of(&self, node: &AnyNode<'_>) -> Result<Option<TlsClient>, Trouble> {
        self.0.get(&node.group()).cloned().transpose()
    }
}

/// The files of those who speak TLS, paths on their host.
#[derive(Clone, Copy)]
struct TlsFiles<'m> {
    authorities: Option<&'m str>,
    certificate: Option<&'m str>,
    key: Option<&'m str>,
}

impl<'m> TlsFiles<'m> {
    fn of(spec: &'m TlsSpec) -> Self {
        fn path(path: Option<&At<String>>) -> Option<&str> {
            path.map(|path| path.value.as_str())
        }
        TlsFiles {
            authorities: path(spec.ca_cert_file.as_ref()),
            certificate: path(spec.cert_file.as_ref()),
            key: path(spec.key_file.as_ref()),
        }
    }

    fn of_memcached(node: &'m MemcachedNode) -> Option<Self> {
        let value = |name| node.option(name).and_then(|option| option.value.as_deref());
        node.option("enable-ssl").map(|_| TlsFiles {
            authorities: value("ssl_ca_cert"),
            certificate: value("ssl_chain_cert"),
            key: value("ssl_key"),
        })
    }
}

/// The files of what a node belongs to, where it speaks TLS.
fn tls_of<'m>(node: &AnyNode<'m>) -> Option<TlsFiles<'m>> {
    match node {
        AnyNode::Memcached(_, node) => TlsFiles::of_memcached(node),
        AnyNode::Server(..) | AnyNode::Sentinel(..) => node.tls().map(|tls| TlsFiles::of(tls)),
    }
}

/// What was given, and for the rest the servers' own files, where this machine has them.
fn settings(files: TlsFiles<'_>, access: &Access<'_>) -> TlsSettings {
    let given = &access.tls;
    let read = |path: Option<&str>| path.and_then(|path| (access.read)(Path::new(path)));
    let own_pair = given.certificate.is_none();
    TlsSettings {
        authorities: given.authorities.clone().or_else(|| read(files.authorities)),
        certificate: given.certificate.clone().or_else(|| read(files.certificate)),
        key: if own_pair { read(files.key) } else { given.key.clone() },
        ..given.clone()
    }
}
