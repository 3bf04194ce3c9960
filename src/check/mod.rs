//! Rules over the model: one file per rule under `rules`, registered in one sorted list, from which
//! `explain`, the list of rules and their documentation follow. A model without hard findings
//! becomes [`Checked`], and only that can be rendered, planned or compared with servers.

mod access;
pub mod conf;
mod failover;
mod footprint;
mod level;
mod memcacheds;
mod rule;
mod rules;
mod running;
mod servers;

pub use level::apply_lints;
pub use rule::{Example, Rule, RuleGroup, Stage};
pub use rules::{RULES, rule};

use crate::diag::{Code, Findings};
use crate::model::Model;
use crate::spec::Date;

/// Runs every rule that looks at the whole model; `today` decides which lint levels have expired.
pub fn check(model: &Model, today: Date) -> Findings {
    let mut findings = Findings::default();
    for rule in RULES {
        match rule.stage {
            Stage::Model(run) => run(model, &mut findings),
            Stage::Dated(run) => run(model, today, &mut findings),
            Stage::Reading | Stage::Lowering | Stage::Leveling | Stage::Rendering => {}
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
        let hard = |code: Code| !code.kind().is_lint();
        (!findings.iter().any(|finding| hard(finding.code))).then_some(Checked { model })
    }
}

impl<M> std::ops::Deref for Checked<M> {
    type Target = M;

    fn deref(&self) -> &M {
        &self.model
    }
}
