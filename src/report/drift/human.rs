//! For people: a line where all is well; else what differs by deployment, each thing once, then what is no drift,
//! what could not be read and who could not be asked, and the sums.

use crate::drift::{Class, Difference, Mend};
use crate::model::{AnyNode, Model};
use crate::report::counted;

use super::advice::advice;
use super::rows::{ALARM, BOLD, Below, GREEN, Page, Row};
use super::same::{Block, blocks, groups};
use super::{Look, Told, live, wanted};

/// The most nodes that are named where all nodes of a deployment are meant.
const NAMED: usize = 8;

pub(super) fn render(told: &Told<'_>, look: Look) -> String {
    let mut page = Page::new(look);
    let moved = |class| class == Class::Moved && !told.deny_moved;
    tables(told, &mut page, None, |class| class.counts(told.deny_moved));
    tables(
        told,
        &mut page,
        Some("no drift: moved by the servers, by time, or mended by the next start"),
        moved,
    );
    unreadable(told, &mut page);
    unobserved(told, &mut page);
    page.space();
    sums(told, &mut page);
    page.text
}

pub(super) fn unobserved_only(told: &Told<'_>, look: Look) -> String {
    let mut page = Page::new(look);
    unreadable(told, &mut page);
    unobserved(told, &mut page);
    page.text
}

/// Only the sums.
pub(super) fn last_line(told: &Told<'_>, look: Look) -> String {
    let mut page = Page::new(look);
    sums(told, &mut page);
    page.text
}

/// What differs and is of some classes, a table for each deployment.
fn tables(told: &Told<'_>, page: &mut Page, heading: Option<&str>, keep: impl Fn(Class) -> bool) {
    let mut heading = heading;
    for (name, places) in groups(told.reports) {
        let blocks = blocks(told.reports, &places, &keep);
        if blocks.is_empty() {
            continue;
        }
        page.space();
        if let Some(heading) = heading.take() {
            let heading = page.paint(BOLD, heading);
            page.line(&heading);
        }
        let rows: Vec<Vec<Row>> = blocks.iter().map(rows_of).collect();
        let columns = page.columns(rows.iter().flatten());
        page.title(&name, columns);
        for (block, rows) in blocks.iter().zip(&rows) {
            page.words("  ", &nodes(told, block), BOLD);
            for row in rows {
                page.row(row, columns);
            }
        }
    }
}

fn rows_of(block: &Block<'_>) -> Vec<Row> {
    let mut rows: Vec<Row> = block.differences.iter().map(|one| row(one)).collect();
    // One restart mends them all: it is said once, behind the last of them.
    for at in 1..rows.len() {
        let restart = |at: usize| matches!(block.differences[at].mend, Some(Mend::Restart));
        if restart(at - 1) && restart(at) && rows[at - 1].below.len() == 1 {
            rows[at - 1].below.clear();
        }
    }
    rows
}

fn row(difference: &Difference) -> Row {
    let note = difference.note.clone().map(Below::Words);
    let standing = difference.standing.map(|standing| Below::Words(standing.to_string()));
    let mend = difference.mend.as_ref().map(|mend| match mend {
        Mend::Command(text) => Below::Command(text.clone()),
        Mend::Restart | Mend::ByHand(_) => Below::Words(format!("mend: {mend}")),
    });
    Row {
        subject: difference.subject.to_string(),
        wanted: wanted(difference),
        live: live(difference),
        below: note.into_iter().chain(standing).chain(mend).collect(),
    }
}

/// The nodes of a block, in words.
fn nodes(told: &Told<'_>, block: &Block<'_>) -> String {
    if let [one] = block.nodes.as_slice() {
        let id = told.reports[*one].node.id();
        return format!("{id} ({})", address(told, *one));
    }
    let ids: Vec<String> = block.nodes.iter().map(|at| told.reports[*at].node.id().to_string()).collect();
    let count = ids.len();
    let all = block.nodes.first().is_some_and(|at| siblings(told.model, &told.reports[*at].node) == count);
    match all {
        true if count > NAMED => format!("all {count} nodes"),
        true => format!("all {count} nodes: {}", ids.join(", ")),
        false => ids.join(", "),
    }
}

/// How many nodes stand in what a node belongs to.
fn siblings(model: &Model, node: &AnyNode<'_>) -> usize {
    AnyNode::all(model).filter(|other| other.declared().span == node.declared().span).count()
}

fn address(told: &Told<'_>, at: usize) -> String {
    let Some(route) = told.routes.get(at) else { return String::new() };
    match &route.via {
        Some(via) => format!("{} via {via}", route.address),
        None => route.address.to_string(),
    }
}

/// What could not be read on nodes that were observed.
fn unreadable(told: &Told<'_>, page: &mut Page) {
    let mut heading = Some("could not be read or compared");
    for (name, places) in groups(told.reports) {
        for block in blocks(told.reports, &places, |class| class == Class::Unreadable) {
            if let Some(heading) = heading.take() {
                page.space();
                let heading = page.paint(ALARM, heading);
                page.line(&heading);
            }
            page.words("  ", &format!("{name}: {}", nodes(told, &block)), BOLD);
            for one in block.differences {
                let note = one.note.as_deref().unwrap_or("nothing is known of it");
                page.words("    ", &format!("{}: {note}", one.subject), anstyle::Style::new());
            }
        }
    }
}

/// Nodes of which nothing is known, a line each, and what to do below those that it holds for.
fn unobserved(told: &Told<'_>, page: &mut Page) {
    let mut told_last: Option<String> = None;
    let mut first = true;
    let say = |page: &mut Page, advice: Option<String>| {
        if let Some(advice) = advice {
            page.words("    ", &advice, anstyle::Style::new());
        }
    };
    for (at, report) in told.reports.iter().enumerate() {
        let Err(trouble) = &report.outcome else { continue };
        if std::mem::take(&mut first) {
            page.space();
            let heading = page.paint(ALARM, "not observed");
            page.line(&heading);
        }
        let advice = told.routes.get(at).map(|route| advice(trouble, route));
        if told_last.is_some() && told_last != advice {
            say(page, told_last.take());
        }
        told_last = advice;
        let name = format!("  {} ({})  ", report.node.name(), address(told, at));
        page.beside(&name, &trouble.to_string());
    }
    say(page, told_last);
}

/// The last line.
fn sums(told: &Told<'_>, page: &mut Page) {
    let tally = told.tally();
    let mut more = Vec::new();
    if tally.moved > 0 {
        more.push(format!("{} moved, which is no drift", tally.moved));
    }
    if let Some(baseline) = told.baseline.filter(|_| tally.accepted > 0) {
        more.push(format!("{} accepted in {}", counted(tally.accepted, "difference"), baseline.name));
    }
    let compared = counted(tally.nodes - tally.unobserved, "node");
    if tally.drift + tally.unknown() == 0 {
        let line = std::iter::once(format!("no drift: {compared} compared")).chain(more);
        page.words("", &line.collect::<Vec<_>>().join("; "), GREEN);
        return;
    }
    let mut parts = Vec::new();
    if tally.drift > 0 {
        let nodes = counted(tally.drifted, "node");
        parts.push(format!("{} on {nodes}", counted(tally.drift, "difference")));
    } else if tally.unobserved < tally.nodes {
        parts.push(format!("no drift seen on {compared}"));
    }
    if tally.unreadable > 0 {
        parts.push(format!("{} not read", counted(tally.unreadable, "thing")));
    }
    if tally.unobserved > 0 {
        parts.push(format!("{} not observed", counted(tally.unobserved, "node")));
    }
    let line = format!("{}: {}", counted(tally.nodes, "node"), [parts, more].concat().join(", "));
    page.words("", &line, ALARM);
}
