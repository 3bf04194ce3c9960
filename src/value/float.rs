//! Floating-point numbers as the servers read them (`string2d` in util.c).

/// Which numbers a server reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Syntax {
    /// Those of C's `strtod`, hexadecimal ones too.
    C,
    /// Decimal ones only.
    Decimal,
}

/// A number that fills the whole text; none for NaN, for an overflow or underflow, and with blanks.
pub(super) fn string2d(text: &[u8], syntax: Syntax) -> Option<f64> {
    let text = std::str::from_utf8(text).ok()?;
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let magnitude = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(hex) if syntax == Syntax::C => hexadecimal(hex)?,
        _ => decimal(digits)?,
    };
    Some(if negative { -magnitude } else { magnitude })
}

/// A decimal number without a sign, or infinity.
fn decimal(text: &str) -> Option<f64> {
    if text.eq_ignore_ascii_case("inf") || text.eq_ignore_ascii_case("infinity") {
        return Some(f64::INFINITY);
    }
    if !text.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    let number: f64 = text.parse().ok()?;
    let mantissa = text.split(['e', 'E']).next().unwrap_or_default();
    let is_zero = !mantissa.bytes().any(|b| matches!(b, b'1'..=b'9'));
    let lost = number.is_infinite() || (number == 0.0 && !is_zero);
    (!lost).then_some(number)
}

/// A hexadecimal number behind its `0x`: digits with an optional point, and an optional binary exponent.
fn hexadecimal(text: &str) -> Option<f64> {
    let (mantissa, exponent) = match text.split_once(['p', 'P']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (whole, part) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    if whole.is_empty() && part.is_empty() {
        return None;
    }
    let mut number = 0.0_f64;
    for digit in whole.chars().chain(part.chars()) {
        number = number.mul_add(16.0, f64::from(digit.to_digit(16)?));
    }
    let shift = exponent.checked_sub(i32::try_from(part.len()).ok()?.checked_mul(4)?)?;
    let scaled = number * 2.0_f64.powi(shift);
    let lost = scaled.is_infinite() || (scaled == 0.0 && number != 0.0);
    (!lost).then_some(scaled)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_strtod_reads() {
        for (text, number) in [
            ("50.0", 50.0),
            ("+5", 5.0),
            ("5.", 5.0),
            (".5", 0.5),
            ("5e0", 5.0),
            ("0x1p3", 8.0),
            ("0x.8", 0.5),
            ("-1", -1.0),
        ] {
            assert_eq!(string2d(text.as_bytes(), Syntax::C), Some(number), "{text}");
        }
        for text in ["", " 5", "5 ", "5e", "0x", "nan", "1e400", "1e-400", "5,0", ".", "--5", "+-5", "5\0"] {
            assert_eq!(string2d(text.as_bytes(), Syntax::C), None, "{text:?}");
        }
        assert_eq!(string2d(b"0x1p3", Syntax::Decimal), None);
        assert_eq!(string2d(b"inf", Syntax::C), Some(f64::INFINITY));
        assert!(string2d(b"1e-320", Syntax::C).is_some_and(|number| number > 0.0));
    }
}
