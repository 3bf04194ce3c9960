//! Why a server refuses a value, or takes it otherwise than written.

use std::fmt;

use crate::catalog::Feature;
use crate::catalog::memcached::MemcachedFeature;

/// When a refusal happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// The server's parser stops at the line.
    Parse,
    /// The file parses, and the server gives up (or crashes) while it starts.
    Start,
}

/// Why a value is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The directive does not exist in this version.
    NotInThisVersion {
        /// See [`Reason::stage`].
        stage: Stage,
    },
    /// `CONFIG SET` knows the directive, the file reader does not (`watchdog-period` before 7.0).
    NotInAFile,
    /// The directive belongs to sentinel.conf.
    SentinelOnly,
    /// The build lacks what the directive or the value needs.
    NeedsFeature {
        /// What it lacks.
        feature: Feature,
        /// See [`Reason::stage`].
        stage: Stage,
    },
    /// Only builds for the servers' own tests know the directive.
    TestBuildsOnly {
        /// See [`Reason::stage`].
        stage: Stage,
    },
    /// Too few or too many arguments.
    WrongArity {
        /// How many it takes, in words: `one`, `exactly three`, `one or more`.
        wanted: &'static str,
        /// How many there are.
        got: usize,
        /// See [`Reason::stage`].
        stage: Stage,
    },
    /// Too many arguments, and they begin with a `#`: redis.conf knows comments as lines of their own only.
    TrailingComment,
    /// Neither `yes` nor `no`.
    NotABool,
    /// None of the words.
    NotInEnum {
        /// The words, in the server's order.
        words: Vec<&'static str>,
    },
    /// Words that exclude each other.
    ExclusiveWords(&'static str, &'static str),
    /// No integer as the servers read it.
    NotAnInteger(IntegerFault),
    /// No octal number.
    NotAnOctal,
    /// Not a number of bytes with one of the units b, k, kb, m, mb, g, gb.
    NotAMemory,
    /// A number of bytes that 64 bits do not hold, and whose remains the server refuses.
    MemoryTooLarge,
    /// Neither a number of bytes nor an integer percentage.
    NotAMemoryOrPercent,
    /// A number outside of the bounds.
    OutOfRange {
        /// Lowest value, included.
        min: i128,
        /// Highest value, included.
        max: i128,
        /// The bounds are octal numbers to people.
        octal: bool,
    },
    /// A percentage above the highest.
    PercentTooHigh {
        /// The highest percentage, included.
        max: u8,
    },
    /// The text must not be empty.
    Empty,
    /// A file name with `/` or `\`.
    NotABaseName,
    /// Too many bytes.
    TooLong {
        /// The most bytes it takes.
        max: u32,
    },
    /// A character that an announced host name, node name or address must not have.
    BadCharacter(u8),
    /// Not an IPv4 address.
    NotIpV4,
    /// Not an IPv6 address.
    NotIpV6,
    /// A template of the process title with an unknown variable, an open brace, or nothing in it.
    BadTemplate,
    /// Not pairs of seconds (1 or more) and changes (0 or more).
    BadSavePoints,
    /// No client class with output limits.
    UnknownClass,
    /// A limit that is not a size, or seconds that are not a number of 0 or more.
    BadLimit,
    /// A character that is no class of keyspace events.
    UnknownEvent {
        /// The character.
        letter: u8,
        /// All that are.
        known: String,
    },
    /// A score that is not an integer between the bounds.
    BadOomScore {
        /// Lowest score, included.
        min: i16,
        /// Highest score, included.
        max: i16,
    },
    /// The port of a primary is no number from 0 to 65535.
    BadPort,
    /// Too many addresses.
    TooManyAddresses {
        /// The most addresses it takes.
        max: usize,
    },
    /// No address at all: empty, or with a blank.
    UnusableAddress,
    /// `-ADDRESS` or `::*` before 6.2.
    NewAddress(Vec<u8>),
    /// A percentile that is not a number.
    BadPercentile,
    /// A percentile below 0 or above 100.
    PercentileOutOfRange,
    /// The server divides by it and crashes (`hz 0` and `hz 1001` on 6.0).
    CrashesTheServer,
    /// The build of memcached lacks what the option needs.
    NeedsBuild(MemcachedFeature),
    /// No number with a fraction.
    NotAFloat,
    /// A number with a fraction, outside of these bounds: `above 0 and at most 1`.
    FloatOutOfRange(String),
    /// Not a file and a size with one of the units m, g, t, p, and maybe the name of a bucket.
    BadStorage,
    /// Sentinel's identities have exactly 40 characters.
    NotAnId,
    /// A host name where only addresses are looked at: Sentinel resolves names from 6.2 on, and only with
    /// `resolve-hostnames yes`.
    NotAnAddress,
}

/// What is wrong with a text that should be an integer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntegerFault {
    /// `007`: the servers refuse leading zeros.
    LeadingZero,
    /// `+5`.
    PlusSign,
    /// `5.0`.
    Fraction,
    /// A duration or size as people write it; the number of the directive's own unit that it means.
    Unit {
        /// What to write instead.
        means: i128,
    },
    /// More than 64 bits.
    TooLong,
    /// Nothing of a number.
    Other,
}

impl Reason {
    /// When the refusal happens. A name that a server does not know, or knows with another number of arguments
    /// only, stops the parser, except where the line is kept for modules to come (Redis 8.0).
    pub fn stage(&self) -> Stage {
        match self {
            Reason::NotInThisVersion { stage }
            | Reason::NeedsFeature { stage, .. }
            | Reason::TestBuildsOnly { stage }
            | Reason::WrongArity { stage, .. } => *stage,
            Reason::UnusableAddress | Reason::NewAddress(_) | Reason::CrashesTheServer => Stage::Start,
            _ => Stage::Parse,
        }
    }
}

impl fmt::Display for Reason {
    /// A clause that completes "the server refuses it: ...".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Reason::NotInThisVersion { .. } => f.write_str("this version does not know the directive"),
            Reason::NotInAFile => f.write_str("this version takes it through CONFIG SET only, not in a file"),
            Reason::SentinelOnly => f.write_str("it belongs into sentinel.conf"),
            Reason::NeedsFeature { feature, .. } => write!(f, "the build lacks {}", feature_name(*feature)),
            Reason::TestBuildsOnly { .. } => f.write_str("only builds for the servers' own tests know it"),
            Reason::WrongArity { wanted, got, .. } => write!(f, "it takes {wanted}, not {got}"),
            Reason::TrailingComment => f.write_str("a comment must stand on a line of its own"),
            Reason::NotABool => f.write_str("it takes `yes` or `no`"),
            Reason::NotInEnum { words } => write!(f, "it takes one of {}", words.join(", ")),
            Reason::ExclusiveWords(a, b) => write!(f, "`{a}` and `{b}` exclude each other"),
            Reason::NotAnInteger(fault) => fault.fmt(f),
            Reason::NotAnOctal => f.write_str("it takes an octal number such as 770"),
            Reason::NotAMemory => {
                f.write_str("it takes a whole number of bytes, with the unit k, kb, m, mb, g, gb or none")
            }
            Reason::MemoryTooLarge => f.write_str("so many bytes do not fit in 64 bits"),
            Reason::NotAMemoryOrPercent => f.write_str(
                "it takes a whole number of bytes with an optional unit, or a percentage such as 5%",
            ),
            Reason::OutOfRange { min, max, octal: true } => {
                write!(f, "it must be between {min:o} and {max:o}")
            }
            Reason::OutOfRange { min, max, octal: false } => write!(f, "it must be between {min} and {max}"),
            Reason::PercentTooHigh { max } => write!(f, "the percentage must not exceed {max}"),
            Reason::Empty => f.write_str("it must not be empty"),
            Reason::NotABaseName => f.write_str("it takes a name, not a path"),
            Reason::TooLong { max } => write!(f, "it takes at most {max} bytes"),
            Reason::BadCharacter(byte) => write!(f, "it must not hold `{}`", byte.escape_ascii()),
            Reason::NotIpV4 => f.write_str("it takes an IPv4 address"),
            Reason::NotIpV6 => f.write_str("it takes an IPv6 address"),
            Reason::BadTemplate => {
                f.write_str("the template is empty or has an unknown variable or an open brace")
            }
            Reason::BadSavePoints => {
                f.write_str("it takes pairs of seconds (1 or more) and changes (0 or more), or \"\"")
            }
            Reason::UnknownClass => f.write_str("the client classes are normal, replica and pubsub"),
            Reason::BadLimit => f.write_str("a class takes two sizes and a number of seconds"),
            Reason::UnknownEvent { letter, .. } => {
                write!(f, "`{}` is no class of events in this version", letter.escape_ascii())
            }
            Reason::BadOomScore { min, max } => {
                write!(f, "the scores must be integers between {min} and {max}")
            }
            Reason::BadPort => f.write_str("the port must be a number up to 65535"),
            Reason::TooManyAddresses { max } => write!(f, "it takes at most {max} addresses"),
            Reason::UnusableAddress => {
                f.write_str("nobody can listen on an empty address or one with a blank")
            }
            Reason::NewAddress(address) => {
                write!(f, "it takes `{}` from 6.2 on", String::from_utf8_lossy(address))
            }
            Reason::BadPercentile => f.write_str("a percentile must be a number"),
            Reason::PercentileOutOfRange => f.write_str("a percentile must be between 0 and 100"),
            Reason::CrashesTheServer => f.write_str("the server crashes with it at its start"),
            Reason::NeedsBuild(feature) => write!(f, "the build lacks {}", feature.title()),
            Reason::NotAFloat => f.write_str("it takes a number"),
            Reason::FloatOutOfRange(bounds) => write!(f, "it must be {bounds}"),
            Reason::BadStorage => f.write_str(
                "it takes a file and a size such as `/data/extstore:64g`, with the unit m, g, t or p",
            ),
            Reason::NotAnId => f.write_str("it takes an identity of exactly 40 characters"),
            Reason::NotAnAddress => {
                f.write_str("it takes an IP address; host names need Sentinel 6.2 and `resolve-hostnames`")
            }
        }
    }
}

impl fmt::Display for IntegerFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            IntegerFault::LeadingZero => f.write_str("an integer must not begin with a zero"),
            IntegerFault::PlusSign => f.write_str("an integer must not begin with `+`"),
            IntegerFault::Fraction => f.write_str("it takes a whole number"),
            IntegerFault::Unit { means } => write!(f, "it takes a number without a unit: {means}"),
            IntegerFault::TooLong => f.write_str("the number does not fit into 64 bits"),
            IntegerFault::Other => f.write_str("it takes an integer"),
        }
    }
}

/// What a server makes of a value that it takes otherwise than written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Otherwise {
    /// The number of bytes does not fit into 64 bits and wraps around.
    Wraps,
    /// The number is too large and becomes the largest one.
    Saturates,
    /// The number does not fit into 32 bits, and only the low ones count.
    CutTo32Bits,
    /// The host name is looked up once, and its address of that moment is kept (Sentinel 6.0).
    ResolvedOnce,
    /// A value outside of what the server works with, moved to the nearest it does.
    Clamped {
        /// Lowest value in effect.
        min: i128,
        /// Highest value in effect.
        max: i128,
    },
    /// What is not understood is read as 0, or cut off behind its digits.
    GarbageRead,
    /// The empty text is read as 0.
    EmptyIsZero,
    /// The line is accepted and ignored (it may still clear the defaults).
    LineIgnored,
    /// A negative number becomes a huge one in a field without a sign.
    Unsigned,
    /// The text ends at its first NUL byte.
    CutAtNul,
    /// The build lacks what would make it effective.
    NoEffect(Feature),
    /// Accepted, without effect in this version.
    Ignored,
    /// The patches of the range read it differently.
    DiffersByPatch,
}

impl fmt::Display for Otherwise {
    /// A clause that completes "the server takes it otherwise: ...".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Otherwise::Wraps => f.write_str("the number of bytes does not fit into 64 bits and wraps around"),
            Otherwise::Saturates => f.write_str("the number is too large and becomes the largest one"),
            Otherwise::Clamped { min, max } => {
                write!(f, "values outside of {min} to {max} are moved to the nearest")
            }
            Otherwise::CutTo32Bits => {
                f.write_str("the number does not fit into 32 bits, and only the low ones count")
            }
            Otherwise::ResolvedOnce => {
                f.write_str("the name is looked up once at the start, and the address of that moment kept")
            }
            Otherwise::GarbageRead => f.write_str("what is not a number is cut off or read as 0"),
            Otherwise::EmptyIsZero => f.write_str("an empty text is read as 0"),
            Otherwise::LineIgnored => f.write_str("the line is ignored"),
            Otherwise::Unsigned => f.write_str("the negative number stands for a huge one"),
            Otherwise::CutAtNul => f.write_str("the text ends at its first NUL byte"),
            Otherwise::NoEffect(feature) => write!(f, "it has no effect without {}", feature_name(*feature)),
            Otherwise::Ignored => f.write_str("the directive has no effect in this version"),
            Otherwise::DiffersByPatch => f.write_str("the patches of this version read it differently"),
        }
    }
}

/// What people call a part of a build.
const fn feature_name(feature: Feature) -> &'static str {
    match feature {
        Feature::Tls => "TLS support",
        Feature::Defrag => "active defragmentation",
        Feature::Systemd => "systemd support",
    }
}
