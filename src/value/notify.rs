//! `notify-keyspace-events`: classes of events as letters (notify.c).

use crate::catalog::Version;

use super::case::{Case, Reading};
use super::enumeration::c_word;
use super::reason::Reason;
use super::value::Value;

/// Every letter in the order in which servers print them, `n` aside (see [`Events::printed`]).
const LETTERS: [u8; 13] = *b"g$lshzxetdnKE";
/// The letter of key misses, which is never part of `A` and comes last.
const MISS: u8 = b'm';

/// A set of classes of events, `A` spelled out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Events(u16);

impl Events {
    /// The set of some letters; letters that no version knows are left out.
    fn of(letters: &[u8]) -> Events {
        Events(letters.iter().fold(0, |set, letter| set | bit(*letter)))
    }

    /// Whether every class of `other` is in the set.
    const fn has(self, other: Events) -> bool {
        self.0 & other.0 == other.0
    }

    /// Every class by its own letter, in the servers' order: valid input wherever the set is valid.
    pub fn letters(self) -> String {
        let letters = LETTERS.into_iter().chain([MISS]);
        letters.filter(|letter| self.has(Events::of(&[*letter]))).map(char::from).collect()
    }

    /// What `CONFIG GET` prints: `A` in place of the letters that it stands for in this version. New keys
    /// (`n`) are then not printed at all, though they are notified of.
    pub fn printed(self, version: Version) -> String {
        let all = Events::of(all_letters(version));
        if !self.has(all) {
            return self.letters();
        }
        let others = self.letters().chars().filter(|letter| matches!(letter, 'K' | 'E' | 'm')).collect::<String>();
        format!("A{others}")
    }
}

/// The letters that `A` stands for: events of modules (`d`) joined them in 6.2.2 (notify.c).
fn all_letters(version: Version) -> &'static [u8] {
    if version < Version::new(6, 2, 2) { b"g$lshzxet" } else { b"g$lshzxetd" }
}

/// The bit of a letter; none for letters that no version knows.
fn bit(letter: u8) -> u16 {
    let at = LETTERS.iter().chain([&MISS]).position(|known| *known == letter);
    at.map_or(0, |at| 1 << at)
}

/// The classes that a text names: `all` are those of `A`, `others` the remaining ones.
pub(super) fn read_events(case: Case<'_>, all: &str, others: &str, args: &[&[u8]]) -> Result<Reading, Reason> {
    let [arg] = args else {
        return if case.server.is_six() {
            case.unmatched_arity("one text", args)
        } else {
            case.arity("one text", args)
        };
    };
    let (letters, otherwise) = c_word(arg);
    let mut events = Events::default();
    for &letter in letters {
        let known = all.as_bytes().contains(&letter) || others.as_bytes().contains(&letter);
        match letter {
            b'A' => events.0 |= Events::of(all.as_bytes()).0,
            _ if known => events.0 |= bit(letter),
            _ => return Err(Reason::UnknownEvent(letter)),
        }
    }
    Ok(Reading::noted(Value::Events(events), otherwise))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printed_as_notify_c_prints() {
        let printed = |letters: &[u8], minor| Events::of(letters).printed(Version::new(6, minor, 16));
        assert_eq!(printed(b"Ex", 2), "xE");
        assert_eq!(printed(b"g$lshzxetKE", 0), "AKE");
        assert_eq!(printed(b"g$lshzxetKE", 2), "g$lshzxetKE");
        assert_eq!(printed(b"g$lshzxetdmE", 2), "AEm");
        assert_eq!(Events::of(b"KEg$lshzxetdn").printed(Version::new(7, 0, 15)), "AKE");
        assert_eq!(Events::of(b"nmK").printed(Version::new(7, 0, 15)), "nKm");
    }
}
