//! Messages as people see them: each snapshot shows the texts and then what is said about them.

use cachewright::diag::{Code, Finding, Findings, Place};
use cachewright::report::{Format, Options, emit, human};
use cachewright::source::{SourceId, Sources, Span};

const SHOP: &str = r#"format = 1
name = "shop"

[redis.sessions]
version = "6.2"
topology = "standalone"
host = "cache-a1"

[redis.sessions.config]
maxmemory = "4gb"
maxmemory-policy = "volatile-lur"
maxmemory-clients = "10%"
save = [
  "900 1",
  "300 10",
  "sixty 10000",
]
"#;

const BASE: &str = "[hosts]\ncache-a1 = { address = \"10.0.1.11\" }\n";

struct Case {
    sources: Sources,
    findings: Findings,
    redact: Vec<Span>,
}

impl Case {
    fn new() -> Self {
        Case { sources: Sources::default(), findings: Findings::default(), redact: Vec::new() }
    }

    fn shop() -> (Self, SourceId) {
        let mut case = Case::new();
        let shop = case.sources.add("prod/shop.toml", SHOP);
        (case, shop)
    }

    /// The place of the first `needle`.
    fn at(&self, id: SourceId, needle: &str) -> Span {
        let start = self.sources.get(id).text.find(needle).expect("the text holds it");
        Sources::span(id, start..start + needle.len())
    }

    fn options(&self) -> Options<'_> {
        Options { color: false, redact: &self.redact }
    }

    fn human(&self) -> String {
        emit(&self.findings, &self.sources, Format::Human, &self.options())
    }

    /// The input, with what cannot be seen made visible, and the message.
    fn snapshot(&self) -> String {
        let mut out = String::new();
        for source in self.sources.iter() {
            out += "──── ";
            out += &source.name;
            out.push('\n');
            for line in source.text.split_inclusive('\n') {
                let line = line.replace('\t', "→").replace('\r', "␍");
                out.push_str(&line);
            }
            if !source.text.ends_with('\n') {
                out.push_str("⏎ missing\n");
            }
        }
        out + &format!("════ message\n{}", self.human())
    }
}

#[test]
fn one_place() {
    let (mut case, shop) = Case::shop();
    case.findings.push(
        Finding::new(
            Code::UnavailableDirective,
            case.at(shop, "maxmemory-clients"),
            "`maxmemory-clients` needs Redis 7.0, and `sessions` runs 6.2",
        )
        .label("not known to 6.2")
        .help("raise `version` to 7.0 or later, or remove the directive"),
    );
    insta::assert_snapshot!(case.snapshot());
}

#[test]
fn two_places() {
    let (mut case, shop) = Case::shop();
    case.findings.push(
        Finding::new(
            Code::UnavailableDirective,
            case.at(shop, "maxmemory-clients"),
            "`maxmemory-clients` needs Redis 7.0, and `sessions` runs 6.2",
        )
        .related(case.at(shop, "\"6.2\""), "the version is set here")
        .help("raise `version` to 7.0 or later, or remove the directive")
        .note("a 6.2 server refuses to start with it (\"Bad directive or wrong number of arguments\")"),
    );
    insta::assert_snapshot!(case.snapshot());
}

#[test]
fn two_files() {
    let (mut case, shop) = Case::shop();
    let base = case.sources.add("base.toml", BASE);
    case.findings.push(
        Finding::new(
            Code::PortClash,
            case.at(shop, "host = \"cache-a1\""),
            "two servers on port 6379 of `cache-a1`",
        )
        .label("this one")
        .related(case.at(base, "cache-a1"), "the host is declared here")
        .related(case.at(shop, "[redis.sessions]"), "the deployment"),
    );
    case.findings.push(Finding::new(
        Code::UnusedHost,
        case.at(base, "cache-a1"),
        "nothing runs on `cache-a1`",
    ));
    insta::assert_snapshot!(case.snapshot());
}

#[test]
fn several_lines() {
    let (mut case, shop) = Case::shop();
    let list = "[\n  \"900 1\",\n  \"300 10\",\n  \"sixty 10000\",\n]";
    case.findings.push(
        Finding::new(Code::InvalidValue, case.at(shop, list), "`save` takes pairs of numbers")
            .label("the third is none")
            .related(case.at(shop, "\"sixty 10000\""), "`sixty` is not a number"),
    );
    insta::assert_snapshot!(case.snapshot());
}

#[test]
fn no_span() {
    let mut case = Case::new();
    let base = case.sources.add("base.toml", BASE);
    case.findings.push(
        Finding::at(
            Code::UnreadableLayer,
            Place::Named("prod/\u{1b}[31mshop.toml".into()),
            "cannot read the spec",
        )
        .note("No such file or directory (os error 2)"),
    );
    case.findings.push(
        Finding::at(
            Code::Unrepresentable,
            Place::Output { path: "cache-a1/redis.conf".into(), line: 17 },
            "the template changed `maxmemory`",
        )
        .related(case.at(base, "address"), "the host of the file")
        .help("remove the line from the template"),
    );
    case.findings.push(Finding::at(
        Code::UnpinnedNode,
        Place::Named("prod/shop.toml".into()),
        "no more to say",
    ));
    insta::assert_snapshot!(case.snapshot());
}

#[test]
fn a_fix() {
    let (mut case, shop) = Case::shop();
    let value = case.at(shop, "\"volatile-lur\"");
    let finding = Finding::new(Code::InvalidValue, value, "`maxmemory-policy` has no choice `volatile-lur`");
    case.findings.push(finding.clone().fix(value, "\"volatile-lru\""));
    case.findings.push(finding.clone().fix(case.at(shop, "maxmemory-policy"), "policy"));
    case.findings.push(finding.clone().fix(case.at(shop, "maxmemory-clients = \"10%\"\n"), ""));
    case.findings.push(finding.clone().fix(Sources::span(shop, 0..0), "# checked\n"));
    case.findings.push(finding.fix(value, "[\n  \"a\",\n  \"b\",\n]"));
    insta::assert_snapshot!(case.snapshot());
}

#[test]
fn many_helps() {
    let (mut case, shop) = Case::shop();
    let mut finding =
        Finding::new(Code::DoesNotSurvive, case.at(shop, "standalone"), "`sessions` dies with its host");
    for help in ["run a replica", "run a cluster", "say `survives = \"nothing\"`:\nthen nobody is surprised"]
    {
        finding = finding.help(help);
    }
    case.findings.push(finding.note("one host, one zone").note("measured on 6.2.14"));
    insta::assert_snapshot!(case.snapshot());
}

#[test]
fn crlf_tabs_and_wide_characters() {
    let mut case = Case::new();
    let id = case.sources.add("dos.toml", "[hosts]\r\n\t漢字 =\t{ addres = \"größe\" }\t# x\r\n\tb = 1\r\n");
    case.findings.push(
        Finding::new(Code::UnknownKey, case.at(id, "addres"), "no key `addres`")
            .label("here")
            .related(case.at(id, "漢字"), "of this host"),
    );
    case.findings.push(Finding::new(
        Code::WrongType,
        case.at(id, "b = 1\r\n"),
        "the line break is not marked",
    ));
    case.findings.push(Finding::new(
        Code::WrongType,
        case.at(id, "\"größe\""),
        "umlauts are one column wide",
    ));
    insta::assert_snapshot!(case.snapshot());
}

#[test]
fn the_end_of_a_text_and_an_empty_one() {
    let mut case = Case::new();
    let closed = case.sources.add("closed.toml", "a = 1\n");
    let open = case.sources.add("open.toml", "a = 1");
    let empty = case.sources.add("empty.toml", "");
    for (id, at) in [(closed, 6..6), (open, 5..5), (empty, 0..0), (open, 90..99), (closed, 5..6)] {
        case.findings
            .push(Finding::new(Code::MissingKey, Sources::span(id, at), "`format` is missing").label("here"));
    }
    insta::assert_snapshot!(case.snapshot());
}

#[test]
fn long_lines() {
    let mut case = Case::new();
    let entry = |n: usize| format!("{{\"name\": \"cache-{n:02}\", \"zone\": \"größe-{n:02}\"}}");
    let text: Vec<String> = (0..30).map(entry).collect();
    let id = case.sources.add("hosts.json", format!("[{}]\n", text.join(", ")));
    for needle in ["\"cache-00\"", "\"cache-15\"", "\"cache-29\""] {
        case.findings.push(
            Finding::new(Code::UnusedHost, case.at(id, needle), format!("nothing runs on {needle}"))
                .label("this one"),
        );
    }
    case.findings.push(
        Finding::new(Code::PortClash, case.at(id, "\"cache-20\""), "far apart")
            .label("this one")
            .related(case.at(id, "\"cache-02\""), "too far to be seen"),
    );
    insta::assert_snapshot!(case.snapshot());
}

#[test]
fn secrets_are_not_shown() {
    let mut case = Case::new();
    let text = "[users.app]\npassword = \"hunter2-geheim\" # rules\nkey = '''\nfirst-part\nsecond-part''' # end\nrules = \"~*\"\n";
    let id = case.sources.add("shop.toml", text);
    case.redact = vec![case.at(id, "\"hunter2-geheim\""), case.at(id, "'''\nfirst-part\nsecond-part'''")];
    let (one, many) = (case.redact[0], case.redact[1]);
    case.findings
        .push(Finding::new(Code::LiteralSecret, one, "a password stands in the spec").label("this one"));
    case.findings.push(Finding::new(Code::UnknownKey, case.at(id, "# rules"), "on the same line, behind it"));
    case.findings.push(
        Finding::new(Code::UnknownKey, case.at(id, "password"), "on the same line, before `hunter2-geheim`")
            .label("not first-part")
            .help("not second-part")
            .note("not hunter2-geheim")
            .fix(one, "hunter2-geheim + 1"),
    );
    case.findings.push(Finding::new(
        Code::UnknownKey,
        Sources::span(id, one.range().start + 3..one.range().end - 3),
        "within it",
    ));
    case.findings.push(Finding::new(Code::LiteralSecret, many, "on several lines").label("all of it"));
    case.findings
        .push(Finding::new(Code::UnknownKey, case.at(id, "# end"), "behind the last line").fix(many, "x"));
    case.findings
        .push(Finding::new(Code::UnknownKey, case.at(id, "rules = "), "the line below").fix(one, "y"));

    let json = emit(&case.findings, &case.sources, Format::Json, &case.options());
    for part in ["hunter2", "geheim", "first", "second"] {
        assert!(!case.human().contains(part), "{part}:\n{}", case.human());
        // The label, help and note above name no more than the secrets themselves.
        assert!(!json.contains(part), "{part}:\n{json}");
    }
    insta::assert_snapshot!(case.snapshot());
}

#[test]
fn secrets_on_long_lines_are_not_shown() {
    for before in [0, 10, 58, 59, 60, 61, 140, 300] {
        let mut case = Case::new();
        let padding = "x".repeat(before);
        let tail = "y".repeat(300);
        let text = format!("\"{padding}\" \"{}\" here {tail}", "s3cr3t".repeat(60));
        let id = case.sources.add("hosts.json", text);
        case.redact = vec![case.at(id, &format!("\"{}\"", "s3cr3t".repeat(60)))];
        case.findings.push(Finding::new(Code::UnknownKey, case.at(id, "here"), "behind a long secret"));
        case.findings.push(Finding::new(Code::UnknownKey, Sources::span(id, 0..1), "before it"));
        let text = case.human();
        assert!(!text.contains("s3") && !text.contains("3t"), "{before}:\n{text}");
        assert!(text.contains("•••\" here y"), "{before}:\n{text}");
    }
}

#[test]
fn colors() {
    let (mut case, shop) = Case::shop();
    case.findings.push(
        Finding::new(Code::RenamedDirective, case.at(shop, "maxmemory-policy"), "an old name")
            .label("old")
            .related(case.at(shop, "\"6.2\""), "since this version")
            .help("use the new one"),
    );
    let options = Options { color: true, redact: &[] };
    let text = emit(&case.findings, &case.sources, Format::Human, &options);
    insta::assert_snapshot!(text.replace('\u{1b}', "␛"));
}

#[test]
fn nothing_found_is_nothing_said() {
    let (case, _) = Case::shop();
    assert_eq!(case.human(), "");
    assert_eq!(human::clean_line("shop.toml", 4, 12), "shop.toml: 4 deployments, 12 nodes: no findings\n");
    assert_eq!(human::clean_line("shop.toml", 1, 1), "shop.toml: 1 deployment, 1 node: no findings\n");
}

#[test]
fn the_summary_counts_levels_and_files() {
    let (mut case, shop) = Case::shop();
    let base = case.sources.add("base.toml", BASE);
    case.findings.push(Finding::new(Code::UnusedHost, Sources::span(base, 0..1), "a"));
    assert_eq!(
        human::summary(&case.findings, &case.sources),
        "1 warning in 1 file\nrun `cachewright explain unused-host` for more\n"
    );
    case.findings.push(Finding::new(Code::Syntax, Sources::span(shop, 0..1), "b"));
    case.findings.push(Finding::new(Code::Syntax, Sources::span(shop, 1..2), "c"));
    assert_eq!(
        human::summary(&case.findings, &case.sources),
        "2 errors, 1 warning in 2 files\nrun `cachewright explain RULE` for more\n"
    );
}

mod json {
    use super::*;

    /// Findings of two kinds of place.
    fn example() -> Case {
        let (mut case, shop) = Case::shop();
        let policy = case.at(shop, "\"volatile-lur\"");
        case.findings.push(
            Finding::new(Code::InvalidValue, policy, "`maxmemory-policy` has no choice `volatile-lur`")
                .label("not one of the 8 choices")
                .related(case.at(shop, "\"6.2\""), "the version is set here")
                .help("did you mean `volatile-lru`?")
                .note("a 6.2 server refuses to start with it")
                .guess(policy, "\"volatile-lru\"")
                .of("sessions"),
        );
        case.findings.push(Finding::at(
            Code::UnexpandedPlaceholder,
            Place::Output { path: "cache-a1/sessions/redis.conf".into(), line: 12 },
            "`{{ zone }}` is still there after rendering",
        ));
        case
    }

    #[test]
    fn every_field_is_documented_and_every_documented_field_is_there() {
        let case = example();
        let doc = include_str!("../docs/json.md");
        let text = emit(&case.findings, &case.sources, Format::Json, &case.options());
        let mut fields = Vec::new();
        collect(&serde_json::from_str(&text).unwrap(), &mut fields);
        fields.sort();
        fields.dedup();
        let mut documented: Vec<String> = doc
            .lines()
            .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
            .map(str::to_owned)
            .collect();
        documented.sort();
        documented.dedup();
        assert_eq!(fields, documented);
    }

    fn collect(value: &serde_json::Value, fields: &mut Vec<String>) {
        match value {
            serde_json::Value::Object(map) => {
                for (name, value) in map {
                    fields.push(name.clone());
                    collect(value, fields);
                }
            }
            serde_json::Value::Array(list) => list.iter().for_each(|value| collect(value, fields)),
            _ => {}
        }
    }

    #[test]
    fn no_findings_are_a_document_too() {
        let (case, _) = Case::shop();
        let text = emit(&case.findings, &case.sources, Format::Json, &case.options());
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["findings"], serde_json::json!([]));
        assert_eq!(value["summary"], serde_json::json!({"errors": 0, "warnings": 0}));
    }
}

mod any_span {
    use super::*;
    use proptest::prelude::*;

    const SECRET: &str = "s3cr3t-w0rd";

    /// Texts with all that is troublesome, and a secret somewhere.
    fn text() -> impl Strategy<Value = (String, usize)> {
        let part = prop_oneof![
            Just("\n".to_owned()),
            Just("\r\n".to_owned()),
            Just("\t".to_owned()),
            Just("\r".to_owned()),
            Just("漢é👩‍👩‍👧\u{301}\u{202e}\0\u{1b}".to_owned()),
            Just("z".repeat(230)),
            "[a-z =\"\\[\\]#]{0,12}",
        ];
        (prop::collection::vec(part.clone(), 0..14), prop::collection::vec(part, 0..14)).prop_map(
            |(before, after)| {
                let before = before.concat();
                let text = format!("{before}{SECRET}{}", after.concat());
                (text, before.len())
            },
        )
    }

    fn span(id: SourceId) -> impl Strategy<Value = Span> {
        let byte = prop_oneof![0u32..300, 0u32..2000, Just(u32::MAX)];
        (byte.clone(), byte).prop_map(move |(start, end)| Span { source: id, start, end })
    }

    fn ids() -> [SourceId; 2] {
        let mut sources = Sources::default();
        [sources.add("", ""), sources.add("", "")]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1500))]
        #[test]
        fn is_shown_without_panic_and_without_secrets(
            (first, at) in text(),
            (second, other_at) in text(),
            place in span(ids()[0]),
            related in prop::collection::vec(prop_oneof![span(ids()[0]), span(ids()[1])], 0..4),
            fix in span(ids()[0]),
            color in any::<bool>(),
        ) {
            let mut sources = Sources::default();
            let a = sources.add("a.toml", first);
            let b = sources.add("b.toml", second);
            let redact = [Sources::span(a, at..at + SECRET.len()), Sources::span(b, other_at..other_at + SECRET.len())];
            let mut finding = Finding::new(Code::Syntax, place, "title").label("label").fix(fix, "new");
            for span in related {
                finding = finding.related(span, "related");
            }
            let findings: Findings = [finding].into_iter().collect();
            let options = Options { color, redact: &redact };
            let human = emit(&findings, &sources, Format::Human, &options);
            prop_assert!(human.contains("title"));
            for start in 0..SECRET.len() - 4 {
                prop_assert!(!human.contains(&SECRET[start..start + 4]), "{}", human);
            }
            // Colours are escapes around the same text, so that width and hygiene are those of the plain one.
            let plain = emit(&findings, &sources, Format::Human, &Options { color: false, ..options });
            prop_assert_eq!(anstream::adapter::strip_str(&human).to_string(), plain.as_str());
            prop_assert!(!plain.contains(['\u{1b}', '\u{1}', '\u{2}', '\0', '\r']), "{:?}", plain);
            let excerpts = plain.lines().filter(|line| line.contains("| "));
            prop_assert!(excerpts.map(|line| line.chars().count()).all(|width| width < 260), "{}", plain);
            let json = emit(&findings, &sources, Format::Json, &options);
            prop_assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok());
            prop_assert!(!json.contains(SECRET));
        }
    }
}
