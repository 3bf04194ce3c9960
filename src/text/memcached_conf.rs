//! Debian's /etc/memcached.conf, as the package's systemd-memcached-wrapper (1.6.18-1) reads it.
//!
//! The script strips comments, drops some lines, joins the others with spaces and hands the whole to
//! Perl's `exec`, which splits it at blanks, or gives it to sh as soon as one character of it could mean
//! something there. So there is quoting after all, and a quote may even close on a later line.
//!
//! The older start-memcached differs only in lines that do not start with `-`: it knows `logfile` and
//! dies at any other, where the wrapper ignores them all.

use super::lines::{is_space, lines};
use super::mapped::Mapped;
use super::{Format, Problem, Span, SyntaxError, Unrepresentable, Word};

/// A file, how its lines are read, and the arguments that memcached gets from it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemcachedConf {
    text: Vec<u8>,
    lines: Vec<MemcachedLine>,
    words: Vec<Word>,
    errors: Vec<SyntaxError>,
}

/// One line, up to and with its line break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemcachedLine {
    /// The whole line.
    pub span: Span,
    /// What becomes of it.
    pub kind: MemcachedLineKind,
}

/// What becomes of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemcachedLineKind {
    /// Nothing: it is blank, a comment, or a lone `0`.
    Blank,
    /// Nothing: it starts with `-d` or `-h`, and whatever follows on the line goes with it.
    Dropped,
    /// Nothing: it starts with a word and a blank, such as `logfile /var/log/memcached.log`.
    Directive,
    /// Its text becomes arguments. So does a lone word without `-`.
    Arguments,
}

impl MemcachedConf {
    /// Reads a file. Never fails: what goes wrong is in [`MemcachedConf::errors`].
    pub fn parse(text: impl Into<Vec<u8>>) -> Self {
        let text = text.into();
        let mut errors = Vec::new();
        let mut joined = Mapped::default();
        let mut read = Vec::new();
        for span in lines(&text) {
            if let Some(nul) = span.of(&text).iter().position(|&byte| byte == 0) {
                let place = Span::new(nul, nul + 1).shifted(span.start);
                errors.push(SyntaxError::new(place, Problem::Nul));
            }
            let kept = strip(&text, span);
            let kind = kind_of(kept.bytes());
            if kind == MemcachedLineKind::Arguments {
                if !joined.bytes().is_empty() {
                    joined.push(b' ', Span { start: span.start, end: span.start });
                }
                kept.iter().for_each(|(byte, place)| joined.push(byte, place));
            }
            read.push(MemcachedLine { span, kind });
        }
        let words = split(&joined, &mut errors);
        Self { text, lines: read, words, errors }
    }

    /// All lines, in order.
    pub fn lines(&self) -> &[MemcachedLine] {
        &self.lines
    }

    /// The file, byte for byte.
    pub fn to_bytes(&self) -> &[u8] {
        &self.text
    }

    /// The arguments that the file gives. Where there are none, the script adds `-u root` itself; it does
    /// so in no other case.
    pub fn words(&self) -> &[Word] {
        &self.words
    }

    /// What goes wrong: an unclosed quote, a NUL byte, or text that sh would expand or run. Where words
    /// depend on such, they are given as written.
    pub fn errors(&self) -> &[SyntaxError] {
        &self.errors
    }
}

/// The line without comments and without blanks at its ends. A comment reaches from a `#` without a
/// backslash before it up to the next `#`, which is looked at anew.
fn strip(text: &[u8], span: Span) -> Mapped {
    let line = span.of(text);
    let mut kept = Mapped::default();
    let mut comment = false;
    for (index, &byte) in line.iter().enumerate() {
        if byte == b'#' {
            comment = index == 0 || line[index - 1] != b'\\';
        }
        if !comment && (!is_space(byte) || !kept.bytes().is_empty()) {
            kept.push(byte, Span::new(index, index + 1).shifted(span.start));
        }
    }
    let blanks = kept.bytes().iter().rev().take_while(|&&byte| is_space(byte)).count();
    kept.truncate(kept.bytes().len() - blanks);
    kept
}

fn kind_of(line: &[u8]) -> MemcachedLineKind {
    match line {
        b"" | b"0" => MemcachedLineKind::Blank,
        [b'-', b'd' | b'h', ..] => MemcachedLineKind::Dropped,
        [b'-', ..] => MemcachedLineKind::Arguments,
        // The directive's name is tested for truth, and "0" is false.
        [b'0', next, ..] if is_space(*next) => MemcachedLineKind::Arguments,
        _ if line.iter().any(|&byte| is_space(byte)) => MemcachedLineKind::Directive,
        _ => MemcachedLineKind::Arguments,
    }
}

/// The characters that make Perl's `exec` start a shell (`do_exec3` in doio.c).
const SHELL_BYTES: &[u8] = b"$&*(){}[]'\";\\|?<>~`\n";

fn split(joined: &Mapped, errors: &mut Vec<SyntaxError>) -> Vec<Word> {
    if joined.bytes().iter().any(|byte| SHELL_BYTES.contains(byte)) {
        return ShellWords { text: joined, at: 0, errors }.split();
    }
    let mut words: Vec<Word> = Vec::new();
    let mut inside = false;
    for (byte, place) in joined.iter() {
        match (is_space(byte), words.last_mut().filter(|_| inside)) {
            (true, _) => inside = false,
            (false, Some(word)) => {
                word.value.push(byte);
                word.span = word.span.to(place);
            }
            (false, None) => {
                words.push(Word { value: vec![byte], span: place });
                inside = true;
            }
        }
    }
    words
}

/// The words of a command of sh: quotes and backslashes are taken away. Nothing is expanded; file
/// patterns stand for themselves, as they do where no file matches.
struct ShellWords<'a> {
    text: &'a Mapped,
    at: usize,
    errors: &'a mut Vec<SyntaxError>,
}

impl ShellWords<'_> {
    fn split(mut self) -> Vec<Word> {
        let mut words = Vec::new();
        while let Some(byte) = self.peek(0) {
            match byte {
                b' ' | b'\t' => self.at += 1,
                b'#' => break,
                _ => words.push(self.word()),
            }
        }
        words
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.text.bytes().get(self.at + ahead).copied()
    }

    fn word(&mut self) -> Word {
        let start = self.at;
        let mut value = Vec::new();
        if self.peek(0) == Some(b'~') {
            self.report(start, start + 1, Problem::ShellExpansion);
        }
        while let Some(byte) = self.peek(0) {
            match byte {
                b' ' | b'\t' => break,
                b'\'' | b'"' => self.quoted(byte, &mut value),
                b'\\' => {
                    value.push(self.peek(1).unwrap_or(b'\\'));
                    self.at += 2;
                }
                _ => self.push(byte, b"$`;&|<>()", &mut value),
            }
        }
        let end = self.at.min(self.text.bytes().len());
        Word { value, span: self.text.source(Span::new(start, end)) }
    }

    fn quoted(&mut self, quote: u8, value: &mut Vec<u8>) {
        let open = self.at;
        self.at += 1;
        while let Some(byte) = self.peek(0) {
            match (byte, self.peek(1)) {
                (byte, _) if byte == quote => {
                    self.at += 1;
                    return;
                }
                (b'\\', Some(next)) if quote == b'"' && b"$`\"\\".contains(&next) => {
                    value.push(next);
                    self.at += 2;
                }
                _ => self.push(byte, if quote == b'"' { b"$`" } else { b"" }, value),
            }
        }
        self.report(open, open + 1, Problem::UnclosedQuote);
    }

    fn push(&mut self, byte: u8, special: &[u8], value: &mut Vec<u8>) {
        if special.contains(&byte) {
            self.report(self.at, self.at + 1, Problem::ShellExpansion);
        }
        value.push(byte);
        self.at += 1;
    }

    fn report(&mut self, start: usize, end: usize, problem: Problem) {
        self.errors.push(SyntaxError::new(self.text.source(Span::new(start, end)), problem));
    }
}

/// One line for one option: its arguments, quoted where needed, without a line break.
///
/// # Errors
/// A first argument that does not start with `-`, or with `-d` or `-h`, whose lines the script drops; a
/// line break or NUL byte.
pub fn write_line<A: AsRef<str>>(args: &[A]) -> Result<String, Unrepresentable> {
    let refuse = |what, reason| Unrepresentable::new(Format::MemcachedConf, what, reason);
    match args.first().map(AsRef::as_ref) {
        Some(first) if first.starts_with("-d") || first.starts_with("-h") => {
            return Err(refuse(
                "an option",
                "starts with `-d` or `-h`, and the start script drops such lines",
            ));
        }
        Some(first) if first.starts_with('-') => {}
        _ => return Err(refuse("an option", "does not start with `-`")),
    }
    let mut words = Vec::new();
    for arg in args {
        let arg = arg.as_ref();
        if let Some(at) = arg.find(['\0', '\n']) {
            return Err(refuse("an argument", "holds a line break or a NUL byte").at(at));
        }
        words.push(quote(arg));
    }
    Ok(words.join(" "))
}

/// Single quotes around what sh or Perl could take for something else. A `#` stands outside of them, for
/// only a backslash keeps it from starting a comment.
fn quote(arg: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || "_-./:,@%+=".contains(c);
    if arg.is_empty() {
        return "''".into();
    }
    let mut quoted = String::with_capacity(arg.len());
    let mut open = false;
    for c in arg.chars() {
        let escaped = matches!(c, '#' | '\'');
        if open == (escaped || bare(c)) {
            quoted.push('\'');
            open = !open;
        }
        if escaped {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    if open {
        quoted.push('\'');
    }
    quoted
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::MemcachedLineKind::{Arguments, Blank, Directive, Dropped};
    use super::*;

    fn words(text: &str) -> Vec<String> {
        MemcachedConf::parse(text).words().iter().map(|word| word.lossy().into_owned()).collect()
    }

    fn problems(text: &str) -> Vec<(Problem, Span)> {
        let conf = MemcachedConf::parse(text);
        conf.errors().iter().map(|error| (error.problem, error.span)).collect()
    }

    #[test]
    fn a_usual_file() {
        let text =
            "# memcached\n-d\nlogfile /var/log/memcached.log\n\n-m 64 # megabytes\r\n-l 127.0.0.1\n-vv";
        assert_eq!(words(text), ["-m", "64", "-l", "127.0.0.1", "-vv"]);
        let conf = MemcachedConf::parse(text);
        let kinds: Vec<_> = conf.lines().iter().map(|line| line.kind).collect();
        assert_eq!(kinds, [Blank, Dropped, Directive, Blank, Arguments, Arguments, Arguments]);
        let limit = &conf.words()[1];
        assert_eq!(limit.span.of(conf.to_bytes()), b"64");
        assert_eq!(conf.errors(), []);
    }

    #[test]
    fn lines_that_vanish() {
        assert_eq!(words("-daemon -m 64\n-h\n0\nport 1\n--daemon\n"), ["--daemon"]);
        assert_eq!(words("PORT=\"11211\"\n0 x\n"), ["PORT=11211", "0", "x"]);
    }

    #[test]
    fn comments_end_at_the_next_hash() {
        assert_eq!(words("-m 64 # a # b\n"), ["-m", "64"]);
        assert_eq!(words("-S a\\#b#c\n"), ["-S", "a#b"]);
        // The second hash has a backslash before it and is kept, the backslash is not.
        assert_eq!(words("-S x#a\\#b\n"), ["-S", "x#b"]);
    }

    #[test]
    fn quotes_work_because_a_shell_is_started() {
        assert_eq!(
            words("-s '/run/a b'\n-u \"x\\\"y\"\n-l [::1]"),
            ["-s", "/run/a b", "-u", "x\"y", "-l", "[::1]"]
        );
        // Across lines, joined by one space.
        assert_eq!(words("-s 'a\n-b'"), ["-s", "a -b"]);
    }

    #[test]
    fn what_a_shell_would_do_is_an_error() {
        assert_eq!(problems("-m $X"), [(Problem::ShellExpansion, Span::new(3, 4))]);
        assert_eq!(
            problems("-m 1\n-s ~/x; \"`\""),
            [
                (Problem::ShellExpansion, Span::new(8, 9)),
                (Problem::ShellExpansion, Span::new(11, 12)),
                (Problem::ShellExpansion, Span::new(14, 15)),
            ]
        );
        assert_eq!(problems("-s 'a"), [(Problem::UnclosedQuote, Span::new(3, 4))]);
        assert_eq!(problems("-m 1\0")[0].0, Problem::Nul);
    }

    #[test]
    fn writing() {
        assert_eq!(write_line(&["-m", "64"]).unwrap(), "-m 64");
        assert_eq!(write_line(&["-s", "/run/a b#c'd"]).unwrap(), r"-s /run/a' 'b\#c\'d");
        assert_eq!(write_line(&["--user=", ""]).unwrap(), "--user= ''");
        for bad in [&["-d"][..], &["-h"], &["m"], &[""], &[], &["-m", "a\nb"], &["-m", "\0"]] {
            assert!(write_line(bad).is_err(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_survive(text in proptest::collection::vec(any::<u8>(), 0..120)) {
            let conf = MemcachedConf::parse(text.clone());
            prop_assert_eq!(conf.to_bytes(), &text[..]);
        }

        #[test]
        fn any_syntax_is_read(text in "[-dh0ax#'\"\\\\$~ \n]{0,24}") {
            let conf = MemcachedConf::parse(text.as_str());
            for word in conf.words() {
                prop_assert!(word.span.end as usize <= text.len() && !word.span.is_empty());
            }
        }

        #[test]
        fn what_is_written_is_read_back(first in "-[a-cA-Z][ -~\t]{0,4}", rest in "[ -~\tä\r]{0,8}") {
            let args = [first, rest];
            let line = write_line(&args).unwrap();
            prop_assert_eq!(words(&format!("-v\n{line}\n-v"))[1..3].to_vec(), args.to_vec());
            prop_assert_eq!(problems(&line), vec![]);
        }
    }
}
