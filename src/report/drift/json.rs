//! Drift as JSON, for programs. `docs/drift.md` describes the document; a change that could break a reader raises
//! [`VERSION`].

use serde::Serialize;

use super::Told;
use super::advice::advice;
use crate::drift::{Accepted, Difference, Side, Standing};
use crate::source::{Sources, Span};

/// The name of the format, in the field `format`.
const FORMAT: &str = "cachewright.drift";
/// The version of the format, in the field `version`.
const VERSION: u32 = 1;

pub(super) fn render(told: &Told<'_>) -> String {
    let tally = told.tally();
    let document = Document {
        format: FORMAT,
        version: VERSION,
        spec: &told.model.name,
        asked_at: told.asked_at,
        nodes: (0..told.reports.len()).map(|at| node(told, at)).collect(),
        baseline: told.baseline.map(|baseline| BaselineJson {
            file: baseline.name,
            remarks: baseline
                .remarks
                .iter()
                .map(|remark| RemarkJson {
                    problem: remark.problem.name(),
                    message: &remark.text,
                    place: place(baseline.sources, remark.span),
                })
                .collect(),
        }),
        summary: SummaryJson {
            nodes: tally.nodes,
            unobserved: tally.unobserved,
            drifted: tally.drifted,
            drift: tally.drift,
            moved: tally.moved,
            unreadable: tally.unreadable,
            accepted: tally.accepted,
        },
    };
    // Structs of strings and numbers always serialize; an error could only be shown.
    let mut text = serde_json::to_string_pretty(&document).unwrap_or_else(|error| error.to_string());
    text.push('\n');
    text
}

fn node<'a>(told: &Told<'a>, at: usize) -> NodeJson<'a> {
    let report = &told.reports[at];
    let route = told.routes.get(at);
    let trouble = report.outcome.as_ref().err().map(|trouble| TroubleJson {
        kind: trouble.kind().name(),
        message: trouble.to_string(),
        help: route.map(|route| advice(trouble, route)),
    });
    NodeJson {
        deployment: report.node.group(),
        node: report.node.id().to_string(),
        host: &told.model.host(report.node.host()).name.value,
        address: route.map(|route| route.address.to_string()),
        via: route.and_then(|route| route.via.as_ref()).map(ToString::to_string),
        observed: report.outcome.is_ok(),
        trouble,
        differences: report.differences().iter().map(|one| difference(told, one)).collect(),
        accepted: report.accepted.iter().map(|one| accepted(told, one)).collect(),
    }
}

fn difference<'a>(told: &Told<'a>, one: &'a Difference) -> DifferenceJson<'a> {
    DifferenceJson {
        subject: SubjectJson { kind: one.subject.kind(), name: one.subject.name() },
        class: one.class.name(),
        drift: one.class.counts(told.deny_moved),
        wanted: side(&one.wanted),
        live: side(&one.live),
        mend: one.mend.as_ref().map(|mend| MendJson { kind: mend.kind(), text: mend.to_string() }),
        note: one.note.as_deref(),
        standing: one.standing.map(Standing::name),
        place: one.span.map(|span| place(told.sources, span)),
    }
}

fn accepted<'a>(told: &Told<'a>, one: &'a Accepted) -> AcceptedJson<'a> {
    AcceptedJson {
        difference: DifferenceJson { drift: false, ..difference(told, &one.difference) },
        reason: &one.reason,
        until: one.until.to_string(),
    }
}

fn side(side: &Side) -> SideJson<'_> {
    match side {
        Side::Text(text) => SideJson { kind: "text", text: Some(text) },
        Side::Secret => SideJson { kind: "secret", text: None },
        Side::Absent => SideJson { kind: "absent", text: None },
        Side::Unknown => SideJson { kind: "unknown", text: None },
    }
}

fn place(sources: &Sources, span: Span) -> PlaceJson<'_> {
    let place = sources.locate(span);
    PlaceJson { file: place.file, line: place.at.line, column: place.at.column }
}

#[derive(Serialize)]
struct Document<'a> {
    format: &'static str,
    version: u32,
    spec: &'a str,
    asked_at: u64,
    nodes: Vec<NodeJson<'a>>,
    baseline: Option<BaselineJson<'a>>,
    summary: SummaryJson,
}

#[derive(Serialize)]
struct NodeJson<'a> {
    deployment: String,
    node: String,
    host: &'a str,
    address: Option<String>,
    via: Option<String>,
    observed: bool,
    trouble: Option<TroubleJson>,
    differences: Vec<DifferenceJson<'a>>,
    accepted: Vec<AcceptedJson<'a>>,
}

#[derive(Serialize)]
struct TroubleJson {
    kind: &'static str,
    message: String,
    help: Option<String>,
}

#[derive(Serialize)]
struct DifferenceJson<'a> {
    subject: SubjectJson<'a>,
    class: &'static str,
    drift: bool,
    wanted: SideJson<'a>,
    live: SideJson<'a>,
    mend: Option<MendJson>,
    note: Option<&'a str>,
    standing: Option<&'static str>,
    place: Option<PlaceJson<'a>>,
}

#[derive(Serialize)]
struct AcceptedJson<'a> {
    difference: DifferenceJson<'a>,
    reason: &'a str,
    until: String,
}

#[derive(Serialize)]
struct SubjectJson<'a> {
    kind: &'static str,
    name: Option<&'a str>,
}

#[derive(Serialize)]
struct SideJson<'a> {
    kind: &'static str,
    text: Option<&'a str>,
}

#[derive(Serialize)]
struct MendJson {
    kind: &'static str,
    text: String,
}

#[derive(Serialize)]
struct PlaceJson<'a> {
    file: &'a str,
    line: usize,
    column: usize,
}

#[derive(Serialize)]
struct BaselineJson<'a> {
    file: &'a str,
    remarks: Vec<RemarkJson<'a>>,
}

#[derive(Serialize)]
struct RemarkJson<'a> {
    problem: &'static str,
    message: &'a str,
    place: PlaceJson<'a>,
}

#[derive(Serialize)]
struct SummaryJson {
    nodes: usize,
    unobserved: usize,
    drifted: usize,
    drift: usize,
    moved: usize,
    unreadable: usize,
    accepted: usize,
}
