//! Reading a manifest part by part: of a large fleet its text takes megabytes.
//!
//! As we write it, a line shows where each record ends. A text in which that fails is read as a whole: somebody laid
//! the same JSON out anew, or it is no manifest, and the JSON reader says why.

use std::borrow::Cow;
use std::fs;
use std::io::{self, Read, Seek as _};

use serde::Deserialize;

/// How much is read at once.
const PART: u64 = 64 << 10;
/// No head of ours is longer.
const HEAD: usize = 64 << 10;
/// What stands before the first record.
const FILES: &[u8] = b"\n  \"files\": [\n";
/// What stands between two records: the end of the first, the comma, the line break.
const BETWEEN: &[u8] = b"\n    },\n";
/// What stands behind the list of records.
const END: &[u8] = b"\n}\n";

/// What a manifest says of all files together.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) format: u32,
    pub(super) spec: Option<String>,
}

/// What it says of one file.
#[derive(Deserialize)]
pub(super) struct File<'m> {
    #[serde(borrow)]
    pub(super) path: Cow<'m, str>,
    #[serde(borrow)]
    pub(super) sha256: Cow<'m, str>,
    #[serde(default)]
    secrets: Vec<Slot>,
}

#[derive(Deserialize)]
struct Slot {
    filled: bool,
}

impl File<'_> {
    /// Whether it was rendered with secrets in it.
    pub(super) fn holds_secrets(&self) -> bool {
        self.secrets.iter().any(|slot| slot.filled)
    }
}

#[derive(Deserialize)]
struct Whole<'m> {
    format: u32,
    spec: Option<String>,
    #[serde(borrow)]
    files: Vec<File<'m>>,
}

/// Why there is nothing to be read.
#[derive(Debug)]
pub(super) enum Unread {
    /// The system says why.
    Io(io::Error),
    /// It is no manifest.
    Json(serde_json::Error),
}

/// Reads a manifest: its head, and what `note` makes of its files.
pub(super) fn read<T: Default>(
    mut from: fs::File,
    note: impl Fn(&mut T, &File<'_>),
) -> Result<(Head, T), Unread> {
    let mut made = T::default();
    let head = in_parts(&mut from, PART, |file| note(&mut made, file)).map_err(Unread::Io)?;
    if let Some(head) = head {
        return Ok((head, made));
    }
    let mut text = Vec::new();
    from.rewind().and_then(|()| from.read_to_end(&mut text)).map_err(Unread::Io)?;
    let Whole { format, spec, files } = serde_json::from_slice(&text).map_err(Unread::Json)?;
    let mut made = T::default();
    for file in &files {
        note(&mut made, file);
    }
    Ok((Head { format, spec }, made))
}

/// Reads what is laid out as we do it, so much at once. None where it is not.
fn in_parts(from: &mut impl Read, part: u64, mut note: impl FnMut(&File<'_>)) -> io::Result<Option<Head>> {
    let mut note = |list: &[u8]| -> bool {
        let files = serde_json::from_slice::<Vec<File<'_>>>(list);
        files.is_ok_and(|files| {
            files.iter().for_each(&mut note);
            true
        })
    };
    let (mut head, mut text) = (None, Vec::new());
    loop {
        let more = from.take(part).read_to_end(&mut text)?;
        if head.is_none() {
            head = take_head(&mut text);
        }
        if more == 0 || (head.is_none() && text.len() > HEAD) {
            let ends = text.strip_suffix(END).is_some_and(&mut note);
            return Ok(head.filter(|_| ends));
        }
        if head.is_none() {
            continue;
        }
        let between = text.windows(BETWEEN.len()).rposition(|window| window == BETWEEN);
        if let Some(comma) = between.map(|at| at + BETWEEN.len() - 2) {
            // The list ends here for now, and goes on as another one.
            text[comma] = b']';
            if !note(&text[..=comma]) {
                return Ok(None);
            }
            text[comma] = b'[';
            text.drain(..comma);
        }
    }
}

/// Takes away what stands before the list of records.
fn take_head(text: &mut Vec<u8>) -> Option<Head> {
    let end = text.windows(FILES.len()).position(|window| window == FILES)? + FILES.len();
    let whole = [&text[..end], b"]}"].concat();
    let Whole { format, spec, .. } = serde_json::from_slice(&whole).ok()?;
    text.drain(..end - b"[\n".len());
    Some(Head { format, spec })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(files: usize) -> String {
        let file = |number: usize| {
            let secrets =
                serde_json::json!([{ "secret": "env P", "place": "user a", "filled": number == 1 }]);
            serde_json::json!({ "path": format!("a\\\"\n    }},\n/{number}"), "sha256": "0", "secrets": secrets })
        };
        let files: Vec<_> = (0..files).map(file).collect();
        let whole = serde_json::json!({ "format": 1, "spec": "shop", "files": files });
        serde_json::to_string_pretty(&whole).unwrap() + "\n"
    }

    fn read_text(text: &str) -> Result<(Head, Vec<(String, bool)>), Unread> {
        let mut file = tempfile::tempfile().unwrap();
        io::Write::write_all(&mut file, text.as_bytes()).unwrap();
        file.rewind().unwrap();
        read(file, |files: &mut Vec<_>, file| files.push((file.path.to_string(), file.holds_secrets())))
    }

    #[test]
    fn parts_of_any_length_are_the_whole() {
        for files in 1..4 {
            let text = manifest(files);
            let (head, whole) = read_text(&text).unwrap();
            assert_eq!((head.format, head.spec.as_deref(), whole.len()), (1, Some("shop"), files));
            for part in [1, 2, 50, 200, 1000] {
                let mut found = Vec::new();
                let note = |file: &File<'_>| found.push((file.path.to_string(), file.holds_secrets()));
                assert_eq!(in_parts(&mut text.as_bytes(), part, note).unwrap().as_ref(), Some(&head));
                assert_eq!(found, whole, "{part}");
            }
        }
    }

    #[test]
    fn what_is_laid_out_otherwise_is_read_too() {
        let text = manifest(3);
        let files = read_text(&text).unwrap().1;
        let compact = serde_json::from_str::<serde_json::Value>(&text).unwrap().to_string();
        let unindented: String = text.lines().map(str::trim_start).collect();
        for other in [compact, unindented, text.trim_end().to_owned(), text.replace("\n    {", "\n      {")] {
            assert_eq!(read_text(&other).unwrap().1, files, "{other}");
        }
        assert!(read_text(&manifest(0)).unwrap().1.is_empty());
        for broken in ["", "{}", text.split_at(text.len() / 2).0, &text.replace("\n    },\n", "\n    }\n")] {
            assert!(matches!(read_text(broken), Err(Unread::Json(_))), "{broken}");
        }
    }
}
