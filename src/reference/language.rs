//! docs/language.md.

/// The page.
pub fn markdown() -> String {
    String::new()
}
