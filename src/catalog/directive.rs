//! The shape of a directive's facts. The facts themselves are data under `schemas/`, which the build script
//! decodes with the enums of this file: what they accept is what a schema may say.

use super::version::{Feature, Version, VersionRange};
use serde::Deserialize;

/// A directive of redis.conf or valkey.conf and what is known of it in every supported version.
#[derive(Debug)]
pub struct Directive {
    /// The name its newest version uses.
    pub name: &'static str,
    /// Its place among the directives of its engine.
    pub place: u16,
    /// One line in our own words, without a final stop.
    pub about: &'static str,
    /// The part of redis.conf it belongs to.
    pub group: Group,
    /// Who decides its value on a running fleet.
    pub owner: Owner,
    /// The value must never be shown.
    pub secret: bool,
    /// Distributions carry it in older versions than [`Facts::since`] says too, with a mended security flaw.
    pub backported: bool,
    /// What of a spec it is written through, as a key and maybe a word of explanation; none where its own name
    /// under `config` is the only way.
    pub from_spec: Option<&'static str>,
    /// Why a fresh server may stand at another value than [`Facts::default`], or has none that is the same
    /// everywhere.
    pub default_varies: Option<&'static str>,
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
    /// What these versions call it: [`Directive::name`], or the older name before a renaming.
    pub name: &'static str,
    /// The first version these facts hold for.
    pub since: Version,
    /// The first version they no longer hold for.
    pub until: Option<Version>,
    /// Other names it takes in a file, and prints as rows of their own in `CONFIG GET *`.
    pub aliases: &'static [&'static str],
    /// What values look like.
    pub kind: Kind,
    /// The value of a fresh server, started with a configuration file, as `CONFIG GET` prints it; none where
    /// nothing is printed or where it depends on the surroundings (`dir`).
    pub default: Option<&'static str>,
    /// The lowest and highest value in effect: one beyond is accepted and silently replaced by the nearer of
    /// them (`hz` since 6.2.2).
    pub clamp: Option<(i128, i128)>,
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
    /// The directive that says now what this one said, where these versions ignore it.
    pub instead: Option<&'static str>,
    /// The name that took over in a later version, where [`Facts::name`] is an older one.
    pub renamed: Option<&'static str>,
    /// `CONFIG SET` needs `enable-protected-configs` (7.0+).
    pub protected: bool,
}

impl Facts {
    /// Whether these versions know the directive by this spelling, in any case.
    pub fn knows(&self, spelling: &str) -> bool {
        self.name.eq_ignore_ascii_case(spelling)
            || self.aliases.iter().any(|alias| alias.eq_ignore_ascii_case(spelling))
    }

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
        /// The server keeps NUL bytes; elsewhere a text ends at the first one.
        binary: bool,
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "each unit is its own name")]
pub enum Unit {
    None,
    Bytes,
    Kilobytes,
    Megabytes,
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[expect(missing_docs, reason = "named after the servers' own validators (config.c)")]
pub enum TextRule {
    /// No `/` and no `\`: a file name, not a path (dbfilename).
    FileName,
    /// As `FileName`, and not empty (appendfilename since 7.0, dbfilename since Valkey 8.0).
    NonEmptyFileName,
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

/// Directives with a grammar of their own, with what differs between versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Special {
    /// Addresses, separated by spaces (`bind`, `rdma-bind`).
    Bind {
        /// Fewest addresses on a line: 1 on 6.x.
        min_addresses: u8,
        /// Most addresses on a line.
        max_addresses: u8,
        /// `-` before an address lets the server start without it, and `*` stands for all: since 6.2.
        optional_prefix: bool,
    },
    /// Class, hard limit, soft limit, seconds.
    ClientOutputBufferLimit {
        /// Several classes fit on one line and numbers are checked: since 7.0. Before, a line holds one class
        /// and garbage reads as 0.
        strict: bool,
    },
    /// An existing folder.
    Dir,
    /// A file of further directives.
    Include {
        /// A pattern of files is allowed, and one without a match is no error: since 7.0.
        glob: bool,
    },
    /// Numbers from 0 to 100.
    LatencyTrackingInfoPercentiles,
    /// A path and arguments.
    Loadmodule,
    /// Letters.
    NotifyKeyspaceEvents {
        /// The letters that `A` stands for, in the order in which they are printed.
        all: &'static str,
        /// The letters that `A` does not stand for, in the order in which they are printed after the others.
        others: &'static str,
    },
    /// Scores of a primary, a replica and a background child.
    OomScoreAdjValues {
        /// Lowest score.
        min: i16,
        /// Highest score.
        max: i16,
    },
    /// A host and a port, or `no one`.
    Replicaof {
        /// The port is checked to be a number up to 65535: since 6.0.9.
        port_checked: bool,
    },
    /// A command and its new name; an empty one removes the command.
    RenameCommand,
    /// Seconds and changes, in pairs.
    Save {
        /// Several pairs fit on one line and mistakes are errors: since 7.0. Before, a line that does not hold
        /// exactly one pair counts as an empty one.
        strict: bool,
    },
    /// See [`super::sentinel`].
    Sentinel,
    /// An ACL user and its rules.
    User,
    /// A number of bytes without bounds, where garbage reads as 0 (`client-query-buffer-limit` before 6.2.1).
    UncheckedMemory,
    /// An octal number up to 777, where garbage reads as 0 (`unixsocketperm` on 6.x).
    UncheckedOctal,
    /// `CONFIG SET` takes it and a file may not hold it (`watchdog-period` on 6.x).
    NotInFiles,
}

/// How `CONFIG GET` shows a directive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shown {
    /// Under `CONFIG GET *`.
    Listed,
    /// Under `CONFIG GET *` by its aliases only (`slaveof` on 6.x).
    ByAlias,
    /// Only when asked by its exact name.
    ByExactName,
    /// Never: it exists in files only.
    Never,
    /// In special builds only.
    SpecialBuilds,
}

/// What a second line with the same directive does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WithoutFeature {
    /// It does not know the name: fatal at start.
    Unknown,
    /// It takes and shows it, without effect.
    NoEffect,
    /// It takes and shows it, but refuses to switch it on (`activedefrag yes`).
    OffOnly,
}

/// Who decides the value of a directive on a running fleet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Owner {
    /// The team, through the spec's `config`.
    Operator,
    /// Derived by the compiler from the topology, the hosts and the users.
    Ours,
    /// The server rewrites it itself (`replicaof`).
    Server,
}

/// The part of redis.conf a directive belongs to; the order is that of a rendered file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
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
