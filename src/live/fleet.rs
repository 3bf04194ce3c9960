//! The nodes of a model, asked side by side: how each is reached and as whom, and what was heard.

use std::collections::BTreeMap;
use std::path::Path;

use super::ask::{Login, Party};
use super::crowd::side_by_side;
use super::link::Patience;
use super::observed::{ServerAnswers, observe_server};
use super::route::{LoginSource, PasswordSource, Route};
use super::tls::{Served, TlsClient, TlsSettings};
use super::{Address, Protocol, Trouble};
use crate::emit::SecretSource;
use crate::model::{AnyNode, Assigned, Deployment, Model, Node, Topology, hidden};
use crate::source::At;
use crate::spec::{SecretRef, TlsSpec};
use crate::text::acl::Sensitive;
use crate::value::Value;

/// What was heard from one node.
#[derive(Debug, Clone)]
pub enum Heard {
    /// A Redis or Valkey server answered.
    Server(Box<ServerAnswers>),
    /// Nothing that helps: why.
    Nothing(Trouble),
}

impl Heard {
    /// The certificate that was shown.
    pub fn served(&self) -> Option<&Served> {
        match self {
            Heard::Server(answers) => answers.served.as_ref(),
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
    let tasks: Vec<(AnyNode<'m>, Result<Party, Trouble>)> =
        nodes.iter().map(|node| (*node, party(model, node, access, &clients))).collect();
    let patience = access.patience;
    let heard = side_by_side(
        &tasks,
        access.at_once,
        |(node, party)| match party {
            Ok(party) => ask(node, party, patience),
            Err(trouble) => Heard::Nothing(trouble.clone()),
        },
        done,
    );
    nodes.iter().copied().zip(heard).collect()
}

fn ask(node: &AnyNode<'_>, party: &Party, patience: Patience) -> Heard {
    let heard = match node {
        AnyNode::Server(deployment, _) => {
            let in_cluster = matches!(deployment.topology, Topology::Cluster { .. });
            observe_server(party, &hidden(&deployment.target), in_cluster, patience)
                .map(|answers| Heard::Server(Box::new(answers)))
        }
        AnyNode::Sentinel(..) | AnyNode::Memcached(..) => Err(Trouble::Stranger("not asked yet".to_owned())),
    };
    heard.unwrap_or_else(Heard::Nothing)
}

/// The address of a node as the spec has it: the TLS port where it has one.
pub fn address_of(model: &Model, node: &AnyNode<'_>) -> Address {
    let host = model.host(node.host()).address.value.clone();
    let (protocol, port) = match node {
        AnyNode::Server(deployment, node) => (Protocol::Redis, port(deployment, node)),
        AnyNode::Sentinel(_, node) => (Protocol::Redis, node.port),
        AnyNode::Memcached(_, node) => (Protocol::Memcached, node.port),
    };
    Address { protocol, host, port }
}

fn port(deployment: &Deployment, node: &Node) -> u16 {
    let tls_port = deployment.setting(node, "tls-port").and_then(|setting| match setting.value {
        Assigned::Value(Value::Integer(port)) => u16::try_from(port).ok().filter(|port| *port != 0),
        _ => None,
    });
    deployment.tls.and(tls_port).unwrap_or(node.port)
}

fn party(
    model: &Model,
    node: &AnyNode<'_>,
    access: &Access<'_>,
    clients: &Clients,
) -> Result<Party, Trouble> {
    let address = Route::to(model, node, access).asked();
    let tls = clients.of(node)?;
    let (login, renamed) = match node {
        AnyNode::Server(deployment, node) => (login(deployment, node, access), renamed(deployment, node)),
        AnyNode::Sentinel(..) | AnyNode::Memcached(..) => (None, BTreeMap::new()),
    };
    Ok(Party { address, login, tls, renamed })
}

/// As whom to log in; nobody where no password is known.
fn login(deployment: &Deployment, node: &Node, access: &Access<'_>) -> Option<Login> {
    let LoginSource { user, password } = LoginSource::of(deployment, node, access);
    let password = match password {
        PasswordSource::Given => access.login.as_ref()?.password.clone()?,
        PasswordSource::Spec(reference) => Sensitive(access.secrets.get(&reference)?.0),
        PasswordSource::Missing(_) | PasswordSource::Nowhere => return None,
    };
    Some(Login { user, password })
}

/// The password of a user.
pub(super) fn password_of<'d>(
    deployment: &'d Deployment,
    node: &'d Node,
    name: &str,
) -> Option<&'d SecretRef> {
    let user = deployment.users.iter().find(|user| user.name.value == name);
    if let Some(password) = user.and_then(|user| user.passwords.first()) {
        return Some(&password.value);
    }
    match &deployment.setting(node, "requirepass").filter(|_| name == "default")?.value {
        Assigned::Secret(reference) => Some(reference),
        _ => None,
    }
}

/// The commands that a node has under other names.
fn renamed(deployment: &Deployment, node: &Node) -> BTreeMap<String, String> {
    let Some(setting) = deployment.setting(node, "rename-command") else { return BTreeMap::new() };
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
            let Some(spec) = node.tls() else { continue };
            let make = || TlsClient::new(&settings(spec, access)).map_err(Trouble::Tls);
            clients.entry(node.group()).or_insert_with(make);
        }
        Clients(clients)
    }

    fn of(&self, node: &AnyNode<'_>) -> Result<Option<TlsClient>, Trouble> {
        self.0.get(&node.group()).cloned().transpose()
    }
}

/// What was given, and for the rest the servers' own files, where this machine has them.
fn settings(spec: &TlsSpec, access: &Access<'_>) -> TlsSettings {
    let given = &access.tls;
    let read = |path: Option<&At<String>>| path.and_then(|path| (access.read)(Path::new(&path.value)));
    let own_pair = given.certificate.is_none();
    TlsSettings {
        authorities: given.authorities.clone().or_else(|| read(spec.ca_cert_file.as_ref())),
        certificate: given.certificate.clone().or_else(|| read(spec.cert_file.as_ref())),
        key: if own_pair { read(spec.key_file.as_ref()) } else { given.key.clone() },
        ..given.clone()
    }
}
