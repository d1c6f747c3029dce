//! Some rows of the table as columns of small codes, dealt out into what is learnt from and what is
//! held out.
//!
//! In: the exemplars of the pass. Out: features by code, and of each row how many of its copies are in
//! each fourth of the table. Rows are dealt out by their hashes: neither threads nor the order of
//! the file change it.

use ndarray::Array2;

use super::context::Context;
use crate::fit::{self, Sample, Scorer, tree};
use crate::sketch::{ABSENT, Sketch};
use crate::stats::area::Unit;
use crate::stats::random::{Binomial, Streams};

/// Bins of a number, beside the one for what is missing.
const BINS: usize = 254;
/// The same where two columns are crossed; of texts as many are told apart.
const COARSE: usize = 10;
/// Texts of fewer rows in what is learnt from are all one.
const RARE: u64 = 20;
/// By so many rows of the usual share the share of a text is drawn towards it.
const DRAWN: f64 = 10.0;
/// Of the dealing, where a row has many copies.
const SEED: u64 = 0;
/// Copies that the bits of a hash deal out, two for each.
const BY_BITS: u64 = 32;
/// A column of so many distinct whole numbers by the row, close together, counts rows.
const SERIAL: f64 = 0.9;

/// A column.
pub struct Feature {
    /// Its name.
    pub name: String,
    /// Of each row; of numbers in their order, 0 is missing.
    pub codes: Vec<u16>,
    /// How many codes there are.
    pub levels: usize,
    /// Whether codes have no order.
    pub is_text: bool,
    /// Of each row, fewer than [`COARSE`] + 2.
    pub coarse: Vec<u16>,
}

/// A column: its codes, how many there are, and whether they have no order.
pub type Coded<'a> = (&'a [u16], usize, bool);

/// Codes of [`Feature::coarse`] at most.
pub const CELLS: usize = COARSE + 2;

/// Rows to learn from.
pub struct Rows {
    /// Columns that tell rows apart.
    pub features: Vec<Feature>,
    /// Of each row: its copies in each fourth. The first two are one fold, the others the other.
    pub fourths: Vec<[u64; 4]>,
    /// Whether they are all rows of the table: then copies are rows like others. Else a row was
    /// drawn with its copies, which stay together.
    pub is_whole: bool,
    /// Columns that tell nothing but who is who, and why.
    pub left_out: Vec<String>,
}

/// Where the rows of a fold stand: those of one side of a target, and those of the other.
pub struct Fold<'a> {
    /// The rows.
    pub rows: &'a Rows,
    /// Of each row: whether it is of the group; `None` is in no comparison.
    pub side: &'a [Option<bool>],
    /// 0 or 1.
    pub at: usize,
}

impl Rows {
    /// Of the columns that have no part but as features, sensitive ones left out.
    pub fn of(context: &Context) -> Self {
        let kept = &context.sketches.exemplars;
        let mut rows = Self {
            features: Vec::new(),
            fourths: Vec::new(),
            is_whole: kept.is_whole,
            left_out: Vec::new(),
        };
        let streams = Streams::new(SEED);
        let dealt = kept.rows.iter().map(|row| {
            if kept.is_whole {
                dealt(row.hash as u64, row.copies, &streams)
            } else {
                let mut fourths = [0; 4];
                fourths[(row.hash & 3) as usize] = row.copies;
                fourths
            }
        });
        rows.fourths = dealt.collect();
        for (place, &column) in kept.columns.iter().enumerate() {
            if !context.is_free(column) || !context.is_feature(column) {
                continue;
            }
            let sketched = &context.sketches.columns[column];
            let Ok(sketch) = &sketched.sketch else {
                continue;
            };
            let values: Vec<u64> = kept.rows.iter().map(|row| row.values[place]).collect();
            let name = &sketched.name;
            match Feature::of(name, sketch, &values) {
                Ok(feature) if feature.levels > 1 => rows.features.push(feature),
                Ok(_) => {}
                Err(why) => rows.left_out.push(format!("`{name}` ({why})")),
            }
        }
        rows
    }

    /// What so many copies of a row count: of a sample one, since they were drawn together.
    pub fn counted(&self, copies: u64) -> u64 {
        if self.is_whole { copies } else { copies.min(1) }
    }

    fn unit(&self, copies: u64, positive: bool) -> Unit {
        let weight = copies as f64;
        Unit {
            positive,
            weight,
            squares: weight * weight / self.counted(copies) as f64,
            rows: self.counted(copies),
        }
    }
}

/// Deals out the copies of a row, each by itself.
fn dealt(hash: u64, copies: u64, streams: &Streams) -> [u64; 4] {
    let mut fourths = [0; 4];
    if copies <= BY_BITS {
        (0..copies).for_each(|copy| fourths[(hash >> (2 * copy) & 3) as usize] += 1);
        return fourths;
    }
    let (mut stream, half) = (streams.stream(hash), Binomial::new(0.5));
    let first = half.draw(copies, &mut stream);
    for (at, copies) in [(0, first), (2, copies - first)] {
        fourths[at] = half.draw(copies, &mut stream);
        fourths[at + 1] = copies - fourths[at];
    }
    fourths
}

impl Feature {
    /// Its codes.
    pub fn column(&self) -> Coded<'_> {
        (&self.codes, self.levels, self.is_text)
    }

    fn of(name: &str, sketch: &Sketch, values: &[u64]) -> Result<Self, &'static str> {
        let mut known = values.to_vec();
        let is_text = !sketch.is_number();
        if is_text {
            known.sort_unstable();
            let runs: Vec<usize> = known.chunk_by(|a, b| a == b).map(<[u64]>::len).collect();
            let alone = runs.iter().filter(|rows| **rows == 1).count();
            if 2 * alone > values.len() {
                return Err("nearly every row has a text of its own");
            }
            let names: Vec<u64> = known.chunk_by(|a, b| a == b).map(|run| run[0]).collect();
            let place = |value: &u64| names.partition_point(|name| name < value);
            let coarse = frequent(&runs);
            let codes: Vec<u16> = values.iter().map(|value| place(value) as u16).collect();
            return Ok(Self {
                name: name.to_owned(),
                coarse: codes
                    .iter()
                    .map(|&code| coarse[usize::from(code)])
                    .collect(),
                codes,
                levels: names.len(),
                is_text,
            });
        }
        known.retain(|bits| *bits != ABSENT);
        let mut numbers: Vec<f64> = known.into_iter().map(f64::from_bits).collect();
        numbers.sort_unstable_by(f64::total_cmp);
        if is_serial(sketch, &numbers) {
            return Err("a number for each row");
        }
        let (fine, coarse) = (cuts(&numbers, BINS), cuts(&numbers, COARSE));
        let code = |cuts: &[f64]| -> Vec<u16> {
            let code = |&bits: &u64| match bits {
                ABSENT => 0,
                bits => cuts.partition_point(|cut| *cut <= f64::from_bits(bits)) as u16,
            };
            values.iter().map(code).collect()
        };
        let codes = code(&fine);
        let has_missing = codes.contains(&0);
        Ok(Self {
            name: name.to_owned(),
            coarse: code(&coarse),
            codes,
            levels: fine.len() + usize::from(has_missing),
            is_text,
        })
    }
}

/// The first number of each of at most `bins` bins of about as many rows, a number of many rows in
/// one of its own: each number where there are as few.
fn cuts(sorted: &[f64], bins: usize) -> Vec<f64> {
    let runs: Vec<&[f64]> = sorted.chunk_by(|a, b| a == b).collect();
    if runs.len() <= bins {
        return runs.iter().map(|run| run[0]).collect();
    }
    let (mut cuts, mut seen, mut last) = (Vec::new(), 0, None);
    for run in runs {
        let bin = (2 * seen + run.len()) * bins / (2 * sorted.len());
        seen += run.len();
        if last != Some(bin) {
            cuts.push(run[0]);
            last = Some(bin);
        }
    }
    cuts
}

/// Of each text: its place among the most frequent ones, or the one for all others.
fn frequent(rows: &[usize]) -> Vec<u16> {
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by_key(|&text| std::cmp::Reverse(rows[text]));
    let mut place = vec![COARSE as u16; rows.len()];
    for (at, &text) in order.iter().take(COARSE).enumerate() {
        place[text] = at as u16;
    }
    place
}

/// Whether whole numbers count rows: the order of a file is nobody's trait.
fn is_serial(sketch: &Sketch, numbers: &[f64]) -> bool {
    let (all, distinct) = (sketch.moments(), sketch.distinct().0 as f64);
    let rows = all.rows as f64;
    numbers.iter().all(|x| x.fract() == 0.0)
        && rows >= RARE as f64
        && distinct >= SERIAL * rows
        && all.high - all.low < rows / SERIAL
}

impl Fold<'_> {
    /// Copies of a row that are learnt from (`false`) or held out (`true`).
    fn copies(&self, row: usize, held_out: bool) -> u64 {
        let fourths = &self.rows.fourths[row];
        let first = (self.at == 1) == held_out;
        let own = if first { &fourths[..2] } else { &fourths[2..] };
        own.iter().sum()
    }

    /// Rows that are learnt from or held out, with what they count.
    fn units(&self, held_out: bool) -> impl Iterator<Item = (usize, Unit)> {
        let sides = self.side.iter().enumerate();
        sides.filter_map(move |(row, side)| {
            let (positive, copies) = ((*side)?, self.copies(row, held_out));
            (copies > 0).then(|| (row, self.rows.unit(copies, positive)))
        })
    }

    /// The rows that are held out.
    pub fn held_out(&self) -> (Vec<usize>, Vec<Unit>) {
        self.units(true).unzip()
    }

    /// Of each code the place of a cut among the others: numbers in their order, texts by the share
    /// of the group among the rows that are learnt from, rare ones together.
    fn places(&self, codes: &[u16], levels: usize, is_text: bool) -> Vec<f64> {
        if !is_text {
            return (0..=levels).map(|code| code as f64).collect();
        }
        let mut sums = vec![(0.0, 0.0, 0_u64); levels];
        let mut all = (0.0, 0.0);
        for (row, unit) in self.units(false) {
            let own = if unit.positive { unit.weight } else { 0.0 };
            let sum = &mut sums[usize::from(codes[row])];
            *sum = (sum.0 + own, sum.1 + unit.weight, sum.2 + unit.rows);
            all = (all.0 + own, all.1 + unit.weight);
        }
        let usual = all.0 / f64::max(all.1, 1.0);
        let is_rare = |code: usize| sums[code].2 < RARE;
        let rare = (0..levels).filter(|code| is_rare(*code));
        let rare = rare.fold((0.0, 0.0), |a, code| {
            (a.0 + sums[code].0, a.1 + sums[code].1)
        });
        let rare = if rare.1 > 0.0 { rare.0 / rare.1 } else { usual };
        let share = |code: usize| {
            let (own, weight, rows) = sums[code];
            let rows = rows as f64;
            (own / weight * rows + usual * DRAWN) / (rows + DRAWN)
        };
        let shares = (0..levels).map(|code| if is_rare(code) { rare } else { share(code) });
        let shares: Vec<f64> = shares.collect();
        let mut known = shares.clone();
        known.sort_unstable_by(f64::total_cmp);
        known.dedup();
        let place = |share: &f64| known.partition_point(|other| other < share) as f64;
        shares.iter().map(place).collect()
    }

    /// The score of each code of one column; `None` where nothing can be learnt.
    pub fn by_code(&self, feature: &Feature) -> Option<Vec<f64>> {
        let places = self.places(&feature.codes, feature.levels, feature.is_text);
        let most = places.iter().copied().fold(0.0, f64::max) as usize;
        let mut sums = vec![[0.0; 2]; most + 1];
        for (row, unit) in self.units(false) {
            let place = places[usize::from(feature.codes[row])] as usize;
            sums[place][usize::from(unit.positive)] += unit.weight;
        }
        let (mut x, mut y, mut weights) = (Vec::new(), Vec::new(), Vec::new());
        for (place, sides) in sums.iter().enumerate() {
            for (positive, &weight) in [false, true].into_iter().zip(sides) {
                if weight > 0.0 {
                    x.push(place as f64);
                    y.push(positive);
                    weights.push(weight);
                }
            }
        }
        let x = Array2::from_shape_vec((x.len(), 1), x).ok()?;
        let scorer = learnt(&x, &y, &weights)?;
        let places = Array2::from_shape_vec((places.len(), 1), places).ok()?;
        Some(scorer.score(places.view()).to_vec())
    }

    /// The scores of the rows that are held out, from several columns.
    pub fn by_row(&self, columns: &[Coded], held_out: &[usize]) -> Option<Vec<f64>> {
        let places: Vec<Vec<f64>> = columns
            .iter()
            .map(|(codes, levels, is_text)| self.places(codes, *levels, *is_text))
            .collect();
        let matrix = |rows: &[usize]| {
            Array2::from_shape_fn((rows.len(), columns.len()), |(row, column)| {
                places[column][usize::from(columns[column].0[rows[row]])]
            })
        };
        let (rows, units): (Vec<usize>, Vec<Unit>) = self.units(false).unzip();
        let y: Vec<bool> = units.iter().map(|unit| unit.positive).collect();
        let weights: Vec<f64> = units.iter().map(|unit| unit.weight).collect();
        let scorer = learnt(&matrix(&rows), &y, &weights)?;
        Some(scorer.score(matrix(held_out).view()).to_vec())
    }
}

fn learnt(x: &Array2<f64>, y: &[bool], weights: &[f64]) -> Option<Box<dyn Scorer>> {
    let sample = Sample {
        x: x.view(),
        y,
        weights,
        seed: 0,
    };
    let fitted = fit::fit(&tree::WARY, &sample, &[]).ok()?;
    Some(fitted.scorer)
}
