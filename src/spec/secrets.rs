//! Where passwords may stand in a text that cannot be read. What can be read knows its own secrets.

use std::ops::Range;

/// Parts of the names of every directive and key that holds a secret.
const SECRET_WORDS: [&str; 4] = ["pass", "masterauth", "primaryauth", "secret"];

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
    let named = SECRET_WORDS.iter().filter_map(|word| lower.find(word)).min();
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

/// What may be a password in a template of a configuration file: the rest of every line behind such a word,
/// unless a variable stands there.
pub(crate) fn in_template(text: &str) -> Vec<Range<usize>> {
    let mut places = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        places.extend(in_template_line(line).map(|place| start + place.start..start + place.end));
        start += line.len();
    }
    places
}

fn in_template_line(line: &str) -> Option<Range<usize>> {
    let lower = line.to_ascii_lowercase();
    let named = SECRET_WORDS.iter().filter_map(|word| lower.find(word)).min();
    let rule = lower.find('>').filter(|at| named.is_none() && lower[..*at].trim_start().starts_with("user "));
    let from = named.or(rule)?;
    let value = from + line[from..].find([' ', '\t', '=', ':', '>'])?;
    let rest = line[value..].trim_start_matches([' ', '\t', '=', ':', '"', '\'']);
    let (place, end) = (line.len() - rest.len(), line.trim_end().len());
    (place < end && !rest.starts_with("{{") && !rest.starts_with("{%")).then_some(place..end)
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

    #[test]
    fn in_templates_too() {
        let hidden =
            |text: &'static str| in_template(text).into_iter().map(|at| &text[at]).collect::<Vec<_>>();
        assert_eq!(hidden("requirepass hunter2\n sentinel auth-pass m h3\n"), ["hunter2", "m h3"]);
        assert_eq!(hidden("user a on >hunter2 ~*\n{% if a > b %}\n"), [">hunter2 ~*"]);
        assert_eq!(hidden("requirepass {{ x }}\n# secret\n"), Vec::<&str>::new());
    }
}
