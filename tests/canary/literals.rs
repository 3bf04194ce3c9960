//! Secrets that are written into the spec itself, by mistake, soundly or not: findings speak of them, and never
//! show them.

use std::collections::BTreeSet;
use std::path::Path;

use cachewright::diag::Code;
use cachewright::pipeline::{self, Compiled};
use cachewright::report::{self, Format, Options};
use cachewright::spec::{Date, ReadText};

use crate::search::{Canary, shown};
use crate::specs::Planted;
use crate::texts::Texts;
use crate::{program, tree};

const CANARY: Canary = Canary(9999);

/// Ways to write a secret where a reference belongs. `@` stands for it.
const FORMS: [&str; 26] = [
    "\"@\"",
    "'@'",
    "[\"@\"]",
    "[[\"@\"]]",
    "[{ env = \"OTHER\" }, \"@\"]",
    "{ value = \"@\" }",
    "{ env = \"@\" }",
    "{ env = [\"@\"] }",
    "{ env = { x = \"@\" } }",
    "{ envv = \"@\" }",
    "{ evn = \"@\" }",
    "{ files = \"@\" }",
    "{ env = \"OTHER\", value = \"@\" }",
    "{ env = \"OTHER\", plain = [\"@\"] }",
    "{ override = \"@\" }",
    "{ override = [\"@\"] }",
    "{ vault = { path = \"@\" } }",
    "\"\"\"\n@\n\"\"\"",
    "'''\nsome\n@'''",
    // Broken.
    "\"@",
    "@",
    "[\"@\"",
    "{ env = \"@",
    "{ env = \"OTHER\", \"@\" }",
    "\"\"\"\n@",
    "\"@\" \"@\"",
];

/// How many cases were looked at.
struct Cases(usize);

impl Cases {
    #[track_caller]
    fn look_at(&mut self, compiled: &Compiled, what: &str) {
        self.0 += 1;
        look_at(compiled, what);
    }
}

impl Drop for Cases {
    fn drop(&mut self) {
        println!("{} cases were searched", self.0);
    }
}

/// A few places that differ in kind: a directive, a key, a list of passwords, and one of sentinels.
fn sample(planted: &Planted) -> Vec<Reference> {
    let mut seen = BTreeSet::new();
    let mut all = telling(planted);
    let kinds = ["requirepass", "password", "passwords", "key-file-password", "auth-pass", "sentinel-pass"];
    all.retain(|reference| {
        let key = &planted.text[reference.key.clone()];
        kinds.contains(&key) && seen.insert(key.to_owned())
    });
    assert!(seen.len() >= 5, "{seen:?}");
    all
}

/// The findings in every format, without what must not be in them.
#[track_caller]
fn look_at(compiled: &Compiled, what: &str) {
    assert!(!compiled.findings.is_empty(), "{what}: nothing is found");
    let secrets = compiled.secrets();
    for (format, color) in [(Format::Human, false), (Format::Human, true), (Format::Json, false)] {
        let options = Options { color, redact: &secrets };
        let text = report::emit(&compiled.findings, &compiled.sources, format, &options);
        if let Some(how) = shown(text.as_bytes(), &[CANARY]) {
            panic!("{what}: shows {how}:\n{text}");
        }
    }
}

fn compile(text: &str) -> Compiled {
    let path = Path::new("spec.toml");
    Texts::default().with(path, text.to_owned()).compile(path)
}

/// A reference in a text: the range of its key and its own.
struct Reference {
    key: std::ops::Range<usize>,
    value: std::ops::Range<usize>,
}

fn references(text: &str) -> Vec<Reference> {
    let mut found = Vec::new();
    for (at, _) in text.match_indices("{ env = \"").chain(text.match_indices("{ file = \"")) {
        let end = at + text[at..].find('}').unwrap() + 1;
        let before = text[..at].trim_end_matches(['[', ' ', '=']);
        let from = before.rfind(|c: char| !c.is_ascii_alphanumeric() && c != '-').map_or(0, |at| at + 1);
        // The second item of a list has its key before the first.
        if !before.ends_with(',') {
            found.push(Reference { key: from..before.len(), value: at..end });
        }
    }
    found
}

/// One reference for each key of each family, since all others are handled alike.
fn telling(planted: &Planted) -> Vec<Reference> {
    let mut seen = BTreeSet::new();
    let mut all = references(&planted.text);
    all.sort_by_key(|reference| reference.value.start);
    all.retain(|reference| {
        let above = &planted.text[..reference.key.start];
        let of_sentinels = above.rfind("\n[").is_some_and(|at| above[at..].starts_with("\n[sentinels"));
        let line = above.rsplit('\n').next().unwrap_or("").split(' ').next().unwrap_or("");
        seen.insert(format!("{of_sentinels} {line} {}", &planted.text[reference.key.clone()]))
    });
    all
}

/// Puts a form of the secret into the place of a reference, and looks at the findings.
#[track_caller]
fn try_form(cases: &mut Cases, planted: &Planted, reference: &Reference, form: &str) {
    let mut text = planted.text.clone();
    text.replace_range(reference.value.clone(), &form.replace('@', &CANARY.value()));
    let at = planted.text[..reference.value.start].rsplit("\n[").next().unwrap_or("");
    cases.look_at(&compile(&text), &format!("{form} behind\n[{at}"));
}

#[test]
fn in_every_place() {
    let mut cases = Cases(0);
    for planted in Planted::newest() {
        for (at, reference) in telling(&planted).iter().enumerate() {
            // Another form in each place.
            for form in ["\"@\"", FORMS[at % FORMS.len()]] {
                try_form(&mut cases, &planted, reference, form);
            }
        }
    }
}

#[test]
fn in_every_form() {
    let mut cases = Cases(0);
    let planted = Planted::newest().next().unwrap();
    for reference in sample(&planted) {
        for form in FORMS {
            try_form(&mut cases, &planted, &reference, form);
        }
    }
}

/// Slips in a key.
fn misspelled(key: &str) -> Vec<String> {
    let middle = key.len() / 2;
    vec![
        key[..key.len() - 1].to_owned(),
        key[1..].to_owned(),
        format!("{}{}", &key[..middle], &key[middle + 1..]),
        format!("{}x{}", &key[..middle], &key[middle..]),
        format!("{key}s"),
        key.replace('-', "_") + "_",
        key.to_uppercase(),
        key.replace("pass", "pas"),
        key.replace("pass", "pw"),
        format!("\"{key} \""),
    ]
}

#[test]
fn under_misspelled_keys() {
    let mut cases = Cases(0);
    // The keys of both engines differ in little.
    let planted = Planted::newest().nth(1).unwrap();
    for (at, reference) in telling(&planted).iter().enumerate() {
        let key = &planted.text[reference.key.clone()];
        for (slip, other) in misspelled(key).into_iter().enumerate().filter(|(_, other)| other != key) {
            let forms = ["\"@\"", "[\"@\"]", "{ value = \"@\" }", "\"\"\"\n@\"\"\"", "\"@"];
            let form = forms[(at + slip) % forms.len()];
            let mut text = planted.text.clone();
            text.replace_range(reference.value.clone(), &form.replace('@', &CANARY.value()));
            text.replace_range(reference.key.clone(), &other);
            // Upper case is the same directive.
            cases.look_at(&compile(&text), &format!("{other} = {form}"));
        }
    }
}

/// Mistakes around a secret that is itself written well enough.
#[test]
fn beside_other_mistakes() {
    let mut cases = Cases(0);
    for planted in Planted::newest().take(1) {
        for reference in sample(&planted) {
            for (before, behind) in [
                ("", " = 1"),
                ("", ", nonsense"),
                ("", " nonsense"),
                ("", "\n= 3"),
                ("", "\n[broken\n"),
                ("nonsense ", ""),
                ("= ", ""),
            ] {
                let mut text = planted.text.clone();
                text.replace_range(
                    reference.value.clone(),
                    &format!("{before}\"{}\"{behind}", CANARY.value()),
                );
                cases.look_at(
                    &compile(&text),
                    &format!("{before}@{behind} at {}", &planted.text[reference.key.clone()]),
                );
            }
        }
    }
}

/// In layers below, of both kinds, where the layer above has a reference or another literal.
#[test]
fn in_layers() {
    let mut cases = Cases(0);
    for planted in Planted::newest().take(1) {
        let value: toml::Value = toml::from_str(&planted.text).unwrap();
        let json = serde_json::to_string_pretty(&value).unwrap();
        let top = |layer: &str| {
            planted.text.replacen("format = 1\n", &format!("format = 1\nextends = [\"{layer}\"]\n"), 1)
        };
        let main = Path::new("spec.toml");
        for reference in sample(&planted) {
            let mut text = planted.text.clone();
            text.replace_range(reference.value.clone(), &format!("\"{}\"", CANARY.value()));
            let texts = Texts::default().with(Path::new("base.toml"), text.clone());
            // A layer above has the last word: nothing need be wrong, and nothing is shown.
            let compiled = texts.clone().with(main, top("base.toml")).compile(main);
            if !compiled.findings.is_empty() {
                cases.look_at(&compiled, "a layer of TOML below");
            }
            let only = "format = 1\nname = \"top\"\nextends = [\"base.toml\"]\n";
            cases.look_at(&texts.with(main, only.to_owned()).compile(main), "a layer of TOML");

            let written = &planted.text[reference.value.clone()];
            let parsed: toml::Table = toml::from_str(&format!("v = {written}")).unwrap();
            let (key, source) = parsed["v"].as_table().unwrap().iter().next().unwrap();
            let place = json.find(&format!("\"{key}\": {source}")).unwrap();
            let open = json[..place].rfind('{').unwrap();
            let close = place + json[place..].find('}').unwrap() + 1;
            for form in [
                "\"@\"",
                "[\"@\"]",
                "{ \"value\": \"@\" }",
                "\"@",
                "@",
                "\"@\" \"@\"",
                "{ \"env\": \"@\" ",
                "\"@\",,",
            ] {
                let mut json = json.clone();
                json.replace_range(open..close, &form.replace('@', &CANARY.value()));
                let texts = Texts::default()
                    .with(Path::new("base.json"), json)
                    .with(main, only.replace(".toml", ".json"));
                cases.look_at(&texts.compile(main), &format!("{form} in a layer of JSON"));
            }
        }
    }
}

/// In rules of users, where no secret may stand at all.
#[test]
fn in_rules_of_users() {
    let mut cases = Cases(0);
    let planted = Planted::newest().next().unwrap();
    for rules in [
        "\"~* >@ +@read\"",
        "\"~* <@ +@read\"",
        "[\"~*\", \">@\"]",
        "[\"~*\", \" >@\"]",
        "\"~* >@ +nope\"",
        "\"on >@",
        "[\"on\", \">@\"",
        "'''\n~*\n>@\n'''",
        "\"~* (>@ +get)\"",
        "{ x = \">@\" }",
    ] {
        let literal = rules
            .replace(">@", &format!(">{}", CANARY.value()))
            .replace("<@", &format!("<{}", CANARY.value()));
        for from in ["rules = \"~* +@read\"", "users.one = "] {
            let key = if from.starts_with("users") { "users.one = " } else { "rules = " };
            let text = planted.text.replacen(from, &format!("{key}{literal} #"), 1);
            cases.look_at(&compile(&text), &format!("{key}{rules}"));
        }
        let user = format!(".plain.config]\nuser = {literal}\n");
        let compiled = compile(&planted.text.replacen(".plain.config]\n", &user, 1));
        // Of two lines, the second may name a user by a strange name.
        if !compiled.findings.is_empty() {
            cases.look_at(&compiled, &format!("user = {rules}"));
        }
    }
}

/// The commands that print findings, and those that print parts of a model beside them.
#[test]
fn by_every_command() {
    for planted in Planted::newest().take(1) {
        for reference in sample(&planted).into_iter().take(3) {
            let mut text = planted.text.clone();
            text.replace_range(reference.value.clone(), &format!("\"{}\"", CANARY.value()));
            std::fs::write(planted.spec(), text).unwrap();
            for args in [
                &["check", "spec.toml"][..],
                &["check", "spec.toml", "--format", "json"],
                &["--color", "always", "check", "spec.toml"],
                &["render", "spec.toml", "-o", "out", "--with-secrets"],
                &["why", "spec.toml", "plain/h1"],
                &["why", "spec.toml", "plain/h1", "requirepass"],
                &["why", "spec.toml", "sentinels-whole/h1"],
                &["place", "spec.toml"],
            ] {
                let mut command = program();
                planted.give(&mut command);
                let output = command.current_dir(planted.folder.path()).args(args).output().unwrap();
                assert_ne!(output.status.code(), Some(0), "{args:?}");
                let all = [output.stdout, output.stderr].concat();
                let how = shown(&all, &planted.canaries);
                assert_eq!(how, None, "{args:?}: {}", String::from_utf8_lossy(&all));
            }
            assert!(!planted.folder.path().join("out").exists());
        }
    }
}

/// In templates of the spec's own, filled in as `check` does.
#[test]
fn in_templates() {
    let mut cases = Cases(0);
    for planted in Planted::newest() {
        for line in [
            "requirepass @",
            "requirepas @",
            "REQUIREPASS \"@\"",
            "masterauth '@'",
            "mastrauth @",
            "tls-key-file-pass \"@",
            "user app on >@ ~*",
            "user app on \">@\"",
            "sentinel auth-pass whole @",
            "requirepass {{ \"@\" }}",
            "requirepass {{ \"@\" | nope }}",
            "requirepass {{ '@' | shell | nope(1) }}",
            "requirepass {{ nothing['@'] }}",
            "requirepass {{ \"@\" + 1 }}",
            "requirepass {{ @ }}",
            "requirepass {{ \"@",
            "requirepass {{\n  \"@\" | nope\n}}",
            "requirepass {% @ %}",
            "requirepass {% include \"@\" %}",
            "{% set password = \"@\" %}\nrequirepass {{ password }}",
            "{% set password = \"@\" | nope %}",
            "{{ \"@\" | nope }} is the password",
            "requirepass\t@\nbroken {{",
        ] {
            let compiled = filled_in(&planted, line);
            cases.look_at(&compiled, line);
        }
    }
}

/// The exception that docs/secrets.md names: where neither a name nor a directive is on the line.
#[test]
fn what_cannot_be_known() {
    let planted = Planted::newest().next().unwrap();
    let compiled = filled_in(&planted, "{% set note = \"@\" | nope %}");
    let secrets = compiled.secrets();
    let options = Options { color: false, redact: &secrets };
    let text = report::emit(&compiled.findings, &compiled.sources, Format::Human, &options);
    assert!(CANARY.is_in(text.as_bytes()), "docs/secrets.md can say better now:\n{text}");
}

/// What becomes of a spec with a line of its own in the template of its servers.
fn filled_in(planted: &Planted, line: &str) -> Compiled {
    let templates = planted.folder.path().join("templates");
    let text = format!("{{{{ directives }}}}\n{}\n", line.replace('@', &CANARY.value()));
    crate::site::write(&templates.join(format!("{}.conf.j2", planted.engine)), text.as_bytes(), 0o600);
    let spec = planted.text.replacen("name =", "templates = \"templates\"\nname =", 1);
    std::fs::write(planted.spec(), spec).unwrap();
    let mut compiled = pipeline::compile(&planted.spec(), &Files, Date { year: 2026, month: 1, day: 1 });
    compiled.try_templates();
    let read = !compiled.findings.iter().any(|finding| finding.code == Code::UnreadableTemplate);
    let codes: Vec<Code> = compiled.findings.iter().map(|finding| finding.code).collect();
    assert!(read && !codes.is_empty(), "{line}: {codes:?}");
    compiled
}

/// Texts as they are on the disk, with flat folders.
struct Files;

impl ReadText for Files {
    fn read(&self, path: &Path) -> Result<String, String> {
        std::fs::read_to_string(path).map_err(|error| error.to_string())
    }

    fn list(&self, folder: &Path) -> Result<Vec<String>, String> {
        let entries = std::fs::read_dir(folder).map_err(|error| error.to_string())?;
        Ok(entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect())
    }
}

/// The same through commands.
#[test]
fn in_templates_by_every_command() {
    let planted = Planted::newest().next().unwrap();
    for line in ["requirepass @", "requirepass {{ \"@\" | nope }}", "requirepass {% @ %}"] {
        filled_in(&planted, line);
        for args in [
            &["check", "spec.toml"][..],
            &["check", "spec.toml", "--format", "json"],
            &["render", "spec.toml", "-o", "out"],
            &["render", "spec.toml", "-o", "out", "--with-secrets"],
        ] {
            assert_eq!(crate::commands::run(&planted, args), Some(1), "{args:?} of {line}");
        }
        assert!(tree(&planted.folder.path().join("out")).is_empty());
    }
}
