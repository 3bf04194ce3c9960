//! The shape of a directive's facts. The facts themselves are data under `schemas/`.

use super::version::{Feature, Version, VersionRange};

/// A directive of redis.conf or valkey.conf and what is known of it in every supported version.
#[derive(Debug)]
pub struct Directive {
    /// The name its newest version uses.
    pub name: &'static str,
    /// One line in our own words, without a final stop.
    pub about: &'static str,
    /// The part of redis.conf it belongs to.
    pub group: Group,
    /// Who decides its value on a running fleet.
    pub owner: Owner,
    /// The value must never be shown.
    pub secret: bool,
    /// Facts by version: sorted by [`Facts::since`], never overlapping, gaps where it does not exist.
    pub revisions: &'static [Facts],
}

impl Directive {
    /// The facts that hold for one version.
    pub fn at(&self, version: Version) -> Option<&'static Facts> {
        self.revisions.iter().find(|facts| facts.covers(version))
    }

    /// The facts of every revision that some version of the range meets, oldest first.
    pub fn within(&self, versions: VersionRange) -> impl Iterator<Item = &'static Facts> + use<> {
        self.revisions.iter().filter(move |facts| {
            facts.since <= versions.last && facts.until.is_none_or(|until| versions.first < until)
        })
    }
}

/// What holds for a directive from one version up to another.
#[derive(Debug)]
pub struct Facts {
    /// The first version these facts hold for.
    pub since: Version,
    /// The first version they no longer hold for.
    pub until: Option<Version>,
    /// Other names it takes in a file, and prints as rows of their own in `CONFIG GET *`.
    pub aliases: &'static [&'static str],
    /// What values look like.
    pub kind: Kind,
    /// The value of a fresh server as `CONFIG GET` prints it; none where nothing is printed.
    pub default: Option<&'static str>,
    /// `CONFIG SET` takes it.
    pub runtime: bool,
    /// How `CONFIG GET` shows it.
    pub shown: Shown,
    /// What a second line with the same directive does.
    pub repeat: Repeat,
    /// The part of the build it needs to be effective; see [`Facts::without_feature`].
    pub needs: Option<Feature>,
    /// What happens in a build without [`Facts::needs`].
    pub without_feature: WithoutFeature,
    /// Still works under this name, but its documentation has moved on.
    pub deprecated: bool,
    /// The name that took over in a later version, when this one ended or became an alias.
    pub renamed: Option<&'static str>,
    /// `CONFIG SET` needs `enable-protected-configs` (7.0+).
    pub protected: bool,
}

impl Facts {
    /// Whether the facts hold for a version.
    pub fn covers(&self, version: Version) -> bool {
        self.since <= version && self.until.is_none_or(|until| version < until)
    }
}

/// What the values of a directive look like and how the server's parser reads them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Kind {
    /// `yes` or `no`, in any case.
    Bool,
    /// One of some words, in any case. The order is the server's own.
    Enum(&'static [EnumWord]),
    /// Several of some words (bit flags), each once.
    Flags(&'static [EnumWord]),
    /// A decimal integer.
    Integer(Numeric),
    /// A number of bytes with an optional unit (`1k` is 1000, `1kb` is 1024).
    Memory(Numeric),
    /// A number of bytes or a percentage (of maxmemory), up to `max_percent`.
    MemoryOrPercent {
        /// The bounds of the number of bytes.
        numeric: Numeric,
        /// The highest percentage.
        max_percent: u8,
    },
    /// An octal number, the bounds in its value.
    Octal(Numeric),
    /// Any text.
    Text {
        /// An empty text means "not set".
        empty_is_unset: bool,
        /// What further rule the server applies.
        rule: Option<TextRule>,
        /// Longest accepted value in bytes, where the server has a limit.
        max_bytes: Option<u32>,
    },
    /// A grammar of its own, implemented in `value`.
    Special(Special),
    /// Accepted with one argument and without effect.
    Ignored,
}

/// A word of an enumeration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EnumWord {
    /// The word as it may be written.
    pub word: &'static str,
    /// The word the server prints for it: another one where words share a number (`relative` prints `yes`).
    pub prints: &'static str,
    /// The part of the build it needs (`supervised systemd`).
    pub needs: Option<Feature>,
}

/// The bounds and unit of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Numeric {
    /// Lowest value, included.
    pub min: i128,
    /// Highest value, included.
    pub max: i128,
    /// What it counts.
    pub unit: Unit,
}

/// What a number counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each unit is its own name")]
pub enum Unit {
    None,
    Bytes,
    Percent,
    Microseconds,
    Milliseconds,
    Seconds,
    Minutes,
    Hertz,
    Entries,
    /// Positive: entries; negative: a size class, -1 = 4 kB to -5 = 64 kB (`list-max-listpack-size`).
    EntriesOrSizeClass,
    Replicas,
    Clients,
    Threads,
    Count,
    TcpPort,
}

/// A rule that a server applies to a text when it parses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "named after the servers' own validators (config.c)")]
pub enum TextRule {
    /// No `/`: a file name, not a path (dbfilename, appendfilename, ...).
    FileName,
    DirName,
    ProcTitleTemplate,
    AnnouncedHostname,
    AnnouncedNodename,
    IpV4,
    IpV6,
    ClusterConfigFile,
    AnnouncedIp,
    DbHashSeed,
}

/// Directives with a grammar of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is named after its directive")]
pub enum Special {
    Bind,
    ClientOutputBufferLimit,
    ClientQueryBufferLimit,
    Dir,
    Include,
    LatencyTrackingInfoPercentiles,
    Loadmodule,
    Logfile,
    NotifyKeyspaceEvents,
    OomScoreAdjValues,
    Replicaof,
    RenameCommand,
    Save,
    Sentinel,
    User,
    WatchdogPeriod,
}

/// How `CONFIG GET` shows a directive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// Under `CONFIG GET *`.
    Listed,
    /// Only when asked by its exact name.
    ByExactName,
    /// Never: it exists in files only.
    Never,
    /// In special builds only.
    SpecialBuilds,
}

/// What a second line with the same directive does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// The last line counts.
    LastWins,
    /// Lines add up.
    Accumulate,
    /// The first line clears the built-in defaults, later ones add (`save`).
    AccumulateAfterClearing,
    /// Each line sets the classes that it names (`client-output-buffer-limit`).
    MergePerClass,
}

/// What a build without the needed feature does with a directive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WithoutFeature {
    /// It does not know the name: fatal at start.
    Unknown,
    /// It takes and shows it, without effect.
    NoEffect,
}

/// Who decides the value of a directive on a running fleet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Owner {
    /// The team, through the spec's `config`.
    Operator,
    /// Derived by the compiler from the topology, the hosts and the users.
    Ours,
    /// The server rewrites it itself (`replicaof`).
    Server,
}

/// The part of redis.conf a directive belongs to; the order is that of a rendered file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "named after the headings of the servers' own redis.conf")]
pub enum Group {
    Includes,
    Modules,
    Network,
    Tls,
    General,
    Snapshotting,
    Replication,
    KeysTracking,
    Security,
    Clients,
    MemoryManagement,
    LazyFreeing,
    ThreadedIo,
    KernelOom,
    AppendOnlyMode,
    Shutdown,
    Scripting,
    Cluster,
    ClusterAnnounce,
    SlowLog,
    LatencyMonitor,
    LatencyTracking,
    EventNotification,
    AdvancedConfig,
    ActiveDefragmentation,
    CpuAffinity,
    Debugging,
}
