//! C's readers of numbers, byte for byte: what `strtol`, `atoi` and the servers' `string2ll` make of a text.

/// What `strtoll` found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct CNumber<'a> {
    /// The number; the nearest limit on overflow, 0 without digits.
    pub(super) value: i64,
    /// What follows the number; the whole text where there is none.
    pub(super) rest: &'a [u8],
    /// There was at least one digit.
    pub(super) digits: bool,
    /// The number does not fit (`ERANGE`).
    pub(super) overflow: bool,
}

impl CNumber<'_> {
    /// The value stored in an `int`: the low 32 bits.
    pub(super) fn as_int(self) -> i32 {
        let [a, b, c, d, ..] = self.value.to_le_bytes();
        i32::from_le_bytes([a, b, c, d])
    }

    /// The value stored in an `unsigned int`: the low 32 bits.
    pub(super) fn as_unsigned(self) -> u32 {
        let [a, b, c, d, ..] = self.value.to_le_bytes();
        u32::from_le_bytes([a, b, c, d])
    }
}

/// The part of a text that a C string holds.
pub(super) fn until_nul(text: &[u8]) -> &[u8] {
    text.split(|&b| b == 0).next().unwrap_or_default()
}

/// `isspace` of the C locale.
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

/// `strtoll(text, &rest, base)` for base 8 and 10: leading blanks, one sign, digits.
pub(super) fn strtoll(text: &[u8], base: u8) -> CNumber<'_> {
    let text = until_nul(text);
    let start = text.iter().position(|&b| !is_space(b)).unwrap_or(text.len());
    let (negative, signed) = match text.get(start) {
        Some(b'-') => (true, start + 1),
        Some(b'+') => (false, start + 1),
        _ => (false, start),
    };
    let digits = text[signed..].iter().take_while(|&&b| b.is_ascii_digit() && b - b'0' < base).count();
    if digits == 0 {
        return CNumber { value: 0, rest: text, digits: false, overflow: false };
    }
    let end = signed + digits;
    let magnitude = text[signed..end].iter().try_fold(0_i128, |sum, &b| {
        let next = sum * i128::from(base) + i128::from(b - b'0');
        (next <= i128::from(u64::MAX)).then_some(next)
    });
    let exact = magnitude.map(|m| if negative { -m } else { m });
    let value = exact.and_then(|v| i64::try_from(v).ok());
    let limit = if negative { i64::MIN } else { i64::MAX };
    CNumber { value: value.unwrap_or(limit), rest: &text[end..], digits: true, overflow: value.is_none() }
}

/// `string2ll` of util.c: no blanks, no `+`, no leading zero, no `-0`, nothing behind the number.
pub(super) fn string2ll(text: &[u8]) -> Option<i64> {
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    let plain = matches!(digits, [b'1'..=b'9', ..]) || text == b"0";
    if !plain || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strtoll_reads_what_c_reads() {
        for (text, base, value, rest) in [
            (&b"42"[..], 10, 42, &b""[..]),
            (b" \t-7x", 10, -7, b"x"),
            (b"+5", 10, 5, b""),
            (b"", 10, 0, b""),
            (b"foo", 10, 0, b"foo"),
            (b"-", 10, 0, b"-"),
            (b"0778", 8, 0o77, b"8"),
            (b"99999999999999999999", 10, i64::MAX, b""),
            (b"-99999999999999999999", 10, i64::MIN, b""),
            (b"-9223372036854775808", 10, i64::MIN, b""),
            (b"12\x003", 10, 12, b""),
        ] {
            let got = strtoll(text, base);
            assert_eq!((got.value, got.rest), (value, rest), "{text:?}");
        }
        assert!(strtoll(b"9223372036854775808", 10).overflow);
        assert!(!strtoll(b"-9223372036854775808", 10).overflow);
        assert_eq!(strtoll(b"4294967297", 10).as_int(), 1);
    }

    #[test]
    fn string2ll_is_strict() {
        assert_eq!(string2ll(b"0"), Some(0));
        assert_eq!(string2ll(b"-9223372036854775808"), Some(i64::MIN));
        for text in [
            &b""[..],
            b"-",
            b"-0",
            b"00",
            b"007",
            b"+5",
            b" 5",
            b"5 ",
            b"5.0",
            b"9223372036854775808",
            b"5\0",
        ] {
            assert_eq!(string2ll(text), None, "{text:?}");
        }
    }
}
