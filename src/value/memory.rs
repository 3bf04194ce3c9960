//! Numbers of bytes with the servers' units: `memtoll` (util.c of Redis 6), `memtoull` (7.0 and later).

use crate::catalog::Numeric;

use super::case::{Case, Reading};
use super::cnum::{string2ll, strtoll, until_nul};
use super::reason::{Otherwise, Reason};
use super::value::Value;

/// The units and their factors. `1k` is 1000 and `1kb` is 1024.
pub(super) const UNITS: [(&str, u64); 8] = [
    ("", 1),
    ("b", 1),
    ("k", 1000),
    ("kb", 1 << 10),
    ("m", 1_000_000),
    ("mb", 1 << 20),
    ("g", 1_000_000_000),
    ("gb", 1 << 30),
];

/// The longest run of digits that fits the servers' buffer.
const MOST_DIGITS: usize = 127;

/// A size as a server reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Size {
    /// The 64 bits of the result.
    pub(super) bits: u64,
    /// What was lost on the way.
    pub(super) otherwise: Option<Otherwise>,
    /// The digits alone do not fit.
    saturates: bool,
}

impl Size {
    /// The result of Redis 6, which calculates with a sign.
    #[expect(clippy::cast_possible_wrap, reason = "the servers reinterpret the bits, and so do we")]
    pub(super) const fn signed(self) -> i64 {
        self.bits as i64
    }
}

/// A size as Redis 6 (`signed`) or a later server reads it; none where the server reports an error.
pub(super) fn size(text: &[u8], signed: bool) -> Option<Size> {
    let text = until_nul(text);
    let sign = usize::from(text.first() == Some(&b'-'));
    if sign == 1 && !signed {
        return None;
    }
    let digits = text[sign..].iter().take_while(|b| b.is_ascii_digit()).count();
    let (number, unit) = text.split_at(sign + digits);
    let (_, factor) = UNITS.iter().find(|(name, _)| name.as_bytes().eq_ignore_ascii_case(unit))?;
    if number.len() > MOST_DIGITS || number == b"-" {
        return None;
    }
    Some(if signed { signed_size(number, *factor) } else { unsigned_size(number, *factor) })
}

impl Case<'_> {
    /// A size as the server of the case reads it. Valkey 9 notices a number that does not fit (and still not a
    /// product).
    pub(super) fn size(self, text: &[u8]) -> Option<Size> {
        let saturates = |size: &Size| size.saturates;
        size(text, self.server.is_six()).filter(|size| !(self.server.is_valkey_from(9, 0) && saturates(size)))
    }
}

/// Digits times factor, as `long long` does it.
#[expect(clippy::cast_sign_loss, reason = "the servers reinterpret the bits, and so do we")]
fn signed_size(number: &[u8], factor: u64) -> Size {
    let read = strtoll(number, 10);
    let (product, wraps) = match i64::try_from(factor) {
        Ok(factor) => read.value.overflowing_mul(factor),
        Err(_) => (0, true),
    };
    Size { bits: product as u64, otherwise: loss(number, read.overflow, wraps), saturates: read.overflow }
}

/// Digits times factor, as `unsigned long long` does it.
fn unsigned_size(number: &[u8], factor: u64) -> Size {
    let read = number.iter().try_fold(0_u64, |sum, &b| sum.checked_mul(10)?.checked_add(u64::from(b - b'0')));
    let (product, wraps) = read.unwrap_or(u64::MAX).overflowing_mul(factor);
    Size { bits: product, otherwise: loss(number, read.is_none(), wraps), saturates: read.is_none() }
}

/// What a server silently does to a number that is missing or too large.
fn loss(number: &[u8], saturates: bool, wraps: bool) -> Option<Otherwise> {
    if number.is_empty() {
        Some(Otherwise::EmptyIsZero)
    } else if wraps {
        Some(Otherwise::Wraps)
    } else {
        saturates.then_some(Otherwise::Saturates)
    }
}

/// A directive whose value is a number of bytes.
pub(super) fn read_memory(case: Case<'_>, numeric: Numeric, arg: &[u8]) -> Result<Reading, Reason> {
    if let Some(size) = case.size(arg) {
        if case.server.is_six() && size.signed() < 0 {
            return Err(if size.otherwise.is_some() { Reason::MemoryTooLarge } else { Reason::NotAMemory });
        }
        // A field with a sign, where negative numbers are allowed, takes the upper half of 64 bits for them.
        if numeric.min < 0 && size.signed() < 0 {
            let number = i128::from(size.signed());
            in_range(number, numeric)?;
            return Ok(Reading::noted(Value::Integer(number), Some(Otherwise::Wraps)));
        }
        return bounded(size, numeric);
    }
    // Where -1 means "no limit", a plain negative integer is taken as well (Valkey 9.1).
    match string2ll(arg) {
        Some(number) if numeric.min < 0 && number < 0 => {
            let number = i128::from(number);
            in_range(number, numeric).map(|()| Reading::plain(Value::Integer(number)))
        }
        // What only this server does not take: see `Case::size`.
        _ if size(arg, false).is_some() => Err(Reason::MemoryTooLarge),
        _ => Err(Reason::NotAMemory),
    }
}

/// A number of bytes that Redis 6 does not check (`client-query-buffer-limit` before 6.2.1): garbage reads as 0
/// and negative numbers stay what they are.
pub(super) fn read_unchecked_memory(case: Case<'_>, args: &[&[u8]]) -> Result<Reading, Reason> {
    let [arg] = args else { return case.unmatched_arity("one size", args) };
    let Some(size) = size(arg, true) else {
        return Ok(Reading::noted(Value::Bytes(0), Some(Otherwise::GarbageRead)));
    };
    if size.signed() < 0 {
        let number = Value::Integer(size.signed().into());
        return Ok(Reading::noted(number, size.otherwise.or(Some(Otherwise::Wraps))));
    }
    Ok(Reading::noted(Value::Bytes(size.bits), size.otherwise))
}

/// A directive whose value is a number of bytes or a percentage.
pub(super) fn read_memory_or_percent(
    case: Case<'_>,
    numeric: Numeric,
    max_percent: u8,
    arg: &[u8],
) -> Result<Reading, Reason> {
    if let Some(size) = case.size(arg) {
        // The server keeps a percentage as a negative number, so a size of 2^64-5 bytes is 5 %.
        return if size.signed() < 0 {
            percent(size.signed().unsigned_abs(), max_percent, Some(Otherwise::Wraps))
        } else {
            bounded(size, numeric)
        };
    }
    let number = arg.strip_suffix(b"%").and_then(string2ll).ok_or(Reason::NotAMemoryOrPercent)?;
    match u64::try_from(number) {
        Ok(0) => Ok(Reading::plain(Value::Bytes(0))),
        Ok(number) => percent(number, max_percent, None),
        Err(_) => Err(Reason::NotAMemoryOrPercent),
    }
}

/// A percentage within its bound.
fn percent(number: u64, max: u8, otherwise: Option<Otherwise>) -> Result<Reading, Reason> {
    match u8::try_from(number) {
        Ok(number) if number <= max => Ok(Reading::noted(Value::Percent(number), otherwise)),
        _ => Err(Reason::PercentTooHigh { max }),
    }
}

/// A size within its bounds. Signed and unsigned fields of the servers refuse the same sizes, as no
/// maximum lies between the two largest numbers.
fn bounded(size: Size, numeric: Numeric) -> Result<Reading, Reason> {
    in_range(i128::from(size.bits), numeric)?;
    Ok(Reading::noted(Value::Bytes(size.bits), size.otherwise))
}

/// Whether a number is within its bounds.
pub(super) fn in_range(number: i128, numeric: Numeric) -> Result<(), Reason> {
    if numeric.min <= number && number <= numeric.max {
        Ok(())
    } else {
        Err(Reason::OutOfRange { min: numeric.min, max: numeric.max, octal: false })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bits(text: &str, signed: bool) -> Option<u64> {
        size(text.as_bytes(), signed).map(|size| size.bits)
    }

    #[test]
    fn units_are_the_servers_own() {
        for (text, bytes) in
            [("1k", 1000), ("1kb", 1024), ("1K", 1000), ("1Kb", 1024), ("0100", 100), ("5b", 5)]
        {
            assert_eq!(bits(text, true), Some(bytes), "{text}");
            assert_eq!(bits(text, false), Some(bytes), "{text}");
        }
        for text in ["1.5gb", "1tb", "10%", " 1", "1 ", "+1", "1kbb", "0x10"] {
            assert_eq!(bits(text, true), None, "{text}");
            assert_eq!(bits(text, false), None, "{text}");
        }
        assert_eq!(bits("-1", false), None);
        assert_eq!(bits("-1", true), Some(u64::MAX));
        assert_eq!(bits("-", true), None);
    }

    #[test]
    fn too_much_wraps_or_saturates() {
        let read = |text: &str, signed| size(text.as_bytes(), signed).map(|size| (size.bits, size.otherwise));
        assert_eq!(read("99999999999gb", false), Some((15_140_462_030_378_500_096, Some(Otherwise::Wraps))));
        assert!(size(b"99999999999gb", true).is_some_and(|size| size.signed() < 0));
        let saturated = Some((9_223_372_036_854_775_807, Some(Otherwise::Saturates)));
        assert_eq!(read("18446744073709551615", true), saturated);
        assert_eq!(read("18446744073709551615", false), Some((u64::MAX, None)));
        assert_eq!(read("", false), Some((0, Some(Otherwise::EmptyIsZero))));
        assert_eq!(size(&[b'0'; 128], false), None);
        assert!(size(&[b'0'; 127], false).is_some());
    }
}
