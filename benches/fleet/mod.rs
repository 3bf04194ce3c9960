//! Specs of fleets, of any size.

use std::fmt::Write as _;

/// Settings that every deployment takes.
const SETTINGS: &str = include_str!("settings.toml");

/// A fleet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fleet {
    /// One deployment of independent servers.
    Plain,
    /// What a large company has: one large cluster, middling ones, hundreds of small deployments under
    /// Sentinel with users of their own, independent servers and memcached.
    Mixed,
}

impl Fleet {
    /// The spec of a fleet of about this many nodes.
    pub(crate) fn spec(self, nodes: usize) -> String {
        let mut spec = Spec::new(nodes);
        match self {
            Fleet::Plain => spec.standalone("cache", nodes, 6379),
            Fleet::Mixed => {
                spec.cluster("catalog", nodes * 3 / 10, 7000);
                for number in 0..10 {
                    spec.cluster(&format!("events-{number}"), nodes * 3 / 100, 7100 + 100 * number);
                }
                spec.sentinels();
                for number in 0..nodes * 2 / 30 {
                    spec.watched(number);
                }
                spec.standalone("pages", nodes * 15 / 100, 6400);
                spec.memcached(nodes / 20);
            }
        }
        spec.text
    }
}

/// A spec as it grows.
struct Spec {
    text: String,
    hosts: usize,
}

impl Spec {
    fn new(nodes: usize) -> Self {
        // About four nodes to a host.
        let hosts = (nodes / 4).max(9);
        let mut text = "format = 1\nname = \"fleet\"\n\n[hosts]\n".to_owned();
        for host in 0..hosts {
            let (high, low, zone) = (host / 250, host % 250 + 1, ["a", "b", "c"][host % 3]);
            writeln!(text, "{} = {{ address = \"10.7.{high}.{low}\", zone = \"{zone}\" }}", name(host))
                .unwrap();
        }
        write!(text, "\n[profiles.house.config]\n{SETTINGS}").unwrap();
        Spec { text, hosts }
    }

    /// A list of that many places, the hosts dealt out one after another.
    fn deal(&self, from: usize, places: usize) -> String {
        let names: Vec<String> =
            (from..from + places).map(|place| format!("\"{}\"", name(place % self.hosts))).collect();
        names.join(", ")
    }

    fn head(&mut self, table: &str, version: &str, topology: &str, port: usize) {
        writeln!(
            self.text,
            "\n[{table}]\nversion = \"{version}\"\ntopology = \"{topology}\"\nport = {port}\n\
             profiles = [\"house\"]"
        )
        .unwrap();
    }

    fn standalone(&mut self, deployment: &str, nodes: usize, port: usize) {
        self.head(&format!("redis.{deployment}"), "7.2", "standalone", port);
        let hosts = self.deal(0, nodes);
        writeln!(self.text, "hosts = [{hosts}]").unwrap();
    }

    /// Shards of three nodes.
    fn cluster(&mut self, deployment: &str, nodes: usize, port: usize) {
        self.head(&format!("redis.{deployment}"), "7.2", "cluster", port);
        let hosts = self.deal(0, self.hosts.min(nodes));
        let shards = (nodes / 3).clamp(3, 1000);
        writeln!(
            self.text,
            "hosts = [{hosts}]\nshards = {shards}\nreplicas = 2\n\
             replication = {{ user = \"replica\", password = {{ env = \"REPLICA_PASSWORD\" }} }}"
        )
        .unwrap();
        self.users(&format!("redis.{deployment}"));
    }

    fn sentinels(&mut self) {
        let hosts = self.deal(0, 3);
        write!(
            self.text,
            "\n[sentinels.main]\nversion = \"7.2\"\nhosts = [{hosts}]\n\
             auth = {{ user = \"sentinel\", password = {{ env = \"SENTINEL_PASSWORD\" }} }}\n"
        )
        .unwrap();
    }

    /// A primary and two replicas.
    fn watched(&mut self, number: usize) {
        let table = format!("redis.team-{number}");
        self.head(&table, "7.2", "sentinel", 20_000 + number);
        let (primary, replicas) = (self.deal(3 * number, 1), self.deal(3 * number + 1, 2));
        write!(
            self.text,
            "initial-primary = {primary}\nreplicas = [{replicas}]\n\
             sentinel = {{ set = \"main\", quorum = 2 }}\n\
             replication = {{ user = \"replica\", password = {{ env = \"REPLICA_PASSWORD\" }} }}\n\
             config = {{ maxmemory = \"{}gb\" }}\n",
            1 + number % 7
        )
        .unwrap();
        self.users(&table);
    }

    fn users(&mut self, table: &str) {
        write!(
            self.text,
            "\n[{table}.users.app]\npasswords = [{{ env = \"APP_PASSWORD\" }}]\n\
             rules = \"~app:* +@read +@write +@connection -@dangerous\"\n\
             [{table}.users.admin]\npasswords = [{{ env = \"ADMIN_PASSWORD\" }}]\nrules = \"~* +@all\"\n"
        )
        .unwrap();
    }

    fn memcached(&mut self, nodes: usize) {
        let hosts = self.deal(0, nodes);
        write!(
            self.text,
            "\n[memcached.fragments]\nversion = \"1.6\"\nhosts = [{hosts}]\nport = 11211\n\
             config = {{ memory-limit = 1024, threads = 4 }}\n"
        )
        .unwrap();
    }
}

fn name(host: usize) -> String {
    format!("cache-{host:04}")
}
