//! C's careless readers of numbers, as sentinel.c and memcached.c use them.

use crate::catalog::Numeric;

use super::cnum::{is_space, strtoll, until_nul};
use super::reason::{IntegerFault, Otherwise, Reason};

/// A number and what was lost of its text.
pub(super) type Read<T> = Result<(T, Option<Otherwise>), Reason>;

/// `atoi`: leading digits count, the low 32 bits of them are taken, and bounds are those of the result.
pub(super) fn read_atoi(numeric: Numeric, text: &[u8]) -> Read<i32> {
    let number = strtoll(text, 10);
    let read = number.as_int();
    within(numeric, i128::from(read))?;
    let garbage = !number.digits || !number.rest.is_empty() || text.contains(&0);
    let note = if garbage {
        Some(Otherwise::GarbageRead)
    } else {
        (number.overflow || i64::from(read) != number.value).then_some(Otherwise::CutTo32Bits)
    };
    Ok((read, note))
}

/// memcached's `safe_strtol`: a number up to the end or a blank, of which the low 32 bits are taken.
pub(super) fn read_strtol(numeric: Numeric, text: &[u8]) -> Read<i32> {
    let number = strtoll(text, 10);
    if !number.digits || number.overflow || !ends(number.rest) {
        return Err(Reason::NotAnInteger(IntegerFault::Other));
    }
    let read = number.as_int();
    within(numeric, i128::from(read))?;
    let cut = (i64::from(read) != number.value).then_some(Otherwise::CutTo32Bits);
    Ok((read, garbage(number.rest).or(cut)))
}

/// memcached's `safe_strtoul`: as [`read_strtol`], without a sign that would matter.
pub(super) fn read_strtoul(numeric: Numeric, text: &[u8]) -> Read<u32> {
    let refused = Reason::NotAnInteger(IntegerFault::Other);
    let text = until_nul(text);
    let start = text.iter().position(|&byte| !is_space(byte)).unwrap_or(text.len());
    let (negative, digits) = match text.get(start) {
        Some(b'-') => (true, start + 1),
        Some(b'+') => (false, start + 1),
        _ => (false, start),
    };
    let end = digits + text[digits..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let magnitude: Option<u64> =
        std::str::from_utf8(&text[digits..end]).ok().and_then(|text| text.parse().ok());
    let (Some(magnitude), true) = (magnitude, ends(&text[end..])) else { return Err(refused) };
    let whole = if negative { magnitude.wrapping_neg() } else { magnitude };
    // The sign is looked for only where the number is negative as a signed one.
    if whole > i64::MAX.unsigned_abs() && text.contains(&b'-') {
        return Err(refused);
    }
    let [a, b, c, d, ..] = whole.to_le_bytes();
    let read = u32::from_le_bytes([a, b, c, d]);
    within(numeric, i128::from(read))?;
    let cut = (u64::from(read) != whole).then_some(Otherwise::CutTo32Bits);
    Ok((read, garbage(&text[end..]).or(cut)))
}

/// `strtod`: the number that a text begins with, and what follows; nothing where it begins with none.
pub(super) fn strtod(text: &[u8]) -> Option<(f64, &[u8])> {
    let text = until_nul(text);
    let start = text.iter().position(|&byte| !is_space(byte)).unwrap_or(text.len());
    let signed = start + usize::from(matches!(text.get(start), Some(b'-' | b'+')));
    let negative = text.get(start) == Some(&b'-');
    let (value, length) = magnitude(&text[signed..])?;
    Some((if negative { -value } else { value }, &text[signed + length..]))
}

/// The number without its sign, and how many bytes it takes.
fn magnitude(text: &[u8]) -> Option<(f64, usize)> {
    let starts =
        |word: &str| text.len() >= word.len() && text[..word.len()].eq_ignore_ascii_case(word.as_bytes());
    for (word, value) in [("infinity", f64::INFINITY), ("inf", f64::INFINITY), ("nan", f64::NAN)] {
        if starts(word) {
            return Some((value, word.len()));
        }
    }
    if starts("0x") {
        let digits = text[2..].iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        let hex = std::str::from_utf8(&text[2..2 + digits])
            .ok()
            .and_then(|text| u32::from_str_radix(text, 16).ok());
        // Without a digit behind it the `x` is not part of the number.
        return Some(hex.map_or((0.0, 1), |number| (f64::from(number), 2 + digits)));
    }
    let digits = |from: usize| text[from..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let whole = digits(0);
    let mut end = whole;
    if text.get(end) == Some(&b'.') {
        let fraction = digits(end + 1);
        if whole + fraction > 0 {
            end += 1 + fraction;
        }
    }
    if end == 0 {
        return None;
    }
    if matches!(text.get(end), Some(b'e' | b'E')) {
        let signed = end + 1 + usize::from(matches!(text.get(end + 1), Some(b'-' | b'+')));
        if signed <= text.len() && digits(signed) > 0 {
            end = signed + digits(signed);
        }
    }
    let value = std::str::from_utf8(&text[..end]).ok()?.parse().ok()?;
    Some((value, end))
}

/// Whether a number that is followed by this is taken.
pub(super) fn ends(rest: &[u8]) -> bool {
    rest.first().is_none_or(|&byte| is_space(byte))
}

fn garbage(rest: &[u8]) -> Option<Otherwise> {
    rest.iter().any(|&byte| !is_space(byte)).then_some(Otherwise::GarbageRead)
}

fn within(numeric: Numeric, read: i128) -> Result<(), Reason> {
    if numeric.min <= read && read <= numeric.max {
        Ok(())
    } else {
        Err(Reason::OutOfRange { min: numeric.min, max: numeric.max, octal: false })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Unit;

    const ANY: Numeric = Numeric { min: i32::MIN as i128, max: u32::MAX as i128, unit: Unit::None };

    #[test]
    fn safe_readers_refuse_what_follows() {
        for (text, read) in [("5", Some(5)), (" +5 x", Some(5)), ("4294967297", Some(1)), ("-0", Some(0))] {
            assert_eq!(read_strtoul(ANY, text.as_bytes()).ok().map(|(n, _)| n), read, "{text}");
        }
        for text in ["", "5x", "-1", "x", "18446744073709551616", "1.5", "1k"] {
            assert!(read_strtoul(ANY, text.as_bytes()).is_err(), "{text}");
        }
        assert_eq!(read_strtol(ANY, b"-7").unwrap().0, -7);
        assert!(read_strtol(ANY, b"9223372036854775808").is_err());
        assert_eq!(read_atoi(ANY, b"1g").unwrap(), (1, Some(Otherwise::GarbageRead)));
    }

    #[test]
    fn floats_are_read_as_c_does() {
        for (text, value, rest) in [
            ("1.25", 1.25, ""),
            (" .5x", 0.5, "x"),
            ("2.", 2.0, ""),
            ("1e3", 1000.0, ""),
            ("1e", 1.0, "e"),
            ("-1.5", -1.5, ""),
            ("0x10", 16.0, ""),
            ("0xg", 0.0, "xg"),
            ("inf", f64::INFINITY, ""),
        ] {
            assert_eq!(strtod(text.as_bytes()), Some((value, rest.as_bytes())), "{text}");
        }
        for text in ["", ".", "x", "-", "e5"] {
            assert_eq!(strtod(text.as_bytes()), None, "{text}");
        }
    }
}
