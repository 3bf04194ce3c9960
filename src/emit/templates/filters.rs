//! The filters that quote: one for each kind of place that a value can go to.
//!
//! There is no automatic escaping, for it knows HTML and no file here is HTML.

use minijinja::value::{Value, ValueKind};
use minijinja::{Environment, Error, ErrorKind};

use crate::emit::block::one_line;
use crate::text::conf::quote_conf;
use crate::text::shell::quote;
use crate::text::systemd::quote_exec;

/// A filter of ours.
pub(in crate::emit) struct Filter {
    /// Its name.
    pub(in crate::emit) name: &'static str,
    /// What it makes of a value.
    pub(in crate::emit) about: &'static str,
    run: fn(&Value) -> Result<String, Error>,
}

/// Every one of them.
pub(in crate::emit) const FILTERS: &[Filter] = &[
    Filter {
        name: "shell",
        about: "One word of POSIX sh, in quotes where it needs them.",
        run: |value| quoted("shell", value, |text| quote(text).map(std::borrow::Cow::into_owned)),
    },
    Filter {
        name: "json",
        about: "A value of JSON: texts in quotes, lists and tables whole.",
        run: |value| serde_json::to_string(value).map_err(|error| unfit("json", &error)),
    },
    Filter {
        name: "systemd",
        about: "One argument of `ExecStart=` and its like, with `%` and `$` doubled.",
        run: |value| quoted("systemd", value, quote_exec),
    },
    Filter {
        name: "redis_conf",
        about: "One argument of a line of redis.conf, valkey.conf or sentinel.conf; true and false are `yes` and `no`.",
        run: |value| {
            let quote = |text: &str| quote_conf(text.as_bytes()).map(std::borrow::Cow::into_owned);
            match bool::try_from(value.clone()) {
                Ok(yes) if value.kind() == ValueKind::Bool => Ok(if yes { "yes" } else { "no" }.to_owned()),
                _ => quoted("redis_conf", value, quote),
            }
        },
    },
    Filter {
        name: "one_line",
        about: "A text that stays on its line, for comments: control characters are written as escapes.",
        run: |value| quoted("one_line", value, |text| Ok::<_, std::convert::Infallible>(one_line(text))),
    },
];

/// Makes the filters known.
pub(super) fn add_to(environment: &mut Environment<'static>) {
    for filter in FILTERS {
        environment.add_filter(filter.name, |value: &Value| (filter.run)(value));
    }
}

/// Quotes what is one word: a text, a number, a truth value.
fn quoted<E: std::fmt::Display>(
    filter: &str,
    value: &Value,
    quote: impl Fn(&str) -> Result<String, E>,
) -> Result<String, Error> {
    match value.kind() {
        ValueKind::Bool => quote(truth(value)).map_err(|error| unfit(filter, &error)),
        ValueKind::String | ValueKind::Number => {
            quote(&value.to_string()).map_err(|error| unfit(filter, &error))
        }
        kind => Err(unfit(filter, &format!("it takes a text or a number, and this is {kind}"))),
    }
}

/// A truth value as files have it, not as Python does.
pub(super) fn truth(value: &Value) -> &'static str {
    if value.is_true() { "true" } else { "false" }
}

fn unfit(filter: &str, why: &dyn std::fmt::Display) -> Error {
    Error::new(ErrorKind::InvalidOperation, format!("`|{filter}`: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str) -> Result<String, String> {
        let mut environment = Environment::new();
        add_to(&mut environment);
        let data = minijinja::context! { word => "it's 5% $x", list => ["a\"", "b"], lines => "a\nport 1" };
        environment.render_str(text, data).map_err(|error| error.detail().unwrap_or_default().to_owned())
    }

    #[test]
    fn each_quotes_for_its_place() {
        assert_eq!(filled("{{ word|shell }}").unwrap(), r"'it'\''s 5% $x'");
        assert_eq!(filled("{{ word|json }} {{ list|json }}").unwrap(), r#""it's 5% $x" ["a\"","b"]"#);
        assert_eq!(filled("{{ word|systemd }} {{ 7|systemd }}").unwrap(), "\"it's 5%% $$x\" 7");
        assert_eq!(filled("{{ lines|redis_conf }}").unwrap(), r#""a\nport 1""#);
        assert_eq!(filled("{{ lines|one_line }}").unwrap(), r"a\nport 1");
    }

    #[test]
    fn truth_values_are_written_as_files_have_them() {
        assert_eq!(filled("{{ true|redis_conf }} {{ false|redis_conf }}").unwrap(), "yes no");
        assert_eq!(
            filled("{{ true|shell }} {{ false|systemd }} {{ true|one_line }}").unwrap(),
            "true false true"
        );
        let environment = crate::emit::templates::environment(true).unwrap();
        assert_eq!(environment.render_str("{{ true }} {{ 1 > 2 }}", ()).unwrap(), "true false");
    }

    #[test]
    fn the_engine_does_not_tell_its_state() {
        for guarded in [false, true] {
            let environment = crate::emit::templates::environment(guarded).unwrap();
            assert!(environment.render_str("{{ debug() }}", ()).is_err());
        }
    }

    #[test]
    fn what_is_no_word_is_refused() {
        assert_eq!(
            filled("{{ list|shell }}").unwrap_err(),
            "`|shell`: it takes a text or a number, and this is sequence"
        );
        assert!(filled("{{ none|systemd }}").unwrap_err().contains("and this is none"));
        assert!(filled("{{ \"a\\u0000\"|shell }}").unwrap_err().contains("NUL"));
    }
}
