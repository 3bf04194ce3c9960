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

/// What rules are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RuleGroup {
    /// The spec as a text: syntax, keys, types, names.
    Language,
    /// Directives and their values.
    Settings,
    /// Secrets and users.
    Security,
    /// Hosts, ports, shards, sentinels.
    Topology,
    /// Own templates and artifacts.
    Templates,
    /// Lint levels.
    Lints,
}

impl RuleGroup {
    /// Every group, in the order that people read about them.
    pub const ALL: &'static [RuleGroup] = &[
        RuleGroup::Language,
        RuleGroup::Settings,
        RuleGroup::Security,
        RuleGroup::Topology,
        RuleGroup::Templates,
        RuleGroup::Lints,
    ];

    /// The name that help and documentation use.
    pub const fn name(self) -> &'static str {
        match self {
            RuleGroup::Language => "language",
            RuleGroup::Settings => "settings",
            RuleGroup::Security => "security",
            RuleGroup::Topology => "topology",
            RuleGroup::Templates => "templates",
            RuleGroup::Lints => "lints",
        }
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
    /// While own templates are compiled and filled in (`emit`).
    Rendering,
}
