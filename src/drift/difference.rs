//! One thing that differs.

use std::fmt;

use crate::source::Span;

/// What a difference is about. The order is that of reports.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// The engine or the version of the server.
    Version,
    /// Whether it leads, whom it follows, and whether the link stands.
    Role,
    /// The cluster: whether a node is in it, and in its shard.
    Cluster,
    /// Slots of a cluster, as ranges.
    Slots(String),
    /// A node of the cluster that the spec does not have, by its address.
    Stranger(String),
    /// What a sentinel makes of a primary that it watches: its name, and behind it the option or what else of it.
    Watch(String),
    /// The certificate that it shows.
    Certificate,
    /// The files on its host.
    Files,
    /// A setting.
    Setting(String),
    /// An ACL user.
    User(String),
}

impl Subject {
    /// The word for machines.
    pub const fn kind(&self) -> &'static str {
        match self {
            Subject::Version => "version",
            Subject::Role => "role",
            Subject::Cluster => "cluster",
            Subject::Certificate => "certificate",
            Subject::Files => "files",
            Subject::Slots(_) => "slots",
            Subject::Stranger(_) => "stranger",
            Subject::Watch(_) => "watch",
            Subject::Setting(_) => "setting",
            Subject::User(_) => "user",
        }
    }

    /// Its name, where its kind alone does not say what it is.
    pub fn name(&self) -> Option<&str> {
        match self {
            Subject::Version | Subject::Role | Subject::Cluster | Subject::Certificate | Subject::Files => {
                None
            }
            Subject::Slots(name)
            | Subject::Stranger(name)
            | Subject::Watch(name)
            | Subject::Setting(name)
            | Subject::User(name) => Some(name),
        }
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::Setting(name) if name == "*" => f.write_str("all settings"),
            Subject::User(name) if name == "*" => f.write_str("all users"),
            Subject::Setting(name) => f.write_str(name),
            Subject::Slots(slots) => write!(f, "slots {slots}"),
            Subject::Stranger(address) => write!(f, "node at {address}"),
            Subject::Watch(name) => write!(f, "watch {name}"),
            Subject::User(name) => write!(f, "user {name}"),
            Subject::Version | Subject::Role | Subject::Cluster | Subject::Certificate | Subject::Files => {
                f.write_str(self.kind())
            }
        }
    }
}

/// How something differs, which says whose business it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// The spec says otherwise.
    Changed,
    /// The spec does not say, and it is not what a server has by default.
    NotInSpec,
    /// The server is as the spec says, and its next start would not be: a file on its host says otherwise.
    AtRestart,
    /// The servers moved it themselves: a failover, a limit of the machine. Shown, and no drift unless asked.
    Moved,
    /// It could not be read, or there is nothing to compare it with.
    Unreadable,
}

impl Class {
    /// Every class.
    pub const ALL: [Class; 5] =
        [Class::Changed, Class::NotInSpec, Class::AtRestart, Class::Moved, Class::Unreadable];

    /// The word for machines.
    pub const fn name(self) -> &'static str {
        match self {
            Class::Changed => "changed",
            Class::NotInSpec => "not-in-spec",
            Class::AtRestart => "at-restart",
            Class::Moved => "moved",
            Class::Unreadable => "unreadable",
        }
    }

    /// Whether it counts as drift without being asked for.
    pub const fn is_drift(self) -> bool {
        matches!(self, Class::Changed | Class::NotInSpec | Class::AtRestart)
    }

    /// Whether it counts as drift, where `deny_moved` says whether what servers moved does.
    pub const fn counts(self, deny_moved: bool) -> bool {
        self.is_drift() || (deny_moved && matches!(self, Class::Moved))
    }
}

/// Where spec, rendered file, working file and running server part ways first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// The host's rendered file is not what the spec renders.
    NotRolledOut,
    /// The rendered file is new; the next start makes a working file of it.
    Pending,
    /// The server wrote its own value into the working file (`CONFIG REWRITE`): it stays until the next changed
    /// roll-out.
    Rewritten,
    /// One of the two: where secrets were put in, they cannot be told apart.
    PendingOrRewritten,
    /// Set on the running server only: the next restart takes it away.
    RunningOnly,
}

impl Standing {
    /// The word for machines.
    pub const fn name(self) -> &'static str {
        match self {
            Standing::NotRolledOut => "not-rolled-out",
            Standing::Pending => "pending-restart",
            Standing::Rewritten => "rewritten",
            Standing::PendingOrRewritten => "pending-or-rewritten",
            Standing::RunningOnly => "running-only",
        }
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Standing::NotRolledOut => "the host's rendered file does not have it: not rolled out",
            Standing::Pending => "rolled out; the next restart takes it",
            Standing::Rewritten => {
                "CONFIG REWRITE has put it into the working file: it stays until the next changed roll-out"
            }
            Standing::PendingOrRewritten => {
                "the working file says otherwise than the rendered one: a restart is due, or CONFIG REWRITE was run"
            }
            Standing::RunningOnly => "set on the running server only: lost at the next restart",
        })
    }
}

/// One side of a difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Side {
    /// This text.
    Text(String),
    /// A secret, which is never shown.
    Secret,
    /// It is not there.
    Absent,
    /// Nothing is known.
    Unknown,
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Side::Text(text) if text.is_empty() => f.write_str("\"\""),
            Side::Text(text) => f.write_str(text),
            Side::Secret => f.write_str("(secret)"),
            Side::Absent => f.write_str("(none)"),
            Side::Unknown => f.write_str("(unknown)"),
        }
    }
}

/// What would bring the server back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mend {
    /// A command on the running server, safe to be pasted: where it takes a password, a word stands for that which every
    /// server refuses.
    Command(String),
    /// A restart on the rendered file.
    Restart,
    /// Something that a person has to do: what.
    ByHand(String),
}

impl Mend {
    /// The word for machines.
    pub const fn kind(&self) -> &'static str {
        match self {
            Mend::Command(_) => "command",
            Mend::Restart => "restart",
            Mend::ByHand(_) => "by-hand",
        }
    }
}

impl fmt::Display for Mend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Mend::Command(text) | Mend::ByHand(text) => f.write_str(text),
            Mend::Restart => f.write_str("restart on the rendered file"),
        }
    }
}

/// One thing that differs between the spec and a running server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// What it is about.
    pub subject: Subject,
    /// How it differs.
    pub class: Class,
    /// What the spec says, or what a server has by default.
    pub wanted: Side,
    /// What the server says.
    pub live: Side,
    /// What would mend it; none where nothing needs to be.
    pub mend: Option<Mend>,
    /// The place in the spec that says so.
    pub span: Option<Span>,
    /// What else is to be known.
    pub note: Option<String>,
    /// Where it stands, if copies of the host's files were there to tell.
    pub standing: Option<Standing>,
}

impl Difference {
    /// A difference that says only what it is about.
    pub(super) fn new(subject: Subject, class: Class, wanted: Side, live: Side) -> Self {
        Difference { subject, class, wanted, live, mend: None, span: None, note: None, standing: None }
    }

    /// Something that could not be read or compared: why.
    pub(super) fn unreadable(subject: Subject, why: impl Into<String>) -> Self {
        Difference::new(subject, Class::Unreadable, Side::Unknown, Side::Unknown).note(why)
    }

    #[must_use]
    pub(super) fn mend(mut self, mend: Mend) -> Self {
        self.mend = Some(mend);
        self
    }

    #[must_use]
    pub(super) fn at(mut self, span: Option<Span>) -> Self {
        self.span = span;
        self
    }

    #[must_use]
    pub(super) fn note(mut self, note: impl Into<String>) -> Self {
        self.note = Some(note.into());
        self
    }
}
