//! Laws of the sketches: parts merged are the whole, order is nothing, no row is lost.

use proptest::prelude::*;

use super::column::{MISSING, Sketch};
use super::{Grouping, LABELS, Limits};

/// All that can be asked of a sketch.
#[derive(Debug, PartialEq)]
struct Seen {
    level: super::Level,
    distinct: (u64, bool),
    missing: Vec<u64>,
    rows: Vec<u64>,
    texts: Option<Vec<(String, Vec<u64>)>>,
    numbers: Option<Vec<(f64, Vec<u64>)>>,
    quantiles: Vec<Option<f64>>,
    moments: super::Moments,
}

fn seen(sketch: &Sketch) -> Seen {
    let each = Grouping {
        of_cell: (0..sketch.cells() as u32).map(Some).collect(),
        groups: sketch.cells(),
    };
    let texts = sketch.texts(&each);
    Seen {
        level: sketch.level(),
        distinct: sketch.distinct(),
        missing: sketch.missing(&each),
        rows: sketch.rows(&each),
        texts: texts.map(|all| all.into_iter().map(|(t, n)| (t.to_owned(), n)).collect()),
        numbers: sketch.numbers(&each),
        quantiles: [0.0, 0.25, 0.5, 0.9].map(|q| sketch.quantile(q)).to_vec(),
        moments: sketch.moments(),
    }
}

/// A row: a value, or none; and its cell.
type Row = (Option<i32>, u32);

fn fill(rows: &[Row], is_number: bool, cells: usize, limits: Limits) -> Sketch {
    let mut sketch = Sketch::new(is_number, limits);
    sketch.reserve(cells, cells);
    for &(value, cell) in rows {
        match value {
            Some(value) if is_number => sketch.add_number(f64::from(value) / 8.0, cell, 1),
            Some(value) => {
                let place = sketch.place_text(&format!("v{value}"));
                sketch.grid.add(place, cell, 1);
            }
            None => sketch.grid.add(MISSING, cell, 1),
        }
    }
    sketch
}

/// The parts merged; each has only as many cells as it needs.
fn merge(parts: &[&[Row]], is_number: bool, cells: usize, limits: Limits) -> Sketch {
    let mut whole = Sketch::new(is_number, limits);
    whole.reserve(cells, cells);
    for rows in parts {
        let own = rows.iter().map(|row| row.1 as usize + 1).max().unwrap_or(0);
        let part = fill(rows, is_number, own, limits);
        let map: Vec<u32> = (0..own as u32).collect();
        whole.absorb(&part, &map);
    }
    whole
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn parts_in_any_order_are_the_whole(
        rows in prop::collection::vec((prop::option::weighted(0.9, -40..40_i32), 0..6_u32), 0..200),
        cut in 0..200_usize,
        is_number: bool,
        pairs in prop::sample::select(vec![12_usize, 60, 200, 100_000]),
    ) {
        let cells = 2 * LABELS;
        let limits = Limits { pairs, cells: 100 };
        let cut = cut.min(rows.len());
        let whole = seen(&fill(&rows, is_number, cells, limits));
        let (a, b) = rows.split_at(cut);
        prop_assert_eq!(&whole, &seen(&merge(&[a, b], is_number, cells, limits)));
        prop_assert_eq!(&whole, &seen(&merge(&[b, a, &[]], is_number, cells, limits)));
        let mut back = rows.clone();
        back.reverse();
        prop_assert_eq!(&whole, &seen(&fill(&back, is_number, cells, limits)));
        prop_assert_eq!(whole.rows.iter().sum::<u64>(), rows.len() as u64);
        let missing = rows.iter().filter(|row| row.0.is_none()).count();
        prop_assert_eq!(whole.missing.iter().sum::<u64>(), missing as u64);
    }
}

#[test]
fn quantiles_of_many_numbers_are_within_the_error_that_is_said() {
    let rows: Vec<Row> = (0..20_000).map(|i| (Some(i * 7 % 20_000), 0)).collect();
    let sketch = fill(&rows, true, 3, Limits::of(30));
    assert_eq!(sketch.level(), super::Level::Bins);
    for (q, exact) in [(0.1, 249.875), (0.5, 1_249.875), (0.99, 2_474.875)] {
        let found = sketch.quantile(q).unwrap();
        assert!(
            (found - exact).abs() <= super::RELATIVE_ERROR * exact,
            "{q}: {found}"
        );
    }
    let (distinct, estimated) = sketch.distinct();
    assert!(estimated && distinct.abs_diff(20_000) < 1_300, "{distinct}");
    assert_eq!(sketch.moments().mean(), Some(1_249.937_5));
}
