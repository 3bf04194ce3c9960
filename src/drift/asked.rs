//! Who was asked, and who answered: what a node does not say of another one follows from that.

use std::collections::BTreeMap;

use crate::live::{Heard, SentinelAnswers, ServerAnswers};
use crate::model::{AnyNode, Deployment, Node, Sentinel, SentinelSet};

/// What became of asking a node.
pub(super) enum Asking<'h, T> {
    /// Nobody asked it.
    Not,
    /// It gave no answer that helps, and has a line of its own.
    Silent,
    /// It answered.
    Heard(&'h T),
}

impl<'h, T> Asking<'h, T> {
    fn look_up(answers: &Answers<'h, T>, key: (&str, &str)) -> Self {
        answers.get(&key).map_or(Asking::Not, |answers| answers.map_or(Asking::Silent, Asking::Heard))
    }

    pub(super) fn heard(self) -> Option<&'h T> {
        if let Asking::Heard(answers) = self { Some(answers) } else { None }
    }

    pub(super) fn is_silent(&self) -> bool {
        matches!(self, Asking::Silent)
    }
}

/// Who was asked, by group and name, and what the answer was; none where there was none.
pub(super) struct Asked<'h> {
    servers: Answers<'h, ServerAnswers>,
    sentinels: Answers<'h, SentinelAnswers>,
}

type Answers<'h, T> = BTreeMap<(&'h str, &'h str), Option<&'h T>>;

impl<'h> Asked<'h> {
    pub(super) fn of(heard: &'h [(AnyNode<'_>, Heard)]) -> Self {
        let (mut servers, mut sentinels) = (BTreeMap::new(), BTreeMap::new());
        for (node, heard) in heard {
            match (node, heard) {
                (AnyNode::Server(deployment, node), heard) => {
                    let answers = if let Heard::Server(answers) = heard { Some(&**answers) } else { None };
                    servers.insert((deployment.name.value.as_str(), node.id.0.as_str()), answers);
                }
                (AnyNode::Sentinel(set, node), heard) => {
                    let answers = if let Heard::Sentinel(answers) = heard { Some(&**answers) } else { None };
                    sentinels.insert((set.name.value.as_str(), node.id.0.as_str()), answers);
                }
                (AnyNode::Memcached(..), _) => {}
            }
        }
        Asked { servers, sentinels }
    }

    pub(super) fn server(&self, deployment: &Deployment, node: &Node) -> Asking<'h, ServerAnswers> {
        Asking::look_up(&self.servers, (deployment.name.value.as_str(), node.id.0.as_str()))
    }

    pub(super) fn sentinel(&self, set: &SentinelSet, sentinel: &Sentinel) -> Asking<'h, SentinelAnswers> {
        Asking::look_up(&self.sentinels, (set.name.value.as_str(), sentinel.id.0.as_str()))
    }
}
