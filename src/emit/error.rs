//! What rendering cannot do.

use std::fmt;

use crate::diag::Finding;
use crate::model::NodeId;
use crate::spec::SecretRef;
use crate::text::Unrepresentable;

use super::artifact::SecretPlace;

/// Why a file could not be rendered. It never holds a secret's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EmitError {
    /// The path of the file; `*` stands for each node where the trouble is in what they share.
    pub artifact: String,
    /// The folder of the deployment or set of sentinels.
    pub deployment: String,
    /// The node, where it is one node's trouble.
    pub node: Option<NodeId>,
    /// What the trouble is.
    pub problem: Problem,
}

impl EmitError {
    /// What is to be said about it, where it is a fault of an own template or artifact.
    pub fn finding(&self) -> Option<&Finding> {
        match &self.problem {
            Problem::Own(finding) => Some(finding),
            _ => None,
        }
    }
}

impl fmt::Display for EmitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.artifact, self.problem)
    }
}

impl std::error::Error for EmitError {}

/// What stands in the way of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// The format has no way to write a value.
    Unrepresentable {
        /// The directive, user or option.
        what: String,
        /// The secret that the value is, where it is one.
        secret: Option<SecretRef>,
        /// Why.
        cause: Unrepresentable,
    },
    /// A secret ends with a carriage return.
    CarriageReturn {
        /// The secret.
        secret: SecretRef,
    },
    /// The output is to hold secrets, and this one is not to be had, or empty.
    MissingSecret {
        /// The secret.
        secret: SecretRef,
        /// Where it belongs.
        place: SecretPlace,
    },
    /// A secret's value stands in the model, where only references may.
    LiteralSecret {
        /// The directive.
        directive: String,
    },
    /// A name that cannot be the name of a file or folder.
    UnsafeName {
        /// The name.
        name: String,
    },
    /// Two files have the same path.
    SamePath,
    /// A file's path is the path of a folder as well.
    FileInTheWay {
        /// The path.
        file: String,
    },
    /// With a folder for each host, one of them would be a deployment's too.
    FolderOfHost {
        /// The name of both.
        name: String,
    },
    /// An own template or artifact is wrong, and what to say about it.
    Own(Box<Finding>),
    /// A template of ours fails.
    Template {
        /// The engine's message.
        message: String,
    },
}

impl Problem {
    /// A value that a format cannot hold and that is no secret.
    pub(super) fn unrepresentable(what: impl Into<String>, cause: Unrepresentable) -> Self {
        Problem::Unrepresentable { what: what.into(), secret: None, cause }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Problem::Unrepresentable { what, secret: Some(secret), cause } => {
                write!(f, "`{what}` (the secret {secret}): {cause}")
            }
            Problem::Unrepresentable { what, secret: None, cause } => write!(f, "`{what}`: {cause}"),
            Problem::CarriageReturn { secret } => {
                write!(
                    f,
                    "the secret {secret} ends with a carriage return; save its file with Unix line ends"
                )
            }
            Problem::MissingSecret { secret, place } => {
                write!(f, "the secret {secret} for `{place}` is not there, or is empty")
            }
            Problem::LiteralSecret { directive } => {
                write!(f, "`{directive}` is a secret, and its value stands in the spec")
            }
            Problem::UnsafeName { name } => {
                write!(f, "`{}` cannot be the name of a file or folder", name.escape_debug())
            }
            Problem::Own(finding) => f.write_str(&finding.title),
            Problem::SamePath => f.write_str("two files have this path"),
            Problem::FileInTheWay { file } => {
                write!(f, "`{file}` would be a file and a folder; rename the host or deployment")
            }
            Problem::FolderOfHost { name } => write!(
                f,
                "`{name}` is a host and a deployment, which cannot share a folder; rename one, or use `--layout deployment`"
            ),
            Problem::Template { message } => write!(f, "the template fails: {message}"),
        }
    }
}
