//! Rules over the model: one file per rule under `rules`, registered in one sorted list, from which
//! `explain`, the list of rules and their documentation follow. A model without hard findings
//! becomes [`Checked`], and only that can be rendered, planned or compared with servers.

mod level;
mod rule;
mod rules;

pub use level::apply_lints;
pub use rule::{Example, Rule, RuleGroup, Stage};
pub use rules::{RULES, rule};

use crate::diag::{Code, CodeKind, Findings};
use crate::model::Model;

/// Runs every rule that looks at the whole model.
pub fn check(model: &Model) -> Findings {
    let mut findings = Findings::default();
    for rule in RULES {
        if let Stage::Model(run) = rule.stage {
            run(model, &mut findings);
        }
    }
    findings
}

/// A model without a hard finding.
#[derive(Debug, Clone)]
pub struct Checked<M> {
    model: M,
}

impl Checked<Model> {
    /// Takes a model whose findings are all lints; gives none where one is hard.
    pub fn new(model: Model, findings: &Findings) -> Option<Self> {
        let hard = |code: Code| code.kind() == CodeKind::Hard;
        (!findings.iter().any(|finding| hard(finding.code))).then_some(Checked { model })
    }
}

impl<M> std::ops::Deref for Checked<M> {
    type Target = M;

    fn deref(&self) -> &M {
        &self.model
    }
}
