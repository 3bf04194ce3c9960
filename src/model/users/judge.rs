//! Whether a server takes a list of rules: a replay of `ACLSetUser` and `ACLSetSelector` (acl.c of 6.0.16, 6.2.14,
//! 7.0.15, 7.2.6) as far as what was said before decides what may follow.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use super::problem::AclProblem;
use crate::catalog::acl::{self, Subcommands};
use crate::catalog::{Engine, Version};
use crate::text::Span;
use crate::text::acl::{AclRule, SpannedRule};

/// A rule that a server refuses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// The rule's place in the text that the rules were read from.
    pub span: Span,
    /// Why.
    pub problem: AclProblem,
}

/// Every rule that a server of this version refuses in an ACL file, in order. `channels_open` is what
/// `acl-pubsub-default` says. Rules are judged as [`crate::text::acl::write_rule`] writes them: `%RW~a`, which
/// 6.x does not know, is `~a`.
pub fn judge(rules: &[SpannedRule], engine: Engine, version: Version, channels_open: bool) -> Vec<Judged> {
    let known_only = acl::behaviour(engine, version).is_some_and(|b| b.subcommands == Subcommands::KnownOnly);
    let server = Server { engine, version, channels_open, known_only };
    let mut root = Rights::new(&server);
    let mut passwords = BTreeSet::new();
    let mut judged = Vec::new();
    for rule in rules {
        let refused = match &rule.rule {
            AclRule::Selector(inner) => match server.word("(") {
                Err(problem) => Err(problem),
                Ok(()) => {
                    let mut rights = Rights::new(&server);
                    for (inner, &span) in inner.iter().zip(&rule.inner) {
                        if let Err(problem) = rights.apply(&server, inner) {
                            judged.push(Judged { span, problem });
                        }
                    }
                    Ok(())
                }
            },
            AclRule::Reset => {
                root = Rights::new(&server);
                passwords.clear();
                Ok(())
            }
            one => match passwords_after(one, &mut passwords) {
                Some(result) => result,
                None => root.apply(&server, one),
            },
        };
        if let Err(problem) = refused {
            judged.push(Judged { span: rule.span, problem });
        }
    }
    judged
}

/// Follows the passwords; none where the rule is about something else.
fn passwords_after(rule: &AclRule, known: &mut BTreeSet<String>) -> Option<Result<(), AclProblem>> {
    let remove = |known: &mut BTreeSet<String>, hash: &str| {
        if known.remove(hash) { Ok(()) } else { Err(AclProblem::NoSuchPassword) }
    };
    Some(match rule {
        AclRule::AddPassword(password) => {
            known.insert(hash(&password.0));
            Ok(())
        }
        AclRule::AddHash(hash) => {
            known.insert(hash.0.clone());
            Ok(())
        }
        AclRule::RemovePassword(password) => remove(known, &hash(&password.0)),
        AclRule::RemoveHash(hash) => remove(known, &hash.0),
        AclRule::NoPass | AclRule::ResetPass => {
            known.clear();
            Ok(())
        }
        _ => return None,
    })
}

fn hash(password: &[u8]) -> String {
    Sha256::digest(password).iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

struct Server {
    engine: Engine,
    version: Version,
    channels_open: bool,
    known_only: bool,
}

impl Server {
    /// Whether the version knows a word or prefix.
    fn word(&self, word: &'static str) -> Result<(), AclProblem> {
        match acl::rules(self.engine).iter().find(|rule| rule.text == word) {
            Some(rule) if rule.since <= self.version => Ok(()),
            Some(rule) => Err(AclProblem::NotYet { what: word.to_owned(), since: rule.since }),
            None => Err(AclProblem::OtherEngine { word }),
        }
    }

    fn command(&self, name: &str, sub: Option<&str>) -> Result<(), AclProblem> {
        let Some(command) = acl::command(self.engine, name, sub) else {
            return Err(AclProblem::UnknownCommand { name: full(name, sub) });
        };
        if command.at(self.version).is_some() {
            return Ok(());
        }
        let later = command.revisions.iter().map(|facts| facts.since).find(|since| *since > self.version);
        Err(match later {
            Some(since) => AclProblem::NotYet { what: full(name, sub), since },
            None => AclProblem::Gone { name: full(name, sub) },
        })
    }

    /// Whether it takes for a mistake that a command is allowed for some arguments after it was allowed for all:
    /// 6.0 alone (EBUSY, acl.c of 6.0.20). Nothing else depends on the commands that are allowed.
    fn asks_what_is_allowed(&self) -> bool {
        self.version < Version::new(6, 2, 0)
    }

    fn has_subcommands(&self, name: &str) -> bool {
        acl::subcommands(self.engine, name, self.version).next().is_some()
    }

    fn in_category<'c>(&'c self, category: &'c str) -> impl Iterator<Item = &'static str> + 'c {
        let holds = move |command: &&acl::Command| {
            command.at(self.version).is_some_and(|facts| facts.categories.contains(&category))
        };
        acl::commands(self.engine).iter().filter(holds).map(|command| command.name)
    }
}

fn full(name: &str, sub: Option<&str>) -> String {
    sub.map_or_else(|| name.to_owned(), |sub| format!("{name}|{sub}"))
}

/// The rights of a user or selector, as far as they decide what may follow.
struct Rights {
    all_keys: bool,
    all_channels: bool,
    commands: Allowed,
}

/// The commands allowed as a whole.
enum Allowed {
    Only(BTreeSet<String>),
    AllBut(BTreeSet<String>),
}

impl Allowed {
    fn has(&self, name: &str) -> bool {
        match self {
            Allowed::Only(names) => names.contains(name),
            Allowed::AllBut(names) => !names.contains(name),
        }
    }

    fn set(&mut self, name: &str, allow: bool) {
        let (names, insert) = match self {
            Allowed::Only(names) => (names, allow),
            Allowed::AllBut(names) => (names, !allow),
        };
        if insert {
            names.insert(name.to_owned());
        } else {
            names.remove(name);
        }
    }
}

impl Rights {
    fn new(server: &Server) -> Self {
        Rights {
            all_keys: false,
            all_channels: server.channels_open,
            commands: Allowed::Only(BTreeSet::new()),
        }
    }

    fn apply(&mut self, server: &Server, rule: &AclRule) -> Result<(), AclProblem> {
        match rule {
            AclRule::AllKeys => self.all_keys = true,
            AclRule::ResetKeys => self.all_keys = false,
            AclRule::AllCommands => self.commands = Allowed::AllBut(BTreeSet::new()),
            AclRule::NoCommands => self.commands = Allowed::Only(BTreeSet::new()),
            AclRule::AllChannels => {
                server.word("allchannels")?;
                self.all_channels = true;
            }
            AclRule::ResetChannels => {
                server.word("resetchannels")?;
                self.all_channels = false;
            }
            AclRule::KeyPattern { read, write, pattern } => {
                // `~*` is a keyword: as a pattern, a lone star must be written `%RW~*`.
                server.word(match (read, write) {
                    (true, true) if pattern == b"*" => "%RW~",
                    (true, true) => "~",
                    (true, false) => "%R~",
                    _ => "%W~",
                })?;
                if self.all_keys {
                    return Err(AclProblem::KeysAfterAll);
                }
            }
            AclRule::Channel(_) => {
                server.word("&")?;
                if self.all_channels {
                    return Err(AclProblem::ChannelsAfterAll { by_default: server.channels_open });
                }
            }
            AclRule::Command { allow, name, sub } => self.command(server, *allow, name, sub.as_deref())?,
            AclRule::Category { allow, name } => {
                if acl::category(server.engine, name).is_none() {
                    return Err(AclProblem::UnknownCategory { name: name.clone() });
                }
                if server.asks_what_is_allowed() {
                    for command in server.in_category(name) {
                        self.commands.set(command, *allow);
                    }
                }
            }
            AclRule::SanitizePayload => server.word("sanitize-payload")?,
            AclRule::SkipSanitizePayload => server.word("skip-sanitize-payload")?,
            AclRule::ClearSelectors => server.word("clearselectors")?,
            AclRule::Databases(_) => server.word("db=")?,
            AclRule::AllDatabases => server.word("alldbs")?,
            AclRule::ResetDatabases => server.word("resetdbs")?,
            // Passwords, `on` and `off` are the user's; selectors do not nest.
            _ => {}
        }
        Ok(())
    }

    fn command(
        &mut self,
        server: &Server,
        allow: bool,
        name: &str,
        sub: Option<&str>,
    ) -> Result<(), AclProblem> {
        server.command(name, None)?;
        let Some(sub) = sub else {
            self.commands.set(name, allow);
            return Ok(());
        };
        if !server.known_only {
            if !allow {
                return Err(AclProblem::CannotForbidArgument { name: name.to_owned() });
            }
            if server.asks_what_is_allowed() && self.commands.has(name) {
                return Err(AclProblem::AlreadyAllowed { name: name.to_owned() });
            }
            self.commands.set(name, false);
            return Ok(());
        }
        if sub.contains('|') {
            return Err(AclProblem::UnknownCommand { name: full(name, Some(sub)) });
        }
        if server.has_subcommands(name) {
            return server.command(name, Some(sub));
        }
        if allow { Ok(()) } else { Err(AclProblem::CannotForbidArgument { name: name.to_owned() }) }
    }
}
