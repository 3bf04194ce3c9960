//! `docs/language.md`: a hand-written beginning, and behind it every kind of single value and every table.

use std::fmt::Write as _;

use crate::spec::shape::{Field, Form, Presence, Record, Scalar, Shape, Words, prose};
use crate::spec::{EXTENDS, Spec, UNSET};

/// What is written by hand.
const BEGINNING: &str = include_str!("../../templates/docs/language.md");

/// The page.
pub fn markdown() -> String {
    let mut page = BEGINNING.to_owned();
    let all = Reader::read();
    // Writing to a String cannot fail.
    let _ = writeln!(page, "\n## Values\n\n| value | what may be written |\n|---|---|");
    for scalar in &all.scalars {
        let _ = writeln!(page, "| {} | {} |", scalar.name, cell(&prose(scalar.doc)));
    }
    let _ = writeln!(page, "\n## Tables\n\nKeys in bold must be there once all layers are merged.");
    for found in &all.found {
        let _ = writeln!(page, "\n### {}\n\n{}", heading(found.record), found.introduction());
        let _ = writeln!(page, "\n| key | value | |\n|---|---|---|");
        for field in found.record.fields.iter().chain(found.more()) {
            let key = match field.presence {
                Presence::Required => format!("**`{}`**", field.key),
                Presence::Optional => format!("`{}`", field.key),
            };
            let _ = writeln!(page, "| {key} | {} | {} |", cell(&value(field)), cell(&about(field)));
        }
    }
    page
}

/// A record and where it stands.
struct Found {
    record: &'static Record,
    /// Keys from the root, with what users choose in capitals.
    places: Vec<String>,
    /// What else there is to know of the table.
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Root,
    Plain,
    OneKey,
    WithSentinelSettings,
}

impl Found {
    fn introduction(&self) -> String {
        let mut text = prose(self.record.doc);
        if !self.places.is_empty() {
            let places: Vec<String> = self.places.iter().map(|place| format!("`{place}`")).collect();
            let _ = write!(text, " It stands at {}.", places.join(", "));
        }
        match self.kind {
            Kind::OneKey => text.push_str(" It holds exactly one of these keys."),
            Kind::WithSentinelSettings => {
                text.push_str(" `cachewright catalog NAME` explains each of Sentinel's settings.");
            }
            Kind::Root | Kind::Plain => {}
        }
        text
    }

    /// Keys that are not the record's own.
    fn more(&self) -> &'static [Field] {
        const OF_LAYERS: &[Field] = &[EXTENDS, UNSET];
        if self.kind == Kind::Root { OF_LAYERS } else { &[] }
    }
}

/// Finds every record with its places, in the order in which a reader meets them, and every kind of single value.
#[derive(Default)]
struct Reader {
    found: Vec<Found>,
    scalars: Vec<&'static Scalar>,
}

impl Reader {
    fn read() -> Self {
        let mut reader = Reader::default();
        reader.found.push(Found { record: Spec::RECORD, places: Vec::new(), kind: Kind::Root });
        reader.fields(Spec::RECORD, "");
        reader.scalars.sort_by_key(|scalar| scalar.name);
        reader
    }

    fn fields(&mut self, record: &'static Record, place: &str) {
        for field in record.fields {
            let place =
                if place.is_empty() { field.key.to_owned() } else { format!("{place}.{}", field.key) };
            self.shape(&(field.shape)(), &place);
        }
    }

    fn shape(&mut self, shape: &Shape, place: &str) {
        match shape {
            Shape::Record(record) => self.record(record, Kind::Plain, place),
            Shape::OneKey(record) => self.record(record, Kind::OneKey, place),
            Shape::WithSentinelSettings(record) => self.record(record, Kind::WithSentinelSettings, place),
            Shape::List(item) => self.shape(item, place),
            Shape::Names(item) => self.shape(item, &format!("{place}.NAME")),
            Shape::Lints(item) => self.shape(item, &format!("{place}.RULE")),
            Shape::Either(shapes) => shapes.iter().for_each(|shape| self.shape(shape, place)),
            Shape::Scalar(scalar) => {
                let known = self.scalars.iter().any(|other| other.name == scalar.name);
                if !known && !matches!(scalar.forms, [Form::Integer(min, max)] if min == max) {
                    self.scalars.push(scalar);
                }
            }
            Shape::Words(_) | Shape::Config | Shape::KernelSettings => {}
        }
    }

    fn record(&mut self, record: &'static Record, kind: Kind, place: &str) {
        match self.found.iter_mut().find(|found| std::ptr::eq(found.record, record)) {
            Some(found) if found.places.iter().any(|other| other == place) => return,
            Some(found) => found.places.push(place.to_owned()),
            None => self.found.push(Found { record, places: vec![place.to_owned()], kind }),
        }
        self.fields(record, place);
    }
}

/// A record's name as a heading.
fn heading(record: &Record) -> String {
    let name = plain(record);
    let mut letters = name.chars();
    letters.next().map_or(String::new(), |first| format!("{}{}", first.to_uppercase(), letters.as_str()))
}

/// A record's name without its article.
fn plain(record: &Record) -> &str {
    let what = record.what;
    what.strip_prefix("a ").or_else(|| what.strip_prefix("an ")).unwrap_or(what)
}

/// A link to a record's table.
fn link(record: &Record) -> String {
    let letters = plain(record).to_ascii_lowercase();
    let anchor: String = letters
        .chars()
        .filter(|letter| letter.is_ascii_alphanumeric() || matches!(letter, ' ' | '-'))
        .map(|letter| if letter == ' ' { '-' } else { letter })
        .collect();
    format!("[{}](#{anchor})", plain(record))
}

/// What may be written for a key.
fn value(field: &Field) -> String {
    let text = said(&(field.shape)());
    match field.bounds {
        Some((min, max)) => format!("{text}, {min} to {max}"),
        None => text,
    }
}

fn said(shape: &Shape) -> String {
    match shape {
        Shape::Scalar(scalar) => match scalar.forms {
            [Form::Integer(min, max)] if *min == *max => min.to_string(),
            [Form::Integer(min, max)] if *min > i64::MIN => format!("{}, {min} to {max}", scalar.name),
            _ => scalar.name.to_owned(),
        },
        Shape::Words(words) => listed(words),
        Shape::Record(record) | Shape::OneKey(record) | Shape::WithSentinelSettings(record) => link(record),
        Shape::List(item) => format!("list of: {}", said(item)),
        Shape::Names(item) => format!("table of names, each: {}", said(item)),
        Shape::Lints(item) => format!("table of [rules and groups](rules/README.md), each: {}", said(item)),
        Shape::Config => "table of [settings](#settings)".to_owned(),
        Shape::KernelSettings => "table of names, each: integer or string".to_owned(),
        Shape::Either(shapes) => shapes.iter().map(said).collect::<Vec<_>>().join("; or "),
    }
}

fn listed(words: &Words) -> String {
    words.words.iter().map(|(word, _)| format!("`\"{word}\"`")).collect::<Vec<_>>().join(", ")
}

/// What a key is about; words with what each says.
fn about(field: &Field) -> String {
    let mut text = prose(field.doc);
    if let Shape::Words(words) = (field.shape)() {
        for (word, doc) in words.words {
            let _ = write!(text, "<br>`{word}`: {}", prose(doc));
        }
    }
    text
}

/// A text as a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
