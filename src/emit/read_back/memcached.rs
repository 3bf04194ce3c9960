//! Debian's memcached.conf.

use std::ops::Range;

use crate::catalog::Target;
use crate::catalog::memcached::{self as catalog, MemcachedOption, Spelling};
use crate::text::argv::{Item as Arg, OptionSpec, Place, Takes, read_argv, read_sub_options};
use crate::text::memcached_conf::{MemcachedConf, MemcachedLineKind};
use crate::value::judge_option;

use super::ReadBack;
use super::compare::{Item, compare};
use super::difference::{Difference, What};

/// The option whose value is options.
const EXTENDED: &str = "extended";
/// The option that Debian's unit needs and a spec need not say: the template does.
const USER: &str = "user";

/// A file of options.
pub(in crate::emit) struct MemcachedReadBack<'a> {
    /// Who reads it.
    pub(in crate::emit) target: &'a Target,
    /// The node, and its deployment.
    pub(in crate::emit) node: [&'a str; 2],
    /// The model's lines.
    pub(in crate::emit) model: &'a str,
    /// Whether the model says which user it runs as.
    pub(in crate::emit) has_user: bool,
}

impl ReadBack for MemcachedReadBack<'_> {
    fn differences(&self, output: &str) -> Vec<Difference> {
        let written = MemcachedConf::parse(output);
        let mut differences: Vec<Difference> = unreadable(&written);
        let (model, _) = items(&MemcachedConf::parse(self.model));
        let (mut items, bad) = items(&written);
        differences.extend(bad);
        if !self.has_user {
            let mut one = false;
            items.retain(|item| item.key != USER || std::mem::replace(&mut one, true));
        }
        differences.extend(compare(&model, &items, |model, written| self.same(model, written)));
        differences
    }

    fn placeholder(&self) -> &'static str {
        "options"
    }

    fn file(&self) -> String {
        let [node, deployment] = self.node;
        format!("memcached.conf of `{node}` in `{deployment}`")
    }
}

/// Lines that the wrapper drops although they say something, and what its shell would trip over.
fn unreadable(conf: &MemcachedConf) -> Vec<Difference> {
    let lines = conf
        .lines()
        .iter()
        .filter(|line| matches!(line.kind, MemcachedLineKind::Dropped | MemcachedLineKind::Directive));
    let dropped = lines.map(|line| Difference {
        at: Some(line.span.range()),
        secret: false,
        what: What::Ignored { why: "Debian's wrapper drops it".to_owned() },
    });
    let errors = conf.errors().iter().map(|error| Difference {
        at: Some(error.span.range()),
        secret: false,
        what: What::Unreadable { why: error.problem.to_string() },
    });
    dropped.chain(errors).collect()
}

impl MemcachedReadBack<'_> {
    fn same(&self, model: &[&Item], written: &[&Item]) -> bool {
        let Some(option) = model.first().and_then(|item| catalog::option(&item.key)) else { return false };
        let value = |item: &Item| {
            let text = item.args.first().map(|value| String::from_utf8_lossy(value).into_owned());
            judge_option(option, text.as_deref(), self.target).value().cloned()
        };
        let equal = |(a, b): (&&Item, &&Item)| value(a).is_some() && value(a) == value(b);
        model.len() == written.len() && model.iter().zip(written).all(equal)
    }
}

/// The options of a file, those behind `-o` one by one, and what is no option.
fn items(conf: &MemcachedConf) -> (Vec<Item>, Vec<Difference>) {
    let words: Vec<&[u8]> = conf.words().iter().map(|word| word.value.as_slice()).collect();
    let range = |place: Place| conf.words().get(place.arg).map_or(0..0, |word| word.span.range());
    let (mut items, mut bad) = (Vec::new(), Vec::new());
    for arg in read_argv(&words, &specs()) {
        match arg {
            Arg::Option { spec, place, value } if spec.name == EXTENDED => {
                let value = value.map(|value| value.bytes).unwrap_or_default();
                for sub in read_sub_options(&value) {
                    let argument = sub.value.map(|value| value.value);
                    items.push(item(&sub.name.lossy(), argument, range(place)));
                }
            }
            Arg::Option { spec, place, value } => {
                items.push(item(spec.name, value.map(|value| value.bytes), range(place)));
            }
            Arg::Operand(place) | Arg::Terminator(place) => {
                let why = "memcached does not look at what is no option".to_owned();
                bad.push(Difference { at: Some(range(place)), secret: false, what: What::Ignored { why } });
            }
            Arg::Bad { place, problem } => bad.push(no_option(range(place), problem.to_string())),
        }
    }
    (items, bad)
}

fn no_option(at: Range<usize>, why: String) -> Difference {
    Difference { at: Some(at), secret: false, what: What::Unreadable { why } }
}

fn item(name: &str, value: Option<Vec<u8>>, range: Range<usize>) -> Item {
    let shown = match &value {
        Some(value) => format!("{name}={}", String::from_utf8_lossy(value)),
        None => name.to_owned(),
    };
    Item { key: name.to_owned(), shown, args: value.into_iter().collect(), range, secret: false }
}

/// Every option that stands on a command line by itself.
fn specs() -> Vec<OptionSpec<'static>> {
    let flag = |option: &'static MemcachedOption| match option.spelling {
        Spelling::Flag { short, .. } => {
            let takes = option.revisions.last().is_some_and(catalog::OptionFacts::takes_value);
            let takes = if takes { Takes::Value } else { Takes::Nothing };
            Some(OptionSpec { name: option.name, short: Some(short), takes })
        }
        Spelling::Extended => None,
    };
    catalog::options().iter().filter_map(flag).collect()
}
