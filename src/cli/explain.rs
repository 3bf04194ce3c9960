//! `cachewright explain`.

use super::args::ExplainArgs;
use super::exit::Exit;
use super::output::Output;
use crate::check::{RULES, rule};
use crate::explain;
use crate::spec::nearest;

pub(super) fn run(args: &ExplainArgs, output: &mut Output) -> Exit {
    let Some(name) = &args.rule else {
        let text = explain::list().render(output.width());
        output.out(text);
        return Exit::Clean;
    };
    match rule(name) {
        Some(rule) => {
            output.out(explain::text(rule));
            Exit::Clean
        }
        None => {
            let near = nearest(name, RULES.iter().map(|rule| rule.code.name()));
            let hint = match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => "`cachewright explain` lists them".to_owned(),
            };
            output.usage(&format!("there is no rule `{name}`; {hint}"))
        }
    }
}
