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

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::diag::{Code, Findings};
use crate::model::Model;
use crate::spec::Date;

/// Runs every rule that looks at the whole model; `today` decides which lint levels have expired. Rules know nothing
/// of each other: they run side by side, and the findings are the same however many threads there are.
pub fn check(model: &Model, today: Date) -> Findings {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut found = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(rule) = RULES.get(at) else { return found };
            found.push((at, run(rule, model, today)));
        }
    };
    let mut found = thread::scope(|scope| {
        let others: Vec<_> = (1..threads(model)).map(|_| scope.spawn(work)).collect();
        let mut found = work();
        for other in others {
            found.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        found
    });
    found.sort_by_key(|(at, _)| *at);
    let mut findings = Findings::default();
    for (_, more) in found {
        findings.append(more);
    }
    findings
}

/// What one rule finds.
fn run(rule: &Rule, model: &Model, today: Date) -> Findings {
    let mut findings = Findings::default();
    match rule.stage {
        Stage::Model(run) => run(model, &mut findings),
        Stage::Dated(run) => run(model, today, &mut findings),
        Stage::Reading | Stage::Lowering | Stage::Leveling | Stage::Rendering => {}
    }
    findings
}

/// How many threads are worth it: to start one takes as long as all rules take for some dozens of nodes.
fn threads(model: &Model) -> usize {
    let nodes: usize = model.deployments.iter().map(|deployment| deployment.nodes.len()).sum();
    let most = thread::available_parallelism().map_or(1, NonZero::get).min(4);
    (nodes / 250).clamp(1, most)
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
