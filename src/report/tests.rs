//! What every renderer keeps: all findings, the width, no raw control characters, the same bytes.

use super::safe::{is_hidden, width};
use super::*;

fn terminal(width: usize) -> Style {
    Style {
        width: Some(width),
        ..Style::default()
    }
}

#[test]
fn every_format_carries_every_finding() {
    for report in [sample::loans(), sample::hostile(), sample::weighted()] {
        for format in FORMATS {
            let text = format.render(&report, &Style::default());
            // A note of a hostile report holds control characters: compare as each would write it.
            for finding in &report.findings {
                let id = safe::Safe(&finding.id).text();
                let found = match format.name {
                    "json" | "jsonl" => text.contains(&json_text(&finding.id)),
                    "sarif" | "gitlab" | "mlbom" => text.contains(&json_text(&id)),
                    "csv" => text.contains(&id.replace('"', "\"\"")),
                    "md" | "summary" | "model-card" | "datasheet" => {
                        text.contains(&markdown::escape(&id))
                    }
                    "junit" => text.contains(&junit::escape(&id)),
                    // An annotation for some, a line of the log for the others.
                    "github" => text.contains(&github::data(&id)) || text.contains(&id),
                    "prom" => text.contains(&prom::escape(&id)),
                    _ => text.contains(&id),
                };
                assert!(found, "{} lacks {id}", format.name);
            }
        }
    }
}

/// A text as our JSON writes it, without its quotes.
fn json_text(text: &str) -> String {
    let mut report = sample::loans();
    report.notes = vec![text.to_owned()];
    let json = find("jsonl").unwrap().render(&report, &Style::default());
    let line = json.lines().last().unwrap().to_owned();
    line.strip_prefix("{\"kind\":\"note\",\"note\":\"")
        .and_then(|rest| rest.strip_suffix("\"}"))
        .unwrap()
        .to_owned()
}

#[test]
fn no_line_is_wider_than_the_terminal() {
    let reports = [sample::loans(), sample::hostile(), sample::weighted()];
    for (report, columns) in reports
        .iter()
        .flat_map(|r| [40, 80, 100, 120].map(|w| (r, w)))
    {
        for all in [false, true] {
            let style = Style {
                all,
                verbose: true,
                ..terminal(columns)
            };
            let text = FORMATS[0].render(report, &style);
            for line in text.lines() {
                assert!(width(line) <= columns, "{columns}: {line}");
            }
        }
    }
}

#[test]
fn nothing_raw_comes_through() {
    let report = sample::hostile();
    for format in FORMATS {
        for style in [Style::default(), terminal(80)] {
            let text = format.render(&report, &style);
            let raw = text.chars().find(|&c| is_hidden(c) && c != '\n');
            assert_eq!(raw, None, "{}", format.name);
        }
    }
}

#[test]
fn names_that_look_alike_have_rows_of_their_own() {
    let text = FORMATS[0].render(&sample::hostile(), &terminal(80));
    let rows: Vec<_> = text
        .lines()
        .filter(|l| l.contains("統計的") && !l.starts_with("note"))
        .collect();
    let unique: std::collections::BTreeSet<_> = rows.iter().collect();
    assert!(rows.len() >= 2);
    assert_eq!(unique.len(), rows.len(), "{rows:#?}");
}

#[test]
fn ascii_is_ascii_and_colour_is_only_around_status_words_and_rules() {
    let report = sample::loans();
    let ascii = Style {
        ascii: true,
        ..terminal(80)
    };
    assert!(FORMATS[0].render(&report, &ascii).is_ascii());
    let color = Style {
        color: true,
        ..terminal(80)
    };
    let painted = FORMATS[0].render(&report, &color);
    let mut bare = painted.clone();
    for code in ["31;1", "33", "36", "32", "90", "0"] {
        bare = bare.replace(&format!("\u{1b}[{code}m"), "");
    }
    assert_ne!(bare, painted);
    assert_eq!(bare, FORMATS[0].render(&report, &terminal(80)));
}

#[test]
fn a_terminal_is_told_what_is_hidden_and_a_file_hides_no_group() {
    let report = sample::many(1_000);
    let text = FORMATS[0].render(&report, &terminal(80));
    assert!(text.lines().count() < 80);
    assert!(text.contains("950 groups not shown"), "{text}");
    let said = "columns and other metrics not shown; --wide";
    assert!(text.contains(said), "{text}");
    let all = FORMATS[0].render(&report, &Style::default());
    assert!((0..1_000).all(|i| all.contains(&format!("zip {i:06}"))));
    assert!(all.contains("\nother metrics not shown; --wide"));
    let wide = Style {
        wide: true,
        ..Style::default()
    };
    assert!(!FORMATS[0].render(&report, &wide).contains("not shown"));
    let top = Style {
        top: Some(3),
        ..terminal(80)
    };
    assert!(
        FORMATS[0]
            .render(&report, &top)
            .contains("997 groups not shown")
    );
}

#[test]
fn the_verdict_alone_is_one_line() {
    let style = Style {
        quiet: true,
        ..terminal(80)
    };
    let text = FORMATS[0].render(&sample::loans(), &style);
    assert_eq!(text, "FAIL  2 failed, 1 warned, 1 undecided, 1 passed\n");
}

#[test]
fn a_page_reads_as_it_was_drawn() {
    let text = FORMATS[0].render(&sample::loans(), &terminal(80));
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(
        lines[0],
        "loans.parquet  48\u{202f}000 rows, 9 columns   policy: default (four fifths)"
    );
    for line in [
        "FAIL       race: Black - White      TPR difference         −0.29  −0.31 to −0.27",
        "race (reference White)",
    ] {
        assert!(text.contains(line), "{text}");
    }
    // 0.7996 is not shown as if it had passed a limit of 0.8.
    assert!(text.contains("0.7996"), "{text}");
    let small = lines
        .iter()
        .find(|l| l.starts_with("Pacific Isl."))
        .unwrap();
    assert!(small.contains("n<30") && small.contains('–'), "{small}");
    let file = FORMATS[0].render(&sample::loans(), &Style::default());
    assert!(!file.contains("n<30"));
}

#[test]
fn formats_are_found_by_name_and_by_extension() {
    assert!(FORMATS.iter().all(|f| find(f.name).is_some()));
    let meant = |name: &str| by_extension(std::path::Path::new(name)).map(|f| f.name);
    assert_eq!(meant("r.JSON"), Some("json"));
    assert_eq!(meant("a.b/r.ndjson"), Some("jsonl"));
    assert_eq!(meant("r.sarif"), Some("sarif"));
    assert_eq!(meant("r.xml"), Some("junit"));
    assert_eq!(meant("r.prom"), Some("prom"));
    assert_eq!(meant("r"), None);
    assert_eq!(meant("r.html"), None);
}
