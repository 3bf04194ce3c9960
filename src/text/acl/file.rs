use super::read::{Rules, read_words};
use super::rule::has_blank;
use crate::text::conf::Directive;
use crate::text::lines::{lines, trim};
use crate::text::{Problem, Span, SyntaxError, Word};

/// A file of users, as `ACLLoadFromFile` reads it: its bytes and what each line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AclFile {
    text: Vec<u8>,
    lines: Vec<AclLine>,
}

/// One line, up to and with its line break.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AclLine {
    /// The whole line.
    pub span: Span,
    /// The line without blanks at both ends and without its line break.
    pub content: Span,
    /// What it says.
    pub kind: AclLineKind,
}

/// What a line says to a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AclLineKind {
    /// Nothing.
    Blank,
    /// A user; there may be errors in its rules.
    User(AclUser),
    /// A line that servers refuse as a whole.
    Bad(SyntaxError),
}

/// A user as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AclUser {
    /// The name. Empty after two spaces: that is how servers read `user  on`.
    pub name: Word,
    /// What follows the name.
    pub rules: Rules,
}

impl AclFile {
    /// Reads a file. Never fails: what servers refuse is in [`AclFile::errors`].
    pub fn parse(text: impl Into<Vec<u8>>) -> Self {
        let text = text.into();
        let read = |span| {
            let content = trim(&text, span, b" \t\r\n");
            AclLine { span, content, kind: read_line(&text, span, content) }
        };
        let lines = lines(&text).into_iter().map(read).collect();
        Self { text, lines }
    }

    /// All lines, in order.
    pub fn lines(&self) -> &[AclLine] {
        &self.lines
    }

    /// The file, byte for byte.
    pub fn to_bytes(&self) -> &[u8] {
        &self.text
    }

    /// The bytes of a span of this file.
    pub fn bytes(&self, span: Span) -> &[u8] {
        span.of(&self.text)
    }

    /// The users, each with the index of its line. A name may come twice: 6.x takes the last, 7.0 refuses.
    pub fn users(&self) -> impl Iterator<Item = (usize, &AclUser)> {
        self.lines.iter().enumerate().filter_map(|(index, line)| match &line.kind {
            AclLineKind::User(user) => Some((index, user)),
            _ => None,
        })
    }

    /// Everything that is wrong, in order of lines.
    pub fn errors(&self) -> impl Iterator<Item = &SyntaxError> {
        self.lines.iter().flat_map(|line| match &line.kind {
            AclLineKind::Blank => &[],
            AclLineKind::User(user) => user.rules.errors.as_slice(),
            AclLineKind::Bad(error) => std::slice::from_ref(error),
        })
    }
}

fn read_line(text: &[u8], span: Span, content: Span) -> AclLineKind {
    if let Some(nul) = span.of(text).iter().position(|&byte| byte == 0) {
        let place = Span::new(nul, nul + 1).shifted(span.start);
        return AclLineKind::Bad(SyntaxError::new(place, Problem::Nul));
    }
    if content.is_empty() {
        return AclLineKind::Blank;
    }
    let words = split_words(text, content);
    match words.as_slice() {
        [user, name, rules @ ..] if user.value == b"user" => {
            if has_blank(&name.value) {
                return AclLineKind::Bad(SyntaxError::new(name.span, Problem::AclName));
            }
            let rules: Vec<Word> = rules.iter().map(|word| trim_word(text, word)).collect();
            AclLineKind::User(AclUser { name: name.clone(), rules: read_words(&rules) })
        }
        _ if content.of(text).starts_with(b"#") => {
            AclLineKind::Bad(SyntaxError::new(content, Problem::AclComment))
        }
        _ => AclLineKind::Bad(SyntaxError::new(content, Problem::AclNotUser)),
    }
}

/// Splits at each single space: two in a row have an empty word between them.
fn split_words(text: &[u8], content: Span) -> Vec<Word> {
    let mut start = content.start as usize;
    content
        .of(text)
        .split(|&byte| byte == b' ')
        .map(|part| {
            let span = Span::new(start, start + part.len());
            start += part.len() + 1;
            Word { value: part.to_vec(), span }
        })
        .collect()
}

/// Servers trim tabs and line breaks from each rule, but only after they joined selectors: an opening
/// or closing parenthesis next to a tab is not seen as one.
fn trim_word(text: &[u8], word: &Word) -> Word {
    let span = trim(text, word.span, b"\t\r\n");
    let value = span.of(text);
    let opens = value.starts_with(b"(") && !value.ends_with(b")");
    if word.value.starts_with(b"(") || opens { word.clone() } else { Word { value: value.to_vec(), span } }
}

/// Reads a `user` line of redis.conf, where `user` has no case, quotes work and nothing is trimmed.
///
/// # Errors
/// No name, or one with blanks. Errors in the rules are inside the result.
pub fn read_conf_user(line: &Directive) -> Result<AclUser, SyntaxError> {
    let word = |arg: &crate::text::conf::Arg| Word { value: arg.value.clone(), span: arg.span };
    let Some((name, rules)) = line.args.split_first().filter(|_| line.is("user")) else {
        return Err(SyntaxError::new(line.span(), Problem::AclNotUser));
    };
    if has_blank(&name.value) {
        return Err(SyntaxError::new(name.span, Problem::AclName));
    }
    let rules: Vec<Word> = rules.iter().map(word).collect();
    Ok(AclUser { name: word(name), rules: read_words(&rules) })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::text::acl::AclRule;
    use crate::text::conf::ConfDoc;

    fn problems(text: &str) -> Vec<Problem> {
        AclFile::parse(text).errors().map(|error| error.problem).collect()
    }

    #[test]
    fn a_usual_file() {
        let file = AclFile::parse("user default off\r\n\r\n  user app on  >p#w ~app:* \t\r\n");
        assert_eq!(problems(std::str::from_utf8(file.to_bytes()).unwrap()), []);
        let (index, app) = file.users().nth(1).unwrap();
        assert_eq!((index, app.name.lossy().as_ref()), (2, "app"));
        assert_eq!(app.rules.rules.len(), 3);
        assert_eq!(file.bytes(app.rules.rules[1].span), b">p#w");
    }

    #[test]
    fn what_servers_refuse() {
        assert_eq!(
            problems("# c\nUSER a on\nuser\nuser\ta on\nalice on\n"),
            [
                Problem::AclComment,
                Problem::AclNotUser,
                Problem::AclNotUser,
                Problem::AclNotUser,
                Problem::AclNotUser,
            ]
        );
        assert_eq!(problems("user a\tb on"), [Problem::AclName]);
        assert_eq!(
            problems("user a \"on\" nope\nuser b \0"),
            [Problem::AclUnknownRule, Problem::AclUnknownRule, Problem::Nul,]
        );
    }

    #[test]
    fn two_spaces_before_the_name_make_it_empty() {
        let file = AclFile::parse("user  alice on");
        let (_, user) = file.users().next().unwrap();
        assert!(user.name.value.is_empty());
        assert_eq!(file.bytes(user.rules.errors[0].span), b"alice");
    }

    #[test]
    fn tabs_at_the_ends_of_rules_are_dropped() {
        let file = AclFile::parse("user a \ton\t +get\tx (~a\t +get)");
        let rules = &file.users().next().unwrap().1.rules;
        assert_eq!(rules.rules[0].rule, AclRule::On);
        assert_eq!(rules.errors[0].problem, Problem::AclBlank);
        assert!(matches!(&rules.rules[1].rule, AclRule::Selector(inner) if inner.len() == 2));
        // `+get)` is then a rule of its own, of a command that no server has.
        assert_eq!(problems("user a \t(~a +get)"), [Problem::AclUnknownRule]);
        assert_eq!(problems("user a (~a)\t on"), [Problem::AclUnclosedSelector]);
    }

    #[test]
    fn user_lines_of_redis_conf() {
        let doc = ConfDoc::parse("USER a on \">two words\" (~x +get)\nuser\nuser 'a b'\n");
        let mut users = doc.directives().map(|(_, line)| read_conf_user(line));
        let user = users.next().unwrap().unwrap();
        assert_eq!(user.rules.rules.len(), 3);
        assert_eq!(doc.bytes(user.rules.rules[1].span), b"\">two words\"");
        assert_eq!(doc.bytes(user.rules.rules[2].inner[1]), b"+get");
        assert_eq!(users.next().unwrap().unwrap_err().problem, Problem::AclNotUser);
        assert_eq!(users.next().unwrap().unwrap_err().problem, Problem::AclName);
    }

    proptest! {
        #[test]
        fn any_bytes_survive(text in proptest::collection::vec(any::<u8>(), 0..120)) {
            let file = AclFile::parse(text.clone());
            prop_assert_eq!(file.to_bytes(), &text[..]);
            prop_assert_eq!(file.lines().iter().map(|line| line.span.range().len()).sum::<usize>(), text.len());
        }

        #[test]
        fn any_rules_are_read(rules in "[-+@~%&()<>#!|RWa\"' \t=,0]{0,24}") {
            let text = format!("user a {rules}");
            for error in AclFile::parse(text.as_str()).errors() {
                prop_assert!(error.span.end as usize <= text.len());
            }
        }
    }
}
