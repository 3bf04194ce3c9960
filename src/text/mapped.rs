use super::Span;

/// Bytes after some unquoting or joining, each with the place that it came from.
#[derive(Clone, Default)]
pub(super) struct Mapped {
    bytes: Vec<u8>,
    places: Vec<Span>,
}

impl Mapped {
    /// Text that stands in its source byte for byte, from `offset` on.
    pub(super) fn verbatim(bytes: &[u8], offset: u32) -> Self {
        let mut mapped = Self::default();
        for (index, &byte) in bytes.iter().enumerate() {
            mapped.push(byte, Span::new(index, index + 1).shifted(offset));
        }
        mapped
    }

    pub(super) fn push(&mut self, byte: u8, place: Span) {
        self.bytes.push(byte);
        self.places.push(place);
    }

    /// Adds a word: byte for byte where it was written without quotes, else with its whole span.
    pub(super) fn push_word(&mut self, value: &[u8], span: Span) {
        let verbatim = span.range().len() == value.len();
        for (index, &byte) in value.iter().enumerate() {
            let place = if verbatim { Span::new(index, index + 1).shifted(span.start) } else { span };
            self.push(byte, place);
        }
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Drops the bytes from `len` on.
    pub(super) fn truncate(&mut self, len: usize) {
        self.bytes.truncate(len);
        self.places.truncate(len);
    }

    /// Where byte `index` came from.
    pub(super) fn place(&self, index: usize) -> Span {
        self.places.get(index).or(self.places.last()).copied().unwrap_or_default()
    }

    /// Where the bytes of `span`, a span in these bytes, came from.
    pub(super) fn source(&self, span: Span) -> Span {
        let first = self.place(span.start as usize);
        if span.is_empty() {
            return Span { start: first.start, end: first.start };
        }
        first.to(self.place(span.end as usize - 1))
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (u8, Span)> + '_ {
        self.bytes.iter().copied().zip(self.places.iter().copied())
    }
}
