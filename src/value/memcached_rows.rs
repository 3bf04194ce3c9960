//! Values of memcached's options as `stats settings` prints them (`process_stat_settings` in memcached.c).

use crate::catalog::memcached::{OptionFacts, OptionValue, StatFormat};

/// How the row of an option prints a canonical value; of none, the option's default. None where that is not known.
pub fn printed_option(facts: &OptionFacts, value: Option<&str>) -> Option<String> {
    let text = match value {
        Some(text) => text,
        None => facts.default?,
    };
    match facts.stat?.format {
        StatFormat::Decimal if matches!(facts.value, OptionValue::Size(_)) => bytes(text),
        StatFormat::Decimal | StatFormat::AsGiven | StatFormat::Joined | StatFormat::Octal => {
            Some(text.to_owned())
        }
        StatFormat::Multiplied(factor) => Some(text.parse::<u64>().ok()?.checked_mul(factor)?.to_string()),
        StatFormat::Decimals(digits) => {
            Some(format!("{:.*}", usize::from(digits), text.parse::<f64>().ok()?))
        }
        StatFormat::Words(words) => {
            words.iter().find(|(word, _)| *word == text).map(|(_, printed)| (*printed).to_owned())
        }
        // What stands there when a switch is given is the opposite of what stands there when it is not.
        StatFormat::Fixed(given) if value.is_some() || text == "on" => Some(given.to_owned()),
        StatFormat::Fixed(given) => opposite(given).map(str::to_owned),
        StatFormat::Unsafe => None,
    }
}

/// What a row says, in the words of the option: the other way round, as far as there is one.
pub fn option_of_row(facts: &OptionFacts, row: &str) -> String {
    let own = facts.stat.and_then(|stat| match stat.format {
        StatFormat::Multiplied(factor) => {
            let number = row.parse::<u64>().ok().filter(|number| number % factor == 0)?;
            Some((number / factor).to_string())
        }
        StatFormat::Words(words) => {
            words.iter().find(|(_, printed)| *printed == row).map(|(word, _)| (*word).to_owned())
        }
        StatFormat::Fixed(given) if given == row => Some("on".to_owned()),
        StatFormat::Fixed(given) if opposite(given) == Some(row) => Some("off".to_owned()),
        _ => None,
    });
    own.unwrap_or_else(|| row.to_owned())
}

fn opposite(word: &str) -> Option<&'static str> {
    match word {
        "yes" => Some("no"),
        "no" => Some("yes"),
        "on" => Some("off"),
        "off" => Some("on"),
        _ => None,
    }
}

/// A size with a suffix, in bytes.
fn bytes(text: &str) -> Option<String> {
    let (number, factor) = match text.as_bytes().last()? {
        b'k' => (&text[..text.len() - 1], 1024),
        b'm' => (&text[..text.len() - 1], 1024 * 1024),
        _ => (text, 1),
    };
    Some((number.parse::<u64>().ok()? * factor).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Version;
    use crate::catalog::memcached::option;

    #[test]
    fn rows_are_written_and_read() {
        let facts = |name: &str| option(name).unwrap().at(Version::new(1, 6, 38)).unwrap();
        for (name, value, row, back) in [
            ("memory-limit", Some("1024"), "1073741824", "1024"),
            ("memory-limit", None, "67108864", "64"),
            ("max-item-size", None, "1048576", "1048576"),
            ("disable-cas", Some(""), "no", "on"),
            ("disable-cas", None, "yes", "off"),
            ("lru_crawler", None, "yes", "on"),
            ("protocol", None, "auto-negotiate", "auto"),
            ("slab-growth-factor", Some("1.5"), "1.50", "1.50"),
        ] {
            assert_eq!(printed_option(facts(name), value).as_deref(), Some(row), "{name}");
            assert_eq!(option_of_row(facts(name), row), back, "{name}");
        }
        assert_eq!(printed_option(facts("napi-ids"), None), None);
    }
}
