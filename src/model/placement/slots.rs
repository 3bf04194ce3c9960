//! Slots: their text, the even split, and who serves which.

use std::fmt;
use std::str::FromStr;

use super::{Problem, Seated};
use crate::model::{SlotRange, Slots};

/// The slots of a cluster (`CLUSTER_SLOTS`, cluster.h).
pub(super) const ALL: u16 = 16_384;

/// A text that is no list of slots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadSlots {
    /// The bytes of the text to blame.
    pub range: std::ops::Range<usize>,
    /// Why.
    pub reason: &'static str,
}

impl fmt::Display for BadSlots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.reason)
    }
}

impl std::error::Error for BadSlots {}

impl FromStr for Slots {
    type Err = BadSlots;

    /// Reads `0-5460`, `0-100,200-300` or `7`: slots 0 to 16383, in any order, blanks around allowed, each slot once.
    fn from_str(text: &str) -> Result<Self, BadSlots> {
        let mut ranges = Vec::new();
        let mut start = 0;
        for part in text.split(',') {
            let bad = |reason| BadSlots { range: start..start + part.len(), reason };
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (Some(first), Some(last)) = (number(first), number(last)) else {
                return Err(bad("slots are numbers from 0 to 16383, such as `0-5460` or `0-99,200`"));
            };
            if first > last {
                return Err(bad("a range begins with its smaller number"));
            }
            ranges.push((SlotRange { first, last }, start..start + part.len()));
            start += part.len() + 1;
        }
        ranges.sort_by_key(|(range, _)| *range);
        for pair in ranges.windows(2) {
            if pair[1].0.first <= pair[0].0.last {
                return Err(BadSlots { range: pair[1].1.clone(), reason: "a slot stands here twice" });
            }
        }
        Ok(Slots::joined(ranges.into_iter().map(|(range, _)| range)))
    }
}

fn number(text: &str) -> Option<u16> {
    let text = text.trim();
    let plain = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|slot| plain && *slot < ALL)
}

impl Slots {
    /// Sorted ranges that do not overlap, with neighbours joined.
    fn joined(ranges: impl Iterator<Item = SlotRange>) -> Self {
        let mut joined: Vec<SlotRange> = Vec::new();
        for range in ranges {
            match joined.last_mut() {
                Some(last) if last.last + 1 == range.first => last.last = range.last,
                _ => joined.push(range),
            }
        }
        Slots(joined)
    }

    /// The number of slots.
    pub fn count(&self) -> u16 {
        self.0.iter().map(|range| range.last - range.first + 1).sum()
    }

    /// The slots in both.
    #[must_use]
    pub fn shared(&self, other: &Slots) -> Slots {
        let mut shared = Vec::new();
        for a in &self.0 {
            for b in &other.0 {
                let (first, last) = (a.first.max(b.first), a.last.min(b.last));
                if first <= last {
                    shared.push(SlotRange { first, last });
                }
            }
        }
        shared.sort_unstable();
        Slots::joined(shared.into_iter())
    }

    /// The slots that none of some shards has.
    pub fn uncovered<'s>(all: impl Iterator<Item = &'s Slots>) -> Slots {
        let mut ranges: Vec<SlotRange> = all.flat_map(|slots| slots.0.iter().copied()).collect();
        ranges.sort_unstable();
        let mut open = Vec::new();
        let mut next = 0;
        for range in ranges {
            if range.first > next {
                open.push(SlotRange { first: next, last: range.first - 1 });
            }
            next = next.max(range.last + 1);
        }
        if next < ALL {
            open.push(SlotRange { first: next, last: ALL - 1 });
        }
        Slots(open)
    }

    /// Parts the slots into neighbouring shares whose sizes differ by one at most.
    fn parted(&self, shares: usize) -> Vec<Slots> {
        let mut rest = self.0.iter().copied();
        let mut open = rest.next();
        let total = usize::from(self.count());
        (0..shares)
            .map(|share| {
                let mut wanted = (share + 1) * total / shares - share * total / shares;
                let mut taken = Vec::new();
                while let Some(range) = open.filter(|_| wanted > 0) {
                    let size = usize::from(range.last - range.first) + 1;
                    if size <= wanted {
                        taken.push(range);
                        wanted -= size;
                        open = rest.next();
                    } else {
                        let cut = range.first + u16::try_from(wanted).unwrap_or(u16::MAX);
                        taken.push(SlotRange { first: range.first, last: cut - 1 });
                        open = Some(SlotRange { first: cut, last: range.last });
                        wanted = 0;
                    }
                }
                Slots::joined(taken.into_iter())
            })
            .collect()
    }
}

/// The split that `redis-cli --cluster create` makes: with its own arithmetic in single precision
/// (`clusterManagerCommandCreate`, redis-cli.c of 7.0.15), so that both name the same slots.
pub fn even_slots(shards: u16) -> Vec<Slots> {
    let each = f32::from(ALL) / f32::from(shards.max(1));
    let (mut first, mut cursor) = (0, 0.0_f32);
    (1..=shards)
        .map(|shard| {
            let rounded = (cursor + each - 1.0).round();
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 16384")]
            let last = if shard == shards { ALL - 1 } else { (rounded as u16).min(ALL - 1).max(first) };
            let range = SlotRange { first, last };
            first = last + 1;
            cursor += each;
            Slots(vec![range])
        })
        .collect()
}

/// The slots of each shard: what the primary's pin says; the other shards share what is left.
pub(super) fn assign(groups: &[Vec<Seated>], problems: &mut Vec<Problem>) -> Vec<Slots> {
    let pinned: Vec<Option<Slots>> = groups
        .iter()
        .map(|group| group.iter().find_map(|node| node.pin.as_ref()?.slots.clone()).map(|slots| slots.value))
        .collect();
    if pinned.iter().all(Option::is_none) {
        return even_slots(u16::try_from(groups.len()).unwrap_or(u16::MAX));
    }
    let left = Slots::uncovered(pinned.iter().flatten());
    let open = pinned.iter().filter(|slots| slots.is_none()).count();
    if open == 0 && !left.0.is_empty() {
        let pins = groups.iter().flatten().filter_map(|node| node.pin.as_ref());
        if let Some(pin) = pins.rev().find(|pin| pin.slots.is_some()) {
            problems.push(Problem::Uncovered { slots: left.clone(), pin: pin.name.clone() });
        }
    }
    let mut shares = left.parted(open).into_iter();
    let slots: Vec<Slots> =
        pinned.into_iter().map(|slots| slots.or_else(|| shares.next()).unwrap_or_default()).collect();
    for (shard, _) in (1..).zip(&slots).filter(|(_, slots)| slots.0.is_empty()) {
        problems.push(Problem::NoSlots { shard, pin: first_pin(groups) });
    }
    slots
}

fn first_pin(groups: &[Vec<Seated>]) -> Option<crate::source::At<String>> {
    let pins = groups.iter().flatten().filter_map(|node| node.pin.as_ref());
    pins.filter(|pin| pin.slots.is_some())
        .max_by_key(|pin| pin.slots.as_ref().map(|s| s.value.count()))
        .map(|pin| pin.name.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, &'static str> {
        text.parse::<Slots>().map(|slots| slots.to_string()).map_err(|error| error.reason)
    }

    #[test]
    fn texts_are_read_sorted_and_joined() {
        assert_eq!(read("0-5460"), Ok("0-5460".into()));
        assert_eq!(read("7"), Ok("7".into()));
        assert_eq!(read("200-300, 0-100,101"), Ok("0-101,200-300".into()));
        assert_eq!("0-16383".parse::<Slots>().unwrap().count(), ALL);
    }

    #[test]
    fn nonsense_is_refused_at_its_place() {
        for text in ["", "a", "1-", "-1", "0-16384", "+1", "1--2", "0-5,", "99999"] {
            assert!(read(text).unwrap_err().contains("0 to 16383"), "{text}");
        }
        assert!(read("5-4").unwrap_err().contains("smaller"));
        let twice = "0-9,20,5".parse::<Slots>().unwrap_err();
        assert_eq!((twice.range, twice.reason), (7..8, "a slot stands here twice"));
    }

    #[test]
    fn the_split_is_that_of_redis_cli() {
        let text = |shards| even_slots(shards).iter().map(ToString::to_string).collect::<Vec<_>>();
        // As redis-cli prints for three and six masters.
        assert_eq!(text(3), ["0-5460", "5461-10922", "10923-16383"]);
        assert_eq!(text(6), ["0-2730", "2731-5460", "5461-8191", "8192-10922", "10923-13652", "13653-16383"]);
        for shards in 1..=1000 {
            let slots = even_slots(shards);
            assert!(Slots::uncovered(slots.iter()).0.is_empty(), "{shards}");
            assert_eq!(slots.iter().map(|slots| u32::from(slots.count())).sum::<u32>(), 16_384, "{shards}");
        }
    }

    #[test]
    fn what_is_left_is_parted_evenly() {
        let left = Slots::uncovered(["10-99", "200-16379"].map(|text| text.parse().unwrap()).iter());
        assert_eq!(left.to_string(), "0-9,100-199,16380-16383");
        let shares: Vec<_> = left.parted(3).iter().map(Slots::count).collect();
        assert_eq!(shares, [38, 38, 38]);
        let none: [Slots; 0] = [];
        assert_eq!(Slots::default().parted(2), [Slots::default(), Slots::default()]);
        assert_eq!(Slots::uncovered(none.iter()).to_string(), "0-16383");
    }

    #[test]
    fn shared_slots() {
        let shared = |a: &str, b: &str| a.parse::<Slots>().unwrap().shared(&b.parse().unwrap()).to_string();
        assert_eq!(shared("0-10,20", "5-30"), "5-10,20");
        assert_eq!(shared("0-10", "11"), "");
    }
}
