//! `--suppress`: what is written is attacked. In: random tables, audited by the command's own path;
//! out: for every hidden group how far a linear program over all that the JSON says can confine it.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fmt::Write as _;
use std::path::Path;
use std::thread;

use fair_audit::{cli, run};
use serde_json::Value;

use super::attacker::{Attacker, Equation};
use super::published::nothing_rests_on_what_is_hidden;

/// Random tables that are attacked.
const TABLES: u64 = 200;
/// How many at a time.
const THREADS: u64 = 4;

/// xorshift64*: enough for tables.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    /// Small ones often, large ones seldom.
    fn skewed(&mut self, n: u64) -> u64 {
        let top = self.below(n) + 1;
        self.below(top)
    }
}

/// A random table, and how it is audited.
struct Made {
    csv: String,
    words: Vec<String>,
    k: u64,
    /// The rates that say what else is to be known.
    metrics: &'static str,
    /// The weight of each value of the first column, where there are weights.
    weights: Option<Vec<f64>>,
}

fn made(seed: u64) -> Made {
    let mut random = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    for _ in 0..8 {
        random.next();
    }
    let (sexes, races) = (2 + random.below(3), 2 + random.below(4));
    let control = if random.below(3) == 0 { 2 } else { 1 };
    let has_label = random.below(3) > 0;
    let weights = (random.below(4) == 0).then(|| {
        let weight = |at: u64| 1.0 + at as f64 / 2.0;
        (0..sexes).map(weight).collect::<Vec<f64>>()
    });
    let has_gaps = random.below(4) == 0;
    let rows = 60 + random.below(1_200);
    let mut csv = "sex,race,dept,y,d,w\n".to_owned();
    for _ in 0..rows {
        let (sex, at) = (random.skewed(sexes), random.skewed(races));
        let dept = random.skewed(control);
        let y = u64::from(random.below(10) < 3 + sex);
        let d = u64::from(random.below(10) < 2 + 2 * y + at);
        let race = if has_gaps && random.below(40) == 0 {
            String::new()
        } else {
            format!("r{at}")
        };
        let decision = if has_gaps && random.below(30) == 0 {
            String::new()
        } else {
            d.to_string()
        };
        let weight = weights.as_ref().map_or(1.0, |all| all[sex as usize]);
        let _ = writeln!(csv, "s{sex},{race},c{dept},{y},{decision},{weight}");
    }
    let k = 3 + random.below(9);
    let mut words: Vec<String> = [
        "--no-config",
        "--no-infer",
        "-s",
        "sex,race",
        "-p",
        "d=1",
        "-j1",
    ]
    .map(str::to_owned)
    .to_vec();
    let mut push = |is_there: bool, more: &[&str]| {
        if is_there {
            words.extend(more.iter().map(|word| (*word).to_owned()));
        }
    };
    push(has_label, &["-y", "y=1"]);
    push(control > 1, &["--control", "dept"]);
    push(weights.is_some(), &["--weight", "w"]);
    Made {
        csv,
        words,
        k,
        metrics: if has_label {
            "selection_rate_ratio,selection_rate,true_positive_rate,false_positive_rate,\
             false_negative_rate,true_negative_rate"
        } else {
            "selection_rate_ratio,selection_rate"
        },
        weights,
    }
}

/// What the command writes as JSON.
fn audited(folder: &Path, made: &Made, more: &[String]) -> Value {
    let (table, out) = (folder.join("t.csv"), folder.join("r.json"));
    std::fs::write(&table, &made.csv).unwrap();
    let _ = std::fs::remove_file(&out);
    let format = format!("json={}", out.display());
    let mut words: Vec<OsString> = vec![table.into(), "-q".into(), "-f".into(), format.into()];
    words.extend(made.words.iter().chain(more).map(OsString::from));
    let job = cli::parse::job(&words, false).unwrap_or_else(|stop| panic!("{stop:?}"));
    run::run(job).unwrap();
    serde_json::from_slice(&std::fs::read(out).unwrap()).unwrap()
}

/// A group as it is published: its place, and its counts where it has any.
#[derive(Clone)]
struct Group {
    place: BTreeMap<String, String>,
    /// Rows; then by label and decision.
    counts: Option<BTreeMap<&'static str, f64>>,
    /// Weights of the same, as far as they are said.
    weights: BTreeMap<&'static str, f64>,
}

const KINDS: [&str; 7] = ["rows", "tp", "fp", "fn", "tn", "positive", "predicted"];
/// A rate whose numerator says the weight of a kind.
const RATES: [(&str, &str); 5] = [
    ("true_positive_rate", "tp"),
    ("false_positive_rate", "fp"),
    ("false_negative_rate", "fn"),
    ("true_negative_rate", "tn"),
    ("selection_rate", "positive"),
];

fn groups(report: &Value) -> Vec<Group> {
    let of = |group: &Value| {
        let mut place = BTreeMap::new();
        for part in [&group["group"], &group["stratum"]] {
            for (column, value) in part.as_object().into_iter().flatten() {
                let value = value.as_str().unwrap_or("").to_owned();
                place.insert(column.clone(), value);
            }
        }
        let mut counts = BTreeMap::new();
        for (kind, path) in KINDS.into_iter().zip([
            &group["rows"],
            &group["counts"]["tp"],
            &group["counts"]["fp"],
            &group["counts"]["fn"],
            &group["counts"]["tn"],
            &group["counts"]["predicted_positive"],
            &group["counts"]["predicted"],
        ]) {
            counts.extend(path.as_f64().map(|n| (kind, n)));
        }
        let mut weights = BTreeMap::new();
        weights.extend(group["weight"].as_f64().map(|w| ("rows", w)));
        for (rate, kind) in RATES {
            let sum = group["metrics"][rate]["numerator"].as_f64();
            weights.extend(sum.map(|w| (kind, w)));
        }
        if counts.is_empty() {
            assert!(weights.is_empty(), "{group}");
        }
        Group {
            place,
            counts: Some(counts).filter(|counts| !counts.is_empty()),
            weights,
        }
    };
    report["groups"]
        .as_array()
        .unwrap()
        .iter()
        .map(of)
        .collect()
}

/// What an attack found of a hidden group's count.
struct Found {
    truth: f64,
    width: f64,
}

/// Attacks every count of every hidden group; `truth` has the same groups with nothing hidden.
fn attack(
    published: &[Group],
    truth: &[Group],
    read: Option<f64>,
    weights: Option<&[f64]>,
) -> Vec<Found> {
    // Every combination of values that no list of groups excludes.
    let mut columns: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let places: BTreeSet<&BTreeMap<String, String>> = published.iter().map(|g| &g.place).collect();
    for (column, value) in published.iter().flat_map(|group| &group.place) {
        columns.entry(column).or_default().insert(value);
    }
    let shapes: BTreeSet<Vec<&String>> = places.iter().map(|p| p.keys().collect()).collect();
    let mut cells: Vec<BTreeMap<String, String>> = vec![BTreeMap::new()];
    for (column, values) in &columns {
        let with = |cell: &BTreeMap<String, String>| {
            let cell = cell.clone();
            values.iter().map(move |value| {
                let mut cell = cell.clone();
                cell.insert((*column).to_owned(), (*value).to_owned());
                cell
            })
        };
        cells = cells
            .iter()
            .flat_map(|cell| with(cell).collect::<Vec<_>>())
            .collect();
    }
    cells.retain(|cell| {
        shapes.iter().all(|shape| {
            let part = shape.iter().map(|key| ((*key).clone(), cell[*key].clone()));
            places.contains(&part.collect::<BTreeMap<_, _>>())
        })
    });
    let is_in = |cell: &BTreeMap<String, String>, group: &Group| {
        group.place.iter().all(|(key, value)| cell[key] == *value)
    };
    let weight = |cell: &BTreeMap<String, String>| {
        let at: usize = cell["sex"][1..].parse().unwrap();
        weights.map_or(1.0, |all| all[at])
    };
    let mut found = Vec::new();
    for kind in KINDS {
        let mut equations = Vec::new();
        for group in published {
            let of = |f: &dyn Fn(&BTreeMap<String, String>) -> f64, value| Equation {
                coefficients: cells
                    .iter()
                    .map(|cell| if is_in(cell, group) { f(cell) } else { 0.0 })
                    .collect(),
                value,
            };
            let count = group.counts.as_ref().and_then(|counts| counts.get(kind));
            equations.extend(count.map(|n| of(&|_| 1.0, *n)));
            let sum = group.weights.get(kind).filter(|_| weights.is_some());
            equations.extend(sum.map(|w| of(&weight, *w)));
        }
        let all = read.filter(|_| kind == "rows").map(|n| Equation {
            coefficients: vec![1.0; cells.len()],
            value: n,
        });
        equations.extend(all);
        let mut attacker = Attacker::new(&equations, cells.len());
        let targets: Vec<(Vec<f64>, f64)> = published
            .iter()
            .zip(truth)
            .filter(|(group, _)| group.counts.is_none())
            .filter_map(|(group, true_one)| {
                assert_eq!(group.place, true_one.place);
                let truth = *true_one.counts.as_ref()?.get(kind)?;
                let cost = cells
                    .iter()
                    .map(|cell| f64::from(u8::from(is_in(cell, group))));
                (truth > 0.0).then(|| (cost.collect(), truth))
            })
            .collect();
        found.extend(widths(&mut attacker, &targets));
    }
    found
}

/// How far each sum can go; solutions that were met on the way spare most of the programs.
fn widths(attacker: &mut Attacker, targets: &[(Vec<f64>, f64)]) -> Vec<Found> {
    const WIDE: f64 = 12.0;
    let mut seen = vec![(f64::INFINITY, f64::NEG_INFINITY); targets.len()];
    let see = |solution: &[f64], seen: &mut Vec<(f64, f64)>| {
        for ((cost, _), (low, high)) in targets.iter().zip(seen) {
            let value: f64 = cost.iter().zip(solution).map(|(a, b)| a * b).sum();
            (*low, *high) = (low.min(value), high.max(value));
        }
    };
    see(&attacker.solution(), &mut seen);
    for (at, (cost, _)) in targets.iter().enumerate() {
        for sign in [1.0, -1.0] {
            if seen[at].1 - seen[at].0 > WIDE {
                break;
            }
            let signed: Vec<f64> = cost.iter().map(|x| sign * x).collect();
            match attacker.maximize(&signed) {
                Some(_) => see(&attacker.solution(), &mut seen),
                None => seen[at].1 = f64::INFINITY,
            }
        }
    }
    let all = targets.iter().zip(seen);
    all.map(|((_, truth), (low, high))| {
        assert!(low <= truth + 1e-4 || high - low > WIDE);
        Found {
            truth: *truth,
            width: high - low,
        }
    })
    .collect()
}

/// What came of some tables.
#[derive(Default, Clone, Copy)]
struct Sums {
    shown: usize,
    hidden: usize,
    /// Groups with a small count.
    small: usize,
    /// Small counts of those that were attacked alone, and how many of them are known exactly.
    attacked: usize,
    recovered: usize,
}

impl Sums {
    fn and(self, other: Self) -> Self {
        Self {
            shown: self.shown + other.shown,
            hidden: self.hidden + other.hidden,
            small: self.small + other.small,
            attacked: self.attacked + other.attacked,
            recovered: self.recovered + other.recovered,
        }
    }
}

/// Audits and attacks a table: with complements it stands, and without.
fn attacked(seed: u64) -> Sums {
    let folder = tempfile::tempdir().unwrap();
    let made = made(seed);
    // All metrics of so many tables take their time in a build that is not optimized.
    let few = ["--metrics", made.metrics].map(str::to_owned).to_vec();
    let bare = audited(
        folder.path(),
        &made,
        &[few.clone(), vec!["-Pnone".to_owned()]].concat(),
    );
    let mut more = vec!["--suppress".to_owned(), made.k.to_string()];
    more.extend(few.into_iter().filter(|_| !seed.is_multiple_of(10)));
    let report = audited(folder.path(), &made, &more);
    let (truth, published) = (groups(&bare), groups(&report));
    assert_eq!(truth.len(), published.len());
    nothing_rests_on_what_is_hidden(&report, made.k);
    let read = report["record"]["rows"]["read"].as_f64();
    let weights = made.weights.as_deref();
    for found in attack(&published, &truth, read, weights) {
        let (truth, width) = (found.truth, found.width);
        let least = made.k as f64 - 1e-3;
        assert!(
            width >= least,
            "table {seed}: {truth} is known within {width}"
        );
    }
    // The same attacker where only small counts are hidden.
    let mut naive = truth.clone();
    let is_small = |group: &Group| {
        let of = |kind| group.counts.as_ref().and_then(|counts| counts.get(kind));
        let less = |a, b| Some(of(a)? - of(b)?);
        let own = KINDS.into_iter().map(|kind| of(kind).copied());
        let mut all = own.chain([less("rows", "predicted"), less("predicted", "positive")]);
        all.any(|n| n.is_some_and(|n| n > 0.0 && n < made.k as f64))
    };
    let mut sums = Sums {
        shown: published.iter().filter(|g| g.counts.is_some()).count(),
        hidden: published.iter().filter(|g| g.counts.is_none()).count(),
        small: naive.iter().filter(|g| is_small(g)).count(),
        ..Sums::default()
    };
    if !seed.is_multiple_of(4) {
        return sums;
    }
    for group in naive.iter_mut().filter(|g| is_small(g)) {
        (group.counts, group.weights) = (None, BTreeMap::new());
    }
    let read = bare["record"]["rows"]["read"].as_f64();
    for found in attack(&naive, &truth, read, weights) {
        if found.truth < made.k as f64 {
            sums.attacked += 1;
            sums.recovered += usize::from(found.width < 0.5);
        }
    }
    sums
}

#[test]
fn an_attacker_recovers_no_suppressed_cell_of_200_tables_and_many_without_complements() {
    // Audits have pools of threads of their own: these are not of one.
    let part = |first: u64| {
        let seeds = (first..=TABLES).step_by(THREADS as usize);
        seeds.map(attacked).fold(Sums::default(), Sums::and)
    };
    let sums = thread::scope(|scope| {
        let parts: Vec<_> = (1..=THREADS)
            .map(|first| scope.spawn(move || part(first)))
            .collect();
        let parts = parts.into_iter().map(|part| part.join().unwrap());
        parts.fold(Sums::default(), Sums::and)
    });
    let Sums {
        shown,
        hidden,
        small,
        attacked,
        recovered,
    } = sums;
    println!(
        "{shown} shown, {hidden} hidden for {small} small ones; without complements {recovered} of \
         {attacked} small counts are recovered"
    );
    assert!(shown > 1_000 && hidden < small + small / 2);
    assert!(recovered * 5 >= attacked, "the attacker has no teeth");
}
