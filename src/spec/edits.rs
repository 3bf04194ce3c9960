//! What an edit comes to in the text of a layer, TOML or JSON: the bytes that change, and nothing around them. Where
//! the layout leaves doubt about what belongs to what, there is no change.

use std::ops::Range;
use std::path::Path;

use super::load::is_json;
use super::raw::{Entry, Node, Raw, Table};
use super::{json_layer, toml_layer};
use crate::diag::{Edit, Findings};
use crate::source::{SourceId, Sources, Span};

/// Other bytes in a range of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The text.
    pub source: SourceId,
    /// What goes.
    pub range: Range<usize>,
    /// What comes.
    pub text: String,
}

/// The change that an edit is; none where its place does not show which.
pub fn resolve(edit: &Edit, sources: &Sources) -> Option<Change> {
    let id = edit.span().source;
    let source = sources.get(id);
    let layer = Layer { id, text: &source.text, json: is_json(Path::new(&source.name)) };
    let (range, text) = match edit {
        Edit::Replace { span, text } => layer.replace(span.range(), text)?,
        Edit::Remove { span } => (layer.remove(*span)?, String::new()),
        Edit::Insert { beside, key, value } => layer.insert(*beside, key, value)?,
    };
    Some(Change { source: id, range, text })
}

/// What stands at a place.
enum Found<'t> {
    /// The entry of a key.
    Entry(&'t Entry),
    /// An item of a list.
    Item {
        item: &'t Node,
        /// The list's own entry, if it holds nothing else.
        only_of: Option<&'t Entry>,
    },
}

/// What an entry stands in.
enum Within {
    /// It has a line of its own, or several.
    Lines,
    /// Commas part it from others.
    Commas,
}

struct Layer<'t> {
    id: SourceId,
    text: &'t str,
    json: bool,
}

impl Layer<'_> {
    fn table(&self) -> Table {
        let mut told_already = Findings::default();
        if self.json {
            json_layer::read(self.id, self.text, &mut told_already)
        } else {
            toml_layer::read(self.id, self.text, &mut told_already)
        }
    }

    /// The keys of JSON are strings, and so are its words.
    fn replace(&self, range: Range<usize>, text: &str) -> Option<(Range<usize>, String)> {
        let quoted = self.text.get(range.clone())?.starts_with('"');
        let bare = self.json && quoted && serde_json::from_str::<serde::de::IgnoredAny>(text).is_err();
        Some((range, if bare { format!("\"{text}\"") } else { text.to_owned() }))
    }

    fn remove(&self, span: Span) -> Option<Range<usize>> {
        let table = self.table();
        match find(&table, span)? {
            Found::Item { only_of: Some(entry), .. } | Found::Entry(entry) => self.without_entry(entry),
            Found::Item { item, only_of: None } => self.without_part(item.span.range()),
        }
    }

    fn without_entry(&self, entry: &Entry) -> Option<Range<usize>> {
        let (start, within) = self.beginning(entry)?;
        let end = entry.value.span.range().end;
        match within {
            Within::Lines => self.lines(start, end),
            Within::Commas => self.without_part(start..end),
        }
    }

    fn insert(&self, beside: Span, key: &str, value: &str) -> Option<(Range<usize>, String)> {
        let table = self.table();
        let Found::Entry(entry) = find(&table, beside)? else { return None };
        let (start, within) = self.beginning(entry)?;
        let end = entry.value.span.range().end;
        let line = self.line_start(start);
        let indent = self.text[line..start].trim_end().is_empty().then(|| &self.text[line..start]);
        if self.json {
            let gap = indent.map_or(" ".to_owned(), |indent| format!("\n{indent}"));
            return Some((end..end, format!(",{gap}\"{key}\": {value}")));
        }
        let prefix = &self.text[start..entry.key.range().start];
        match within {
            Within::Commas => Some((end..end, format!(", {prefix}{key} = {value}"))),
            Within::Lines => {
                let lines = self.lines(start, end)?;
                let (indent, end) = (indent?, lines.end);
                let own = &self.text[lines];
                let line_break = if own.ends_with("\r\n") { "\r\n" } else { "\n" };
                let new = format!("{indent}{prefix}{key} = {value}");
                let text = if own.ends_with('\n') {
                    format!("{new}{line_break}")
                } else {
                    format!("{line_break}{new}")
                };
                Some((end..end, text))
            }
        }
    }

    /// Where an entry with a value of its own begins, before the other parts of a dotted key; none for a table with
    /// a header.
    fn beginning(&self, entry: &Entry) -> Option<(usize, Within)> {
        let (key, value) = (entry.key.range(), entry.value.span.range());
        let text = self.text.get(..value.end)?;
        let is_table = matches!(entry.value.value, Raw::Table(_));
        if value.start < key.end || (is_table && !text[value.start..].starts_with('{')) {
            return None;
        }
        if self.json {
            return Some((key.start, Within::Commas));
        }
        let mut start = key.start;
        while let Some(before) = text[..start].trim_end_matches([' ', '\t']).strip_suffix('.') {
            start = part_before(before.trim_end_matches([' ', '\t']))?;
        }
        match text[self.line_start(start)..start].trim() {
            "" if !text[..start].trim_end().ends_with(['{', ',']) => Some((start, Within::Lines)),
            _ => text[..start].trim_end().ends_with(['{', ',']).then_some((start, Within::Commas)),
        }
    }

    /// Where the line of a byte begins, behind a byte order mark.
    fn line_start(&self, at: usize) -> usize {
        let start = self.text[..at].rfind('\n').map_or(0, |line_break| line_break + 1);
        if start == 0 && self.text.starts_with('\u{feff}') { '\u{feff}'.len_utf8().min(at) } else { start }
    }

    /// The lines of an entry, with the break of the last one and a comment on it.
    fn lines(&self, start: usize, end: usize) -> Option<Range<usize>> {
        let rest = &self.text[end..];
        let more = rest.find('\n').map_or(rest.len(), |line_break| line_break + 1);
        only_comment(&rest[..more]).then(|| self.line_start(start)..end + more)
    }

    /// A part between commas, with one of them.
    fn without_part(&self, part: Range<usize>) -> Option<Range<usize>> {
        let (before, after) = (&self.text[..part.start], &self.text[part.end..]);
        let line = self.line_start(part.start);
        let first_on_line = before[line..].trim().is_empty();
        let gap = after.len() - after.trim_start().len();
        let next = part.end + gap;
        match after[gap..].chars().next()? {
            ',' => {
                let end = next + 1;
                if first_on_line && let Some(lines) = self.lines(part.start, end) {
                    return Some(lines);
                }
                let rest = &self.text[end..];
                Some(part.start..end + rest.len() - rest.trim_start_matches([' ', '\t']).len())
            }
            closing @ (']' | '}') => {
                let kept = before.trim_end();
                // A comma or bracket could be the end of a comment.
                let commented = kept[self.line_start(kept.len())..].contains('#') && !self.json;
                let last = kept.chars().next_back()?;
                match last {
                    // TOML's lists may end with a comma.
                    _ if closing == ']' && !self.json && first_on_line && next > part.end => {
                        self.lines(part.start, part.end)
                    }
                    _ if commented => None,
                    ',' => Some(kept.len() - 1..part.end),
                    '[' | '{' => Some(kept.len()..next),
                    _ => None,
                }
            }
            _ => None,
        }
    }
}

/// Where the last part of a dotted key begins, in a text that ends with it.
fn part_before(text: &str) -> Option<usize> {
    let quote = text.chars().next_back().filter(|last| matches!(last, '"' | '\''));
    let Some(quote) = quote else {
        let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        let start = text.trim_end_matches(bare).len();
        return (start < text.len()).then_some(start);
    };
    let inner = &text[..text.len() - 1];
    let start = inner.rfind(quote)?;
    (!inner[start..].contains(['\\', '\n'])).then_some(start)
}

/// Whether a line says nothing but a comment.
fn only_comment(rest: &str) -> bool {
    let rest = rest.trim();
    rest.is_empty() || rest.starts_with('#')
}

fn find(table: &Table, span: Span) -> Option<Found<'_>> {
    table.entries.values().find_map(|entry| {
        if entry.key == span {
            return Some(Found::Entry(entry));
        }
        in_value(&entry.value, Some(entry), span)
    })
}

fn in_value<'t>(value: &'t Node, of: Option<&'t Entry>, span: Span) -> Option<Found<'t>> {
    match &value.value {
        Raw::Table(table) => find(table, span),
        Raw::List(items) => items.iter().find_map(|item| {
            if item.span == span {
                return Some(Found::Item { item, only_of: of.filter(|_| items.len() == 1) });
            }
            in_value(item, None, span)
        }),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(sources: &Sources, id: SourceId, needle: &str) -> Span {
        let start = sources.get(id).text.find(needle).unwrap();
        Sources::span(id, start..start + needle.len())
    }

    fn edited(name: &str, text: &str, edit: impl Fn(&Sources, SourceId) -> Edit) -> Option<String> {
        let mut sources = Sources::default();
        let id = sources.add(name, text);
        let change = resolve(&edit(&sources, id), &sources)?;
        let mut new = text.to_owned();
        new.replace_range(change.range, &change.text);
        Some(new)
    }

    fn removed(text: &str, needle: &str) -> Option<String> {
        edited("a.toml", text, |sources, id| Edit::Remove { span: place(sources, id, needle) })
    }

    fn removed_json(text: &str, needle: &str) -> Option<String> {
        edited("a.json", text, |sources, id| Edit::Remove { span: place(sources, id, needle) })
    }

    fn inserted(name: &str, text: &str, beside: &str) -> Option<String> {
        edited(name, text, |sources, id| Edit::Insert {
            beside: place(sources, id, beside),
            key: "new".to_owned(),
            value: "\"x\"".to_owned(),
        })
    }

    #[test]
    fn an_entry_goes_with_its_lines_and_nothing_else_does() {
        let case = |text: &str, needle: &str, rest: &str| {
            assert_eq!(removed(text, needle).as_deref(), Some(rest), "{text}");
        };
        case("# c\na = 1 # gone\n\nb = 2\n", "a", "# c\n\nb = 2\n");
        case("\tb.c . \"d.e\".x = [ # open\n  1,\n] # shut\r\ny = 1\r\n", "x", "y = 1\r\n");
        case("[t]\nx = \"\"\"\n a = 1\n\"\"\"\n[u]\n", "x", "[t]\n[u]\n");
        case("x = 1", "x", "");
        case("\u{feff}x = 1\ny = 2\n", "x", "\u{feff}y = 2\n");
        case("x = { a = 1 }\ny = 2\n", "x", "y = 2\n");
    }

    #[test]
    fn a_part_of_an_inline_table_goes_with_one_comma() {
        let case = |text: &str, needle: &str, rest: &str| {
            assert_eq!(removed(text, needle).as_deref(), Some(rest), "{text}");
        };
        case("t = { a = 1, b.c = 2, d = 3 } # c\n", "c", "t = { a = 1, d = 3 } # c\n");
        case("t = { a = 1, d = 3 }\n", "d", "t = { a = 1 }\n");
        case("t = { a = 1, d = 3 }\n", "a", "t = { d = 3 }\n");
        case("t = { d = 3 }\n", "d", "t = {}\n");
    }

    #[test]
    fn an_item_goes_with_one_comma_and_the_last_one_with_its_list() {
        let case = |text: &str, needle: &str, rest: &str| {
            assert_eq!(removed(text, needle).as_deref(), Some(rest), "{text}");
        };
        case("unset = [\"a\", \"b\"] # c\n", "\"a\"", "unset = [\"b\"] # c\n");
        case("unset = [\"a\", \"b\"] # c\n", "\"b\"", "unset = [\"a\"] # c\n");
        case("unset = [\"a\"] # c\nx = 1\n", "\"a\"", "x = 1\n");
        case("t = { unset = [\"a\"], x = 1 }\n", "\"a\"", "t = { x = 1 }\n");
        let lines = "l = [\n  \"a\", # one\n  # two, or so:\n  \"b\" # b\n]\n";
        case(lines, "\"a\"", "l = [\n  # two, or so:\n  \"b\" # b\n]\n");
        case("l = [\n  \"a\",\n  \"b\",\n]\n", "\"b\"", "l = [\n  \"a\",\n]\n");
        case("l = [\n  \"a\", # one,\n  \"b\"\n]\n", "\"b\"", "l = [\n  \"a\", # one,\n]\n");
        // Which of the two the comment belongs to, nobody knows.
        assert_eq!(removed(lines, "\"b\""), None);
    }

    #[test]
    fn tables_with_headers_stay() {
        assert_eq!(removed("[a.b]\nx = 1\n", "b"), None);
        assert_eq!(removed("a.b.c = 1\n", "b"), None);
    }

    #[test]
    fn json_keeps_its_commas() {
        let text = "{\n  \"a\": 1,\n  \"b\": [\"x\", \"y\"],\n  \"c\": 3\n}\n";
        let case = |needle: &str, rest: &str| assert_eq!(removed_json(text, needle).as_deref(), Some(rest));
        case("\"a\"", "{\n  \"b\": [\"x\", \"y\"],\n  \"c\": 3\n}\n");
        case("\"c\"", "{\n  \"a\": 1,\n  \"b\": [\"x\", \"y\"]\n}\n");
        case("\"y\"", "{\n  \"a\": 1,\n  \"b\": [\"x\"],\n  \"c\": 3\n}\n");
        assert_eq!(removed_json("{\"a\": 1}", "\"a\"").as_deref(), Some("{}"));
        let renamed = edited("a.json", "{\"slave-x\": 1}", |sources, id| Edit::Replace {
            span: place(sources, id, "\"slave-x\""),
            text: "replica-x".to_owned(),
        });
        assert_eq!(renamed.as_deref(), Some("{\"replica-x\": 1}"));
    }

    #[test]
    fn a_new_entry_looks_like_the_one_before_it() {
        let case = |name: &str, text: &str, beside: &str, new: &str| {
            assert_eq!(inserted(name, text, beside).as_deref(), Some(new), "{text}");
        };
        case("a.toml", "[t]\n  x = 1 # c\r\ny = 2\n", "x", "[t]\n  x = 1 # c\r\n  new = \"x\"\r\ny = 2\n");
        case("a.toml", "c.d.x = 1", "x", "c.d.x = 1\nc.d.new = \"x\"");
        case("a.toml", "t = { x = 1 }\n", "x", "t = { x = 1, new = \"x\" }\n");
        case("a.json", "{\n  \"x\": 1\n}\n", "\"x\"", "{\n  \"x\": 1,\n  \"new\": \"x\"\n}\n");
        case("a.json", "{\"y\": 2, \"x\": 1}", "\"x\"", "{\"y\": 2, \"x\": 1, \"new\": \"x\"}");
        assert_eq!(inserted("a.toml", "[t]\nx = 1\n", "t"), None);
    }
}
