//! `notify-keyspace-events`: classes of events as letters (notify.c).

use super::case::{Case, Reading, arity};
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

    /// What `CONFIG GET` prints where `A` stands for `all`: once those are complete, new keys (`n`) are not
    /// printed at all, though they are notified of.
    pub fn printed(self, all: &str) -> String {
        if !self.has(Events::of(all.as_bytes())) {
            return self.letters();
        }
        let others: String =
            self.letters().chars().filter(|letter| matches!(letter, 'K' | 'E' | 'm')).collect();
        format!("A{others}")
    }
}

/// The bit of a letter; none for letters that no version knows.
fn bit(letter: u8) -> u16 {
    let at = LETTERS.iter().chain([&MISS]).position(|known| *known == letter);
    at.map_or(0, |at| 1 << at)
}

/// The classes that a text names: `all` are those of `A`, `others` the remaining ones.
pub(super) fn read_events(
    case: Case<'_>,
    all: &str,
    others: &str,
    args: &[&[u8]],
) -> Result<Reading, Reason> {
    let [arg] = args else {
        return if case.server.is_six() {
            case.unmatched_arity("one text", args)
        } else {
            arity("one text", args)
        };
    };
    let (letters, otherwise) = c_word(arg);
    let mut events = Events::default();
    for &letter in letters {
        let known = all.as_bytes().contains(&letter) || others.as_bytes().contains(&letter);
        match letter {
            b'A' => events.0 |= Events::of(all.as_bytes()).0,
            _ if known => events.0 |= bit(letter),
            _ => return Err(Reason::UnknownEvent { letter, known: format!("A{all}{others}") }),
        }
    }
    Ok(Reading::noted(Value::Events(events), otherwise))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printed_as_notify_c_prints() {
        let printed = |letters: &[u8], all| Events::of(letters).printed(all);
        assert_eq!(printed(b"Ex", "g$lshzxetd"), "xE");
        assert_eq!(printed(b"g$lshzxetKE", "g$lshzxet"), "AKE");
        assert_eq!(printed(b"g$lshzxetKE", "g$lshzxetd"), "g$lshzxetKE");
        assert_eq!(printed(b"g$lshzxetdmE", "g$lshzxetd"), "AEm");
        assert_eq!(printed(b"KEg$lshzxetdn", "g$lshzxetd"), "AKE");
        assert_eq!(printed(b"nmK", "g$lshzxetd"), "nKm");
    }
}
