//! Predictions of another file: joined rows against rows known by construction.

use super::*;
use crate::read::order::all_rows;
use crate::read::{Options, open as open_table};

fn join(data: &str, predictions: &str, id: Option<&str>) -> Result<(Vec<String>, Vec<String>)> {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_string_lossy().into_owned()
    };
    let options = Options {
        predictions: Some(path("predictions.csv", predictions)),
        id: id.map(str::to_owned),
        threads: 2,
        ..Options::default()
    };
    let source = open_table(&[path("data.csv", data).into()], &options)?;
    let text = |row: Vec<Option<String>>| {
        let values = row.into_iter().map(std::option::Option::unwrap_or_default);
        values.collect::<Vec<_>>().join(",")
    };
    let rows: Vec<String> = all_rows(&*source)?.into_iter().map(text).collect();
    let mut head = Vec::new();
    let wants: Vec<Want> = (0..source.columns().len()).map(ids::text).collect();
    source
        .head(&wants, 100, &mut |batch| {
            for row in 0..batch.rows {
                let value = |column| {
                    let codes = ids::codes(batch, column).unwrap();
                    codes.values[ids::key(codes, row)]
                        .as_deref()
                        .map(str::to_owned)
                };
                head.push(text((0..wants.len()).map(value).collect()));
            }
            Ok(std::ops::ControlFlow::Continue(()))
        })
        .map_err(|stopped| stopped.error)?;
    assert!(head.len() >= rows.len().min(100) && rows.starts_with(&head));
    Ok((rows, source.notes()))
}

#[test]
fn each_row_gets_the_predictions_of_its_id() {
    let data = "id,sex\n01,f\n1,m\n7,f\n";
    let predictions = "p,id,s\nyes,7,0.7\nno,1,0.1\n,01,0.2\n";
    for id in [None, Some("id")] {
        let (rows, _) = join(data, predictions, id).unwrap();
        assert_eq!(rows, ["01,f,,0.2", "1,m,no,0.1", "7,f,yes,0.7"]);
    }
    let (rows, notes) = join(data, &format!("{predictions}no,8,1\n"), Some("id")).unwrap();
    assert_eq!(rows.len(), 3);
    assert!(notes.iter().any(|note| note.contains("`8`")), "{notes:?}");
}

#[test]
fn a_join_that_would_multiply_or_drop_rows_is_refused() {
    let data = "id,sex\n1,f\n2,m\n";
    let refused =
        |data: &str, predictions: &str| join(data, predictions, None).unwrap_err().to_string();
    assert!(refused(data, "id,p\n1,0\n2,1\n1,1\n").contains("predictions.csv:4"));
    assert!(refused(data, "id,p\n1,0\n,1\n").contains("no id"));
    assert!(refused(data, "id,p\n01,0\n02,1\n").contains("2 rows have no prediction"));
    assert!(refused(data, "id,p\n1,0\n").contains("`2`"));
    assert!(refused("id,sex\n1,f\n1,m\n", "id,p\n1,0\n2,1\n").contains("data.csv:3"));
    assert!(refused("id,sex\n1,f\n,m\n", "id,p\n1,0\n2,1\n").contains("no id"));
    assert!(refused(data, "p\n1\n").contains("2 rows"));
    assert!(refused(data, "id\n1\n2\n").contains("no column beside"));
    assert!(join(data, "id,p\n1,0\n2,1\n", Some("sex")).is_err());
}

#[test]
fn without_an_id_rows_of_the_same_number_belong_together() {
    let many = (0..100_000).map(|i| format!("{i}\n")).collect::<String>();
    let (rows, notes) = join(&format!("x\n{many}"), &format!("p\n{many}"), None).unwrap();
    assert!(
        rows.iter()
            .enumerate()
            .all(|(i, row)| *row == format!("{i},{i}"))
    );
    assert!(notes.iter().any(|note| note.contains("by position")));
}
