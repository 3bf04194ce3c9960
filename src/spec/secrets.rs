//! Where passwords may stand in a text that cannot be read. What can be read knows its own secrets.

use std::ops::Range;

/// The quoted text on every line that gives something like a password, from its first quote to the end of the
/// line: where a quote is missing, nobody knows where it ends. References (`{ env = … }`) are left alone.
pub(crate) fn written(text: &str) -> Vec<Range<usize>> {
    let mut places = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        places.extend(in_line(line).map(|place| start + place.start..start + place.end));
        start += line.len();
    }
    places
}

fn in_line(line: &str) -> Option<Range<usize>> {
    let lower = line.to_ascii_lowercase();
    // The words of every directive and key that holds a secret, and ACL rules that do.
    let named =
        ["pass", "masterauth", "primaryauth", "secret"].iter().filter_map(|word| lower.find(word)).min();
    let rule = lower.find('>').filter(|_| named.is_none());
    let from = named.or(rule)?;
    let value = from + line[from..].find(['=', ':', '"', '\'', '>'])?;
    let rest = line[value..].trim_start_matches(['=', ':', ' ', '\t', '[']);
    if rest.starts_with('{') {
        return None;
    }
    let place = line.len() - rest.len();
    let end = line.trim_end().len();
    (place < end).then_some(place..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_hidden_and_references_are_not() {
        let hidden = |text: &'static str| written(text).into_iter().map(|at| &text[at]).collect::<Vec<_>>();
        assert_eq!(hidden("requirepass = \"hunter2\nport = 1\n"), ["\"hunter2"]);
        assert_eq!(hidden("users.a.passwords = [\"a\", \"b\"\n"), ["\"a\", \"b\""]);
        assert_eq!(hidden("x = { password = \"hunter2 }"), ["\"hunter2 }"]);
        assert_eq!(hidden("rules = \"on >hunter2 ~*"), [">hunter2 ~*"]);
        assert_eq!(hidden("passwords = [{ env = \"A\" }\nname = \"x\"\n"), Vec::<&str>::new());
        assert_eq!(hidden("masterauth = hunter2"), ["hunter2"]);
    }
}
