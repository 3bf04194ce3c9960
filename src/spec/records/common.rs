//! Records that several families share: hosts, profiles, `config` tables, TLS, builds, lints.

use crate::source::{At, Span};
use crate::spec::decode::{Decode, Decoder, choice, record, wrong_type};
use crate::spec::on_hosts::DataDir;
use crate::spec::raw::{Node, Raw, Unset};
use crate::spec::scalars::{Date, SecretRef, Size};
use crate::spec::shape::{Describe, Shape};

record! {
    /// A machine that servers run on.
    "a host"
    pub struct HostSpec {
        /// The IP address or host name that other nodes and clients reach it by.
        address: required String,
        /// The failure domain it stands in, such as an availability zone.
        zone: optional String,
        /// Its memory: bytes as a number, or a text such as `"32gb"`.
        memory: optional Size,
        /// How many processors it has.
        #[validate(range(min = 1, max = 4096, message = "1 to 4096 processors"))]
        cpus: optional i64,
        /// Kernel settings by their own names, as they are on the machine (`"vm.overcommit_memory" = 1`).
        sysctl: optional Sysctl,
        /// What `/sys/kernel/mm/transparent_hugepage/enabled` says.
        transparent_hugepage: optional HugePages,
        /// Whether it may swap memory to disk.
        swap: optional bool,
    }
}

choice! {
    /// The kernel's setting for transparent huge pages.
    "a setting of transparent huge pages"
    pub enum HugePages {
        /// Always.
        Always = "always",
        /// Where a program asks.
        Madvise = "madvise",
        /// Never.
        Never = "never",
    }
}

/// Kernel settings by name.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sysctl(pub Vec<(At<String>, At<String>)>);

impl Decode for Sysctl {
    const WANTS: &'static str = "a table of kernel settings, `{ \"vm.overcommit_memory\" = 1 }`";

    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        let Raw::Table(table) = &node.value else { return wrong_type(node, Self::WANTS, decoder) };
        let mut settings = Vec::new();
        flatten("", table, &mut settings, decoder);
        Some(Sysctl(settings))
    }
}

impl Describe for Sysctl {
    fn shape() -> Shape {
        Shape::KernelSettings
    }
}

/// `vm.overcommit_memory = 1` without quotes is a table in a table to TOML; both mean the same.
fn flatten(
    prefix: &str,
    table: &crate::spec::raw::Table,
    settings: &mut Vec<(At<String>, At<String>)>,
    decoder: &mut Decoder<'_>,
) {
    for (key, entry) in &table.entries {
        let name = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        let value = match &entry.value.value {
            Raw::Integer(number) => number.to_string(),
            Raw::Text(text) => text.clone(),
            Raw::Table(inner) => {
                flatten(&name, inner, settings, decoder);
                continue;
            }
            _ => {
                wrong_type::<()>(&entry.value, "a number or a string", decoder);
                continue;
            }
        };
        settings.push((At::new(name, entry.key), At::new(value, entry.value.span)));
    }
}

record! {
    /// Settings under a name, for deployments to share.
    "a profile"
    pub struct ProfileSpec {
        /// The settings, in the server's own words.
        config: optional Config,
    }
}

/// Settings in the server's own words; typed later, when engine and version are known.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Config {
    /// The settings by name, in the order of the names.
    pub entries: Vec<ConfigEntry>,
    /// The names that are taken away again.
    pub unset: Vec<Unset>,
}

/// One setting as written.
#[derive(Debug, Clone, PartialEq)]
pub struct ConfigEntry {
    /// The directive's or option's name.
    pub name: At<String>,
    /// The value.
    pub value: Node,
    /// Where layers below set the same name, oldest first.
    pub overrode: Vec<Span>,
}

impl Decode for Config {
    const WANTS: &'static str = "a table of the server's own settings";

    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        let Raw::Table(table) = &node.value else { return wrong_type(node, Self::WANTS, decoder) };
        let entries = table
            .entries
            .iter()
            .map(|(name, entry)| ConfigEntry {
                name: At::new(name.clone(), entry.key),
                value: entry.value.clone(),
                overrode: entry.overrode.clone(),
            })
            .collect();
        Some(Config { entries, unset: table.unset.clone() })
    }
}

impl Describe for Config {
    fn shape() -> Shape {
        Shape::Config
    }
}

record! {
    /// What a server was compiled with, where it is not the usual.
    "a build"
    pub struct BuildSpec {
        /// TLS (true if absent).
        tls: optional bool,
        /// Active defragmentation, which needs the bundled jemalloc (true if absent).
        defrag: optional bool,
        /// Notification of systemd (true if absent).
        systemd: optional bool,
        /// Modules are loaded, and settings unknown here may be theirs (false if absent). For memcached: the parts of
        /// special builds, such as the proxy.
        modules: optional bool,
    }
}

record! {
    /// A user that servers log in as, to each other.
    "credentials"
    pub struct Credentials {
        /// The ACL user (the default user if absent).
        user: optional String,
        /// The password.
        password: required SecretRef,
    }
}

record! {
    /// The ACL user that `drift` logs in as.
    "an observer"
    pub struct ObserverSpec {
        /// The ACL user; it gets the rights that `drift` needs, and no others.
        user: required String,
        /// Its password.
        password: required SecretRef,
    }
}

record! {
    /// Certificates, and who must speak TLS.
    "a TLS table"
    pub struct TlsSpec {
        /// The port for TLS, with the plain port open beside it (the only port speaks TLS if absent). It counts
        /// upwards with `port`.
        port: optional crate::spec::scalars::Port,
        /// The server's certificate, a path on the host.
        cert_file: required String,
        /// The key of the certificate, a path on the host.
        key_file: required String,
        /// The password of the key, where it has one.
        key_file_password: optional SecretRef,
        /// The file of certificate authorities, a path on the host.
        ca_cert_file: optional String,
        /// A folder of certificate authorities, a path on the host.
        ca_cert_dir: optional String,
        /// Whether clients must show a certificate (the server's default if absent: they must).
        auth_clients: optional AuthClients,
        /// Whether replication speaks TLS (true if absent, where nodes follow each other).
        replication: optional bool,
        /// Whether the cluster bus speaks TLS (true if absent).
        cluster_bus: optional bool,
    }
}

choice! {
    /// Whether clients show a certificate.
    "a rule for client certificates"
    pub enum AuthClients {
        /// They must.
        Required = "required",
        /// They may.
        Optional = "optional",
        /// They need not, and it is not looked at.
        No = "no",
    }
}

record! {
    /// What is different on one node.
    "a node"
    pub struct NodeSpec {
        /// Its port (follows from the deployment's if absent).
        port: optional crate::spec::scalars::Port,
        /// Its data folder (follows from the deployment's if absent).
        data_dir: optional DataDir,
        /// Settings in the server's own words that override the deployment's.
        config: optional Config,
    }
}

choice! {
    /// What must fail for a deployment to stop serving.
    "a failure to survive"
    pub enum Survives {
        /// Any failure may stop it.
        Nothing = "nothing",
        /// It goes on when any one host fails.
        Host = "host",
        /// It goes on when any one zone fails.
        Zone = "zone",
    }
}

choice! {
    /// What the data are for.
    "a purpose"
    pub enum Purpose {
        /// They can be computed again.
        Cache = "cache",
        /// They stand nowhere else.
        Store = "store",
        /// Work to be done, each item once.
        Queue = "queue",
    }
}

choice! {
    /// What the data folder stands on.
    "a kind of disk"
    pub enum Disk {
        /// Local flash or better.
        Fast = "fast",
        /// Spinning or network disks.
        Slow = "slow",
    }
}

choice! {
    /// How a lint is treated.
    "a lint level"
    pub enum LintLevel {
        /// Findings are errors.
        Error = "error",
        /// Findings are warnings.
        Warn = "warn",
        /// Findings are dropped.
        Allow = "allow",
    }
}

record! {
    /// A lint's level, with the reason for it and the day it ends.
    "a lint level"
    pub struct LintSpec {
        /// What becomes of the findings.
        level: required LintLevel,
        /// Why, for those who read the spec.
        reason: optional String,
        /// The last day it holds (for good if absent); afterwards the finding is back.
        until: optional Date,
    }
}

/// What stands behind the name of a lint: its level, alone or in a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Lint(pub LintSpec);

impl Lint {
    /// Whether its last day is before `today`.
    pub fn is_over(&self, today: Date) -> bool {
        self.until.is_some_and(|until| until.value < today)
    }
}

impl std::ops::Deref for Lint {
    type Target = LintSpec;

    fn deref(&self) -> &LintSpec {
        &self.0
    }
}

impl Decode for Lint {
    const WANTS: &'static str =
        "a lint level, `\"allow\"` or `{ level = \"allow\", reason = \"…\", until = 2027-03-01 }`";

    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        match &node.value {
            Raw::Text(_) => {
                let level = LintLevel::decode(node, decoder).map(|level| At::new(level, node.span));
                Some(Lint(LintSpec { level, reason: None, until: None }))
            }
            Raw::Table(_) => LintSpec::decode(node, decoder).map(Lint),
            _ => wrong_type(node, Self::WANTS, decoder),
        }
    }
}

impl Describe for Lint {
    fn shape() -> Shape {
        Shape::Either(vec![LintLevel::shape(), LintSpec::shape()])
    }

    fn named() -> Shape {
        Shape::Lints(Box::new(Self::shape()))
    }
}
