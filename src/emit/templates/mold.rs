//! What one of our templates makes, with holes for texts that differ from file to file.
//!
//! Thousands of nodes have units that differ in a handful of texts, which the template places and does not look
//! at. So the template runs once, with marks for these texts, and what it made is the mold for all of them.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use super::Problem;

/// Stands at both ends of a mark. Hardly a text of a record holds it; where one does, there is no mold.
const SIGN: char = '\u{1}';
/// How a sign looks in a key.
const SIGN_IN_KEY: &str = "\\u0001";
/// What stands for texts while a mold is made.
const MARKS: [&str; 7] =
    ["\u{1}0\u{1}", "\u{1}1\u{1}", "\u{1}2\u{1}", "\u{1}3\u{1}", "\u{1}4\u{1}", "\u{1}5\u{1}", "\u{1}6\u{1}"];

/// The marks for so many texts.
pub(super) fn marks<'t, const N: usize>() -> [&'t str; N] {
    const { assert!(N <= MARKS.len()) };
    std::array::from_fn(|number| MARKS[number])
}

/// The last mold of each template: what differs in more than texts comes by the deployment.
#[derive(Debug, Default)]
pub(super) struct Molds(Mutex<BTreeMap<&'static str, (String, Mold)>>);

#[derive(Debug)]
struct Mold(Vec<Part>);

#[derive(Debug)]
enum Part {
    Text(String),
    /// The number of a text.
    Hole(usize),
}

impl Molds {
    /// Fills texts into the mold of a template and a record that has marks in their places; `render` runs the
    /// template, where there is no such mold yet. None where a mold cannot be made.
    pub(super) fn fill<R: Serialize>(
        &self,
        template: &'static str,
        marked: &R,
        texts: &[&str],
        render: impl FnOnce() -> Result<String, Problem>,
    ) -> Result<Option<String>, Problem> {
        let Ok(key) = serde_json::to_string(marked) else { return Ok(None) };
        let mut molds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, mold)) = molds.get(template)
            && *known == key
        {
            return Ok(Some(mold.fill(texts)));
        }
        if !has_marks_alone(&key) {
            return Ok(None);
        }
        let mold = Mold::of(&render()?);
        let text = mold.fill(texts);
        molds.insert(template, (key, mold));
        Ok(Some(text))
    }
}

/// Whether every sign in a key belongs to a mark, and no mark is there twice.
fn has_marks_alone(key: &str) -> bool {
    let parts: Vec<&str> = key.split(SIGN_IN_KEY).collect();
    let mut marks: Vec<&str> = parts.iter().skip(1).step_by(2).copied().collect();
    let count = marks.len();
    marks.sort_unstable();
    marks.dedup();
    let is_mark = |mark: &&str| mark.len() == 1 && mark.as_bytes()[0].is_ascii_digit();
    parts.len() == 2 * count + 1 && marks.len() == count && marks.iter().all(is_mark)
}

impl Mold {
    /// Of a text with marks.
    fn of(text: &str) -> Self {
        let part = |(at, part): (usize, &str)| match part.parse() {
            Ok(number) if at % 2 == 1 => Part::Hole(number),
            _ => Part::Text(part.to_owned()),
        };
        Mold(text.split(SIGN).enumerate().map(part).collect())
    }

    fn fill(&self, texts: &[&str]) -> String {
        let part = |part| match part {
            &Part::Hole(number) => texts[number],
            Part::Text(text) => text,
        };
        self.0.iter().map(part).collect::<Vec<&str>>().concat()
    }
}

#[cfg(test)]
mod tests {
    use minijinja::{Environment, context};

    use super::*;

    fn fill(molds: &Molds, texts: [&str; 2], flag: &str, runs: &mut usize) -> Option<String> {
        let mut environment = Environment::new();
        environment.add_template("t", "{% if a %}<{{ a }}|{{ b }}|{{ a }}>{% endif %}{{ flag }} 1").unwrap();
        let [a, b] = marks::<2>();
        let render = || {
            *runs += 1;
            Ok(environment.get_template("t").unwrap().render(context! { a, b, flag }).unwrap())
        };
        molds.fill("t", &[a, b, flag], &texts, render).unwrap()
    }

    #[test]
    fn the_template_runs_once_for_texts_that_differ() {
        let (molds, mut runs) = (Molds::default(), 0);
        assert_eq!(fill(&molds, ["x", ""], "f", &mut runs).unwrap(), "<x||x>f 1");
        assert_eq!(fill(&molds, ["0", "{{ y }}"], "f", &mut runs).unwrap(), "<0|{{ y }}|0>f 1");
        assert_eq!(runs, 1);
        assert_eq!(fill(&molds, ["x", "y"], "g", &mut runs).unwrap(), "<x|y|x>g 1");
        assert_eq!(runs, 2);
    }

    #[test]
    fn what_may_be_taken_for_a_mark_makes_no_mold() {
        let (molds, mut runs) = (Molds::default(), 0);
        assert_eq!(fill(&molds, ["x", "y"], "\u{1}", &mut runs), None);
        assert_eq!(fill(&molds, ["x", "y"], "\\u0001", &mut runs), None);
        assert_eq!(fill(&molds, ["x", "y"], "\u{1}0\u{1}", &mut runs), None, "a mark for another text");
        assert_eq!(fill(&molds, ["x", "y"], "\u{1}7\u{1}\u{1}", &mut runs), None);
        assert_eq!(
            fill(&molds, ["\u{1}", "\u{1}0\u{1}"], "f", &mut runs).unwrap(),
            "<\u{1}|\u{1}0\u{1}|\u{1}>f 1"
        );
        assert_eq!(runs, 1);
    }
}
