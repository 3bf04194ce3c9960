//! Replies in Redis's protocol, in the form that is spoken to whoever asks for no other (RESP2): where each ends, and what
//! it says. Nothing is copied: settings of many servers come by the ten thousand.

use std::ops::Range;

use super::link::LONGEST_LINE;

/// How deep lists may stand in lists; what servers are asked here is answered with two levels.
const DEEPEST: usize = 8;

/// What a server answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reply<'h> {
    /// A text, or a number in digits; empty where the server says that there is none.
    Text(&'h [u8]),
    /// An error, in the server's words.
    Error(&'h [u8]),
    /// A list of replies.
    List(Vec<Reply<'h>>),
}

/// The bytes are no reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Garbage;

impl<'h> Reply<'h> {
    /// Reads the bytes of one whole reply.
    pub(super) fn read(bytes: &'h [u8]) -> Result<Self, Garbage> {
        let mut at = 0;
        let reply = Reply::read_at(bytes, &mut at, DEEPEST)?;
        if at == bytes.len() { Ok(reply) } else { Err(Garbage) }
    }

    /// What a text says; none where it is no text.
    pub(super) fn into_text(self) -> Option<&'h [u8]> {
        match self {
            Reply::Text(text) => Some(text),
            Reply::Error(_) | Reply::List(_) => None,
        }
    }

    fn read_at(bytes: &'h [u8], at: &mut usize, deep: usize) -> Result<Self, Garbage> {
        let (head, body) = Head::read(bytes, *at)?.ok_or(Garbage)?;
        *at = body;
        match head {
            Head::Line(line) => Ok(Reply::Text(line)),
            Head::Error(line) => Ok(Reply::Error(line)),
            Head::Text(length) => {
                *at = end_of_text(bytes, body, length)?.ok_or(Garbage)?;
                Ok(Reply::Text(&bytes[body..body + length]))
            }
            Head::List(_) if deep == 0 => Err(Garbage),
            // What a server says of a length is not believed before it is seen.
            Head::List(length) => {
                let mut items = Vec::with_capacity(length.min(bytes.len() / 3));
                for _ in 0..length {
                    items.push(Reply::read_at(bytes, at, deep - 1)?);
                }
                Ok(Reply::List(items))
            }
        }
    }
}

/// Finds the replies in what has been heard so far, one after the other; what it has seen it does not look at again.
#[derive(Debug, Default)]
pub(super) struct Frames {
    /// Where the reply begins that is looked at.
    begin: usize,
    /// How far it has been seen.
    at: usize,
    /// How many replies must end before it does: itself, and those in its lists.
    open: usize,
}

impl Frames {
    /// Where the next reply stands, as soon as all of it has been heard.
    pub(super) fn next(&mut self, heard: &[u8]) -> Result<Option<Range<usize>>, Garbage> {
        if self.open == 0 {
            (self.begin, self.open) = (self.at, 1);
        }
        while self.open > 0 {
            let Some((head, body)) = Head::read(heard, self.at)? else { return Ok(None) };
            let (end, within) = match head {
                Head::Line(_) | Head::Error(_) => (Some(body), 0),
                Head::Text(length) => (end_of_text(heard, body, length)?, 0),
                Head::List(length) => (Some(body), length),
            };
            let Some(end) = end else { return Ok(None) };
            self.at = end;
            self.open = (self.open - 1).checked_add(within).ok_or(Garbage)?;
        }
        Ok(Some(self.begin..self.at))
    }
}

/// The first line of a reply.
enum Head<'h> {
    Line(&'h [u8]),
    Error(&'h [u8]),
    /// A text of so many bytes follows.
    Text(usize),
    /// So many replies follow.
    List(usize),
}

impl<'h> Head<'h> {
    /// The line that begins there, and where it ends; none while it has not been heard.
    fn read(heard: &'h [u8], at: usize) -> Result<Option<(Self, usize)>, Garbage> {
        let Some((kind, rest)) = heard.get(at..).and_then(<[u8]>::split_first) else { return Ok(None) };
        if !b"+-:$*".contains(kind) {
            return Err(Garbage);
        }
        let Some(length) = rest.iter().take(LONGEST_LINE).position(|byte| *byte == b'\r') else {
            return if rest.len() < LONGEST_LINE { Ok(None) } else { Err(Garbage) };
        };
        match rest.get(length + 1) {
            Some(b'\n') => {}
            Some(_) => return Err(Garbage),
            None => return Ok(None),
        }
        let line = &rest[..length];
        let head = match kind {
            b'+' | b':' => Head::Line(line),
            b'-' => Head::Error(line),
            _ if line == b"-1" => Head::Line(b""),
            b'$' => Head::Text(count(line)?),
            _ => Head::List(count(line)?),
        };
        Ok(Some((head, at + 1 + length + 2)))
    }
}

fn count(digits: &[u8]) -> Result<usize, Garbage> {
    std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok()).ok_or(Garbage)
}

/// Where a text ends that begins there, with its line end; none while that has not been heard.
fn end_of_text(heard: &[u8], begin: usize, length: usize) -> Result<Option<usize>, Garbage> {
    let end = begin.checked_add(length).and_then(|end| end.checked_add(2)).ok_or(Garbage)?;
    match heard.get(end - 2..end) {
        Some(b"\r\n") => Ok(Some(end)),
        Some(_) => Err(Garbage),
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The replies that are heard whole, by whatever pieces they come in.
    fn heard(bytes: &[u8], piece: usize) -> Result<Vec<Reply<'_>>, Garbage> {
        let mut frames = Frames::default();
        let mut replies = Vec::new();
        let mut until = 0;
        while until < bytes.len() {
            until = bytes.len().min(until + piece);
            while let Some(range) = frames.next(&bytes[..until])? {
                replies.push(Reply::read(&bytes[range])?);
            }
        }
        Ok(replies)
    }

    #[test]
    fn replies_are_read_in_whatever_pieces_they_come() {
        let bytes = b"+OK\r\n*3\r\n$4\r\na\r\nb\r\n:7\r\n*1\r\n$0\r\n\r\n-NOPERM no\r\n$-1\r\n*-1\r\n*0\r\n";
        let text = Reply::Text;
        let expected = vec![
            text(b"OK"),
            Reply::List(vec![text(b"a\r\nb"), text(b"7"), Reply::List(vec![text(b"")])]),
            Reply::Error(b"NOPERM no"),
            text(b""),
            text(b""),
            Reply::List(vec![]),
        ];
        for piece in 1..=bytes.len() {
            assert_eq!(heard(bytes, piece).as_ref(), Ok(&expected), "in pieces of {piece}");
        }
    }

    #[test]
    fn what_is_no_reply_is_found_at_once() {
        let deep = "*1\r\n".repeat(100_000);
        let endless = format!("+{}", "x".repeat(LONGEST_LINE));
        let endless_deep = format!("{deep}:1\r\n");
        let cases = [
            "HTTP/1.1 400",
            "$x\r\n",
            "$-2\r\n",
            "*99999999999999999999\r\n",
            "$3\r\nabcde",
            "*2\r\n$18446744073709551615\r\n",
            "+a\rb",
            "",
            endless.as_str(),
            endless_deep.as_str(),
        ];
        let wrong: Vec<&str> =
            cases.into_iter().filter(|case| heard(case.as_bytes(), 1 << 20).is_ok()).collect();
        assert_eq!(wrong, [""]);
        // A length that nothing follows is waited for, and no memory is taken for it.
        for begun in ["*1000000000\r\n", "$1000000000\r\nabc", &deep] {
            assert_eq!(heard(begun.as_bytes(), 7), Ok(vec![]), "{begun:.20}");
        }
    }

    /// As the redis crate reads it.
    fn by_redis(value: redis::Value) -> Option<Owned> {
        Some(match value {
            redis::Value::BulkString(bytes) => Owned::Text(bytes),
            redis::Value::SimpleString(text) => Owned::Text(text.into_bytes()),
            redis::Value::Okay => Owned::Text(b"OK".to_vec()),
            redis::Value::Int(number) => Owned::Text(number.to_string().into_bytes()),
            redis::Value::Nil => Owned::Text(vec![]),
            redis::Value::Array(items) => {
                Owned::List(items.into_iter().map(by_redis).collect::<Option<_>>()?)
            }
            _ => return None,
        })
    }

    #[derive(Debug, Clone, PartialEq)]
    enum Owned {
        Text(Vec<u8>),
        List(Vec<Owned>),
    }

    fn owned(reply: &Reply<'_>) -> Owned {
        match reply {
            Reply::Text(text) | Reply::Error(text) => Owned::Text(text.to_vec()),
            Reply::List(items) => Owned::List(items.iter().map(owned).collect()),
        }
    }

    fn written(reply: &Owned, bytes: &mut Vec<u8>) {
        match reply {
            Owned::Text(text) => {
                bytes.extend(format!("${}\r\n", text.len()).bytes());
                bytes.extend(text);
                bytes.extend(b"\r\n");
            }
            Owned::List(items) => {
                bytes.extend(format!("*{}\r\n", items.len()).bytes());
                for item in items {
                    written(item, bytes);
                }
            }
        }
    }

    fn replies() -> impl Strategy<Value = Owned> {
        let text = prop::collection::vec(any::<u8>(), 0..20).prop_map(Owned::Text);
        text.prop_recursive(4, 40, 6, |inner| prop::collection::vec(inner, 0..6).prop_map(Owned::List))
    }

    proptest! {
        #[test]
        fn replies_are_read_as_the_redis_crate_reads_them(reply in replies(), piece in 1_usize..50) {
            let mut bytes = Vec::new();
            written(&reply, &mut bytes);
            let theirs = by_redis(redis::parse_redis_value(&bytes).unwrap());
            prop_assert_eq!(theirs.as_ref(), Some(&reply));
            let ours = heard(&bytes, piece).unwrap();
            prop_assert_eq!(ours.iter().map(owned).collect::<Vec<_>>(), vec![reply]);
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in "[-+:$*0-9a\r\n]{0,60}", piece in 1_usize..20) {
            let _ = heard(bytes.as_bytes(), piece);
        }
    }
}
