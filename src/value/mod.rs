//! Stands in for the value module until it is merged.
/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Text.
    Text(Vec<u8>),
}
