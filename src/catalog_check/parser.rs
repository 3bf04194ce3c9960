//! Trying a value on a server's parser: what it says, and nothing lasting.

use super::ATOMIC_CONFIG_SET;
use crate::catalog::Version;
use crate::live::Failure;
use crate::live::redis::RedisServer;

/// What a parser says to a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// It takes it.
    Taken,
    /// It does not, in its own words.
    Refused(String),
    /// It does not look at the value: the directive cannot be changed in a running server.
    Immutable,
    /// As [`Answer::Immutable`], unless `enable-protected-configs` is set.
    Protected,
    /// It does not know the name.
    Unknown,
}

/// One value to try.
#[derive(Debug, Clone)]
pub(super) struct Trial {
    pub(super) name: &'static str,
    /// One argument, as it is meant: quotes are the parser's business.
    pub(super) value: String,
}

/// Something that says what it makes of values.
pub(super) trait Parser {
    /// Whether a value that it takes has no effect, so that any may be tried.
    fn is_harmless(&self) -> bool;

    /// Tries values, each by itself.
    fn try_all(&mut self, trials: &[Trial]) -> Result<Vec<Answer>, Failure>;
}

/// The parser of a running server, by the means that its version offers.
pub(super) fn live(server: &mut RedisServer, version: Version) -> Box<dyn Parser + '_> {
    if version >= ATOMIC_CONFIG_SET { Box::new(Guarded { server }) } else { Box::new(Restoring { server }) }
}

/// CONFIG SET with a second pair that is always wrong: nothing is ever changed, and the error names the pair.
struct Guarded<'a> {
    server: &'a mut RedisServer,
}

impl Guarded<'_> {
    fn attempt(&mut self, name: &str, value: &str) -> Result<Answer, Failure> {
        // A pair may not come twice.
        let guard = if name == "rdbcompression" { "activerehashing" } else { "rdbcompression" };
        match self.server.command(&["CONFIG", "SET", name, value, guard, "?"]) {
            Ok(_) => Err(Failure::Nonsense("CONFIG SET rdbcompression ?")),
            Err(Failure::Refused(words)) => Ok(self::refusal(&words, guard)),
            Err(failure) => Err(failure),
        }
    }
}

fn refusal(words: &str, guard: &str) -> Answer {
    if words.contains(&format!("(possibly related to argument '{guard}')")) {
        Answer::Taken
    } else if words.contains("can't set immutable config") {
        Answer::Immutable
    } else if words.contains("can't set protected config") {
        Answer::Protected
    } else if words.contains("Unknown option or number of arguments for CONFIG SET") {
        Answer::Unknown
    } else {
        Answer::Refused(words.to_owned())
    }
}

impl Parser for Guarded<'_> {
    fn is_harmless(&self) -> bool {
        true
    }

    fn try_all(&mut self, trials: &[Trial]) -> Result<Vec<Answer>, Failure> {
        trials.iter().map(|trial| self.attempt(trial.name, &trial.value)).collect()
    }
}

/// CONFIG SET, and again with the value from before where it was taken.
struct Restoring<'a> {
    server: &'a mut RedisServer,
}

impl Restoring<'_> {
    fn attempt(&mut self, name: &str, value: &str) -> Result<Answer, Failure> {
        let before = self.server.config(name)?.remove(name);
        match self.server.command(&["CONFIG", "SET", name, value]) {
            Ok(_) => {
                if let Some(before) = before.filter(|before| before != value) {
                    self.server.command(&["CONFIG", "SET", name, &before])?;
                }
                Ok(Answer::Taken)
            }
            Err(Failure::Refused(words)) if words.contains("Unsupported CONFIG parameter") => {
                // 6.x says the same for names that it does not know.
                Ok(if before.is_some() { Answer::Immutable } else { Answer::Unknown })
            }
            Err(Failure::Refused(words)) => Ok(Answer::Refused(words)),
            Err(failure) => Err(failure),
        }
    }
}

impl Parser for Restoring<'_> {
    fn is_harmless(&self) -> bool {
        false
    }

    fn try_all(&mut self, trials: &[Trial]) -> Result<Vec<Answer>, Failure> {
        trials.iter().map(|trial| self.attempt(trial.name, &trial.value)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_guard_tells_what_became_of_the_value() {
        let read = |words: &str| refusal(words, "rdbcompression");
        let failed = |name: &str, why: &str| {
            format!("CONFIG SET failed (possibly related to argument '{name}') - {why}")
        };
        assert_eq!(read(&failed("rdbcompression", "argument must be 'yes' or 'no'")), Answer::Taken);
        assert_eq!(read(&failed("supervised", "can't set immutable config")), Answer::Immutable);
        assert_eq!(read(&failed("dir", "can't set protected config")), Answer::Protected);
        assert!(matches!(
            read(&failed("hz", "argument must be between 1 and 500 inclusive")),
            Answer::Refused(_)
        ));
    }
}
