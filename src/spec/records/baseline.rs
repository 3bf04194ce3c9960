//! A baseline: differences between servers and a spec that are known and accepted.

use crate::source::At;
use crate::spec::decode::{Decode, Decoder, invalid, record, wrong_type};
use crate::spec::raw::{Node, Raw};
use crate::spec::scalars::{Date, Format};
use crate::spec::shape::{Describe, Shape};

record! {
    /// A whole baseline.
    "a baseline"
    pub struct BaselineSpec {
        /// The version of the format: 1.
        format: required Format,
        /// What is accepted.
        accept: optional Vec<At<AcceptSpec>>,
    }
}

record! {
    /// Something that differs, and is accepted for a while.
    "an accepted difference"
    pub struct AcceptSpec {
        /// The nodes where it differs, `"sessions/cache-a1"`.
        nodes: required Vec<At<String>>,
        /// What differs, as reports name it: `"maxmemory"`, `"user app"`.
        subject: required String,
        /// What the servers say, as reports show it; `"(secret)"` for any secret.
        live: required String,
        /// Why that is all right.
        reason: required Reason,
        /// The last day on which it is.
        until: required Date,
    }
}

/// Why something is accepted. A new baseline leaves it to people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason(pub String);

impl Decode for Reason {
    const WANTS: &'static str = "a reason, in quotes";

    fn decode(node: &Node, decoder: &mut Decoder<'_>) -> Option<Self> {
        match &node.value {
            Raw::Text(text) if text.trim().is_empty() => {
                invalid(node.span, "the reason is missing", "write why this is all right until then", decoder)
            }
            Raw::Text(text) => Some(Reason(text.clone())),
            _ => wrong_type(node, Self::WANTS, decoder),
        }
    }
}

impl Describe for Reason {
    fn shape() -> Shape {
        String::shape()
    }
}
