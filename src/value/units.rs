//! Sizes and durations of our own language: what people write for the memory of a host or a time to live.

use std::fmt;
use std::time::Duration;

use super::memory::UNITS;

/// The units of a duration and their microseconds.
const DURATION_UNITS: [(&str, u64); 7] = [
    ("us", 1),
    ("ms", 1_000),
    ("s", 1_000_000),
    ("m", 60_000_000),
    ("h", 3_600_000_000),
    ("d", 86_400_000_000),
    ("w", 604_800_000_000),
];

/// A number of bytes in the largest unit that leaves a whole number, as every version of the servers
/// reads it: `4gb`, `1536mb`, `100`.
pub fn size_text(bytes: u64) -> String {
    let units = [(1 << 30, "gb"), (1 << 20, "mb"), (1 << 10, "kb")];
    let unit = units.iter().find(|(factor, _)| bytes >= *factor && bytes.is_multiple_of(*factor));
    unit.map_or_else(|| bytes.to_string(), |(factor, unit)| format!("{}{unit}", bytes / factor))
}

/// The size that a text in people's units means, as the servers write it: `4 GB`, `4GiB` and `4G` are `4gb`, for
/// nobody who writes a blank or an `i` means thousands.
pub fn size_meant(text: &str) -> Option<String> {
    let text = text.trim();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().ok()?;
    let (unit, factor) = match unit.trim().to_ascii_lowercase().as_str() {
        "b" | "byte" | "bytes" => ("", 1),
        "k" | "kb" | "ki" | "kib" => ("kb", 1 << 10),
        "m" | "mb" | "mi" | "mib" => ("mb", 1 << 20),
        "g" | "gb" | "gi" | "gib" => ("gb", 1 << 30),
        "t" | "tb" | "ti" | "tib" => return Some(format!("{}gb", number.checked_mul(1 << 10)?)),
        _ => return None,
    };
    number.checked_mul(factor)?;
    Some(format!("{number}{unit}"))
}

/// A text is not a size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadSize {
    /// It does not begin with a digit.
    NoNumber,
    /// `1.5gb`: only whole numbers.
    Fraction,
    /// The unit is none of Redis's.
    Unit,
    /// More than 64 bits.
    TooLarge,
}

impl fmt::Display for BadSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            BadSize::NoNumber => "a size is a whole number with a unit, such as `64mb` or `32gb`",
            BadSize::Fraction => "a size is a whole number: write `1536mb` in place of `1.5gb`",
            BadSize::Unit => "the units of a size are b, k (1000), kb (1024), m, mb, g and gb",
            BadSize::TooLarge => "the size does not fit into 64 bits",
        })
    }
}

impl std::error::Error for BadSize {}

/// A text is not a duration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BadDuration {
    /// It does not begin with a digit.
    NoNumber,
    /// `1.5h`: only whole numbers.
    Fraction,
    /// There is no unit: nobody can know which one is meant.
    NoUnit,
    /// The unit is unknown.
    Unit,
    /// Longer than 64 bits of microseconds.
    TooLarge,
}

impl fmt::Display for BadDuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            BadDuration::NoNumber => "a duration is a whole number with a unit, such as `500ms` or `1h`",
            BadDuration::Fraction => "a duration is a whole number: write `90m` in place of `1.5h`",
            BadDuration::NoUnit => "a duration needs its unit: us, ms, s, m, h, d or w",
            BadDuration::Unit => "the units of a duration are us, ms, s, m, h, d and w",
            BadDuration::TooLarge => "the duration is too long",
        })
    }
}

impl std::error::Error for BadDuration {}

/// Reads a size in bytes, with Redis's units in any case: `64mb`, `1k` (1000), `1kb` (1024), `512`.
pub fn parse_size(text: &str) -> Result<u64, BadSize> {
    let (number, unit) = number_and_unit(text);
    if number.is_empty() {
        return Err(BadSize::NoNumber);
    }
    if unit.starts_with('.') {
        return Err(BadSize::Fraction);
    }
    let (_, factor) = UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit)).ok_or(BadSize::Unit)?;
    let number: u64 = number.parse().map_err(|_| BadSize::TooLarge)?;
    number.checked_mul(*factor).ok_or(BadSize::TooLarge)
}

/// Reads a duration: `250us`, `500ms`, `5s`, `10m`, `1h`, `2d`, `1w`.
pub fn parse_duration(text: &str) -> Result<Duration, BadDuration> {
    let (number, unit) = number_and_unit(text);
    if number.is_empty() {
        return Err(BadDuration::NoNumber);
    }
    if unit.is_empty() {
        return Err(BadDuration::NoUnit);
    }
    if unit.starts_with('.') {
        return Err(BadDuration::Fraction);
    }
    let (_, micros) = DURATION_UNITS.iter().find(|(name, _)| *name == unit).ok_or(BadDuration::Unit)?;
    let number: u64 = number.parse().map_err(|_| BadDuration::TooLarge)?;
    number.checked_mul(*micros).map(Duration::from_micros).ok_or(BadDuration::TooLarge)
}

/// The digits at the beginning, and the rest.
fn number_and_unit(text: &str) -> (&str, &str) {
    text.split_at(text.bytes().take_while(u8::is_ascii_digit).count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        assert_eq!(parse_size("32gb"), Ok(32 << 30));
        assert_eq!(parse_size("1k"), Ok(1000));
        assert_eq!(parse_size("1KB"), Ok(1024));
        assert_eq!(parse_size("0"), Ok(0));
        assert_eq!(parse_size("1.5gb"), Err(BadSize::Fraction));
        assert_eq!(parse_size("1tb"), Err(BadSize::Unit));
        assert_eq!(parse_size("gb"), Err(BadSize::NoNumber));
        assert_eq!(parse_size(""), Err(BadSize::NoNumber));
        assert_eq!(parse_size("99999999999gb"), Err(BadSize::TooLarge));
    }

    #[test]
    fn durations() {
        assert_eq!(parse_duration("500ms"), Ok(Duration::from_millis(500)));
        assert_eq!(parse_duration("10m"), Ok(Duration::from_mins(10)));
        assert_eq!(parse_duration("2d"), Ok(Duration::from_hours(48)));
        assert_eq!(parse_duration("5"), Err(BadDuration::NoUnit));
        assert_eq!(parse_duration("5 s"), Err(BadDuration::Unit));
        assert_eq!(parse_duration("1.5h"), Err(BadDuration::Fraction));
        assert_eq!(parse_duration("s"), Err(BadDuration::NoNumber));
        assert_eq!(parse_duration("99999999999999999999s"), Err(BadDuration::TooLarge));
    }
}
