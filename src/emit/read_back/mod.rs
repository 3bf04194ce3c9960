//! What a replaced template made, read back and compared with what the model says.
//!
//! The model's side is the block of lines that Rust built and the template was to place; both sides are read by
//! the same reader and compared by their canonical values. Comments and the order among different directives
//! are free.

mod compare;
mod conf;
mod difference;
mod memcached;
mod output;

pub(super) use conf::ConfReadBack;
pub(super) use difference::Difference;
pub(super) use memcached::MemcachedReadBack;
pub(super) use output::OutputMap;

/// Reads what a template made.
pub(super) trait ReadBack {
    /// What it says otherwise than the model.
    fn differences(&self, output: &str) -> Vec<Difference>;

    /// The variable that holds the model's lines.
    fn placeholder(&self) -> &'static str;

    /// What a template has to keep, for messages.
    fn keep(&self) -> String {
        format!("keep `{{{{ {} }}}}` as it is: it holds every line that the spec says", self.placeholder())
    }

    /// The file, its node and deployment, as people name them.
    fn file(&self) -> String;
}
