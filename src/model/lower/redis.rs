//! Deployments of Redis and Valkey.

use std::sync::Arc;

use super::config::{Level, Subject, Typed, lay_over};
use super::names::Kind;
use super::nodes::{Seat, report_no_hosts, report_undefined, seats};
use super::service::service;
use super::target::target;
use super::{Lowering, derived};
use crate::catalog::{Engine, Target};
use crate::diag::{Code, Finding};
use crate::model::settings::{Assigned, Settings};
use crate::model::topology::{Deployment, Login, Node, Tls, Topology, Watch};
use crate::model::users::{UserSources, users};
use crate::source::{At, Span};
use crate::spec::{Credentials, ObserverSpec, RedisSpec, Replicas, TopologyKind};
use crate::value::Value;

/// The usual port of a server.
pub(super) const PORT: u16 = 6379;

/// Lowers every deployment whose engine, version and topology are known.
pub(super) fn deployments(lowering: &mut Lowering<'_>) -> Vec<Deployment> {
    let spec = lowering.spec;
    let redis = spec.redis.iter().map(|(name, record)| (Engine::Redis, name, record));
    let valkey = spec.valkey.iter().map(|(name, record)| (Engine::Valkey, name, record));
    let mut deployments: Vec<Deployment> = redis
        .chain(valkey)
        .filter_map(|(engine, name, record)| deployment(lowering, engine, name, record))
        .collect();
    deployments.sort_by(|a, b| a.name.value.cmp(&b.name.value));
    deployments
}

fn deployment(
    lowering: &mut Lowering<'_>,
    engine: Engine,
    name: &At<String>,
    record: &At<RedisSpec>,
) -> Option<Deployment> {
    let spec = &record.value;
    let version = spec.version;
    // Names are looked up also where the version or a host is unknown: what is used there is used.
    if let Some(set) = spec.sentinel.as_ref().and_then(|sentinel| sentinel.set.as_ref()) {
        lowering.uses.note(Kind::Sentinels, set);
    }
    let placed = spec.topology.and_then(|topology| place(lowering, name, record, topology));
    let profiles = profiles(lowering, spec);
    let target = target(engine, version?, spec.build.as_ref().map(|build| &build.value), lowering.findings);
    let (target, version_span) = (target?, version?.span);

    // What is wrong with settings shows whether the nodes are known or not.
    let subject = Subject { deployment: name, target: &target, version_span, sources: lowering.sources };
    let mut hand = lowering.typed.profiles(&profiles, subject, lowering.findings);
    if let Some(config) = &spec.config {
        lay_over(&mut hand, None, Level::Deployment, config, subject, lowering.findings);
    }
    let (topology, placed) = (spec.topology?, placed?);

    // A table for a build without TLS is reported as such; what would follow from it is not.
    let tls = spec.tls.as_ref().filter(|_| target.build.tls).map(|tls| Tls {
        plain_too: tls.port.is_some(),
        replication: tls.replication.map_or(topology.value != TopologyKind::Standalone, |flag| flag.value),
        cluster_bus: topology.value == TopologyKind::Cluster && tls.cluster_bus.is_none_or(|flag| flag.value),
        span: tls.span,
    });
    let replication = spec.replication.as_ref().and_then(login);
    let observer = spec.observer.as_ref().and_then(observer);

    if asks_for_tls_table(lowering, name, spec, topology, &target) {
        let finding = derived::tls_by_hand(&mut hand, subject);
        lowering.findings.extend(finding);
    }
    let sentinel = spec.sentinel.as_ref().and_then(|sentinel| sentinel.set.as_ref());
    let sentinel = sentinel.and_then(|set| lowering.spec.sentinels.get(set)?.auth.as_ref().and_then(login));
    let requirepass = hand.settings.get("requirepass").and_then(|setting| match &setting.value {
        Assigned::Secret(secret) => Some(At::new(secret.clone(), setting.value_span?)),
        _ => None,
    });
    let users = users(
        &UserSources {
            declared: &spec.users,
            replication: replication.as_ref(),
            sentinel: sentinel.as_ref(),
            observer: observer.as_ref(),
            in_cluster: topology.value == TopologyKind::Cluster,
            target: &target,
            channels_open: channels_open(&hand.settings),
            requirepass: requirepass.as_ref(),
            deployment: name,
            sources: lowering.sources,
        },
        lowering.findings,
    );
    let mut shared = hand.clone();
    let list = derived::shared(spec, topology, replication.as_ref(), tls.as_ref());
    derived::add(&mut shared, &[&hand], list, &mut lowering.judged, subject, lowering.findings);

    let context = NodeContext {
        spec,
        topology,
        tls: tls.as_ref(),
        name,
        target: &target,
        version_span,
        hand: &hand,
        has_users: !users.is_empty(),
    };
    let mut poisoned = hand.poisoned.clone();
    let nodes = placed.seats.iter().map(|seat| node(lowering, &context, seat, &mut poisoned)).collect();
    poisoned.extend(lowering.survives_lost(name, spec).then(|| "survives".to_owned()));
    poisoned.extend(lowering.replicas_lost(name, spec).then(|| "replicas".to_owned()));
    poisoned.extend(lowering.logins_lost(name, spec));
    poisoned.sort();
    poisoned.dedup();
    let names: Vec<&str> = placed.seats.iter().map(|seat| seat.id.0.as_str()).collect();
    if placed.complete {
        report_undefined(lowering, name, &spec.nodes, &names);
    }
    Some(Deployment {
        name: name.clone(),
        service: service(engine, name, spec.service.as_ref(), spec.install_dir.as_ref()),
        target,
        version_span,
        topology: placed.topology,
        shared: Arc::new(shared.settings),
        nodes,
        complete: placed.complete,
        lossy: lowering.lossy,
        users,
        replication,
        observer,
        tls,
        spec: Arc::new(spec.clone()),
        poisoned,
    })
}

/// Whether TLS by hand would bypass what follows from a `tls` table. A table that could not be read is
/// reported, and TLS without the build for it too.
fn asks_for_tls_table(
    lowering: &Lowering<'_>,
    name: &At<String>,
    spec: &RedisSpec,
    topology: At<TopologyKind>,
    target: &Target,
) -> bool {
    let without = spec.tls.is_none() && !lowering.lossy && !lowering.mentions(name, "tls");
    without && topology.value != TopologyKind::Standalone && target.build.tls
}

/// What `acl-pubsub-default` is set to.
fn channels_open(settings: &Settings) -> Option<bool> {
    match &settings.get("acl-pubsub-default")?.value {
        Assigned::Value(Value::Word(word)) => Some(*word == "allchannels"),
        _ => None,
    }
}

/// Whom the servers log in as.
pub(super) fn login(credentials: &At<Credentials>) -> Option<Login> {
    Some(Login { user: credentials.user.clone(), password: credentials.password.clone()? })
}

/// Whom drift logs in as.
pub(super) fn observer(credentials: &At<ObserverSpec>) -> Option<Login> {
    Some(Login { user: Some(credentials.user.clone()?), password: credentials.password.clone()? })
}

/// The `config` tables of the profiles that a deployment names.
pub(super) fn profiles<'a>(lowering: &mut Lowering<'a>, spec: &RedisSpec) -> Vec<&'a crate::spec::Config> {
    profile_configs(lowering, spec.profiles.as_ref().map_or(&[][..], |names| &names.value))
}

/// The `config` tables of named profiles; a name without one is reported.
pub(super) fn profile_configs<'a>(
    lowering: &mut Lowering<'a>,
    names: &[At<String>],
) -> Vec<&'a crate::spec::Config> {
    let mut configs = Vec::new();
    let spec = lowering.spec;
    for name in names {
        lowering.uses.note(Kind::Profile, name);
        if let Some(config) = spec.profiles.get(name).and_then(|profile| profile.config.as_ref()) {
            configs.push(&config.value);
        }
    }
    configs
}

/// The nodes of a deployment and how they relate.
pub(super) struct Placed {
    pub(super) seats: Vec<Seat>,
    pub(super) topology: Topology,
    /// Every mentioned host is known.
    pub(super) complete: bool,
}

fn place(
    lowering: &mut Lowering<'_>,
    name: &At<String>,
    record: &At<RedisSpec>,
    topology: At<TopologyKind>,
) -> Option<Placed> {
    misplaced(lowering, name, record, topology);
    let spec = &record.value;
    let hosts: Vec<At<String>> = match topology.value {
        TopologyKind::Standalone => {
            let hosts = required(lowering, spec.hosts.as_ref(), "hosts", name, topology)?;
            report_no_hosts(lowering, name, hosts);
            hosts.value.clone()
        }
        TopologyKind::Cluster => return super::cluster::place(lowering, name, spec, topology),
        TopologyKind::Replicated | TopologyKind::Sentinel => {
            let primary =
                required(lowering, spec.initial_primary.as_ref(), "initial-primary", name, topology);
            let replicas = match &spec.replicas {
                Some(At { value: Replicas::Hosts(hosts), .. }) => hosts.clone(),
                Some(At { value: Replicas::PerShard(_), span }) => {
                    let title = format!("`replicas` of `{}` is a list of hosts", name.value);
                    let finding = Finding::new(Code::WrongType, *span, title);
                    lowering.findings.push(finding.help("a number of replicas is for clusters").of(name));
                    return None;
                }
                None => Vec::new(),
            };
            let mut hosts = vec![primary?.clone()];
            hosts.extend(replicas);
            hosts
        }
    };
    let seats = seats(lowering, &hosts, spec.port, PORT, &spec.nodes);
    let complete = seats.len() == hosts.len() && !lowering.replicas_lost(name, spec);
    // Without its first node nobody knows who leads.
    let primary_known = complete || lowering.hosts.iter().any(|host| host.name.value == hosts[0].value);
    let topology = match topology.value {
        TopologyKind::Replicated if primary_known => Topology::Replicated { primary: 0 },
        TopologyKind::Sentinel if primary_known => {
            Topology::Sentinel { primary: 0, watch: watch(lowering, name, spec, topology)? }
        }
        TopologyKind::Standalone => Topology::Standalone,
        _ => return None,
    };
    Some(Placed { seats, topology, complete })
}

pub(super) fn required<'s, T>(
    lowering: &mut Lowering<'_>,
    field: Option<&'s At<T>>,
    key: &str,
    name: &At<String>,
    topology: At<TopologyKind>,
) -> Option<&'s At<T>> {
    if field.is_none() && !lowering.lossy && !lowering.mentions(name, key) {
        let title = format!("`{}` needs `{key}` with `topology = \"{}\"`", name.value, topology.value.name());
        lowering.findings.push(
            Finding::new(Code::MissingKey, name.span, title)
                .related(topology.span, "the topology is set here")
                .help(format!("add `{key}`"))
                .of(name),
        );
    }
    field
}

/// Keys that this topology has no use for.
fn misplaced(
    lowering: &mut Lowering<'_>,
    name: &At<String>,
    record: &At<RedisSpec>,
    topology: At<TopologyKind>,
) {
    use TopologyKind::{Cluster, Replicated, Sentinel, Standalone};

    let spec = &record.value;
    let keys: [(&str, Option<Span>, &[TopologyKind]); 6] = [
        ("hosts", spec.hosts.as_ref().map(|f| f.span), &[Standalone, Cluster]),
        ("initial-primary", spec.initial_primary.as_ref().map(|f| f.span), &[Replicated, Sentinel]),
        ("replicas", spec.replicas.as_ref().map(|f| f.span), &[Replicated, Sentinel, Cluster]),
        ("shards", spec.shards.as_ref().map(|f| f.span), &[Cluster]),
        ("sentinel", spec.sentinel.as_ref().map(|f| f.span), &[Sentinel]),
        ("pins", spec.pins.entries().next().map(|f| f.name.span), &[Cluster]),
    ];
    for (key, span, topologies) in keys {
        let Some(span) = span.filter(|_| !topologies.contains(&topology.value)) else { continue };
        let words: Vec<&str> = topologies.iter().map(|topology| topology.name()).collect();
        let title = format!("`{key}` has no meaning with `topology = \"{}\"`", topology.value.name());
        lowering.findings.push(
            Finding::new(Code::MisplacedKey, span, title)
                .related(topology.span, "the topology is set here")
                .help(format!("remove it; it belongs to {}", crate::spec::listed(&words)))
                .of(name),
        );
    }
}

fn watch(
    lowering: &mut Lowering<'_>,
    name: &At<String>,
    spec: &RedisSpec,
    topology: At<TopologyKind>,
) -> Option<Watch> {
    let table = required(lowering, spec.sentinel.as_ref(), "sentinel", name, topology)?;
    let set = table.set.clone()?;
    let master_name = table.master_name.as_ref().unwrap_or(name).value.clone();
    Some(Watch { set, quorum: table.quorum?, master_name, settings: Vec::new() })
}

/// What the nodes of one deployment have in common while they are lowered.
struct NodeContext<'a> {
    spec: &'a RedisSpec,
    topology: At<TopologyKind>,
    tls: Option<&'a Tls>,
    name: &'a At<String>,
    target: &'a Target,
    version_span: Span,
    hand: &'a Typed,
    /// There are ACL users, and with them a file for them.
    has_users: bool,
}

/// One node; names whose value failed on it alone are added to `poisoned`.
fn node(
    lowering: &mut Lowering<'_>,
    context: &NodeContext<'_>,
    seat: &Seat,
    poisoned: &mut Vec<String>,
) -> Node {
    let NodeContext { spec, topology, tls, name, target, version_span, hand, has_users } = *context;
    let subject = Subject { deployment: name, target, version_span, sources: lowering.sources };
    let own_spec = spec.nodes.get(&seat.id.0);
    let mut own_hand = Typed::default();
    if let Some(config) = own_spec.and_then(|own| own.config.as_ref()) {
        lay_over(&mut own_hand, Some(&hand.settings), Level::Node, config, subject, lowering.findings);
    }
    if asks_for_tls_table(lowering, name, spec, topology, target) {
        let finding = derived::tls_by_hand(&mut own_hand, subject);
        lowering.findings.extend(finding);
    }
    poisoned.extend(own_hand.poisoned.iter().cloned());
    let host = &lowering.hosts[seat.host.0];
    let own_folder = own_spec.and_then(|own| own.data_dir.clone()).map(|dir| dir.map(|dir| dir.0));
    let data_dir =
        own_folder.or_else(|| spec.data_dir.as_ref().map(|dir| seat.folder(dir, host))).unwrap_or_else(
            || At::new(format!("/var/lib/{}/{}-{}", target.engine, name.value, seat.port), seat.span),
        );
    let facts =
        derived::NodeFacts { seat, host, tls: tls.zip(spec.tls.as_ref().map(|tls| &tls.value)), data_dir };
    let mut list = derived::listening(&facts);
    list.extend(derived::announced(&facts, topology.value, has_users));
    let mut own = own_hand.clone();
    derived::add(&mut own, &[&own_hand, hand], list, &mut lowering.judged, subject, lowering.findings);
    Node { id: seat.id.clone(), host: seat.host, span: seat.span, port: seat.port, own: own.settings }
}

#[cfg(test)]
mod tests {
    use crate::explain::compile_example;
    use crate::pipeline::Compiled;

    fn compiled(hosts: &str, more: &str) -> Compiled {
        let spec = format!(
            "format = 1\nname = \"x\"\n[hosts]\na = {{ address = \"127.0.0.1\" }}\nb = {{ address = \"127.0.0.2\" }}\n\
             [redis.s]\nversion = \"7.2\"\ntopology = \"standalone\"\nhosts = {hosts}\n{more}"
        );
        compile_example(&spec, &[])
    }

    fn codes(hosts: &str, more: &str) -> Vec<&'static str> {
        compiled(hosts, more).findings.iter().map(|finding| finding.code.name()).collect()
    }

    #[test]
    fn what_fails_on_one_node_is_poisoned() {
        let compiled = compiled("[\"a\", \"b\"]", "nodes.b.config.hz = \"often\"\nconfig.save = \"x\"\n");
        assert_eq!(compiled.model.unwrap().deployments[0].poisoned, ["hz", "save"]);
    }

    #[test]
    fn the_folder_of_a_set_of_sentinels_is_taken() {
        let more = "[redis.sentinels-main]\nversion = \"7.2\"\ntopology = \"standalone\"\nhosts = [\"b\"]\n\
                    [sentinels.main]\nversion = \"7.2\"\nhosts = [\"b\"]\n";
        assert_eq!(codes("[\"a\"]", more), ["duplicate-name", "unused-sentinels"]);
    }

    #[test]
    fn a_deployment_has_a_host() {
        assert_eq!(codes("[]", ""), ["unused-host", "unused-host", "invalid-field"]);
    }

    #[test]
    fn more_nodes_than_ports_are_a_finding() {
        let hosts = format!("[{}\"b\"]", "\"a\", ".repeat(66_000));
        assert!(codes(&hosts, "").iter().all(|code| *code == "invalid-field"));
    }

    #[test]
    fn a_password_in_a_user_line_is_a_literal_secret() {
        let user = |rules: &str| codes("[\"a\", \"b\"]", &format!("config.user = {rules}\n"));
        assert_eq!(user("\"app on >hunter2 ~* +@all\""), ["literal-secret"]);
        assert_eq!(user("[\"app on ~*\", \"b off <hunter2\"]"), ["literal-secret"]);
        assert_eq!(user("\"app off ~* +@all\""), [""; 0]);
    }
}
