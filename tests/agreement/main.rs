//! `judge` and the servers' own parsers give the same verdict: for every directive of every server at hand,
//! values made from its type and bounds, texts that know nothing of the catalogue, and the known traps.
//! What is accepted is then started for real, and CONFIG GET prints what [`Value::printed`] says.
//!
//! [`Value::printed`]: cachewright::value::Value::printed

#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod files;
mod lines;
mod start;
#[path = "../support/mod.rs"]
mod support;
mod target;
mod values;

use lines::{Line, lines};
use support::probe::{self, Verdict};
use support::servers::{Engine, Server, Servers};
use target::target;

/// Disagreements that are printed per server.
const SHOWN: usize = 40;

#[test]
fn the_parsers_agree() {
    let mut disagreements = 0;
    for (turn, server) in servers().enumerate() {
        let target = target(server);
        let lines = lines(&target, turn);
        let texts: Vec<&str> = lines.iter().map(|line| line.text.as_str()).collect();
        let verdicts = probe::each(server, &texts);
        let wrong: Vec<String> =
            lines.iter().zip(&verdicts).filter_map(|(line, verdict)| disagreement(line, verdict)).collect();
        let refused = verdicts.iter().filter(|verdict| !verdict.is_accepted()).count();
        println!("{server}: {} lines tried, {refused} refused, {} disagreements", lines.len(), wrong.len());
        wrong.iter().take(SHOWN).for_each(|story| println!("    {story}"));
        disagreements += wrong.len();
    }
    assert_eq!(disagreements, 0, "see above");
}

/// The servers that the catalogue knows: not redict, a fork of Redis 7.2 with directives of 7.4.
fn servers() -> impl Iterator<Item = &'static Server> {
    Servers::redis_like().filter(|server| server.engine != Engine::Redict)
}

/// The difference between our verdict, or our quotation of the server's words, and the server's.
fn disagreement(line: &Line, verdict: &Verdict) -> Option<String> {
    let theirs = match verdict {
        Verdict::Accepted => None,
        Verdict::Refused { message, .. } => Some(message.clone()),
        Verdict::Crashed { story } => return Some(format!("{:?}: the server crashed: {story}", line.text)),
    };
    if line.refusal.is_some() != theirs.is_some() {
        return Some(format!("{:?}: we say {:?}, the server {theirs:?}", line.text, line.refusal));
    }
    let quoted = line.words.as_ref().zip(theirs.as_ref()).filter(|(ours, theirs)| ours != theirs);
    quoted.map(|(ours, theirs)| format!("{:?}: we quote {ours:?}, the server says {theirs:?}", line.text))
}

#[test]
fn the_servers_print_our_canonical_form() {
    let mut disagreements = 0;
    for (turn, server) in servers().enumerate() {
        let target = target(server);
        let report = start::compare(server, &target, &lines(&target, turn));
        println!(
            "{server}: {} values started in {} runs, {} printed otherwise",
            report.tried,
            report.starts,
            report.wrong.len()
        );
        report.wrong.iter().take(SHOWN).for_each(|story| println!("    {story}"));
        disagreements += report.wrong.len();
    }
    assert_eq!(disagreements, 0, "see above");
}

#[test]
fn whole_files_start_as_we_say() {
    let mut disagreements = 0;
    for server in servers() {
        let (tried, wrong) = files::compare(server, &target(server));
        println!("{server}: {tried} files tried, {} disagreements", wrong.len());
        wrong.iter().take(SHOWN).for_each(|story| println!("    {story}"));
        disagreements += wrong.len();
    }
    assert_eq!(disagreements, 0, "see above");
}
