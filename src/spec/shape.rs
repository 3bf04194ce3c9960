//! What may be written where, as data. Types say it of themselves beside their decoding, and records by the
//! same declaration that decodes them; the JSON Schema and the language reference are written from it.

/// A type that says what may be written for it.
pub trait Describe {
    /// What may be written.
    fn shape() -> Shape;

    /// What may be written for a table of them by name.
    fn named() -> Shape {
        Shape::Names(Box::new(Self::shape()))
    }
}

/// What may be written in one place.
#[derive(Debug, Clone)]
pub enum Shape {
    /// A single value.
    Scalar(&'static Scalar),
    /// One of some words.
    Words(&'static Words),
    /// A table with the keys of a record.
    Record(&'static Record),
    /// A table with exactly one of the keys of a record.
    OneKey(&'static Record),
    /// A table with the keys of a record, and settings of Sentinel's own for one watched primary beside them.
    WithSentinelSettings(&'static Record),
    /// A list.
    List(Box<Shape>),
    /// A table whose keys are names that the user chose.
    Names(Box<Shape>),
    /// A table whose keys are names of lints.
    Lints(Box<Shape>),
    /// A table of the server's own settings.
    Config,
    /// A table of kernel settings; dots in their names may be tables of TOML.
    KernelSettings,
    /// Any of these.
    Either(Vec<Shape>),
}

/// A kind of single value.
#[derive(Debug)]
pub struct Scalar {
    /// Its name in references, without an article: `size`.
    pub name: &'static str,
    /// What it is.
    pub doc: &'static str,
    /// How it may be written.
    pub forms: &'static [Form],
}

/// A way to write a single value.
#[derive(Debug, Clone, Copy)]
pub enum Form {
    /// `true` or `false`.
    Bool,
    /// A whole number between two, both included.
    Integer(i64, i64),
    /// A text that is not empty, of which a regular expression may say more.
    Text(Option<&'static str>),
    /// A day.
    Date,
}

/// Some words, of which one is written.
#[derive(Debug)]
pub struct Words {
    /// What one is, with its article: `a topology`.
    pub what: &'static str,
    /// What it is about.
    pub doc: &'static str,
    /// Each word with its documentation.
    pub words: &'static [(&'static str, &'static str)],
}

/// A record of the language.
#[derive(Debug)]
pub struct Record {
    /// What it is, with its article: `a deployment`.
    pub what: &'static str,
    /// What it is about.
    pub doc: &'static str,
    /// Its keys, in the order that people read about them.
    pub fields: &'static [Field],
}

/// A key of a record.
#[derive(Debug)]
pub struct Field {
    /// The key as specs write it.
    pub key: &'static str,
    /// What it is about, a line of Markdown or several.
    pub doc: &'static str,
    /// Whether the spec must hold it, in one of its layers.
    pub presence: Presence,
    /// The bounds of a number, where they are narrower than those of its type.
    pub bounds: Option<(i64, i64)>,
    /// What may be written.
    pub shape: fn() -> Shape,
}

/// Whether a key must be there once all layers are merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// It must.
    Required,
    /// It need not.
    Optional,
}

impl Presence {
    // Named after the words in `record!`.
    pub(super) const fn required() -> Self {
        Presence::Required
    }

    pub(super) const fn optional() -> Self {
        Presence::Optional
    }
}

/// Documentation as people read it: the lines of a comment without what they begin with.
pub fn prose(doc: &str) -> String {
    doc.lines().map(str::trim).collect::<Vec<_>>().join(" ").trim().to_owned()
}
