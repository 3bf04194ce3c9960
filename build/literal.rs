//! Rust source text for the values of the tables.

use crate::version::Version;
use std::fmt::{Debug, Display, Write};

/// A variant of an enum without fields: `Group::Network`.
pub(crate) fn variant(of: &str, value: impl Debug) -> String {
    format!("{of}::{value:?}")
}

/// A version.
pub(crate) fn version(version: Version) -> String {
    format!("Version::new({}, {}, {})", version.major, version.minor, version.patch)
}

/// An option of something that is already source text.
pub(crate) fn option(text: Option<impl Display>) -> String {
    text.map_or_else(|| "None".to_owned(), |text| format!("Some({text})"))
}

/// A text.
pub(crate) fn string(text: &str) -> String {
    format!("{text:?}")
}

/// A slice of things that are already source text.
pub(crate) fn slice(items: impl IntoIterator<Item = impl Display>) -> String {
    let items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    format!("&[{}]", items.join(", "))
}

/// A slice of texts.
pub(crate) fn strings<T: AsRef<str>>(texts: &[T]) -> String {
    slice(texts.iter().map(|text| string(text.as_ref())))
}

/// A static slice of things that are already source text, one a line.
pub(crate) fn table(name: &str, of: &str, items: impl IntoIterator<Item = impl Display>) -> String {
    let mut text = format!("pub(super) static {name}: &[{of}] = &[\n");
    for item in items {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "    {item},");
    }
    text.push_str("];\n");
    text
}
