//! The typed document behind a configuration file: directives in sections, quoted here and nowhere else.

use std::ops::Range;

use crate::catalog::Group;
use crate::text::Unrepresentable;
use crate::text::conf::push_directive;

use super::artifact::SecretSlot;

/// About how many bytes headings take that are needed for a node's own settings alone.
const ROOM: usize = 128;

/// Adds the line of a directive, with its line break, to a configuration file.
pub(super) fn push_line<A: AsRef<[u8]>>(
    text: &mut String,
    name: &str,
    args: &[A],
) -> Result<(), Unrepresentable> {
    push_directive(text, name, args)?;
    text.push('\n');
    Ok(())
}

/// Adds a comment, without `#`, on a line of its own.
pub(super) fn push_comment(text: &mut String, comment: &str) {
    text.extend(["# ", &one_line(comment), "\n"]);
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

/// Settings by section and name, each name once. The text is made once, also where thousands of nodes share it.
#[derive(Debug, Default)]
pub(super) struct Block<'m> {
    /// The lines of all settings, and the headings between them.
    text: String,
    entries: Vec<Entry<'m>>,
}

/// One setting of a block.
#[derive(Debug)]
struct Entry<'m> {
    section: Section,
    name: &'m str,
    /// Where its own lines stand.
    place: Range<usize>,
    secrets: Vec<SecretSlot>,
}

impl<'m> Block<'m> {
    /// Adds a setting that belongs behind all others; `write` adds its lines to the text, and says which secrets
    /// belong there. Where it fails there is no such setting.
    pub(super) fn add<E>(
        &mut self,
        section: Section,
        name: &'m str,
        write: impl FnOnce(&mut String) -> Result<Vec<SecretSlot>, E>,
    ) -> Result<(), E> {
        debug_assert!(self.entries.last().is_none_or(|last| key(last) < (section, name)));
        let before = self.text.len();
        write_heading(&mut self.text, self.entries.last().map(|last| last.section), section);
        let start = self.text.len();
        let secrets = write(&mut self.text).inspect_err(|_| self.text.truncate(before))?;
        self.entries.push(Entry { section, name, place: start..self.text.len(), secrets });
        Ok(())
    }

    /// The text with `own` laid over the block, one heading per section, and the secrets in its order.
    pub(super) fn overlaid(&self, own: &Block<'_>) -> (String, Vec<SecretSlot>) {
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
    fn add(&mut self, block: &Block<'_>, entries: Range<usize>) {
        let ([first, ..], [.., last]) = (&block.entries[entries.clone()], &block.entries[entries.clone()])
        else {
            return;
        };
        write_heading(&mut self.text, self.section, first.section);
        self.section = Some(last.section);
        self.text.push_str(&block.text[first.place.start..last.place.end]);
        for entry in &block.entries[entries] {
            self.secrets.extend(entry.secrets.iter().cloned());
        }
    }
}

/// Writes the heading of a section, where what stands before is of another.
fn write_heading(text: &mut String, before: Option<Section>, section: Section) {
    if before == Some(section) {
        return;
    }
    if !text.is_empty() {
        text.push('\n');
    }
    text.extend(["# ", section.heading(), "\n"]);
}

fn key<'e>(entry: &'e Entry<'_>) -> (Section, &'e str) {
    (entry.section, entry.name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    type Lines<'l> = BTreeMap<(Group, &'l str), &'l str>;

    fn block<'l>(lines: &Lines<'l>) -> Block<'l> {
        let mut block = Block::default();
        for ((group, name), value) in lines {
            let write = |text: &mut String| push_line(text, name, &[value]).map(|()| Vec::new());
            block.add(Section::Known(*group), name, write).unwrap();
        }
        block
    }

    #[test]
    fn sections_in_the_order_of_the_file_and_names_within() {
        let shared = block(&Lines::from([
            ((Group::Snapshotting, "dir"), "/data"),
            ((Group::Network, "port"), "6379"),
            ((Group::Network, "bind"), "10.0.0.1"),
        ]));
        let own = block(&Lines::from([
            ((Group::Network, "port"), "6380"),
            ((Group::Tls, "tls-port"), "1"),
            ((Group::Snapshotting, "dbfilename"), "a b"),
        ]));
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
        let some = |numbers: u32, value: &'static str| -> Lines<'static> {
            let chosen = all.iter().enumerate().filter(|(at, _)| numbers >> at & 1 == 1);
            chosen.map(|(_, key)| (*key, value)).collect()
        };
        for numbers in 0..1 << 10 {
            let (below, above) = (some(numbers & 31, "0"), some(numbers >> 5, "1"));
            let laid = block(&below).overlaid(&block(&above));
            let both = block(&below.into_iter().chain(above).collect());
            assert_eq!(laid.0, both.overlaid(&Block::default()).0, "{numbers:b}");
            assert_eq!(laid.0, both.text);
        }
    }

    #[test]
    fn what_cannot_be_written_leaves_nothing_behind() {
        let mut block = block(&Lines::from([((Group::Network, "port"), "1")]));
        let write = |text: &mut String| push_line(text, "dir", &["a\0"]).map(|()| Vec::new());
        assert!(block.add(Section::Known(Group::Snapshotting), "dir", write).is_err());
        assert_eq!(block.overlaid(&Block::default()).0, "# Network\nport 1\n");
    }

    #[test]
    fn a_comment_cannot_become_a_directive() {
        let mut text = String::new();
        push_comment(&mut text, "a\nport 1\r\u{2028}\0");
        assert_eq!(text, "# a\\nport 1\\r\\u{2028}\\0\n");
    }
}
