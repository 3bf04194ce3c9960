//! What `CONFIG GET` shows on a server that was started on a node's rendered file: every row, set or default.

use std::collections::BTreeMap;

use crate::catalog::{
    Directive, Facts, Owner, Shown, Target, Version, VersionRange, WithoutFeature, directives,
};
use crate::spec::SecretRef;
use crate::value::{Defaults, Value, runtime_value};

use super::settings::{Assigned, Setting};
use super::topology::{Deployment, Node};

/// The switches that change what other directives come to; both are off by default.
const IN_CLUSTER: &str = "cluster-enabled";
const IN_BACKGROUND: &str = "daemonize";

/// One row of `CONFIG GET *`.
#[derive(Debug, Clone)]
pub struct Row<'d> {
    /// The directive; several rows have the same one where it has aliases.
    pub directive: &'static Directive,
    /// Its facts in the version that was asked for.
    pub facts: &'static Facts,
    /// The setting of the spec; none where the server's default holds.
    pub setting: Option<&'d Setting>,
    /// The value.
    pub expected: Expected,
}

/// What a row should say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// Exactly this.
    Value(Value),
    /// The value of a secret, which only who fills it in knows.
    Secret(SecretRef),
    /// What the machine makes of the declared value or of the default, where either is known.
    Local(Surroundings, Option<Value>),
}

/// What else a value depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Surroundings {
    /// `dir` prints the folder without symbolic links (`getcwd` in config.c).
    Folder,
    /// `maxclients` is lowered to what the limit of open files leaves (`adjustOpenFilesLimit`, server.c).
    OpenFiles,
    /// A server in the background without a `pidfile` invents one (`createPidFile`, server.c).
    PidFile,
    /// Servers change it among themselves: a failover, `REPLICAOF`.
    Role,
    /// A default that is not the same everywhere.
    Machine,
}

/// Every row of `CONFIG GET *` on a node of this version, by the name it is listed under. Aliases have rows of
/// their own. The version should be one of the deployment's; what modules add is not among the rows.
pub fn effective<'d>(
    deployment: &'d Deployment,
    node: &'d Node,
    version: Version,
) -> BTreeMap<&'static str, Row<'d>> {
    let mut rows = BTreeMap::new();
    for row in readable(deployment, node, version) {
        let facts = row.facts;
        let own = (facts.shown == Shown::Listed).then_some(facts.name);
        let listed = facts.shown != Shown::ByExactName;
        let names = own.into_iter().chain(facts.aliases.iter().copied()).filter(|_| listed);
        rows.extend(names.map(|name| (name, row.clone())));
    }
    rows
}

/// What every directive that `CONFIG GET` shows at all should say on a node of this version, each once, by name.
pub fn readable<'d>(
    deployment: &'d Deployment,
    node: &'d Node,
    version: Version,
) -> impl Iterator<Item = Row<'d>> {
    Started::new(deployment, Some(node), version).rows(deployment.settings(node))
}

/// As [`readable`], on a node without settings of its own: for all nodes, apart from what [`readable_own`] says of one.
pub fn readable_shared(deployment: &Deployment, version: Version) -> impl Iterator<Item = Row<'_>> {
    Started::new(deployment, None, version).rows(deployment.shared.list())
}

/// The rows of [`readable`] in which a node may differ from others of its deployment, in the same order.
pub fn readable_own<'d>(deployment: &'d Deployment, node: &'d Node, version: Version) -> Vec<Row<'d>> {
    // Who has such a switch for itself differs in other rows too.
    if [IN_CLUSTER, IN_BACKGROUND].iter().any(|name| node.own.get(name).is_some()) {
        return readable(deployment, node, version).collect();
    }
    let server = Started::new(deployment, Some(node), version);
    let own = node.own.list().filter_map(|setting| server.row(setting.directive?, Some(setting)));
    let mut own: Vec<Row<'_>> = own.collect();
    // Settings have the names of their version, which are not always the newest.
    own.sort_unstable_by_key(|row| row.directive.place);
    own
}

/// The settings that some version of an engine shows only when asked for them by name.
pub fn hidden(target: &Target) -> Vec<&'static str> {
    let hidden = |directive: &'static Directive| {
        let mut facts = directive.within(target.versions);
        facts.find(|facts| facts.shown == Shown::ByExactName).map(|facts| facts.name)
    };
    directives(target.engine).iter().filter_map(hidden).collect()
}

/// Whether the directive has a row at all.
fn is_shown(facts: &Facts, target: &Target) -> bool {
    let lacks = facts.needs.is_some_and(|feature| !target.build.has(feature));
    let known = !lacks || facts.without_feature != WithoutFeature::Unknown;
    known && matches!(facts.shown, Shown::Listed | Shown::ByAlias | Shown::ByExactName)
}

/// A server right after its start.
struct Started {
    target: Target,
    defaults: &'static Defaults,
    in_cluster: bool,
    in_background: bool,
}

impl Started {
    /// A node of a deployment on this version, or one without settings of its own.
    fn new(deployment: &Deployment, node: Option<&Node>, version: Version) -> Self {
        let target = Target { versions: VersionRange::exactly(version), ..deployment.target };
        let is_on = |name| {
            let own = node.and_then(|node| node.own.get(name));
            let setting = own.or_else(|| deployment.shared.get(name));
            setting.is_some_and(|setting| setting.value == Assigned::Value(Value::Bool(true)))
        };
        Started {
            target,
            defaults: Defaults::of(target.engine, target.versions),
            in_cluster: is_on(IN_CLUSTER),
            in_background: is_on(IN_BACKGROUND),
        }
    }

    /// The row of every directive that has one, where these settings hold.
    fn rows<'d>(self, settings: impl Iterator<Item = &'d Setting>) -> impl Iterator<Item = Row<'d>> {
        let directives = directives(self.target.engine);
        let mut by_place: Vec<Option<&Setting>> = vec![None; directives.len()];
        for setting in settings {
            if let Some(directive) = setting.directive {
                by_place[usize::from(directive.place)] = Some(setting);
            }
        }
        directives.iter().zip(by_place).filter_map(move |(directive, setting)| self.row(directive, setting))
    }

    fn row<'d>(&self, directive: &'static Directive, setting: Option<&'d Setting>) -> Option<Row<'d>> {
        let facts = directive.at(self.target.versions.last).filter(|facts| is_shown(facts, &self.target))?;
        Some(Row { directive, facts, setting, expected: self.expected(directive, setting) })
    }

    fn expected(&self, directive: &Directive, setting: Option<&Setting>) -> Expected {
        let value = match setting.map(|setting| &setting.value) {
            Some(Assigned::Secret(secret)) => return Expected::Secret(secret.clone()),
            // A role is never rendered, so a fresh server has the default.
            _ if directive.owner == Owner::Server => self.defaults.get(directive).cloned(),
            Some(Assigned::Value(value)) => Some(self.after_start(directive, value)),
            // Lines that add up belong to commands, which have no row.
            Some(Assigned::Values(_) | Assigned::Verbatim(_)) => None,
            None => self.defaults.get(directive).map(|value| self.after_start(directive, value)),
        };
        match (self.surroundings(directive, setting), value) {
            (Some(surroundings), value) => Expected::Local(surroundings, value),
            (None, Some(value)) => Expected::Value(value),
            (None, None) => Expected::Local(Surroundings::Machine, None),
        }
    }

    /// The value as other directives change it.
    fn after_start(&self, directive: &Directive, value: &Value) -> Value {
        runtime_value(directive.name, value, self.in_cluster, &self.target)
    }

    fn surroundings(&self, directive: &Directive, setting: Option<&Setting>) -> Option<Surroundings> {
        match directive.name {
            "dir" => Some(Surroundings::Folder),
            "maxclients" => Some(Surroundings::OpenFiles),
            "pidfile" if setting.is_none_or(is_empty) && self.in_background => Some(Surroundings::PidFile),
            _ if directive.owner == Owner::Server => Some(Surroundings::Role),
            _ => None,
        }
    }
}

fn is_empty(setting: &Setting) -> bool {
    matches!(&setting.value, Assigned::Value(Value::Text(text)) if text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Engine, supported};
    use crate::explain::compile_example;
    use crate::value::observed;

    /// Also where a node's own switches change rows that it does not set.
    #[test]
    fn what_nodes_share_and_what_is_their_own_is_all() {
        let spec = "format = 1\nname = \"x\"\n[hosts]\na = { address = \"10.0.0.1\" }\nb = { address = \"10.0.0.2\" }\n\
            c = { address = \"10.0.0.3\" }\nd = { address = \"10.0.0.4\" }\n[redis.s]\nversion = \"7.2\"\n\
            topology = \"standalone\"\nhosts = [\"a\", \"b\", \"c\", \"d\"]\nconfig = { hz = 20 }\n\
            nodes.b.config = { hz = 50, timeout = 9 }\n";
        let mut model = compile_example(spec, &[]).model.unwrap();
        let deployment = &mut model.deployments[0];
        for (at, switch) in [(2, IN_CLUSTER), (3, IN_BACKGROUND)] {
            let hz = deployment.shared.get("hz").unwrap().clone();
            let directive = crate::catalog::directive(Engine::Redis, switch);
            let value = Assigned::Value(Value::Bool(true));
            deployment.nodes[at].own.set(Setting { name: switch.to_owned(), directive, value, ..hz });
        }
        for version in [Version::new(7, 2, 6), Version::new(6, 0, 16)] {
            for node in &deployment.nodes {
                let seen = |row: Row<'_>| (row.facts.name, format!("{row:?}"));
                let all: BTreeMap<_, _> = readable(deployment, node, version).map(seen).collect();
                let mut parts: BTreeMap<_, _> = readable_shared(deployment, version).map(seen).collect();
                let own = readable_own(deployment, node, version);
                assert!(own.is_sorted_by_key(|row| row.directive.place));
                parts.extend(own.into_iter().map(seen));
                assert_eq!(parts, all, "{} {version}", node.id);
            }
        }
    }

    /// Every default that the catalogue knows reads as a value of its directive, in every minor.
    #[test]
    fn every_default_is_a_value() {
        for engine in [Engine::Redis, Engine::Valkey] {
            for minor in supported(engine) {
                let version = minor.range.last;
                for directive in directives(engine) {
                    let Some(facts) = directive.at(version) else { continue };
                    let listed = matches!(facts.shown, Shown::Listed | Shown::ByAlias);
                    let Some(printed) = facts.default.filter(|_| listed) else { continue };
                    let value = observed(directive, engine, version, printed.as_bytes());
                    let again = value.map(|value| value.printed(directive, version));
                    let name = format!("{engine} {version} {}", facts.name);
                    assert_eq!(again.as_deref(), Some(printed.as_bytes()), "{name}");
                }
            }
        }
    }

    /// Where no default is known, the machine decides.
    #[test]
    fn listed_directives_without_a_default_are_few() {
        let mut names: Vec<&str> = Vec::new();
        for engine in [Engine::Redis, Engine::Valkey] {
            for minor in supported(engine) {
                let facts = |d: &'static Directive| d.at(minor.range.last).map(|facts| (d.name, facts));
                let unknown = |facts: &Facts| {
                    facts.default.is_none() && matches!(facts.shown, Shown::Listed | Shown::ByAlias)
                };
                names.extend(
                    directives(engine).iter().filter_map(facts).filter(|(_, f)| unknown(f)).map(|(n, _)| n),
                );
            }
        }
        names.sort_unstable();
        names.dedup();
        assert_eq!(names, ["dir"]);
    }
}
