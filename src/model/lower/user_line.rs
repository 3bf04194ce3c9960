//! `user` lines under `config`: their rules are judged as those of declared users are, and a password in them
//! is a secret in the spec.

use super::config::Subject;
use crate::catalog::acl;
use crate::diag::{Code, Finding};
use crate::model::users::judge;
use crate::source::{At, Span};
use crate::spec::literal_secret;
use crate::text::Word;
use crate::text::acl::{AclRule, read_words};

/// What is wrong with the arguments of a `user` line, which stands at `span`.
pub(super) fn problem(args: &[Vec<u8>], span: Span, subject: Subject<'_>) -> Option<Finding> {
    let (_, rules) = args.split_first()?;
    let word = |rule: &Vec<u8>| Word { value: rule.clone(), span: crate::text::Span::new(0, rule.len()) };
    let words: Vec<Word> = rules.iter().map(word).collect();
    let read = read_words(&words);
    let literal = |rule: &AclRule| matches!(rule, AclRule::AddPassword(_) | AclRule::RemovePassword(_));
    if read.rules.iter().any(|rule| literal(&rule.rule)) {
        let mut finding = literal_secret(At::new("a password of a `user` line", span)).of(subject.deployment);
        // A line cannot be a reference; a declared user has one for each password.
        finding.help = vec!["declare the user under `users`, with its `passwords`".to_owned()];
        return Some(finding);
    }
    let target = subject.target;
    let why = match read.errors.first() {
        Some(error) => Some(error.problem.to_string()),
        None => [target.versions.first, target.versions.last].into_iter().find_map(|version| {
            let open = acl::behaviour(target.engine, version).is_some_and(|known| known.channels_open);
            let refused = judge(&read.rules, target.engine, version, open);
            refused.first().map(|judged| judged.problem.to_string())
        }),
    };
    let title = format!("a rule of a `user` line is refused: {}", why?);
    let finding = Finding::new(Code::InvalidAcl, span, title)
        .help("declare the user under `users`: there each rule is shown by itself");
    Some(finding.of(subject.deployment))
}
