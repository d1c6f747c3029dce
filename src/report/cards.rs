//! Documents that people owe each other, as far as a report knows them: the model card (Mitchell et al.
//! 2019, arXiv:1810.03993) and the datasheet (Gebru et al. 2021, arXiv:1803.09010), in Markdown.
//!
//! In: a report. Out: every section of the paper, with what was measured; what a tool cannot know is
//! left as a question, marked as one, for whoever does know.

use std::io::{self, Write};

use super::groups::{self, Cells};
use super::markdown::{self, escape};
use super::model::{InputReport, Report};
use super::number::Numbers;
use super::safe::Safe;
use super::{Style, findings, head, profile};
use crate::report::findings::word;

/// What stands before what the tool cannot know.
pub(super) const OPEN: &str = "**To be answered:**";

/// A section: its heading, what is known of it, and what is asked.
struct Part {
    heading: &'static str,
    known: &'static [Known],
    asked: &'static [&'static str],
}

/// What a report knows.
#[derive(Clone, Copy)]
enum Known {
    /// What made it, and of what.
    Tool,
    /// Whose decisions.
    Scenarios,
    /// The files.
    Inputs,
    /// How many rows, and what became of them.
    Rows,
    /// Who is compared, and by what the table is understood.
    Roles,
    /// How numbers were computed and judged.
    Settings,
    /// What deserves a look of the data.
    Facts,
    /// Groups and their numbers.
    Groups,
    /// Findings and the verdict.
    Findings,
    /// Fitted models beside each other.
    Remedies,
    /// What is owed to those who are decided upon.
    Justice,
    /// What a reader should know.
    Notes,
}

/// The sections of a model card, in the paper's order (figure 1).
const MODEL_CARD: &[Part] = &[
    Part {
        heading: "Model details",
        known: &[Known::Scenarios, Known::Tool],
        asked: &[
            "Who developed the model, when, and which version is this?",
            "What kind of model is it, and how was it trained?",
            "Under which licence is it, and to whom do questions go?",
        ],
    },
    Part {
        heading: "Intended use",
        known: &[],
        asked: &[
            "What is it for, and who are its intended users?",
            "What is it not for?",
        ],
    },
    Part {
        heading: "Factors",
        known: &[Known::Roles],
        asked: &[
            "Which other groups, instruments or environments could matter, and why are they \
                  not among these?",
        ],
    },
    Part {
        heading: "Metrics",
        known: &[Known::Settings],
        asked: &["Why these metrics and thresholds: what does each kind of error cost whom?"],
    },
    Part {
        heading: "Evaluation data",
        known: &[Known::Inputs, Known::Rows, Known::Facts],
        asked: &["Why this table, and is it like those whom the model will decide upon?"],
    },
    Part {
        heading: "Training data",
        known: &[],
        asked: &["What was the model trained on, and how are groups distributed there?"],
    },
    Part {
        heading: "Quantitative analyses",
        known: &[Known::Groups, Known::Findings, Known::Remedies],
        asked: &[],
    },
    Part {
        heading: "Ethical considerations",
        known: &[Known::Justice],
        asked: &[
            "Does it decide on what matters to lives: health, safety, work, credit, liberty?",
            "Which harms were considered, and what was done about them?",
        ],
    },
    Part {
        heading: "Caveats and recommendations",
        known: &[Known::Notes],
        asked: &["What was not tested, and what should whoever uses it test first?"],
    },
];

/// The sections of a datasheet, in the paper's order (section 3).
const DATASHEET: &[Part] = &[
    Part {
        heading: "Motivation",
        known: &[],
        asked: &["For what purpose was the data set created, by whom, and who paid for it?"],
    },
    Part {
        heading: "Composition",
        known: &[
            Known::Inputs,
            Known::Rows,
            Known::Roles,
            Known::Facts,
            Known::Groups,
            Known::Findings,
        ],
        asked: &[
            "What does a row stand for, and is it a sample of something larger?",
            "Does it hold what is confidential, offensive, or could identify people?",
        ],
    },
    Part {
        heading: "Collection process",
        known: &[],
        asked: &[
            "How, when and by whom was it collected; did the people know, and did they consent?",
            "Was there an ethical review?",
        ],
    },
    Part {
        heading: "Preprocessing, cleaning, labeling",
        known: &[Known::Tool],
        asked: &["What was done before this table was written, and is the raw data kept?"],
    },
    Part {
        heading: "Uses",
        known: &[Known::Notes],
        asked: &["What has it been used for, and for what should it not be used?"],
    },
    Part {
        heading: "Distribution",
        known: &[],
        asked: &["Who gets it, how, and under which licence or rules?"],
    },
    Part {
        heading: "Maintenance",
        known: &[],
        asked: &["Who maintains it, how are errors reported, and will it be updated?"],
    },
];

/// Writes the model card.
pub fn write_model_card(report: &Report, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    write("Model card", MODEL_CARD, report, style, out)
}

/// Writes the datasheet.
pub fn write_datasheet(report: &Report, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    write("Datasheet", DATASHEET, report, style, out)
}

fn write(
    title: &str,
    parts: &[Part],
    report: &Report,
    style: &Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let plain = Style {
        width: None,
        color: false,
        ..style.clone()
    };
    let inputs = report.record.inputs.iter();
    let names: Vec<String> = inputs.map(|i| escape(&Safe(&i.path).text())).collect();
    writeln!(out, "# {title}: {}", names.join(", "))?;
    for part in parts {
        writeln!(out, "\n## {}\n", part.heading)?;
        for known in part.known {
            let mut text = Vec::new();
            known.write(report, &plain, &mut text)?;
            // Headings of the report stand below those of the paper; no data begins a heading.
            let text = String::from_utf8_lossy(&text).replace("\n## ", "\n### ");
            out.write_all(text.as_bytes())?;
        }
        for question in part.asked {
            writeln!(out, "- {OPEN} {question}")?;
        }
    }
    Ok(())
}

/// Lines of a list.
fn lines(lines: impl IntoIterator<Item = String>, out: &mut dyn Write) -> io::Result<()> {
    let mut lines = lines.into_iter();
    lines.try_for_each(|line| writeln!(out, "- {}", escape(line.trim())))
}

impl Known {
    fn write(self, report: &Report, style: &Style, out: &mut dyn Write) -> io::Result<()> {
        let numbers = Numbers::new(style);
        match self {
            Self::Tool => {
                let tool = &report.tool;
                let made = format!("audited by {} {}", Safe(&tool.name), Safe(&tool.version));
                lines([made], out)
            }
            Self::Scenarios => {
                let mut names: Vec<String> = Vec::new();
                for group in &report.groups {
                    let name = Safe(&group.scenario).text();
                    if !names.contains(&name) {
                        names.push(name);
                    }
                }
                lines(
                    names.into_iter().map(|name| format!("decisions: {name}")),
                    out,
                )
            }
            Self::Inputs => lines(report.record.inputs.iter().map(input), out),
            Self::Rows => lines(rows(report), out),
            Self::Roles => lines(settings(report, true), out),
            Self::Settings => lines(settings(report, false), out),
            Self::Facts => {
                let facts = report.profile.facts();
                lines(facts.iter().map(|fact| Safe(&fact.message).text()), out)
            }
            Self::Groups => groups(report, style, out),
            Self::Findings => {
                markdown::write_findings(report, numbers, out)?;
                if profile::is_one(report) {
                    return Ok(());
                }
                let status = word(report.verdict.status);
                let verdict = format!("verdict by {}: {status}", Safe(&report.verdict.policy));
                writeln!(out)?;
                lines([verdict], out)
            }
            Self::Remedies => markdown::write_sections(&report.baselines, style, out),
            Self::Justice => {
                markdown::write_justice(report, style, out)?;
                writeln!(out)
            }
            Self::Notes => lines(head::notes(report, style.all, numbers), out),
        }
    }
}

fn input(input: &InputReport) -> String {
    let rows = input
        .rows
        .map_or(String::new(), |rows| format!(", {rows} rows"));
    let hash = input.sha256.as_deref();
    let hash = hash.map_or(String::new(), |hash| format!(", SHA-256 {}", Safe(hash)));
    format!(
        "{} ({}){rows}{hash}",
        Safe(&input.path),
        Safe(&input.format)
    )
}

fn rows(report: &Report) -> Vec<String> {
    let rows = &report.record.rows;
    let (Some(read), Some(used)) = (rows.read, rows.used) else {
        return Vec::new();
    };
    let mut all = vec![format!(
        "{read} rows read, {used} used, {} columns",
        rows.columns
    )];
    let excluded = rows.excluded.iter();
    all.extend(excluded.map(|(why, rows)| format!("{rows} left out: {}", Safe(why))));
    all
}

/// Settings with who chose them: what the table was taken for, or all others.
fn settings(report: &Report, of_roles: bool) -> Vec<String> {
    let all = report.record.settings.iter();
    let wanted = all.filter(|(name, _)| head::ROLES.contains(&name.as_str()) == of_roles);
    wanted
        .map(|(name, setting)| {
            let source = format!("{:?}", setting.source).to_lowercase();
            format!("{}: {} ({source})", Safe(name), Safe(&setting.value))
        })
        .collect()
}

/// Every group by single columns and by several.
fn groups(report: &Report, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let cells = Cells {
        numbers: Numbers::new(style),
        decimals: 3,
        min_group: None,
        every: groups::every(report, style),
    };
    let several = findings::several_scenarios(report);
    for section in groups::sections(report) {
        markdown::write_section(report, &section, cells, several, style, out)?;
    }
    Ok(())
}
