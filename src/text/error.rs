use std::fmt;

use super::Span;

/// What a text is written for. Each has its own quoting, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// redis.conf, valkey.conf, and sentinel.conf as we write it.
    RedisConf,
    /// sentinel.conf as Sentinel itself rewrites it: without quotes.
    SentinelRewrite,
    /// A file of users (`aclfile`).
    AclFile,
    /// A single ACL rule, wherever it is written.
    AclRule,
    /// The arguments of a program.
    Argv,
    /// Debian's /etc/memcached.conf.
    MemcachedConf,
    /// A file of `KEY="value"` lines, read by systemd or sourced by sh.
    EnvironmentFile,
    /// A word of POSIX sh.
    Shell,
    /// A word of `ExecStart=` in a systemd unit.
    SystemdExec,
    /// A word of `Environment=`, or another value, in a systemd unit.
    SystemdValue,
    /// A line of a sysctl.d file.
    Sysctl,
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::RedisConf => "a configuration file of Redis",
            Self::SentinelRewrite => "sentinel.conf, which Sentinel rewrites without quotes",
            Self::AclFile => "an ACL file, which has no quoting",
            Self::AclRule => "an ACL rule",
            Self::Argv => "an argument",
            Self::MemcachedConf => "Debian's memcached.conf",
            Self::EnvironmentFile => "an environment file",
            Self::Shell => "a shell script",
            Self::SystemdExec => "a command line of a systemd unit",
            Self::SystemdValue => "a value of a systemd unit",
            Self::Sysctl => "a file of kernel settings",
        })
    }
}

/// A value that a format cannot hold.
///
/// It never carries the value itself, which may be a secret: only where in it the trouble is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unrepresentable {
    /// The format that cannot hold the value.
    pub format: Format,
    /// What was to be written: "a password", "the user name".
    pub what: &'static str,
    /// Why it cannot: "holds a space, which would end the word".
    pub reason: &'static str,
    /// Offset in the value of the first byte to blame, where there is one.
    pub at: Option<u32>,
}

impl Unrepresentable {
    pub(crate) fn new(format: Format, what: &'static str, reason: &'static str) -> Self {
        Self { format, what, reason, at: None }
    }

    pub(crate) fn at(mut self, offset: usize) -> Self {
        self.at = u32::try_from(offset).ok();
        self
    }
}

impl fmt::Display for Unrepresentable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} cannot be written to {}: it {}", self.what, self.format, self.reason)?;
        match self.at {
            Some(at) => write!(f, " (byte {})", u64::from(at) + 1),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Unrepresentable {}

/// A place in a text that its reader would refuse, or not read as meant.
///
/// It never carries the text itself, which may be a secret: the span says where to look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// The bytes to blame.
    pub span: Span,
    /// What is wrong with them.
    pub problem: Problem,
}

impl SyntaxError {
    pub(super) fn new(span: Span, problem: Problem) -> Self {
        Self { span, problem }
    }
}

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.problem.fmt(f)
    }
}

impl std::error::Error for SyntaxError {}

/// What is wrong at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Problem {
    /// A quote without its closing quote. Servers say "Unbalanced quotes in configuration line".
    UnclosedQuote,
    /// A closing quote that no blank follows. Servers say the same as for an unclosed one.
    TextAfterQuote,
    /// A NUL byte: servers drop the rest of the line with its line break, and so join two lines.
    Nul,
    /// A line of an ACL file that does not start with `user` and a name, each after a single space.
    AclNotUser,
    /// A comment in an ACL file, which has none.
    AclComment,
    /// A user name with a blank or a NUL byte in it.
    AclName,
    /// A word that no server knows as an ACL rule.
    AclUnknownRule,
    /// `(` without a word that ends in `)`. `ACLLoadFromFile` of 7.0.15 reports it
    /// but then goes on with a null pointer, where other rules stand before it.
    AclUnclosedSelector,
    /// A rule that is for users and not for selectors, such as `on` or a password.
    AclNotInSelector,
    /// Unbalanced quotes in a selector. Servers accept it and grant nothing: an empty selector.
    AclSelectorQuotes,
    /// `#` or `!` without 64 lower-case hexadecimal digits.
    AclHash,
    /// A blank or NUL byte in a pattern or a command.
    AclBlank,
    /// `%` without `R`, `W` or both, each once, and `~`.
    AclKeyPermission,
    /// `+`, `-`, `+@` or `-@` without a name, or `+command|` without what follows.
    AclNoName,
    /// `db=` without numbers between commas.
    AclDatabases,
    /// An option that memcached does not know.
    UnknownOption,
    /// An abbreviation that fits several long options.
    AmbiguousOption,
    /// An option whose value is missing.
    MissingValue,
    /// `--option=value` where the option takes none.
    UnexpectedValue,
    /// Two commas in a row, or a `=` without a name, in the value of `-o`.
    EmptySubOption,
    /// A character that makes sh run or expand something.
    ShellExpansion,
    /// A line of an environment file without `=`; it is ignored.
    NotAnAssignment,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnclosedQuote => "this quote is not closed on its line",
            Self::TextAfterQuote => "a blank must follow this closing quote",
            Self::Nul => "a NUL byte makes servers drop the rest of this line and join it with the next",
            Self::AclNotUser => "a line of an ACL file starts with `user`, one space and the user's name",
            Self::AclComment => "an ACL file has no comments: servers refuse to start with this line",
            Self::AclName => "a user name holds no blanks and no NUL byte",
            Self::AclUnknownRule => "this is not an ACL rule",
            Self::AclUnclosedSelector => "this selector is not closed: no word after it ends in `)`",
            Self::AclNotInSelector => "this rule is for users and cannot stand in a selector",
            Self::AclSelectorQuotes => {
                "the quotes in this selector are unbalanced, and servers read it as an empty selector"
            }
            Self::AclHash => "a password hash is 64 lower-case hexadecimal digits (SHA-256)",
            Self::AclBlank => "a pattern or command holds no blanks and no NUL byte",
            Self::AclKeyPermission => "a key permission is written `%R~`, `%W~` or `%RW~`, with a pattern",
            Self::AclNoName => "the name of a command or category is missing here",
            Self::AclDatabases => "`db=` takes database numbers with commas between them",
            Self::UnknownOption => "memcached has no such option",
            Self::AmbiguousOption => "this abbreviation fits several options",
            Self::MissingValue => "this option needs a value",
            Self::UnexpectedValue => "this option takes no value",
            Self::EmptySubOption => "the name of an `-o` option is missing here",
            Self::ShellExpansion => "the shell that starts memcached would expand or run this",
            Self::NotAnAssignment => "a line of an environment file is `NAME=value`; this one is ignored",
        })
    }
}
