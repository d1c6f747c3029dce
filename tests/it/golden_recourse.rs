//! Recourse against actionable-recourse 1.0.1 (Ustun, Spangher and Liu 2019) on German: 65 refused rows
//! of a linear model of seven numbers, costs in percentiles, solved by CPLEX. Where `../shared` is not
//! there, nothing is tested.

use std::collections::BTreeMap;

use fair_audit::justice::steps::{Step, cheapest, evenest};
use serde_json::{Value, json};

use crate::cli::run;
use crate::mitigate::Folder;

const TABLE: &str = "../shared/data/data/german.csv";
const GOLDENS: &str = "../shared/data/goldens/german.json";

/// The model, and the numbers of others by name and group.
struct Golden {
    features: Vec<String>,
    coefficients: Vec<f64>,
    intercept: f64,
    refused: Vec<usize>,
    numbers: BTreeMap<(String, String), f64>,
    /// The numbers of each row.
    rows: Vec<Vec<f64>>,
    sexes: Vec<String>,
}

impl Golden {
    fn read() -> Option<Self> {
        let text = std::fs::read_to_string(GOLDENS).ok()?;
        let all: Value = serde_json::from_str(&text).unwrap();
        let mut setup = Value::Null;
        let mut numbers = BTreeMap::new();
        for own in all["entries"].as_array().unwrap() {
            let metric = own["metric"].as_str().unwrap();
            if metric == "recourse.setup" {
                setup = own["value"].clone();
            } else if metric.starts_with("recourse.") {
                let group = own["group"].as_str().unwrap().to_owned();
                numbers.insert((metric.to_owned(), group), own["value"].as_f64().unwrap());
            }
        }
        assert_eq!(numbers.len(), 14);
        let list = |key: &str| setup[key].as_array().unwrap().clone();
        let features: Vec<String> = list("features")
            .iter()
            .map(|name| name.as_str().unwrap().to_owned())
            .collect();
        let coefficients = features
            .iter()
            .map(|name| setup["coef"][name].as_f64().unwrap());
        let mut reader = csv::Reader::from_path(TABLE).ok()?;
        let heading = reader.headers().unwrap().clone();
        let at = |name: &str| heading.iter().position(|own| own == name).unwrap();
        let places: Vec<usize> = features.iter().map(|name| at(name)).collect();
        let sex = at("sex");
        let records: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        let row = |record: &csv::StringRecord| {
            places
                .iter()
                .map(|&at| record[at].parse().unwrap())
                .collect()
        };
        Some(Self {
            coefficients: coefficients.collect(),
            intercept: setup["intercept"].as_f64().unwrap(),
            refused: list("refused_rows")
                .iter()
                .map(|x| x.as_u64().unwrap() as usize)
                .collect(),
            rows: records.iter().map(row).collect(),
            sexes: records
                .iter()
                .map(|record| record[sex].to_owned())
                .collect(),
            features,
            numbers,
        })
    }

    fn sum(&self, row: &[f64]) -> f64 {
        let parts = self.coefficients.iter().zip(row).map(|(b, x)| b * x);
        self.intercept + parts.sum::<f64>()
    }

    /// The mean over the refused rows of a group, or of all.
    fn mean(&self, costs: &[f64], group: &str) -> f64 {
        let own = self.refused.iter().zip(costs);
        let own = own.filter(|(row, _)| group == "<overall>" || self.sexes[**row] == group);
        let own: Vec<f64> = own.map(|(_, cost)| *cost).collect();
        own.iter().sum::<f64>() / own.len() as f64
    }

    /// Their grid of a column, a hundred whole steps, and their percentile at each of its numbers: a
    /// density of normal kernels (Scott's rule), summed over the grid.
    fn percentiles(&self, at: usize) -> Vec<(f64, f64)> {
        let values: Vec<f64> = self.rows.iter().map(|row| row[at]).collect();
        let n = values.len() as f64;
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let step = (0.01 * (high - low)).ceil();
        let mean = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
        let width = variance.sqrt() * n.powf(-0.2);
        let grid = (0..=((high - low) / step).ceil() as u32).map(|at| low + f64::from(at) * step);
        let density = |x: f64| -> f64 {
            let own = values
                .iter()
                .map(|own| (-0.5 * ((x - own) / width).powi(2)).exp());
            own.sum::<f64>() / (n * width * std::f64::consts::TAU.sqrt())
        };
        let mut sum = 0.0;
        let summed = grid.map(|x| {
            sum += density(x);
            (x, sum)
        });
        let summed: Vec<(f64, f64)> = summed.collect();
        let total = sum + 2e-6;
        summed
            .into_iter()
            .map(|(x, sum)| (x, (1e-6 + sum) / total))
            .collect()
    }
}

/// Between the numbers of the grid it is a straight line.
fn percentile(grid: &[(f64, f64)], x: f64) -> f64 {
    let at = grid
        .partition_point(|own| own.0 < x)
        .clamp(1, grid.len() - 1);
    let ((from, low), (to, high)) = (grid[at - 1], grid[at]);
    low + (high - low) * (x - from) / (to - from)
}

/// By their own costs on their own grid, no answer of ours is dearer than theirs in the mean.
#[test]
fn steps_are_no_dearer_than_those_of_actionable_recourse() {
    let Some(golden) = Golden::read() else {
        println!("skipped: no {GOLDENS}");
        return;
    };
    let grids: Vec<_> = (0..golden.features.len())
        .map(|at| golden.percentiles(at))
        .collect();
    let all = (0..golden.rows.len()).filter(|&row| golden.sum(&golden.rows[row]) < 0.0);
    assert_eq!(all.collect::<Vec<_>>(), golden.refused);
    let (mut sums, mut largest) = (Vec::new(), Vec::new());
    for &row in &golden.refused {
        let own = &golden.rows[row];
        let levers = golden.features.iter().enumerate().map(|(at, name)| {
            let (b, from) = (golden.coefficients[at], own[at]);
            let before = percentile(&grids[at], from);
            let step = |&(to, share): &(f64, f64)| {
                let step = Step {
                    gain: b * (to - from),
                    cost: (share - before).abs(),
                };
                (name != "age" && step.gain > 0.0).then_some(step)
            };
            grids[at].iter().filter_map(step).collect()
        });
        let levers: Vec<Vec<Step>> = levers.collect();
        let gap = -golden.sum(own);
        for (found, costs) in [
            (cheapest(&levers, gap), &mut sums),
            (evenest(&levers, gap), &mut largest),
        ] {
            let found = found.unwrap();
            let taken = levers.iter().zip(&found.steps);
            let gained: f64 = taken.filter_map(|(own, at)| Some(own[(*at)?].gain)).sum();
            assert!(found.is_exact && gained >= gap - 1e-9, "row {row}");
            costs.push(found.cost);
        }
    }
    for (kind, costs) in [("total", &sums), ("max", &largest)] {
        for group in ["female", "male", "<overall>"] {
            let theirs = golden.numbers[&(format!("recourse.{kind}.mean_cost"), group.to_owned())];
            let ours = golden.mean(costs, group);
            println!("{kind} {group}: {ours:.5} beside {theirs:.5}");
            assert!(ours <= theirs, "{kind} {group}: {ours} {theirs}");
            // Not far below either: it is the same question.
            assert!(ours > 0.9 * theirs, "{kind} {group}: {ours} {theirs}");
        }
    }
}

/// The model as a file, so that the command can be asked.
fn saved(golden: &Golden) -> String {
    let parts: Vec<Value> = (0..golden.features.len())
        .map(|at| {
            let part = json!({"kind": "number", "unit": 1.0, "middle": 0.0, "scale": 1.0, "has_missing": false});
            json!([at, part])
        })
        .collect();
    let features: Vec<Value> = golden
        .features
        .iter()
        .map(|name| json!({"name": name, "values": "number"}))
        .collect();
    json!({
        "schema": "fair-audit/model/1", "version": "0", "inputs": [],
        "recipe": {
            "label": "credit=good", "sensitive": ["sex"], "bins": [], "control": [], "weight": null,
            "counts": null, "null": [""], "ignore": [], "features": golden.features,
            "with_sensitive": false, "attribute": "sex", "model": "logistic", "method": ["plain"],
            "folds": 5, "seed": 0,
        },
        "rows": 1000, "base_rates": [],
        "groups": {"columns": [{"name": "sex", "cuts": null}], "values": [{"sex": "female"}, {"sex": "male"}]},
        "features": features,
        "encoder": {"parts": parts, "names": golden.features},
        "models": [{
            "scenario": "plain", "stage": "none",
            "model": {"kind": "logistic", "coefficients": golden.coefficients, "intercept": golden.intercept},
            "cuts": [{"kind": "at", "threshold": 0.5}, {"kind": "at", "threshold": 0.5}],
            "weights": [], "numbers": {},
        }],
    })
    .to_string()
}

/// The command as it is: percentiles are shares of the rows there are, which are not smoothed. Who is
/// refused and who has a way is the same; the means lie within what the goldens allow, and every way
/// turns the decision by the coefficients themselves.
#[test]
fn the_command_finds_the_ways_of_actionable_recourse() {
    let Some(golden) = Golden::read() else {
        println!("skipped: no {GOLDENS}");
        return;
    };
    let folder = Folder::new();
    let model = folder.write("m.json", &saved(&golden));
    for (kind, norm) in [("total", "l1"), ("max", "max")] {
        let mut words = vec![
            "counterfactual",
            TABLE,
            "-s",
            "sex",
            "--no-infer",
            "--no-config",
        ];
        words.extend([
            "--model",
            &model,
            "--recourse",
            "--immutable",
            "age",
            "-f",
            "json",
        ]);
        words.extend(["--cost", "percentile", "--norm", norm]);
        let rows: Vec<String> = golden
            .refused
            .iter()
            .map(|row| (row + 1).to_string())
            .collect();
        for row in &rows {
            words.extend(["--row", row.as_str()]);
        }
        let output = run(&words);
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let sections = report["justice"].as_array().unwrap();
        let recourse = sections
            .iter()
            .find(|own| own["name"] == "recourse")
            .unwrap();
        let tables = recourse["tables"].as_array().unwrap();
        let table = |name: &str| {
            let found = tables.iter().find(|own| own["name"] == name).unwrap();
            found["rows"].as_array().unwrap()
        };
        let number = |name: &str, group: &str| {
            golden.numbers[&(format!("recourse.{kind}.{name}"), group.to_owned())]
        };
        for row in table("recourse") {
            let group = row["group"]["sex"].as_str().unwrap();
            assert_eq!(row["rows"].as_f64().unwrap(), number("denied", group));
            assert_eq!(
                row["feasible"].as_f64().unwrap(),
                number("feasible_share", "<overall>")
            );
            let (ours, theirs) = (row["cost"].as_f64().unwrap(), number("mean_cost", group));
            println!("{kind} {group}: {ours:.5} beside {theirs:.5}");
            assert!(ours <= theirs + 0.02, "{kind} {group}: {ours} {theirs}");
        }
        let ways = table("rows");
        assert_eq!(ways.len(), golden.refused.len());
        for (way, &row) in ways.iter().zip(&golden.refused) {
            let mut own = golden.rows[row].clone();
            let said = way["way"].as_str().unwrap();
            for (at, name) in golden.features.iter().enumerate() {
                if let Some((_, rest)) = said.split_once(&format!("`{name}` were ")) {
                    own[at] = rest.split(" instead of ").next().unwrap().parse().unwrap();
                }
            }
            assert!(
                own != golden.rows[row] && golden.sum(&own) >= 0.0,
                "row {row}: {said}"
            );
            assert_eq!(own[6], golden.rows[row][6], "age stays");
        }
    }
}
