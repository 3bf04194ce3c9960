//! Arguments of memcached, as `getopt_long` of glibc and musl takes them apart.
//!
//! Here lives the splitting into options, values, operands and `-o` sub-options. The options
//! themselves are the catalogue's; callers pass them in as a table.

use std::fmt;

use super::{Format, Problem, Span, Unrepresentable, Word};

/// Whether an option has a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Takes {
    /// Never.
    Nothing,
    /// Always: `-m 64`, `-m64`, `--memory-limit 64`, `--memory-limit=64`.
    Value,
    /// Only as `--verbose=2`; never after the short form or a blank.
    OptionalLong,
}

/// One option that the program knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct OptionSpec<'a> {
    /// The long name without `--`.
    pub name: &'a str,
    /// The short form without `-`. Long names with one short form are one option to memcached.
    pub short: Option<char>,
    /// Whether it has a value.
    pub takes: Takes,
}

/// A place in a list of arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Place {
    /// Index of the argument.
    pub arg: usize,
    /// Bytes within it.
    pub span: Span,
}

/// One thing that the arguments say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item<'a> {
    /// An option.
    Option {
        /// Which one.
        spec: OptionSpec<'a>,
        /// The option as spelled: `-v` of `-vvv` is one byte, `--memory-limit` is all of it.
        place: Place,
        /// Its value.
        value: Option<Value>,
    },
    /// An argument that is no option. memcached ignores these without a word.
    Operand(Place),
    /// `--`: whatever follows is no option.
    Terminator(Place),
    /// An argument at which the program stops.
    Bad {
        /// The bytes to blame.
        place: Place,
        /// What is wrong with them.
        problem: Problem,
    },
}

/// The value of an option.
#[derive(Clone, PartialEq, Eq)]
pub struct Value {
    /// The bytes.
    pub bytes: Vec<u8>,
    /// Where they stand: in the option's own argument, or in the next.
    pub place: Place,
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Value({} bytes at {:?})", self.bytes.len(), self.place)
    }
}

/// Takes arguments apart; the program's own name must not be among them. Nothing is lost: with its
/// arguments, the items tell every byte. Errors are items too, and reading goes on after each.
///
/// Options may follow operands. Long names may be abbreviated as long as only one option fits.
pub fn read_argv<'a, A: AsRef<[u8]>>(args: &[A], specs: &[OptionSpec<'a>]) -> Vec<Item<'a>> {
    let mut reader = Reader { args: args.iter().map(AsRef::as_ref).collect(), specs, next: 0, items: vec![] };
    while reader.next < reader.args.len() {
        reader.argument();
    }
    reader.items
}

struct Reader<'s, 'a, 'b> {
    args: Vec<&'b [u8]>,
    specs: &'s [OptionSpec<'a>],
    next: usize,
    items: Vec<Item<'a>>,
}

impl<'b> Reader<'_, '_, 'b> {
    fn argument(&mut self) {
        let arg = self.next;
        let bytes = self.args[arg];
        let whole = Place { arg, span: Span::new(0, bytes.len()) };
        self.next += 1;
        match bytes {
            b"--" => {
                self.items.push(Item::Terminator(whole));
                while self.next < self.args.len() {
                    let span = Span::new(0, self.args[self.next].len());
                    self.items.push(Item::Operand(Place { arg: self.next, span }));
                    self.next += 1;
                }
            }
            [b'-', b'-', long @ ..] => self.long(arg, long),
            [b'-', _, ..] => self.bundle(arg, bytes),
            // A lone `-` is an operand.
            _ => self.items.push(Item::Operand(whole)),
        }
    }

    fn bad(&mut self, arg: usize, start: usize, end: usize, problem: Problem) {
        self.items.push(Item::Bad { place: Place { arg, span: Span::new(start, end) }, problem });
    }

    fn long(&mut self, arg: usize, text: &'b [u8]) {
        let equals = text.iter().position(|&byte| byte == b'=');
        let name = &text[..equals.unwrap_or(text.len())];
        let end = 2 + name.len();
        let spec = match self.find_long(name) {
            Ok(spec) => spec,
            Err(problem) => return self.bad(arg, 0, end, problem),
        };
        let inline = equals.map(|at| Value {
            bytes: text[at + 1..].to_vec(),
            place: Place { arg, span: Span::new(at + 3, text.len() + 2) },
        });
        let value = match (spec.takes, inline) {
            (Takes::Nothing, Some(_)) => {
                return self.bad(arg, end, text.len() + 2, Problem::UnexpectedValue);
            }
            (Takes::Value, None) => match self.take_next() {
                None => return self.bad(arg, 0, end, Problem::MissingValue),
                next => next,
            },
            (_, inline) => inline,
        };
        self.items.push(Item::Option { spec, place: Place { arg, span: Span::new(0, end) }, value });
    }

    /// `-vvm64`: short options until one takes the rest as its value.
    fn bundle(&mut self, arg: usize, bytes: &[u8]) {
        for (at, &byte) in bytes.iter().enumerate().skip(1) {
            let place = Place { arg, span: Span::new(at, at + 1) };
            let Some(spec) = self.find_short(byte) else {
                self.bad(arg, at, at + 1, Problem::UnknownOption);
                continue;
            };
            if spec.takes != Takes::Value {
                self.items.push(Item::Option { spec, place, value: None });
                continue;
            }
            let rest = &bytes[at + 1..];
            let value = if rest.is_empty() {
                self.take_next()
            } else {
                let place = Place { arg, span: Span::new(at + 1, bytes.len()) };
                Some(Value { bytes: rest.to_vec(), place })
            };
            match value {
                None => self.bad(arg, at, at + 1, Problem::MissingValue),
                value => self.items.push(Item::Option { spec, place, value }),
            }
            return;
        }
    }

    /// The next argument as a value, whatever it looks like.
    fn take_next(&mut self) -> Option<Value> {
        let bytes = self.args.get(self.next)?;
        let place = Place { arg: self.next, span: Span::new(0, bytes.len()) };
        self.next += 1;
        Some(Value { bytes: bytes.to_vec(), place })
    }
}

impl<'a> Reader<'_, 'a, '_> {
    fn find_short(&self, byte: u8) -> Option<OptionSpec<'a>> {
        self.specs.iter().find(|spec| spec.short == Some(char::from(byte))).copied()
    }

    fn find_long(&self, name: &[u8]) -> Result<OptionSpec<'a>, Problem> {
        if let Some(exact) = self.specs.iter().find(|spec| spec.name.as_bytes() == name) {
            return Ok(*exact);
        }
        let mut found: Option<OptionSpec<'a>> = None;
        for spec in self.specs.iter().filter(|spec| spec.name.as_bytes().starts_with(name)) {
            match found {
                // Two names of one option are no ambiguity.
                Some(first)
                    if first.short.is_none() || (first.short, first.takes) != (spec.short, spec.takes) =>
                {
                    return Err(Problem::AmbiguousOption);
                }
                Some(_) => {}
                None => found = Some(*spec),
            }
        }
        found.ok_or(Problem::UnknownOption)
    }
}

/// One entry of the value of `-o`, as `getsubopt` takes it apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubOption {
    /// What stands before the first `=`. Empty in `a,,b` and `=x`, which memcached refuses.
    pub name: Word,
    /// What stands after it.
    pub value: Option<Word>,
}

impl SubOption {
    /// What is wrong, if something is.
    pub fn problem(&self) -> Option<Problem> {
        self.name.value.is_empty().then_some(Problem::EmptySubOption)
    }
}

/// Splits the value of `-o` at its commas. Spans are relative to `value`. A comma at the end means
/// nothing.
pub fn read_sub_options(value: &[u8]) -> Vec<SubOption> {
    let mut start = 0;
    let mut options = Vec::new();
    if value.is_empty() {
        return options;
    }
    let value = value.strip_suffix(b",").unwrap_or(value);
    for part in value.split(|&byte| byte == b',') {
        let word = |from: usize, to: usize| Word {
            value: part[from..to].to_vec(),
            span: Span::new(start + from, start + to),
        };
        let equals = part.iter().position(|&byte| byte == b'=');
        let name = word(0, equals.unwrap_or(part.len()));
        options.push(SubOption { name, value: equals.map(|at| word(at + 1, part.len())) });
        start += part.len() + 1;
    }
    options
}

/// One argument for a long option: `--name` or `--name=value`, which no value can be mistaken in.
///
/// # Errors
/// A NUL byte, which no argument can hold.
pub fn write_option(name: &str, value: Option<&str>) -> Result<String, Unrepresentable> {
    let text = value.map_or_else(|| format!("--{name}"), |value| format!("--{name}={value}"));
    match text.find('\0') {
        Some(_) => Err(Unrepresentable::new(Format::Argv, "a value", "holds a NUL byte")),
        None => Ok(text),
    }
}

/// A file of arguments, one a line, each with its line break.
///
/// # Errors
/// A line break or NUL byte in an argument.
pub fn write_lines<A: AsRef<str>>(args: &[A]) -> Result<String, Unrepresentable> {
    let mut text = String::new();
    for arg in args {
        let arg = arg.as_ref();
        if let Some(at) = arg.find(['\n', '\0']) {
            let reason = "holds a line break or a NUL byte";
            return Err(
                Unrepresentable::new(Format::Argv, "an argument of a file of arguments", reason).at(at)
            );
        }
        text.push_str(arg);
        text.push('\n');
    }
    Ok(text)
}

/// The value of `-o` for several sub-options.
///
/// # Errors
/// A comma in a value, or a NUL byte; a name that is empty or holds a comma or `=`.
pub fn write_sub_options(options: &[(&str, Option<&str>)]) -> Result<String, Unrepresentable> {
    let refuse = |what, reason| Unrepresentable::new(Format::Argv, what, reason);
    let mut parts = Vec::new();
    for (name, value) in options {
        if name.is_empty() || name.contains([',', '=', '\0']) {
            return Err(refuse(
                "the name of an `-o` option",
                "is empty, or holds a comma, `=` or a NUL byte",
            ));
        }
        if let Some(at) = value.and_then(|value| value.find([',', '\0'])) {
            let reason = "holds a comma, which would end it, or a NUL byte";
            return Err(refuse("the value of an `-o` option", reason).at(at));
        }
        parts.push(value.map_or_else(|| (*name).to_owned(), |value| format!("{name}={value}")));
    }
    Ok(parts.join(","))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const fn spec(name: &'static str, short: char, takes: Takes) -> OptionSpec<'static> {
        OptionSpec { name, short: Some(short), takes }
    }

    const SPECS: &[OptionSpec<'static>] = &[
        spec("memory-limit", 'm', Takes::Value),
        spec("memory-file", 'e', Takes::Value),
        spec("verbose", 'v', Takes::OptionalLong),
        spec("extended", 'o', Takes::Value),
        spec("enable-sasl", 'S', Takes::Nothing),
        spec("enable-sasl-too", 'S', Takes::Nothing),
    ];

    /// Items in short: `m=64`, `v`, `(operand)`, `--`, `!Problem at place`.
    fn read(line: &str) -> Vec<String> {
        let args: Vec<&str> = line.split(' ').collect();
        let show =
            |place: Place| String::from_utf8_lossy(place.span.of(args[place.arg].as_bytes())).into_owned();
        read_argv(&args, SPECS)
            .into_iter()
            .map(|item| match item {
                Item::Option { spec, value, .. } => {
                    let value = value.map(|value| {
                        assert_eq!(show(value.place).as_bytes(), value.bytes);
                        format!("={}", show(value.place))
                    });
                    format!("{}{}", spec.short.unwrap_or('?'), value.unwrap_or_default())
                }
                Item::Operand(place) => format!("({})", show(place)),
                Item::Terminator(_) => "--".into(),
                Item::Bad { place, problem } => format!("!{problem:?} {}", show(place)),
            })
            .collect()
    }

    #[test]
    fn every_way_to_give_a_value() {
        assert_eq!(read("-m 64 -m64 --memory-limit 64 --memory-limit=64"), ["m=64"; 4]);
        assert_eq!(read("-m -v --memory-limit --"), ["m=-v", "m=--"]);
        assert_eq!(read("--memory-limit="), ["m="]);
        assert_eq!(read("-m=64"), ["m==64"]);
    }

    #[test]
    fn bundles() {
        assert_eq!(read("-vvSm64 -vm 32"), ["v", "v", "S", "m=64", "v", "m=32"]);
        assert_eq!(read("-vxm"), ["v", "!UnknownOption x", "!MissingValue m"]);
    }

    #[test]
    fn abbreviations() {
        assert_eq!(read("--memory-l=1 --verb --enable"), ["m=1", "v", "S"]);
        assert_eq!(read("--mem 1"), ["!AmbiguousOption --mem", "(1)"]);
        assert_eq!(read("--nope=1"), ["!UnknownOption --nope"]);
    }

    #[test]
    fn optional_and_unexpected_values() {
        assert_eq!(read("--verbose=2 --verbose 2"), ["v=2", "v", "(2)"]);
        assert_eq!(read("--enable-sasl=yes"), ["!UnexpectedValue =yes"]);
        assert_eq!(read("--memory-limit"), ["!MissingValue --memory-limit"]);
    }

    #[test]
    fn operands_and_the_terminator() {
        assert_eq!(read("a -v - -- -v"), ["(a)", "v", "(-)", "--", "(-v)"]);
    }

    #[test]
    fn sub_options() {
        let options = read_sub_options(b"a,b=c=d,,ext_path=/d:5G,");
        let names: Vec<_> = options.iter().map(|option| option.name.lossy()).collect();
        assert_eq!(names, ["a", "b", "", "ext_path"]);
        assert_eq!(options[1].value.as_ref().unwrap().value, b"c=d");
        assert_eq!(options[3].value.as_ref().unwrap().span, Span::new(18, 23));
        assert_eq!(options[2].problem(), Some(Problem::EmptySubOption));
        assert!(read_sub_options(b"").is_empty());
        assert_eq!(read_sub_options(b",")[0].problem(), Some(Problem::EmptySubOption));
    }

    #[test]
    fn writing() {
        assert_eq!(write_option("memory-limit", Some("-1")).unwrap(), "--memory-limit=-1");
        assert!(write_option("user", Some("a\0")).is_err());
        assert_eq!(write_lines(&["-v", "--port=1"]).unwrap(), "-v\n--port=1\n");
        assert_eq!(write_lines(&["-v", "a\nb"]).unwrap_err().at, Some(1));
        let options = [("modern", None), ("ext_path", Some("/d:5G"))];
        assert_eq!(write_sub_options(&options).unwrap(), "modern,ext_path=/d:5G");
        assert_eq!(write_sub_options(&[("ext_path", Some("/a,b"))]).unwrap_err().at, Some(2));
        assert!(write_sub_options(&[("", None)]).is_err());
    }

    proptest! {
        #[test]
        fn every_byte_is_told(args in proptest::collection::vec("[-mvoSex=a]{0,6}", 0..5)) {
            // Items are in order, and each argument is spoken of, except bundles' dashes.
            let items = read_argv(&args, SPECS);
            let mut seen = vec![false; args.len()];
            for item in &items {
                let places = match item {
                    Item::Option { place, value, .. } => vec![Some(*place), value.as_ref().map(|v| v.place)],
                    Item::Operand(place) | Item::Terminator(place) | Item::Bad { place, .. } => vec![Some(*place)],
                };
                for place in places.into_iter().flatten() {
                    prop_assert!(place.span.end as usize <= args[place.arg].len());
                    seen[place.arg] = true;
                }
            }
            prop_assert!(seen.into_iter().all(|seen| seen));
        }

        #[test]
        fn written_options_are_read(value in "[ -~]{0,8}") {
            let arg = write_option("memory-limit", Some(&value)).unwrap();
            match read_argv(&[arg], SPECS).as_slice() {
                [Item::Option { value: Some(read), .. }] => prop_assert_eq!(&read.bytes, value.as_bytes()),
                other => prop_assert!(false, "{:?}", other),
            }
        }

        #[test]
        fn written_sub_options_are_read(value in "[ -+.-~]{0,8}") {
            let text = write_sub_options(&[("a", Some(&value)), ("b", None)]).unwrap();
            let read = read_sub_options(text.as_bytes());
            prop_assert_eq!(&read[0].value.as_ref().unwrap().value, value.as_bytes());
            prop_assert_eq!(read.len(), 2);
        }
    }
}
