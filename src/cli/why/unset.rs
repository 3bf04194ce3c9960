//! Settings that the model has no value of, although "not set" would not be true: one that is wrong in the spec,
//! and those that belong to the servers.

use std::fmt::Write as _;

use super::described;
use crate::catalog::{self, Directive, Owner};
use crate::diag::Finding;
use crate::emit::first_primary;
use crate::model::{Deployment, Model, Node, Origin};
use crate::pipeline::Compiled;

/// A node, and where to look.
pub(super) struct Unset<'a> {
    pub(super) compiled: &'a Compiled,
    pub(super) model: &'a Model,
    pub(super) deployment: &'a Deployment,
    pub(super) node: &'a Node,
    /// The node as people name it.
    pub(super) shown: &'a str,
}

impl Unset<'_> {
    /// The answer for a setting that is of neither kind is none.
    pub(super) fn answer(&self, name: &str) -> Option<String> {
        let target = &self.deployment.target;
        let directive = catalog::directive(target.engine, name)?;
        let facts = directive.within(target.versions).last()?;
        if directive.owner == Owner::Server {
            return Some(self.of_the_servers(directive, facts.name));
        }
        let is_set =
            self.node.own.get(facts.name).or_else(|| self.deployment.shared.get(facts.name)).is_some();
        let is_wrong = self.deployment.poisoned.iter().any(|poisoned| poisoned == facts.name);
        (is_wrong && !is_set)
            .then(|| wrong(self.compiled, &self.deployment.name.value, facts.name, facts.name, self.shown))
    }

    /// A spec says only who leads on the first day.
    fn of_the_servers(&self, directive: &Directive, name: &str) -> String {
        let mut text =
            format!("{name}  ({})\n  belongs to the servers: no rendered file sets it\n", self.shown);
        if directive.name == "replicaof" {
            let _ = match first_primary(self.model, self.deployment, self.node) {
                Some(follows) => writeln!(text, "  on the first day, start.sh seeds `{name} {follows}`"),
                None => writeln!(text, "  on the first day, this node follows nobody"),
            };
            text += "  later, start.sh keeps what the server last wrote into its working file\n";
        }
        text
    }
}

/// The spec gives a setting of `owner` a value, and that cannot be used; people know it by `words`, and the node
/// by `shown`.
pub(super) fn wrong(compiled: &Compiled, owner: &str, name: &str, words: &str, shown: &str) -> String {
    let quoted = format!("`{name}`");
    let is_meant = |finding: &&Finding| {
        let of_others = finding.deployment.as_ref().is_some_and(|other| other != owner);
        finding.title.contains(&quoted) && !of_others
    };
    let mut text = format!("{words}  ({shown})\n  its value in the spec cannot be used, see below\n");
    if let Some(span) = compiled.findings.iter().filter(is_meant).find_map(Finding::span) {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "  set by     {}", described(compiled, Origin::Deployment(span)));
    }
    text
}
