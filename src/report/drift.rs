//! What running servers differ in, as text.

mod human;

pub use human::human;
