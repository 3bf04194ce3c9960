//! `cachewright explain`.

use super::args::ExplainArgs;
use super::exit::Exit;
use super::output::Output;
use crate::check::{RULES, rule};
use crate::diag::CodeKind;
use crate::explain;
use crate::report::table::Table;
use crate::spec::nearest;

pub(super) fn run(args: &ExplainArgs, output: &mut Output) -> Exit {
    let Some(name) = &args.rule else {
        let mut table = Table::with_header(["RULE", "GROUP", "LEVEL", "WHAT IT FINDS"]);
        for rule in RULES {
            let level = match rule.code.kind() {
                CodeKind::Hard => "error",
                CodeKind::Lint => "lint",
            };
            table.row([rule.code.name(), rule.group.name(), level, rule.about]);
        }
        let text = table.render(output.width());
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
