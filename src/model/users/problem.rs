//! Why a server refuses a rule, and what to write instead.

use std::fmt;

use crate::catalog::{Engine, Target, Version, VersionRange, acl, closest};
use crate::diag::Finding;
use crate::text::Problem;

/// Why a server refuses a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AclProblem {
    /// A word, command or subcommand of later versions.
    NotYet {
        /// What was written, without its sign.
        what: String,
        /// The first version that has it.
        since: Version,
    },
    /// A command that the version no longer has.
    Gone {
        /// The command.
        name: String,
    },
    /// A word that only the other engine knows.
    OtherEngine {
        /// The word.
        word: &'static str,
    },
    /// No version has such a command or subcommand.
    UnknownCommand {
        /// The command, with its subcommand.
        name: String,
    },
    /// No version has such a category.
    UnknownCategory {
        /// The category, without `@`.
        name: String,
    },
    /// `-command|argument`, where the argument is no subcommand.
    CannotForbidArgument {
        /// The command.
        name: String,
    },
    /// `+command|argument` after the command was allowed as a whole; refused by 6.0.
    AlreadyAllowed {
        /// The command.
        name: String,
    },
    /// A key pattern after all keys were allowed.
    KeysAfterAll,
    /// A channel pattern after all channels were allowed.
    ChannelsAfterAll {
        /// New users may use all channels.
        by_default: bool,
    },
    /// `<password` or `!hash` of a password that the user does not have.
    NoSuchPassword,
}

impl fmt::Display for AclProblem {
    /// One line for a title.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotYet { what, since } => {
                write!(f, "`{what}` needs version {}.{}", since.major, since.minor)
            }
            Self::Gone { name } => write!(f, "`{name}` is gone from this version"),
            Self::OtherEngine { word } => write!(f, "`{word}` is no rule of this engine"),
            Self::UnknownCommand { name } if name.contains('|') => write!(f, "no such subcommand: `{name}`"),
            Self::UnknownCommand { name } => write!(f, "no such command: `{name}`"),
            Self::UnknownCategory { name } => write!(f, "no such category of commands: `@{name}`"),
            Self::CannotForbidArgument { name } => write!(f, "`{name}` cannot be forbidden for one argument"),
            Self::AlreadyAllowed { name } => write!(f, "`{name}` is allowed as a whole already"),
            Self::KeysAfterAll => f.write_str("a key pattern after all keys were allowed"),
            Self::ChannelsAfterAll { .. } => f.write_str("a channel pattern after all channels were allowed"),
            Self::NoSuchPassword => f.write_str("the user has no such password to remove"),
        }
    }
}

impl AclProblem {
    /// What to do about it.
    pub(super) fn help(&self, target: &Target) -> Vec<String> {
        match self {
            Self::NotYet { since, .. } if since.patch > 0 => {
                vec![format!("set `version` to {since} or later, or remove the rule")]
            }
            Self::NotYet { since, .. } => {
                vec![format!(
                    "raise `version` to {}.{} or later, or remove the rule",
                    since.major, since.minor
                )]
            }
            Self::Gone { .. } | Self::OtherEngine { .. } => vec!["remove the rule".into()],
            Self::UnknownCommand { name } => suggestion(&closest(name, commands(target))),
            Self::UnknownCategory { name } => {
                let close = closest(name, acl::categories(target.engine).iter().copied());
                if close.is_empty() {
                    vec![format!("categories are {}", acl::categories(target.engine).join(", "))]
                } else {
                    suggestion(&close.iter().map(|name| format!("@{name}")).collect::<Vec<_>>())
                }
            }
            Self::CannotForbidArgument { name } => {
                vec![format!("forbid the command, and allow what may be: `-{name} +{name}|...`")]
            }
            Self::AlreadyAllowed { name } => {
                vec![format!("write `-{name}` before it, or leave it out")]
            }
            Self::KeysAfterAll => vec!["remove the pattern, or write `resetkeys` before it".into()],
            Self::ChannelsAfterAll { .. } => vec!["write `resetchannels` before it".into()],
            Self::NoSuchPassword => vec!["remove the rule: users start without passwords".into()],
        }
    }

    /// What else is worth knowing.
    pub(super) fn note(&self) -> Option<&'static str> {
        match self {
            Self::ChannelsAfterAll { by_default: true } => {
                Some("new users may use all channels here (`acl-pubsub-default allchannels`)")
            }
            Self::KeysAfterAll => Some("the server refuses to start, for the pattern would have no effect"),
            _ => None,
        }
    }
}

/// Adds what somebody may have meant by a word that is no rule.
pub(super) fn advise(finding: Finding, problem: Problem, word: &str, target: &Target) -> Finding {
    let lower = word.to_ascii_lowercase();
    match problem {
        Problem::AclUnknownRule if acl::category(target.engine, lower.trim_start_matches('@')).is_some() => {
            let name = lower.trim_start_matches('@');
            finding.help(format!("write `+@{name}` to allow the category, `-@{name}` to forbid it"))
        }
        Problem::AclUnknownRule if commands(target).any(|name| name == lower) => {
            finding.help(format!("write `+{lower}` to allow the command, `-{lower}` to forbid it"))
        }
        Problem::AclUnknownRule if lower.contains([':', '*']) => {
            finding.help("patterns of keys begin with `~`, of channels with `&`")
        }
        Problem::AclUnknownRule => {
            let words = acl::rules(target.engine).iter().filter(|rule| rule.arg.is_none());
            let close = closest(&lower, words.map(|rule| rule.text));
            let finding = finding
                .help("a rule is a word such as `on`, or begins with `~`, `&`, `+`, `-`, `+@`, `-@` or `#`");
            if close.is_empty() { finding } else { finding.help(suggestion(&close).join("")) }
        }
        Problem::AclHash => {
            finding.help("`#` and `!` are followed by the SHA-256: 64 hexadecimal digits in lower case")
        }
        Problem::AclKeyPermission => finding.help("write `%R~pattern`, `%W~pattern` or `~pattern`"),
        Problem::AclNotInSelector => finding.help("write it outside of the parentheses"),
        Problem::AclUnclosedSelector => finding.help("close it with `)` at the end of a word"),
        Problem::AclDatabases => finding.help("write numbers between commas: `db=0,1`"),
        _ => finding,
    }
}

/// Commands and subcommands that exist in every version of the target.
fn commands(target: &Target) -> impl Iterator<Item = &'static str> + use<> {
    let Target { engine, versions, .. } = *target;
    let VersionRange { first, last } = versions;
    let there = move |command: &&acl::Command| command.at(first).is_some() && command.at(last).is_some();
    acl::commands(engine).iter().filter(there).map(|command| command.name)
}

fn suggestion<T: fmt::Display>(close: &[T]) -> Vec<String> {
    let quoted: Vec<_> = close.iter().map(|name| format!("`{name}`")).collect();
    if quoted.is_empty() { Vec::new() } else { vec![format!("did you mean {}?", quoted.join(" or "))] }
}

/// The engine and version as a title names them.
pub(super) fn shown(engine: Engine, versions: VersionRange) -> String {
    format!("{} {versions}", engine.title())
}
