//! The bootstrap scripts on real servers, started from rendered files: every server at hand, with and without
//! a password, run twice.

mod support;

use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

use cachewright::catalog::{self, Engine};
use cachewright::check::Checked;
use cachewright::diag::Findings;
use cachewright::emit::{EmitOptions, Install, Secret, SecretSource, emit};
use cachewright::model::{
    self, Assigned, Derivation, Model, Origin, Setting, Settings, Shard, ShardId, SlotRange, Slots, Topology,
};
use cachewright::source::Span;
use cachewright::spec::{self, ReadText, SecretRef};
use cachewright::value::Value;
use support::launch::Launch;
use support::port::Port;
use support::running::Running;
use support::servers::{Engine as ServerEngine, Server, Servers, Version};

const PASSWORD: &str = "it's a \"secret\" $HOME";

/// For servers that spoil quotes when they write their file again, which emit refuses to make for [`PASSWORD`].
const PLAIN_PASSWORD: &str = "it-s#a$HOME";
const NODES: usize = 6;

struct Text(String);

impl ReadText for Text {
    fn read(&self, _: &Path) -> Result<String, String> {
        Ok(self.0.clone())
    }
}

struct OnePassword(&'static str);

impl SecretSource for OnePassword {
    fn get(&self, _: &SecretRef) -> Option<Secret> {
        Some(Secret(self.0.into()))
    }
}

/// The engine by which a server is declared; Redict is none.
fn engine(server: &Server) -> Option<Engine> {
    match server.engine {
        ServerEngine::Redis => Some(Engine::Redis),
        ServerEngine::Valkey => Some(Engine::Valkey),
        ServerEngine::Redict | ServerEngine::Memcached => None,
    }
}

/// Every server that a deployment can be declared for.
fn declarable() -> impl Iterator<Item = (&'static Server, Engine)> {
    Servers::all().iter().filter_map(|server| engine(server).map(|engine| (server, engine)))
}

fn set(settings: &mut Settings, engine: Engine, name: &str, value: Assigned) {
    settings.set(Setting {
        name: name.to_owned(),
        directive: catalog::directive(engine, name),
        value,
        origin: Origin::Derived(Derivation::Topology, Span::default()),
        value_span: None,
        overrode: Vec::new(),
    });
}

/// What is started and how: a deployment `fleet` whose nodes stand on 127.0.0.1.
struct Plan<'s> {
    server: &'s Server,
    engine: Engine,
    password: Option<&'static str>,
    starts: Vec<Launch<'s>>,
    model: Model,
}

impl<'s> Plan<'s> {
    fn new(
        server: &'s Server,
        engine: Engine,
        password: Option<&'static str>,
        nodes: usize,
        config: &str,
    ) -> Self {
        let starts: Vec<Launch<'s>> =
            (0..nodes).map(|_| server.launch().port(Port::reserve_for_cluster())).collect();
        let hosts = vec!["\"a\""; nodes].join(", ");
        let text = format!(
            "format = 1\nname = \"test\"\n[hosts]\na = {{ address = \"127.0.0.1\" }}\n\
             [{engine}.fleet]\nversion = \"{}\"\ntopology = \"standalone\"\nhosts = [{hosts}]\n\
             [{engine}.fleet.config]\nsave = []\nrepl-diskless-sync-delay = 0\n{config}\n",
            server.version
        );
        let mut findings = Findings::default();
        let layers = spec::load(Path::new("test.toml"), &Text(text), &mut findings);
        let spec = spec::decode(&layers, &mut findings).expect("a spec");
        let mut model = model::lower(&spec, &layers, &mut findings);
        assert_eq!(findings.len(), 0, "{findings:?}");
        let fleet = &mut model.deployments[0];
        for (node, start) in fleet.nodes.iter_mut().zip(&starts) {
            node.port = start.number();
            let dir = start.folder().display().to_string();
            set(&mut node.own, engine, "port", Assigned::Value(Value::Integer(start.number().into())));
            set(&mut node.own, engine, "dir", Assigned::Value(Value::Text(dir.into())));
        }
        let mut plan = Plan { server, engine, password, starts, model };
        if password.is_some() {
            let secret = || Assigned::Secret(SecretRef::Env("PASSWORD".into()));
            plan.share("requirepass", secret());
            plan.share(if engine == Engine::Valkey { "primaryauth" } else { "masterauth" }, secret());
        }
        plan
    }

    fn share(&mut self, name: &str, value: Assigned) {
        let fleet = &mut self.model.deployments[0];
        let mut shared = Settings::clone(&fleet.shared);
        set(&mut shared, self.engine, name, value);
        fleet.shared = Arc::new(shared);
    }

    /// Renders everything and starts every node on its own file.
    fn start(self) -> Fleet {
        let Plan { server, password, starts, model, .. } = self;
        let names: Vec<String> = model.deployments[0].nodes.iter().map(|node| node.id.0.clone()).collect();
        let checked = Checked::new(model, &Findings::default()).expect("nothing was found");
        let artifacts = emit(
            &checked,
            &EmitOptions {
                secrets: Some(&OnePassword(password.unwrap_or_default())),
                ..EmitOptions::default()
            },
        )
        .expect("files");
        let of_node = |name: &str| {
            let start = format!("fleet/{name}/");
            artifacts
                .iter()
                .find(|file| file.path.starts_with(&start) && file.install == Install::Merge)
                .expect("the node's file")
        };
        let nodes = starts
            .into_iter()
            .zip(&names)
            .map(|(start, name)| {
                let text = String::from_utf8(of_node(name).bytes.to_vec()).expect("UTF-8");
                let file = start.write("server.conf", &text);
                let start = start.file(file);
                match password {
                    Some(password) => start.login(None, password).start(),
                    None => start.start(),
                }
            })
            .collect();
        let script = artifacts.iter().find(|file| file.path == "fleet/bootstrap.sh").expect("the script");
        let script = String::from_utf8(script.bytes.to_vec()).expect("UTF-8");
        Fleet { server: server.clone(), password, nodes, script }
    }
}

struct Fleet {
    server: Server,
    password: Option<&'static str>,
    nodes: Vec<Running>,
    script: String,
}

impl Fleet {
    /// Runs the script with a shell: with the fleet's own password, or another.
    fn run_as(&self, shell: &str, password: Option<&str>, arguments: &[&str]) -> Output {
        let path = self.nodes[0].folder().join("bootstrap.sh");
        std::fs::write(&path, &self.script).expect("the script");
        let mut command = Command::new(shell);
        command.arg(path).args(arguments).env_remove("REDISCLI_AUTH");
        command.env("CACHE_CLI", self.server.client.as_ref().expect("a client"));
        if let Some(password) = password {
            command.env("REDISCLI_AUTH", password);
        }
        command.output().expect("a shell")
    }

    fn run(&self) -> Output {
        self.run_as("sh", self.password, &["--wait", "40"])
    }

    #[track_caller]
    fn expect(&self, output: &Output, code: i32, said: &str) {
        let text =
            format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{}: {text}", self.server);
        assert!(text.contains(said), "{}: {said:?} is not in {text}", self.server);
        assert!(self.password.is_none_or(|password| !text.contains(password)), "{}: {text}", self.server);
    }

    /// Who has which slots, follows whom and has which epoch, as each node itself says.
    fn own_lines(&self) -> Vec<String> {
        let line = |node: &Running| {
            let view = node.text(&["CLUSTER", "NODES"]);
            let own = view.lines().find(|line| line.contains("myself")).expect("a line about itself");
            let mut fields: Vec<&str> = own.split(' ').collect();
            // The times of the last ping and pong, and the address, which a node learns from the others.
            fields.drain(4..6);
            fields.remove(1);
            fields.join(" ")
        };
        self.nodes.iter().map(line).collect()
    }
}

/// Three shards of two; the replica of a shard is three places behind its primary. The slots have a gap, so
/// that ranges and single slots are tried.
fn cluster(server: &'static Server, engine: Engine, password: Option<&'static str>) -> Fleet {
    let mut plan = Plan::new(server, engine, password, NODES, "cluster-node-timeout = 5000");
    plan.share("cluster-enabled", Assigned::Value(Value::Bool(true)));
    let slots = |list: &[(u16, u16)]| {
        Slots(list.iter().map(|(first, last)| SlotRange { first: *first, last: *last }).collect())
    };
    let lists =
        [slots(&[(0, 5460), (5470, 5470)]), slots(&[(5461, 5469), (5471, 10922)]), slots(&[(10923, 16383)])];
    let shards = lists.into_iter().enumerate().map(|(at, slots)| Shard {
        id: ShardId(u16::try_from(at + 1).expect("few shards")),
        primary: at,
        replicas: vec![at + 3],
        slots,
    });
    plan.model.deployments[0].topology = Topology::Cluster { shards: shards.collect() };
    plan.start()
}

#[test]
fn a_cluster_forms_and_stays() {
    for (server, engine) in declarable() {
        for password in [None, Some(PASSWORD)] {
            let fleet = cluster(server, engine, password);
            fleet.expect(&fleet.run(), 0, "the cluster is formed");
            let formed = fleet.own_lines();
            let slots: Vec<&str> =
                formed.iter().map(|line| line.splitn(6, ' ').nth(5).unwrap_or("")).collect();
            assert_eq!(slots, ["0-5460 5470", "5461-5469 5471-10922", "10923-16383", "", "", ""], "{server}");
            for (replica, primary) in formed[3..].iter().zip(&formed[..3]) {
                let id = primary.split(' ').next().expect("an id");
                assert_eq!(replica.split(' ').nth(2), Some(id), "{server}");
            }
            fleet.expect(&fleet.run(), 0, "nothing was changed");
            assert_eq!(fleet.own_lines(), formed, "{server}");
            eprintln!("{server}, password: {}: formed, and left alone by the second run", password.is_some());
        }
    }
}

#[test]
fn a_swap_within_a_shard_is_as_declared() {
    for (server, engine) in declarable() {
        let fleet = cluster(server, engine, None);
        fleet.expect(&fleet.run(), 0, "the cluster is formed");
        fleet.nodes[3].command(&["CLUSTER", "FAILOVER", "FORCE"]);
        support::wait::until("the replica leads", || fleet.own_lines()[3].contains("master"));
        support::wait::until("the primary follows", || fleet.own_lines()[0].contains("slave"));
        fleet.expect(&fleet.run(), 0, "nothing was changed");
    }
}

#[test]
fn what_is_no_set_of_empty_servers_is_refused() {
    for (server, engine) in declarable() {
        let fleet = cluster(server, engine, None);
        fleet.nodes[0].command(&["CLUSTER", "ADDSLOTS", "7"]);
        fleet.nodes[0].command(&["CLUSTER", "MEET", "127.0.0.1", &fleet.nodes[1].port().to_string()]);
        support::wait::until("two nodes know each other", || {
            fleet.nodes[1].text(&["CLUSTER", "INFO"]).contains("cluster_known_nodes:2")
        });
        // Epochs spread by themselves; flags, whom a node follows and its slots do not.
        let roles = || {
            let of = |line: String| {
                let fields: Vec<&str> = line.split(' ').collect();
                [&fields[..3], &fields[5..]].concat().join(" ")
            };
            fleet.own_lines().into_iter().map(of).collect::<Vec<_>>()
        };
        let before = roles();
        let output = fleet.run();
        fleet.expect(&output, 1, "knows 1 other nodes");
        fleet.expect(&output, 1, "sees slots in use");
        assert_eq!(roles(), before, "{server}");
    }
}

#[test]
fn who_may_not_look_changes_nothing() {
    for (server, engine) in declarable() {
        let fleet = cluster(server, engine, Some(PASSWORD));
        let before = fleet.own_lines();
        let none = "it wants a password: put that of the user 'default' into REDISCLI_AUTH";
        fleet.expect(&fleet.run_as("sh", None, &["--wait", "5"]), 3, none);
        let wrong = "REDISCLI_AUTH is not the password of the user 'default', or that user is off";
        fleet.expect(&fleet.run_as("sh", Some("wrong"), &["--wait", "5"]), 3, wrong);
        let stranger = fleet.run_as("sh", Some(PASSWORD), &["--user", "stranger", "--wait", "5"]);
        fleet.expect(
            &stranger,
            3,
            "is not the password of the user 'stranger', or that user is off or not there",
        );
        let user = ["ACL", "SETUSER", "reader", "on", ">reads", "~*", "+get"];
        fleet.nodes.iter().for_each(|node| drop(node.command(&user)));
        let reader = fleet.run_as("sh", Some("reads"), &["--user", "reader", "--wait", "5"]);
        fleet.expect(&reader, 3, "the user 'reader' may not do what this script does (NOPERM");
        fleet.expect(&fleet.run_as("sh", None, &["--wait"]), 2, "needs a value");
        assert_eq!(fleet.own_lines(), before, "{server}");
    }
}

/// A primary and two replicas of 127.0.0.1, in this order.
fn replicated(server: &'static Server, engine: Engine, password: Option<&'static str>) -> Fleet {
    let mut plan = Plan::new(server, engine, password, 3, "");
    plan.model.deployments[0].topology = Topology::Replicated { primary: 0 };
    plan.start()
}

#[test]
fn replicas_follow_and_stay() {
    for (server, engine) in declarable() {
        let spoils = match engine {
            Engine::Valkey => server.version == Version(8, 1, 1),
            _ => server.version < Version(6, 2, 0),
        };
        for password in [None, Some(if spoils { PLAIN_PASSWORD } else { PASSWORD })] {
            let mut fleet = replicated(server, engine, password);
            fleet.expect(&fleet.run(), 0, "one primary leads all the others");
            fleet.nodes[0].command(&["SET", "key", "value"]);
            fleet.expect(&fleet.run(), 0, "nothing was changed");
            // The role survives a restart.
            fleet.nodes[2].restart();
            fleet.expect(&fleet.run(), 0, "nothing was changed");
            // One that lost its primary follows again.
            fleet.nodes[1].command(&["REPLICAOF", "NO", "ONE"]);
            fleet.nodes[1].command(&["FLUSHALL"]);
            fleet.expect(&fleet.run(), 0, "one primary leads all the others");
            assert_eq!(fleet.nodes[1].info("role").as_deref(), Some("slave"));
            // A failover by hand stays, and half of one is nobody's to decide.
            fleet.nodes[1].command(&["REPLICAOF", "NO", "ONE"]);
            fleet.expect(&fleet.run(), 1, "would lose their keys");
            let lead = fleet.nodes[1].port().to_string();
            for follower in [0, 2] {
                fleet.nodes[follower].command(&["REPLICAOF", "127.0.0.1", &lead]);
            }
            fleet.expect(&fleet.run(), 0, "nothing was changed");
            assert_eq!(fleet.nodes[1].info("role").as_deref(), Some("master"));
            eprintln!("{server}, password: {}: in place, and left alone afterwards", password.is_some());
        }
    }
}

#[test]
fn no_server_with_keys_becomes_a_replica() {
    for (server, engine) in declarable() {
        let fleet = replicated(server, engine, None);
        fleet.nodes[2].command(&["SET", "key", "value"]);
        fleet.expect(&fleet.run(), 1, "would lose their keys");
        assert_eq!(fleet.nodes[1].info("role").as_deref(), Some("master"));
        assert_eq!(fleet.nodes[2].info("role").as_deref(), Some("master"));
    }
}

/// A client that loses the answer to one question stands between the script and the servers.
#[test]
fn no_answer_does_not_count_as_no_keys() {
    use std::os::unix::fs::PermissionsExt;

    let (server, engine) = declarable().next().expect("a server");
    for (sections, fleet) in [
        (["keyspace", "memory"], replicated(server, engine, None)),
        (["keyspace", "memory"], cluster(server, engine, None)),
    ] {
        let roles = || fleet.nodes.iter().map(|node| node.info("role")).collect::<Vec<_>>();
        let before = roles();
        for section in sections {
            let mute = fleet.nodes[0].folder().join(format!("mute-{section}"));
            let client = fleet.server.client.as_ref().expect("a client").display();
            let text = format!(
                "#!/bin/sh\ncase \"$*\" in *'INFO {section}') exit 1 ;; esac\nexec {client} \"$@\"\n"
            );
            std::fs::write(&mute, text).expect("a client");
            std::fs::set_permissions(&mute, std::fs::Permissions::from_mode(0o755)).expect("its mode");
            let script = fleet.nodes[0].folder().join("bootstrap.sh");
            std::fs::write(&script, &fleet.script).expect("the script");
            let mut command = Command::new("sh");
            command.arg(script).args(["--wait", "5"]).env("CACHE_CLI", mute);
            fleet.expect(&command.output().expect("a shell"), 3, "does not tell whether it holds keys");
            assert_eq!(roles(), before, "{server}, {section}");
        }
    }
}
