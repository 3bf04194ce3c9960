//! The notation of ranges in the schemas: `0..65535`, `1..i32`, `0..0o777`.

use crate::directive::Unit;
use crate::literal::variant;

/// The source of a `Numeric`.
pub(crate) fn literal(range: &str, unit: Unit) -> Result<String, String> {
    let bounds = range.split_once("..").and_then(|(low, high)| Some((bound(low)?, bound(high)?)));
    let (min, max) = bounds.filter(|(min, max)| min <= max).ok_or_else(|| format!("range = {range:?}"))?;
    Ok(format!("Numeric {{ min: {min}, max: {max}, unit: {} }}", variant("Unit", unit)))
}

/// A bound: a number, an octal number, or a type for its highest (with `-`: lowest) value.
fn bound(text: &str) -> Option<i128> {
    match text {
        "i32" => Some(i32::MAX.into()),
        "-i32" => Some(i32::MIN.into()),
        "u32" => Some(u32::MAX.into()),
        "i64" => Some(i64::MAX.into()),
        "u64" => Some(u64::MAX.into()),
        _ => match text.strip_prefix("0o") {
            Some(octal) => i128::from_str_radix(octal, 8).ok(),
            None => text.parse().ok(),
        },
    }
}
