//! The words in which servers refuse a value, for people who search for them. They are quoted, not used.

use crate::catalog::{Engine, Target, Version};

use super::reason::{Reason, Stage};

/// Longest list of words that a server prints (`LOADBUF_SIZE` less the NUL).
const LONGEST_LIST: usize = 255;

impl Reason {
    /// What the newest server of the target prints for the refusal, where it is one text. None where it gives up
    /// later, says several things, or was not asked (agreement with real servers is tested).
    pub fn server_says(&self, target: &Target) -> Option<String> {
        let six = target.versions.last < Version::new(7, 0, 0);
        let text = match self {
            _ if self.stage() == Stage::Start => return None,
            Reason::NotInThisVersion { .. } | Reason::NotInAFile => {
                "Bad directive or wrong number of arguments"
            }
            Reason::NotABool => "argument must be 'yes' or 'no'",
            Reason::NotInEnum { words } => return Some(list(six, words)),
            Reason::ExclusiveWords(..) => "shutdown options SAVE and NOSAVE can't be used simultaneously",
            Reason::NotAnInteger(_) => "argument couldn't be parsed into an integer",
            Reason::NotAnOctal => "argument couldn't be parsed as an octal number",
            Reason::NotAMemory | Reason::MemoryTooLarge => "argument must be a memory value",
            Reason::NotAMemoryOrPercent => "argument must be a memory or percent value",
            Reason::OutOfRange { octal: true, .. } if six => "Invalid socket file permissions",
            Reason::OutOfRange { min, max, octal: true } => {
                return Some(format!("argument must be between {min:o} and {max:o} inclusive"));
            }
            Reason::OutOfRange { min, max, octal: false } => {
                return Some(format!("argument must be between {min} and {max} inclusive"));
            }
            Reason::PercentTooHigh { max } => {
                return Some(format!("percentage argument must be less or equal to {max}"));
            }
            Reason::BadSavePoints => "Invalid save parameters",
            Reason::BadTemplate => "template format is invalid or contains unknown variables",
            Reason::NotIpV4 => "Invalid IPv4 address",
            Reason::NotIpV6 => "Invalid IPv6 address",
            Reason::BadPercentile => "Invalid latency-tracking-info-percentiles parameters",
            Reason::PercentileOutOfRange => {
                "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]"
            }
            Reason::UnknownEvent { .. } if six => "Invalid event class character. Use 'g$lshzxeA'.",
            Reason::UnknownEvent { .. } => "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.",
            Reason::BadPort if is_valkey_8(target) => "Invalid primary port",
            Reason::BadPort => "Invalid master port",
            Reason::SentinelOnly => "sentinel directive while not in sentinel mode",
            _ => return None,
        };
        Some(text.to_owned())
    }
}

/// The list of the words of an enumeration.
fn list(six: bool, words: &[&str]) -> String {
    let arguments = if six { "argument" } else { "argument(s)" };
    let mut text = format!("{arguments} must be one of the following: {}", words.join(", "));
    text.truncate(text.floor_char_boundary(LONGEST_LIST));
    text
}

/// Whether the newest server is a Valkey that says "primary".
fn is_valkey_8(target: &Target) -> bool {
    target.engine == Engine::Valkey && target.versions.last >= Version::new(8, 0, 0)
}
