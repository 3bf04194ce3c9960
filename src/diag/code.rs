//! The closed list of codes: the name of every rule, and how much its findings weigh.

/// Declares the closed list of codes: a code is the kebab-case name of exactly one rule.
macro_rules! codes {
    ($($(#[$doc:meta])* $variant:ident = $name:literal, $kind:ident;)*) => {
        /// The name of a rule, and of the findings it makes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $($(#[$doc])* $variant,)* }

        impl Code {
            /// Every code, in the order of declaration.
            pub const ALL: &'static [Code] = &[$(Code::$variant,)*];

            /// The kebab-case name.
            pub const fn name(self) -> &'static str {
                match self { $(Code::$variant => $name,)* }
            }

            /// How much it weighs by itself.
            pub const fn kind(self) -> CodeKind {
                match self { $(Code::$variant => CodeKind::$kind,)* }
            }
        }
    };
}

/// What becomes of a code's findings where `[lints]` says nothing of it, and whether it can.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeKind {
    /// The spec cannot be compiled or a server would refuse it: always an error, never silenced.
    Hard,
    /// What hardly anybody wants: an error unless `[lints]` says otherwise.
    Error,
    /// Sound but doubtful: a warning unless `[lints]` or, for a single finding, the rule says otherwise.
    Warn,
    /// What many good teams do otherwise: dropped unless `[lints]` asks for it.
    Allow,
}

impl CodeKind {
    /// Whether `[lints]` may change it.
    pub const fn is_lint(self) -> bool {
        !matches!(self, CodeKind::Hard)
    }
}

codes! {
    /// A layer is not valid TOML or JSON.
    Syntax = "syntax", Hard;
    /// A layer cannot be read.
    UnreadableLayer = "unreadable-layer", Hard;
    /// A layer extends itself.
    CyclicExtends = "cyclic-extends", Hard;
    /// `format` is missing or of another version.
    UnsupportedFormat = "unsupported-format", Hard;
    /// A key that the language does not have.
    UnknownKey = "unknown-key", Hard;
    /// A value of the wrong type.
    WrongType = "wrong-type", Hard;
    /// A key that must be there is not.
    MissingKey = "missing-key", Hard;
    /// A value of the language (not of a server) outside its bounds or form.
    InvalidField = "invalid-field", Hard;
    /// A key that makes no sense with the topology.
    MisplacedKey = "misplaced-key", Hard;
    /// `unset` names what nothing sets.
    UnsetWithoutEffect = "unset-without-effect", Warn;
    /// A version or engine that the catalogue does not cover.
    UnsupportedVersion = "unsupported-version", Hard;
    /// A host is used but not declared.
    UndefinedHost = "undefined-host", Hard;
    /// A host is declared but not used.
    UnusedHost = "unused-host", Warn;
    /// A profile is used but not declared.
    UndefinedProfile = "undefined-profile", Hard;
    /// A profile is declared but not used.
    UnusedProfile = "unused-profile", Warn;
    /// A set of sentinels is used but not declared.
    UndefinedSentinels = "undefined-sentinels", Hard;
    /// A set of sentinels watches nothing.
    UnusedSentinels = "unused-sentinels", Warn;
    /// `nodes` names a node that the topology does not have.
    UndefinedNode = "undefined-node", Hard;
    /// Settings of the topology written by hand under `config`.
    DerivedByHand = "derived-by-hand", Hard;
    /// A secret's value stands in the spec.
    LiteralSecret = "literal-secret", Hard;
    /// A directive that no supported version knows.
    UnknownDirective = "unknown-directive", Hard;
    /// A directive that exists, but not in this version or build.
    UnavailableDirective = "unavailable-directive", Hard;
    /// A directive that the server accepts and ignores.
    IgnoredDirective = "ignored-directive", Warn;
    /// A directive under a name that a newer one replaced.
    RenamedDirective = "renamed-directive", Warn;
    /// The same directive twice, under two of its names.
    AliasContradiction = "alias-contradiction", Hard;
    /// A value that the server refuses.
    InvalidValue = "invalid-value", Hard;
    /// A value that the server takes otherwise than written.
    ReinterpretedValue = "reinterpreted-value", Warn;
    /// So many databases that they cost memory or time while they are empty.
    ManyDatabases = "many-databases", Warn;
    /// Limits of memory that a machine does not have.
    MemoryOvercommitted = "memory-overcommitted", Error;
    /// A machine without room for what its servers take for a while.
    PeakAboveMemory = "peak-above-memory", Warn;
    /// A cache, or a policy of eviction, without a limit of memory.
    UnlimitedMemory = "unlimited-memory", Warn;
    /// A limit of memory that an empty server exceeds.
    MaxmemoryTooSmall = "maxmemory-too-small", Error;
    /// Nodes that may lead with less memory than their primary.
    UnequalMaxmemory = "unequal-maxmemory", Warn;
    /// A cache that refuses writes when it is full.
    CacheRefusesWrites = "cache-refuses-writes", Warn;
    /// A policy that evicts keys with a time to live, where nobody can give one.
    NothingExpires = "nothing-expires", Warn;
    /// A store or queue that drops data when it is full.
    EvictingStore = "evicting-store", Error;
    /// Clients may take all of the memory before one of them is dropped.
    ClientLimitAboveMaxmemory = "client-limit-above-maxmemory", Warn;
    /// A subscriber that does not read may take all of the memory.
    UnboundedSubscribers = "unbounded-subscribers", Warn;
    /// What is written during a full sync does not fit where it waits for the replica.
    ReplicaBufferTooSmall = "replica-buffer-too-small", Warn;
    /// A setting that another setting keeps from having any effect.
    SettingWithoutEffect = "setting-without-effect", Warn;
    /// More I/O threads than processors.
    TooManyIoThreads = "too-many-io-threads", Warn;
    /// A template's placeholder that nothing filled in.
    UnexpandedPlaceholder = "unexpanded-placeholder", Error;
    /// Text that a file format cannot hold.
    Unrepresentable = "unrepresentable", Hard;
    /// A user's rules that the server refuses.
    InvalidAcl = "invalid-acl", Hard;
    /// TLS settings that do not make a whole.
    IncompleteTls = "incomplete-tls", Hard;
    /// Servers or sentinels that the servers of a deployment would not let in.
    PeersLockedOut = "peers-locked-out", Error;
    /// Clients on other hosts are refused by a server that listens for them.
    ClientsLockedOut = "clients-locked-out", Warn;
    /// Replicas or sentinels that log in as a user who may not do what they need.
    PeersLackRights = "peers-lack-rights", Error;
    /// Servers that other hosts reach, and that ask nobody for a password.
    OpenServer = "open-server", Warn;
    /// A user that anybody may log in as.
    OpenUser = "open-user", Warn;
    /// A password for all that an ACL file overrules.
    IgnoredRequirepass = "ignored-requirepass", Warn;
    /// Commands that 7.0 locked, unlocked for every client.
    UnlockedCommands = "unlocked-commands", Warn;
    /// A user that is limited to some keys, and may delete or read all others.
    RightsBeyondKeys = "rights-beyond-keys", Warn;
    /// One secret as the password of two users, or twice of one.
    SamePassword = "same-password", Warn;
    /// Passwords and data in plain text over the internet, or memcached open to it.
    PlainTextInPublic = "plain-text-in-public", Warn;
    /// Servers that speak TLS to clients and plain text to each other.
    PlainLinks = "plain-links", Warn;
    /// A plain port that is open beside the TLS port.
    PlainPortBesideTls = "plain-port-beside-tls", Allow;
    /// A command taken away by its name where users could be denied it.
    RenamedCommand = "renamed-command", Allow;
    /// Sentinels that everybody may command.
    OpenSentinels = "open-sentinels", Allow;
    /// A memcached that everybody on its network may use.
    OpenMemcached = "open-memcached", Allow;
    /// Every user may do everything.
    EverybodyIsAdmin = "everybody-is-admin", Allow;
    /// Several applications on all keys of each other.
    NoKeyIsolation = "no-key-isolation", Allow;
    /// A server that listens on all addresses of its host.
    ListensEverywhere = "listens-everywhere", Allow;
    /// Versions of TLS or ciphers that do not protect any more.
    WeakTls = "weak-tls", Warn;
    /// A rule of a user that a later one undoes.
    UndoneRule = "undone-rule", Warn;
    /// A user that nobody can log in as, or that can do nothing.
    PowerlessUser = "powerless-user", Warn;
    /// A user that may subscribe or publish, and use no channel.
    MuteSubscriber = "mute-subscriber", Warn;
    /// Two servers on one port of one machine.
    PortClash = "port-clash", Hard;
    /// Two servers that write the same files.
    SharedDataDir = "shared-data-dir", Hard;
    /// A quorum that the sentinels cannot reach.
    ImpossibleQuorum = "impossible-quorum", Hard;
    /// A cluster of fewer than three masters.
    TooFewMasters = "too-few-masters", Hard;
    /// More nodes than hosts can carry apart, or pins that break a rule of placement.
    ReplicaPlacement = "replica-placement", Hard;
    /// Settings that contradict each other so that the server does not start.
    ContradictorySettings = "contradictory-settings", Hard;
    /// A declared failure that the topology does not survive.
    DoesNotSurvive = "does-not-survive", Hard;
    /// A quorum of one: a single sentinel can replace a healthy primary.
    QuorumOfOne = "quorum-of-one", Warn;
    /// A quorum of less than a majority of the sentinels.
    LowQuorum = "low-quorum", Allow;
    /// A quorum of more than a majority of the sentinels.
    HighQuorum = "high-quorum", Warn;
    /// Fewer than three sentinels.
    FewSentinels = "few-sentinels", Warn;
    /// An even number of sentinels.
    EvenSentinels = "even-sentinels", Allow;
    /// A host or zone whose failure takes the majority that failovers need.
    MajorityInOnePlace = "majority-in-one-place", Warn;
    /// Nobody that could be promoted when the primary fails.
    NoPromotableReplica = "no-promotable-replica", Warn;
    /// More replicas needed for a write than there are.
    ImpossibleWrites = "impossible-writes", Error;
    /// Writes that stop as soon as one replica fails.
    WritesNeedEveryReplica = "writes-need-every-replica", Warn;
    /// `min-replicas-to-write` that a lag of 0 switches off.
    MinReplicasOff = "min-replicas-off", Warn;
    /// A cache whose every server stops when one of them fails.
    CoverageWithoutReplicas = "coverage-without-replicas", Warn;
    /// A cluster without replicas that does not say that this is meant.
    ShardWithoutReplica = "shard-without-replica", Allow;
    /// A setting that has no effect in this topology.
    IneffectiveSetting = "ineffective-setting", Warn;
    /// A failover that begins after a fraction of a second.
    HastyFailover = "hasty-failover", Warn;
    /// Sentinel settings with which a failover does not come to its end.
    EndlessFailover = "endless-failover", Warn;
    /// Replicas that all stop answering after a failover.
    ReplicasSyncAtOnce = "replicas-sync-at-once", Allow;
    /// Replication that breaks whenever nothing is written.
    FlappingReplication = "flapping-replication", Error;
    /// Replicas that take writes of their own.
    WritableReplica = "writable-replica", Warn;
    /// A `bind` by hand that other servers cannot reach.
    UnreachableBind = "unreachable-bind", Error;
    /// Cluster nodes that clients are to reach by a host name that they do not announce.
    UnannouncedHostname = "unannounced-hostname", Error;
    /// A store or a queue that saves nothing.
    DataNotSaved = "data-not-saved", Error;
    /// A node that may lead and saves nothing, while its replicas save.
    UnsavedPrimary = "unsaved-primary", Warn;
    /// A store or a queue that keeps snapshots only, far apart.
    SnapshotsOnly = "snapshots-only", Warn;
    /// Each write waits for a slow disk.
    SlowFsync = "slow-fsync", Warn;
    /// Each write waits for the disk.
    FsyncEveryWrite = "fsync-every-write", Allow;
    /// A store or a queue whose log reaches the disk when the kernel likes.
    FsyncLeftToKernel = "fsync-left-to-kernel", Warn;
    /// A store or a queue that takes writes after it could not save.
    FailedSnapshotIgnored = "failed-snapshot-ignored", Warn;
    /// A cache that refuses writes when a snapshot fails.
    FailedSnapshotStopsCache = "failed-snapshot-stops-cache", Warn;
    /// An append-only file that is never rewritten.
    EndlessAof = "endless-aof", Warn;
    /// An append-only file of commands only, which loads slowly.
    SlowAofLoad = "slow-aof-load", Allow;
    /// Snapshots without a checksum.
    UncheckedSnapshots = "unchecked-snapshots", Allow;
    /// Full copies for replicas that go through a slow disk.
    DiskBackedSync = "disk-backed-sync", Warn;
    /// A backlog too short for a link that times out.
    ShortBacklog = "short-backlog", Warn;
    /// A replica that drops its data before it has new ones.
    EmptiedReplica = "emptied-replica", Warn;
    /// A primary that goes on taking writes when it has lost all of its replicas.
    UnboundedWriteLoss = "unbounded-write-loss", Allow;
    /// Servers that are not started again after a crash or a boot.
    StaysDown = "stays-down", Allow;
    /// A slow log that is off, empty or full of everything.
    NoSlowLog = "no-slow-log", Warn;
    /// A latency monitor that is off.
    NoLatencyMonitor = "no-latency-monitor", Allow;
    /// Clients that stay connected though their machine is gone.
    NoKeepalive = "no-keepalive", Warn;
    /// Clients that are cut off while they are idle.
    IdleClientsCut = "idle-clients-cut", Allow;
    /// Background work more than a hundred times a second.
    HighHz = "high-hz", Allow;
    /// Background work in few and long pieces, which everybody waits for.
    LowHz = "low-hz", Warn;
    /// A log file with the name of a stream.
    LogFileCalledStdout = "log-file-called-stdout", Warn;
    /// A log level for developers, or none at all.
    UnfitLogLevel = "unfit-log-level", Warn;
    /// The software watchdog, left on.
    WatchdogLeftOn = "watchdog-left-on", Warn;
    /// A script that runs forever and that nobody can stop.
    EndlessScripts = "endless-scripts", Warn;
    /// A server that crashes without a report.
    NoCrashReport = "no-crash-report", Allow;
    /// Settings from another file, which nobody checks.
    UnseenInclude = "unseen-include", Warn;
    /// A file named by a path that starts where the server happens to be.
    RelativePath = "relative-path", Warn;
    /// A host that may refuse the forks that its servers save and copy with.
    ForkRefused = "fork-refused", Warn;
    /// A host whose huge pages make forks slow and memory grow.
    HugePages = "huge-pages", Warn;
    /// A host that swaps out a server's memory to make room for files.
    EagerSwap = "eager-swap", Warn;
    /// A queue for new connections that the host cuts short.
    ShortAcceptQueue = "short-accept-queue", Warn;
    /// A host that lets its servers open too few files.
    TooFewFiles = "too-few-files", Warn;
    /// `maxclients` that replicas, sentinels and the cluster use up alone.
    TooFewClients = "too-few-clients", Error;
    /// A renamed command that replicas, sentinels or the bootstrap script need.
    RenamedForPeers = "renamed-for-peers", Error;
    /// A memcached that dies when somebody asks for its settings.
    CrashingStatistics = "crashing-statistics", Error;
    /// Pieces of memory of a few bytes, where kilobytes were meant.
    TinySlabChunks = "tiny-slab-chunks", Error;
    /// A memory limit that the first page of each slab class is beyond.
    MemoryBelowSlabClasses = "memory-below-slab-classes", Warn;
    /// Options of storage on disk, and no storage.
    StorageWithoutPath = "storage-without-path", Warn;
    /// More worker threads than processors.
    TooManyWorkers = "too-many-workers", Warn;
    /// A hash table that takes more than the items may.
    LargeHashTable = "large-hash-table", Warn;
    /// A hash table that never grows, too small for what memory holds.
    FixedHashTable = "fixed-hash-table", Warn;
    /// A cache that refuses new items when it is full.
    EvictionsDisabled = "evictions-disabled", Warn;
    /// A log of every command.
    LogsEveryCommand = "logs-every-command", Warn;
    /// A limit of connections that memcached needs for itself.
    NoFreeConnection = "no-free-connection", Error;
    /// A memcached that answers UDP from other hosts.
    OpenUdp = "open-udp", Warn;
    /// A memcached without logins on every network of its host.
    MemcachedEverywhere = "memcached-everywhere", Warn;
    /// Nodes of a cluster without a pin although others have one.
    UnpinnedNode = "unpinned-node", Warn;
    /// A lint level for a rule that does not exist, or that cannot be changed.
    InvalidLint = "invalid-lint", Hard;
    /// A lint is silenced where it has nothing to say.
    UnusedLintLevel = "unused-lint-level", Warn;
    /// A lint level whose time has run out.
    ExpiredLint = "expired-lint", Warn;
    /// Two deployments of one name.
    DuplicateName = "duplicate-name", Hard;
    /// The folder of templates, or a template in it, cannot be read.
    UnreadableTemplate = "unreadable-template", Hard;
    /// An artifact names a template that is not there.
    UndefinedTemplate = "undefined-template", Hard;
    /// An artifact names a deployment that is not there.
    UndefinedDeployment = "undefined-deployment", Hard;
    /// A template that nothing uses.
    UnusedTemplate = "unused-template", Warn;
    /// An artifact that is for no server of the spec.
    UnusedArtifact = "unused-artifact", Warn;
    /// A template that cannot be compiled or filled in.
    InvalidTemplate = "invalid-template", Hard;
    /// A replaced template whose output says something else than the spec.
    ContradictingTemplate = "contradicting-template", Hard;
    /// Two files of one path.
    ArtifactClash = "artifact-clash", Hard;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_names_are_unique_and_kebab_case() {
        let mut names: Vec<_> = Code::ALL.iter().map(|code| code.name()).collect();
        for name in &names {
            assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'), "{name}");
        }
        names.sort_unstable();
        let count = names.len();
        names.dedup();
        assert_eq!(names.len(), count);
    }
}
