//! `fair-audit mitigate` on tables that are made: weights are rows, and no table makes it panic or hang.

use std::fmt::Write as _;
use std::fs;

use serde_json::Value;

use crate::mitigate::{Folder, said};

/// A pseudo-random stream (splitmix64).
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// A table of so many rows: sex, a label, and what `more` says of each row.
fn table(rows: usize, heading: &str, mut more: impl FnMut(usize, bool, f64) -> String) -> String {
    let mut noise = Noise(7);
    let mut text = format!("sex,y{heading}\n");
    for at in 0..rows {
        let sex = if noise.share() < 0.4 { "f" } else { "m" };
        let x = noise.share();
        let y = noise.share() < 0.2 + 0.5 * x + if sex == "m" { 0.15 } else { 0.0 };
        let more = more(at, y, x);
        writeln!(text, "{sex},{}{more}", u8::from(y)).unwrap();
    }
    text
}

#[test]
fn weight_2_is_the_row_twice_through_the_whole_command() {
    let folder = Folder::new();
    let of = |at: usize, x: f64| {
        let level = ["a", "b", "c"][at % 3];
        format!(",{x},{level}")
    };
    let twice = |at: usize| at.is_multiple_of(3);
    let weighted = table(240, ",x,level,w", |at, _, x| {
        format!("{},{}", of(at, x), 1 + u8::from(twice(at)))
    });
    let plain = table(240, ",x,level,w", |at, _, x| format!("{},1", of(at, x)));
    let mut lines = plain.lines();
    let mut doubled = lines.next().unwrap().to_owned() + "\n";
    for (at, line) in lines.enumerate() {
        for _ in 0..=usize::from(twice(at)) {
            doubled += line;
            doubled += "\n";
        }
    }
    let weighted = folder.write("weighted.csv", &weighted);
    let doubled = folder.write("doubled.csv", &doubled);
    for model in ["logistic", "tree", "bayes"] {
        let fitted = |input: &str| -> Value {
            let path = folder.at("m.json");
            let (status, _, error) = said(&[
                input,
                "-s",
                "sex",
                "-y",
                "y",
                "--weight",
                "w",
                "--model",
                model,
                "--model-out",
                &path,
                "-q",
            ]);
            assert_eq!(status, 0, "{error}");
            let text = fs::read_to_string(path).unwrap();
            let document: Value = serde_json::from_str(&text).unwrap();
            let parts = document["encoder"].clone();
            let models = document["models"].as_array().unwrap().iter();
            let models = models.map(|m| serde_json::json!([m["model"], m["cuts"]]));
            serde_json::json!([parts, models.collect::<Vec<Value>>()])
        };
        near(&fitted(&weighted), &fitted(&doubled), model);
    }
}

/// The same, numbers to 1e-9 of their size.
fn near(a: &Value, b: &Value, what: &str) {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            assert!((a - b).abs() <= 1e-9 * a.abs().max(1.0), "{what}: {a} {b}");
        }
        (Value::Array(a), Value::Array(b)) => {
            assert_eq!(a.len(), b.len(), "{what}");
            a.iter().zip(b).for_each(|(a, b)| near(a, b, what));
        }
        (Value::Object(a), Value::Object(b)) => {
            assert!(a.keys().eq(b.keys()), "{what}");
            a.values()
                .zip(b.values())
                .for_each(|(a, b)| near(a, b, what));
        }
        _ => assert_eq!(a, b, "{what}"),
    }
}

/// A table that is bad, what it is, and the sentence that it ends in; none where it is fitted.
type Case = (&'static str, String, Option<&'static str>);

fn bad() -> Vec<Case> {
    let odd = |at: usize| ["1e300", "-1e300", "1", "1e308"][at % 4];
    let wide = |at: usize| -> String { (0..40).map(|c| format!(",{}", (at * c) % 17)).collect() };
    let heading: String = (0..40).map(|c| format!(",x{c}")).collect();
    let too_wide: String = (0..1100).map(|c| format!(",x{c}")).collect();
    let same = |text: String, from: &str, to: &str| text.replace(from, to);
    let x = |_: usize, _: bool, x: f64| format!(",{x}");
    vec![
        (
            "one class",
            same(table(80, ",x", x), ",0,", ",1,"),
            Some("every row that counts has the same label"),
        ),
        (
            "one group",
            same(table(80, ",x", x), "\nf,", "\nm,"),
            Some("`sex` has only one group with rows that count"),
        ),
        (
            "one row of a group",
            table(80, ",x", x) + "other,1,0.5\n",
            None,
        ),
        (
            "a group has one label",
            same(table(80, ",x", x), "f,1,", "f,0,"),
            None,
        ),
        (
            "separable",
            table(80, ",x", |_, y, x| {
                format!(",{}", x + 10.0 * f64::from(u8::from(y)))
            }),
            None,
        ),
        (
            "constant and duplicate columns",
            table(80, ",x,c,d", |_, _, x| format!(",{x},5,{x}")),
            None,
        ),
        (
            "nothing but a constant",
            table(80, ",c", |_, _, _| ",5".to_owned()),
            Some("no column is left to predict the label from"),
        ),
        (
            "no features",
            table(80, "", |_, _, _| String::new()),
            Some("no column is left to predict the label from"),
        ),
        (
            "huge",
            table(80, ",x,h", |at, _, x| format!(",{x},{}", odd(at))),
            None,
        ),
        (
            "infinite",
            table(80, ",x,h", |at, _, x| {
                format!(",{x},{}", ["inf", "nan", "2", "-inf"][at % 4])
            }),
            None,
        ),
        (
            "more columns than rows",
            table(30, &heading, |at, _, _| wide(at)),
            None,
        ),
        (
            "far more columns than are fitted",
            table(30, &too_wide, |at, _, _| {
                (0..1100)
                    .map(|c| format!(",{}", (at * (c + 3)) % 101))
                    .collect()
            }),
            Some("at most 1000 are fitted"),
        ),
        (
            "all null",
            table(80, ",x,e", |_, _, x| format!(",{x},")),
            None,
        ),
        (
            "10,000 levels",
            table(12_000, ",x,l", |at, _, x| {
                format!(",{},v{}", u8::from(x > 0.5), at % 10_000)
            }),
            None,
        ),
        ("few rows", table(3, ",x", x), Some("one label")),
        ("no rows", "sex,y,x\n".to_owned(), Some("no rows")),
    ]
}

/// Fits it by these words, and looks for the sentence.
fn ends_as_it_should((name, text, error): &Case, folder: &Folder, model: &str, more: &[&str]) {
    let path = folder.write("t.csv", text);
    let words = ["-s", "sex", "-y", "y", "--no-infer", "--model", model, "-q"];
    let (status, out, said) = said(&[&[&*path], &words[..], more].concat());
    match error {
        Some(sentence) => {
            assert_eq!((status, out.as_str()), (2, ""), "{name}, {model}: {said}");
            assert!(said.contains(sentence), "{name}, {model}: {said}");
            assert!(
                said.contains("help: ") || *name == "no rows",
                "{name}: {said}"
            );
        }
        None => assert_eq!(status, 0, "{name}, {model}: {said}"),
    }
}

/// Tables that are bad: the sentence that each ends in, or that it is fitted.
#[test]
fn a_bad_table_ends_in_a_clear_sentence_or_a_fit() {
    let folder = Folder::new();
    for case in &bad() {
        for model in ["logistic", "tree", "bayes"] {
            ends_as_it_should(case, &folder, model, &[]);
        }
    }
}

/// A forest ignores weights, so that rows are drawn: of bad tables as well, with what remedies make of
/// weights, of labels and of scores.
#[test]
fn a_bad_table_ends_so_with_a_forest_too() {
    let folder = Folder::new();
    let cases = bad();
    assert_eq!(cases.len(), 16);
    for case in &cases {
        // Remedies where the table is small.
        let all: &[&str] = if case.1.len() < 20_000 {
            &["reweighing", "massaging"]
        } else {
            &["plain"]
        };
        let methods = all.iter().flat_map(|method| ["--method", method]);
        let words: Vec<&str> = methods.chain(["--folds", "2"]).collect();
        ends_as_it_should(case, &folder, "forest", &words);
    }
}
