//! The formats that CI reads, each by a parser that is not ours, of a table whose names are an
//! attack: everything is well-formed, every finding is there, nothing acts.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use fair_audit::report::FORMATS;
use fair_audit::report::safe::{Safe, is_hidden};
use serde_json::Value;

use super::cli::run;

/// Names that would like to be something else in some format.
const NASTY: [&str; 18] = [
    "]]>",
    "<!--<failure/>&amp;",
    "::error::x",
    "%0A::error title=x::y",
    "##[error]x",
    "|",
    "=cmd|'/c calc'!A0",
    "\u{1}\u{1b}[31m\u{b}",
    "\u{202e}rtl\u{200f}",
    "q\"uo'te",
    "back\\slash\\\"\\n",
    "new\nline\r\n::warning::z",
    "{0} {{1}} [a](http://b) \\[",
    "a\u{200b}",
    "a\\u{200b}",
    "} 1\nfair_audit_verdict 0",
    "`*_#<script>",
    "\u{fffe}\u{85}\u{2028}",
];

/// The sensitive column; its name is in every id.
const COLUMN: &str = "::error::%0A]]>|\"&{0}";

struct Hostile {
    _folder: tempfile::TempDir,
    path: String,
}

/// A table with a group for each name, some too small to tell, and a path that is as bad.
fn hostile() -> Hostile {
    let folder = tempfile::tempdir().unwrap();
    let name = if cfg!(unix) {
        "]]> %0A{0} [x](y) \"::error::\u{202e}.csv"
    } else {
        "[x] {0} %0A.csv"
    };
    let path = folder.path().join(name);
    let mut text = format!("\"{}\",selected\n", COLUMN.replace('"', "\"\""));
    for (i, group) in NASTY.iter().enumerate() {
        let rows = if i % 6 == 5 { 7 } else { 400 };
        for row in 0..rows {
            let selected = u8::from(row % 10 < 2 + i % 7);
            writeln!(text, "\"{}\",{selected}", group.replace('"', "\"\"")).unwrap();
        }
    }
    std::fs::write(&path, text).unwrap();
    let path = path.to_str().unwrap().to_owned();
    Hostile {
        _folder: folder,
        path,
    }
}

impl Hostile {
    /// What a format says of the table, and the exit status.
    fn audit(&self, format: &str) -> (String, Option<i32>) {
        let rule = "selection_rate >= 0.25";
        let words = [&self.path, "-s", COLUMN, "-p", "selected=1", "-r", rule];
        let output = run(&[&words[..], &["-f", format]].concat());
        let said = String::from_utf8_lossy(&output.stderr);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(!text.is_empty(), "{format}: {said}");
        (text, output.status.code())
    }

    /// The findings as JSON has them.
    fn findings(&self) -> Vec<Value> {
        let report: Value = serde_json::from_str(&self.audit("json").0).unwrap();
        report["findings"].as_array().unwrap().clone()
    }
}

/// The ids in a format are those of the findings, but for the mark of those that look alike.
fn assert_ids(found: &[String], findings: &[Value]) {
    let mut wanted: Vec<String> = findings
        .iter()
        .map(|finding| Safe(finding["id"].as_str().unwrap()).text())
        .collect();
    let unique: BTreeSet<&String> = found.iter().collect();
    assert_eq!(unique.len(), findings.len(), "ids are apart");
    let mut found: Vec<String> = found
        .iter()
        .map(|id| {
            let bare = id.rsplit_once('~').filter(|(_, mark)| mark.len() == 4);
            bare.map_or(id.clone(), |(bare, _)| bare.to_owned())
        })
        .collect();
    found.sort();
    wanted.sort();
    assert_eq!(found, wanted);
}

pub fn assert_schema(name: &str, document: &Value) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/schema")
        .join(name);
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(document)
        .map(|error| format!("{}: {error}", error.instance_path()))
        .collect();
    assert!(errors.is_empty(), "{}", errors.join("\n"));
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

#[test]
fn the_exit_status_is_the_same_whatever_the_format() {
    let table = hostile();
    for format in FORMATS {
        assert_eq!(table.audit(format.name).1, Some(1), "{}", format.name);
    }
    let fine = ["fixtures/hiring.csv", "-s", "sex", "-p", "selected"];
    let rule = ["-P", "none", "-r", "selection_rate >= 0"];
    for format in FORMATS {
        let words = [&fine[..], &rule, &["-f", format.name]].concat();
        assert_eq!(run(&words).status.code(), Some(0), "{}", format.name);
    }
}

#[test]
fn no_format_shows_or_says_anything_raw() {
    let table = hostile();
    for format in FORMATS {
        let text = table.audit(format.name).0;
        let raw = text.chars().find(|&c| is_hidden(c) && c != '\n');
        assert_eq!(raw, None, "{}", format.name);
        // Any of them may be printed to the log of a runner.
        assert!(!text.contains("##["), "{}", format.name);
        let first = text
            .lines()
            .find(|line| line.trim_start().starts_with("::"));
        assert!(first.is_none() || format.name == "github", "{first:?}");
    }
}

#[test]
fn sarif_is_what_the_standard_and_github_ask_for() {
    let table = hostile();
    let findings = table.findings();
    let document: Value = serde_json::from_str(&table.audit("sarif").0).unwrap();
    assert_schema("sarif.json", &document);
    let run = &document["runs"][0];
    let results = run["results"].as_array().unwrap();
    let ids: Vec<String> = results
        .iter()
        .map(|result| text(&result["properties"]["id"]))
        .collect();
    assert_ids(&ids, &findings);
    let mut seen = BTreeSet::new();
    let mut kinds = BTreeSet::new();
    for (result, finding) in results.iter().zip(&findings) {
        let rule = result["ruleIndex"].as_u64().unwrap() as usize;
        let rule = &run["tool"]["driver"]["rules"][rule];
        assert_eq!(result["ruleId"], rule["id"]);
        assert_eq!(result["ruleId"], finding["metric"]);
        let (kind, level) = match finding["status"].as_str().unwrap() {
            "fail" => ("fail", "error"),
            "warn" => ("fail", "warning"),
            "undecided" => ("open", "none"),
            _ => ("pass", "none"),
        };
        assert_eq!(result["kind"], kind);
        assert_eq!(result["level"], level);
        kinds.insert(level.to_owned() + kind);
        let fingerprints = result["partialFingerprints"].to_string();
        assert!(seen.insert(fingerprints), "a fingerprint is of one finding");
    }
    assert_eq!(kinds.len(), 4, "every status is there: {kinds:?}");
    // Written as the runner of another day would: the same document.
    assert_eq!(table.audit("sarif").0, table.audit("sarif").0);
}

#[test]
fn sarif_of_a_report_that_found_nothing_is_valid() {
    let words = ["fixtures/hiring.csv", "-s", "sex", "-p", "selected"];
    let output = run(&[&words[..], &["-P", "none", "-f", "sarif"]].concat());
    let document: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_schema("sarif.json", &document);
    assert_eq!(document["runs"][0]["results"], Value::Array(Vec::new()));
}

#[test]
fn gitlab_gets_every_check_once() {
    let table = hostile();
    let findings = table.findings();
    let document: Value = serde_json::from_str(&table.audit("gitlab").0).unwrap();
    assert_schema("gitlab.json", &document);
    let issues = document.as_array().unwrap();
    assert_eq!(issues.len(), findings.len());
    let prints: BTreeSet<String> = issues.iter().map(|i| text(&i["fingerprint"])).collect();
    assert_eq!(prints.len(), findings.len());
    for (issue, finding) in issues.iter().zip(&findings) {
        let id = Safe(finding["id"].as_str().unwrap()).text();
        assert!(text(&issue["description"]).contains(&id), "{issue}");
        assert_eq!(issue["check_name"], finding["metric"]);
    }
}

#[test]
fn junit_is_read_by_an_xml_parser() {
    let table = hostile();
    let findings = table.findings();
    let xml = table.audit("junit").0;
    let document = roxmltree::Document::parse(&xml).unwrap();
    let root = document.root_element();
    assert_eq!(root.tag_name().name(), "testsuites");
    let named = |name: &'static str| {
        let nodes = document.descendants();
        nodes.filter(move |node| node.has_tag_name(name))
    };
    let ids: Vec<String> = named("testcase")
        .map(|case| case.attribute("name").unwrap().to_owned())
        .collect();
    assert_ids(&ids, &findings);
    let suites: Vec<_> = named("testsuite").map(|s| s.attribute("name")).collect();
    assert_eq!(suites, [Some(Safe(COLUMN).text().as_str())]);
    let of = |status: &str| findings.iter().filter(|f| f["status"] == status).count();
    let counts = [
        ("tests", "testcase", findings.len()),
        ("failures", "failure", of("fail")),
        ("skipped", "skipped", of("warn") + of("undecided")),
    ];
    for (attribute, element, count) in counts {
        assert_eq!(named(element).count(), count, "{element}");
        for node in named("testsuite").chain([root]) {
            assert_eq!(node.attribute(attribute), Some(count.to_string().as_str()));
        }
    }
    assert_eq!(named("system-out").count(), of("pass"));
    let elements: BTreeSet<&str> = document
        .descendants()
        .filter(roxmltree::Node::is_element)
        .map(|node| node.tag_name().name())
        .collect();
    let known = "failure properties property skipped system-out testcase testsuite testsuites";
    assert_eq!(elements, known.split(' ').collect());
}

/// A line as the runner of GitHub reads it: a command with its title and data; `None` is text.
fn command(line: &str) -> Option<(&str, String, String)> {
    let back = |text: &str| text.replace("%0D", "\r").replace("%0A", "\n");
    let (head, data) = line.trim_start().strip_prefix("::")?.split_once("::")?;
    let (name, properties) = head.split_once(' ').unwrap_or((head, ""));
    let property = properties.split(',').find_map(|p| p.strip_prefix("title="));
    let title = back(property.unwrap_or_default());
    let title = title.replace("%3A", ":").replace("%2C", ",");
    Some((
        name,
        title.replace("%25", "%"),
        back(data).replace("%25", "%"),
    ))
}

#[test]
fn github_annotates_at_most_nine_of_a_level_and_lets_no_data_command() {
    let table = hostile();
    let findings = table.findings();
    let written = table.audit("github").0;
    let mut ids = BTreeSet::new();
    let mut counts = std::collections::BTreeMap::new();
    for line in written.lines() {
        let said = match command(line) {
            None => line.split_once(' ').unwrap().1.to_owned(),
            Some((name, title, data)) => {
                *counts.entry(name).or_insert(0) += 1;
                let known = ["error", "warning", "notice", "group", "endgroup"];
                assert!(known.contains(&name), "{line}");
                assert!(title.chars().count() <= 255 && !title.contains('\n'));
                assert!(!data.contains(['\n', '\r']), "{line}");
                data
            }
        };
        let is_said = |id: &&str| {
            let id = format!(" ({}", Safe(id));
            let rest = said.rsplit_once(&id).map(|(_, rest)| rest);
            rest.is_some_and(|rest| rest == ")" || rest.starts_with('~'))
        };
        let raw = findings.iter().map(|f| f["id"].as_str().unwrap());
        ids.extend(raw.filter(is_said).map(str::to_owned));
    }
    assert_eq!(ids.len(), findings.len(), "every finding has a line");
    let of = |status: &str| findings.iter().filter(|f| f["status"] == status).count();
    assert!(of("fail") > 9, "{} fail", of("fail"));
    assert_eq!(counts["error"], 9);
    assert_eq!(counts["warning"], of("warn").min(9));
    assert_eq!(counts["notice"], of("undecided").min(9) + 1);
    let last = written.lines().last().unwrap();
    assert!(last.starts_with("::notice title=fair-audit::"), "{last}");
}

#[test]
fn a_step_summary_is_added_to_what_other_commands_wrote() {
    let folder = tempfile::tempdir().unwrap();
    let summary = folder.path().join("step_summary_5b1c");
    std::fs::write(&summary, "# Before\n").unwrap();
    let table = ["fixtures/hiring.csv", "-s", "sex", "-p", "selected"];
    let target = format!("summary={}", summary.display());
    let plain = run(&table);
    let output = run(&[&table[..], &["-f", "github", "-f", &target]].concat());
    assert_eq!(output.status.code(), plain.status.code());
    assert_eq!(output.status.code(), Some(1));
    let annotations = String::from_utf8(output.stdout).unwrap();
    assert!(annotations.contains("\n::error title=FAIL selection_rate_ratio%2C sex"));
    let text = std::fs::read_to_string(&summary).unwrap();
    let added = text.strip_prefix("# Before\n").unwrap();
    assert!(added.starts_with("# Fairness audit: FAIL\n"), "{text}");
    // A file that is not there is made; other formats take the place of what was there.
    std::fs::remove_file(&summary).unwrap();
    run(&[&table[..], &["-f", &target]].concat());
    assert_eq!(std::fs::read_to_string(&summary).unwrap(), added);
    let whole = format!("md={}", summary.display());
    run(&[&table[..], &["-f", &whole]].concat());
    assert_eq!(std::fs::read_to_string(&summary).unwrap(), added);
}

/// Label names and values.
type Labels = Vec<(String, String)>;

/// A sample of the text format: name, labels, value. Panics where it is none.
fn sample(line: &str) -> (String, Labels, f64) {
    let legal = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let end = line.find(|c| !legal(c)).unwrap();
    let (name, mut rest) = line.split_at(end);
    assert!(name.starts_with("fair_audit_"), "{line}");
    let mut labels = Vec::new();
    if let Some(inside) = rest.strip_prefix('{') {
        rest = inside;
        while !rest.starts_with('}') {
            let (label, value) = rest.split_once("=\"").unwrap();
            assert!(!label.is_empty() && label.chars().all(legal), "{line}");
            let mut text = String::new();
            let mut chars = value.char_indices();
            let end = loop {
                match chars.next().unwrap() {
                    (at, '"') => break at + 1,
                    (_, '\\') => text.push(match chars.next().unwrap().1 {
                        'n' => '\n',
                        c @ ('\\' | '"') => c,
                        other => panic!("no escape: \\{other}"),
                    }),
                    (_, c) => text.push(c),
                }
            };
            labels.push((label.to_owned(), text));
            rest = value[end..].strip_prefix(',').unwrap_or(&value[end..]);
        }
        rest = &rest[1..];
    }
    let value = rest.strip_prefix(' ').unwrap();
    let value = value.replace("Inf", "inf").parse().unwrap();
    (name.to_owned(), labels, value)
}

#[test]
fn prometheus_reads_every_line() {
    let table = hostile();
    let findings = table.findings();
    let text = table.audit("prom").0;
    assert!(text.ends_with('\n'));
    let mut types = Vec::new();
    let mut series = BTreeSet::new();
    let mut ids = Vec::new();
    let mut verdict = None;
    for line in text.lines() {
        if let Some(line) = line.strip_prefix("# HELP ") {
            assert!(
                line.split_once(' ')
                    .is_some_and(|(_, help)| !help.is_empty())
            );
            continue;
        }
        if let Some(line) = line.strip_prefix("# TYPE ") {
            let name = line.strip_suffix(" gauge").unwrap().to_owned();
            assert!(!types.contains(&name), "{name} is in one place");
            types.push(name);
            continue;
        }
        let (name, labels, value) = sample(line);
        assert_eq!(types.last(), Some(&name), "a sample follows its type");
        assert!(!value.is_nan(), "{line}");
        assert!(series.insert((name.clone(), labels.clone())), "{line}");
        let id = labels.iter().find(|(label, _)| label == "id");
        match (name.as_str(), id) {
            ("fair_audit_finding_status", Some((_, id))) => ids.push(id.clone()),
            ("fair_audit_verdict", None) => verdict = Some(value),
            _ => {}
        }
    }
    assert_ids(&ids, &findings);
    assert_eq!(verdict, Some(3.0));
    let with_value = findings.iter().filter(|f| !f["value"].is_null()).count();
    let values = series.iter().filter(|s| s.0 == "fair_audit_finding_value");
    assert_eq!(values.count(), with_value);
}
