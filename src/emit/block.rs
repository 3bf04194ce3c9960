//! The typed document behind a configuration file: directives in sections, quoted here and nowhere else.

use std::ops::Range;

use crate::catalog::Group;
use crate::text::Unrepresentable;
use crate::text::conf::write_directive;

use super::artifact::SecretSlot;

/// About how many bytes headings take that are needed for a node's own settings alone.
const ROOM: usize = 128;

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Line {
    /// A directive and its arguments.
    Directive(String, Vec<Vec<u8>>),
    /// A comment, without `#`.
    Comment(String),
}

/// The lines of one setting, already as text, and where they stand.
///
/// The text is made once, also where thousands of nodes share the setting.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    section: Section,
    name: String,
    text: String,
    secrets: Vec<SecretSlot>,
}

impl Entry {
    /// Writes the lines of a setting.
    pub(super) fn new(
        section: Section,
        name: &str,
        lines: &[Line],
        secrets: Vec<SecretSlot>,
    ) -> Result<Self, Unrepresentable> {
        Ok(Entry { section, name: name.to_owned(), text: write_lines(lines)?, secrets })
    }
}

/// Lines of a configuration file, each with its line break.
pub(super) fn write_lines(lines: &[Line]) -> Result<String, Unrepresentable> {
    let mut text = String::new();
    for line in lines {
        match line {
            Line::Directive(name, args) => text.push_str(&write_directive(name, args)?),
            Line::Comment(comment) => {
                text.push_str("# ");
                text.push_str(&one_line(comment));
            }
        }
        text.push('\n');
    }
    Ok(text)
}

/// A text that stays on its line: in a comment, a line break would start a directive.
pub(super) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') {
            line.extend(c.escape_debug());
        } else {
            line.push(c);
        }
    }
    line
}

/// A part of a configuration file under a heading; the order is that of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Section {
    /// As redis.conf has them.
    Known(Group),
    /// Directives that a module brings.
    OfModules,
}

impl Section {
    const fn heading(self) -> &'static str {
        let group = match self {
            Section::OfModules => return "Settings of modules",
            Section::Known(group) => group,
        };
        match group {
            Group::Includes => "Includes",
            Group::Modules => "Modules",
            Group::Network => "Network",
            Group::Tls => "TLS",
            Group::General => "General",
            Group::Snapshotting => "Snapshotting",
            Group::Replication => "Replication",
            Group::KeysTracking => "Keys tracking",
            Group::Security => "Security",
            Group::Clients => "Clients",
            Group::MemoryManagement => "Memory management",
            Group::LazyFreeing => "Lazy freeing",
            Group::ThreadedIo => "Threaded I/O",
            Group::KernelOom => "Kernel OOM control",
            Group::AppendOnlyMode => "Append only mode",
            Group::Shutdown => "Shutdown",
            Group::Scripting => "Scripting",
            Group::Cluster => "Cluster",
            Group::ClusterAnnounce => "Cluster announcements",
            Group::SlowLog => "Slow log",
            Group::LatencyMonitor => "Latency monitor",
            Group::LatencyTracking => "Latency tracking",
            Group::EventNotification => "Event notification",
            Group::AdvancedConfig => "Advanced",
            Group::ActiveDefragmentation => "Active defragmentation",
            Group::CpuAffinity => "CPU affinity",
            Group::Debugging => "Debugging",
        }
    }
}

/// Settings sorted by section and name, each name once.
#[derive(Debug, Clone, Default)]
pub(super) struct Block {
    entries: Vec<Entry>,
    /// The whole text, and where in it each entry's own lines stand: what lies between are headings.
    text: String,
    places: Vec<Range<usize>>,
}

impl Block {
    /// Sorts settings into a block. Of two with one name, the later is kept.
    pub(super) fn new(mut entries: Vec<Entry>) -> Self {
        entries.sort_by(|a, b| key(a).cmp(&key(b)));
        entries.reverse();
        entries.dedup_by(|a, b| key(a) == key(b));
        entries.reverse();
        let (mut text, mut section) = (String::new(), None);
        let mut places = Vec::with_capacity(entries.len());
        for entry in &entries {
            write_heading(&mut text, &mut section, entry);
            let start = text.len();
            text.push_str(&entry.text);
            places.push(start..text.len());
        }
        Block { entries, text, places }
    }

    /// The text with `own` laid over the block, one heading per section, and the secrets in its order.
    pub(super) fn overlaid(&self, own: &Block) -> (String, Vec<SecretSlot>) {
        let mut laid = Laid::default();
        laid.text.reserve(self.text.len() + own.text.len() + ROOM);
        let mut at = 0;
        for (number, entry) in own.entries.iter().enumerate() {
            let to = at + self.entries[at..].partition_point(|below| key(below) < key(entry));
            laid.add(self, at..to);
            laid.add(own, number..number + 1);
            let is_replaced = self.entries.get(to).is_some_and(|below| key(below) == key(entry));
            at = if is_replaced { to + 1 } else { to };
        }
        laid.add(self, at..self.entries.len());
        (laid.text, laid.secrets)
    }
}

/// Parts of blocks, one behind the other.
#[derive(Default)]
struct Laid {
    text: String,
    secrets: Vec<SecretSlot>,
    section: Option<Section>,
}

impl Laid {
    /// Adds entries of a block that stand next to each other: their text is copied as one.
    fn add(&mut self, block: &Block, entries: Range<usize>) {
        let ([first, ..], [start, ..]) = (&block.entries[entries.clone()], &block.places[entries.clone()])
        else {
            return;
        };
        write_heading(&mut self.text, &mut self.section, first);
        let mut end = start.end;
        for at in entries {
            let entry = &block.entries[at];
            self.secrets.extend(entry.secrets.iter().cloned());
            self.section = Some(entry.section);
            end = block.places[at].end;
        }
        self.text.push_str(&block.text[start.start..end]);
    }
}

/// Writes the heading of an entry's section, where the last entry was of another.
fn write_heading(text: &mut String, section: &mut Option<Section>, entry: &Entry) {
    if section.replace(entry.section) == Some(entry.section) {
        return;
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text.push_str("# ");
    text.push_str(entry.section.heading());
    text.push('\n');
}

fn key(entry: &Entry) -> (Section, &str) {
    (entry.section, &entry.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(group: Group, name: &str, value: &str) -> Entry {
        let line = Line::Directive(name.into(), vec![value.into()]);
        Entry::new(Section::Known(group), name, &[line], vec![]).unwrap()
    }

    #[test]
    fn sections_in_the_order_of_the_file_and_names_within() {
        let shared = Block::new(vec![
            entry(Group::Snapshotting, "dir", "/data"),
            entry(Group::Network, "port", "6379"),
            entry(Group::Network, "bind", "10.0.0.1"),
        ]);
        let own = Block::new(vec![
            entry(Group::Network, "port", "6380"),
            entry(Group::Tls, "tls-port", "1"),
            entry(Group::Snapshotting, "dbfilename", "a b"),
        ]);
        assert_eq!(
            shared.overlaid(&own).0,
            "# Network\nbind 10.0.0.1\nport 6380\n\n# TLS\ntls-port 1\n\n\
             # Snapshotting\ndbfilename \"a b\"\ndir /data\n"
        );
        assert_eq!(
            shared.overlaid(&Block::default()).0,
            "# Network\nbind 10.0.0.1\nport 6379\n\n# Snapshotting\ndir /data\n"
        );
        assert_eq!(Block::default().overlaid(&Block::default()).0, "");
    }

    #[test]
    fn a_block_laid_over_another_is_the_block_of_both() {
        let all = [
            (Group::Network, "bind"),
            (Group::Network, "port"),
            (Group::Tls, "tls-port"),
            (Group::Snapshotting, "dbfilename"),
            (Group::Snapshotting, "dir"),
        ];
        let some = |numbers: u32, value: &str| -> Vec<Entry> {
            let chosen = all.iter().enumerate().filter(|(at, _)| numbers >> at & 1 == 1);
            chosen.map(|(_, (group, name))| entry(*group, name, value)).collect()
        };
        for numbers in 0..1 << 10 {
            let (below, above) = (some(numbers & 31, "0"), some(numbers >> 5, "1"));
            let laid = Block::new(below.clone()).overlaid(&Block::new(above.clone()));
            let both = Block::new(below.into_iter().chain(above).collect());
            assert_eq!(laid.0, both.overlaid(&Block::default()).0, "{numbers:b}");
            assert_eq!(laid.0, both.text);
        }
    }

    #[test]
    fn of_two_settings_the_later_is_kept() {
        let block = Block::new(vec![entry(Group::Network, "port", "1"), entry(Group::Network, "port", "2")]);
        assert_eq!(block.overlaid(&Block::default()).0, "# Network\nport 2\n");
    }

    #[test]
    fn a_comment_cannot_become_a_directive() {
        let lines = [Line::Comment("a\nport 1\r\u{2028}\0".into())];
        assert_eq!(write_lines(&lines).unwrap(), "# a\\nport 1\\r\\u{2028}\\0\n");
    }
}
