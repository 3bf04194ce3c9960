//! What a rule is.

use crate::diag::{Code, Findings};
use crate::model::Model;
use crate::spec::Date;

/// A rule: what it is called, what it says and why, and how it is found.
#[derive(Debug)]
pub struct Rule {
    /// Its name, which its findings carry.
    pub code: Code,
    /// What it is about.
    pub group: RuleGroup,
    /// One line, without a final stop.
    pub about: &'static str,
    /// Why it matters: what a server does, and what to do about it. Markdown.
    pub why: &'static str,
    /// Where the facts come from: a server's source file and version, or a measurement.
    pub source: &'static str,
    /// A spec that has exactly this finding.
    pub fails: Example,
    /// A spec like it that has none.
    pub passes: Example,
    /// How it is found.
    pub stage: Stage,
}

/// A spec in a rule's documentation; a test runs each. Further layers follow the first file.
#[derive(Debug, Clone, Copy)]
pub struct Example {
    /// The spec.
    pub spec: &'static str,
    /// Layers that it extends: path and text.
    pub layers: &'static [(&'static str, &'static str)],
}

impl Example {
    /// A spec in one file.
    pub const fn spec(spec: &'static str) -> Self {
        Example { spec, layers: &[] }
    }
}

/// Declares the groups, in the order that people read about them.
macro_rules! groups {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)*) => {
        /// What rules are about. `[lints]` takes a group's name for all of its lints.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum RuleGroup { $($(#[$doc])* $variant,)* }

        impl RuleGroup {
            /// Every group, in the order that people read about them.
            pub const ALL: &'static [RuleGroup] = &[$(RuleGroup::$variant,)*];

            /// The name that help, documentation and `[lints]` use.
            pub const fn name(self) -> &'static str {
                match self { $(RuleGroup::$variant => $name,)* }
            }
        }
    };
}

groups! {
    /// The spec as a text: syntax, keys, types, names.
    Language = "language",
    /// Directives and their values.
    Settings = "settings",
    /// Hosts, ports, shards, sentinels.
    Topology = "topology",
    /// What servers and hosts have of it, and what becomes of a full one.
    Memory = "memory",
    /// What is left after a restart, a failover or a full disk.
    Durability = "durability",
    /// Secrets, and who can reach and do what.
    Security = "security",
    /// Users and their rules.
    Acl = "acl",
    /// Kernel, limits, time-outs, logs.
    Operations = "operations",
    /// Memcached's own.
    Memcached = "memcached",
    /// What many good teams do otherwise: off until `[lints]` asks for it.
    Opinion = "opinion",
    /// Own templates and artifacts.
    Templates = "templates",
    /// Lint levels.
    Lints = "lints",
}

impl RuleGroup {
    /// The group of a name.
    pub fn of_name(name: &str) -> Option<Self> {
        RuleGroup::ALL.iter().copied().find(|group| group.name() == name)
    }
}

/// Where in the pipeline a rule's findings are made.
#[derive(Debug, Clone, Copy)]
pub enum Stage {
    /// While the spec is read (`spec`).
    Reading,
    /// While names and values are resolved (`model`).
    Lowering,
    /// Here, over the whole model.
    Model(fn(&Model, &mut Findings)),
    /// Here, by what day it is.
    Dated(fn(&Model, Date, &mut Findings)),
    /// When `[lints]` sets the levels of all other findings.
    Leveling,
    /// While own templates are compiled and filled in (`emit`).
    Rendering,
}
