//! Outputs: what each format and file comes to, what is refused, and that files are whole.

use std::fs;
use std::path::{Path, PathBuf};

use super::output::{Outputs, Target};
use super::{FORMATS, Style, find, sample};
use crate::error::{Error, Refused, Result};

fn outputs(formats: &[&str], output: Option<&Path>) -> Result<Outputs> {
    let formats: Vec<_> = formats.iter().map(|&f| f.to_owned()).collect();
    Outputs::new(&formats, output)
}

fn shape(formats: &[&str], output: Option<&str>) -> String {
    match outputs(formats, output.map(Path::new)) {
        Ok(outputs) => {
            let each = outputs.list().iter().map(|o| match &o.target {
                Target::Stdout => o.format.name.to_owned(),
                Target::File(path) => format!("{}={}", o.format.name, path.display()),
            });
            each.collect::<Vec<_>>().join(" ")
        }
        Err(error) => error.to_string(),
    }
}

#[test]
fn each_format_gets_its_place_and_one_owns_stdout() {
    assert_eq!(shape(&[], None), "table");
    assert_eq!(shape(&["json"], None), "json");
    assert_eq!(shape(&["json"], Some("-")), "json");
    assert_eq!(shape(&["table", "json=r.json"], None), "json=r.json table");
    assert_eq!(shape(&["json=a=b"], None), "json=a=b");
    assert_eq!(shape(&[], Some("r.md")), "md=r.md");
    assert_eq!(shape(&["json"], Some("/dev/full")), "json=/dev/full");
    assert_eq!(shape(&["table", "csv"], Some("r.csv")), "csv=r.csv table");
    assert_eq!(shape(&["json=a", "csv"], Some("b")), "json=a csv=b");
    for (formats, output, said) in [
        (&["xml"][..], None, "no output format `xml`"),
        (&["json="], None, "the file has no name"),
        (&[], Some("r.xyz"), "its extension says no format"),
        (
            &["table", "csv"],
            Some("r.md"),
            "several formats have no file of their own",
        ),
        (
            &["table", "csv"],
            None,
            "cannot write <stdout>: `table` and `csv` would both",
        ),
        (
            &["json=-", "csv"],
            None,
            "cannot write <stdout>: `json` and `csv` would both",
        ),
    ] {
        let error = shape(formats, output);
        assert!(error.contains(said), "{error}");
    }
}

fn refused(formats: &[&str], inputs: &[PathBuf]) -> Option<Refused> {
    match outputs(formats, None).unwrap().check(inputs) {
        Err(Error::Output { refused, .. }) => Some(refused),
        Err(error) => panic!("{error}"),
        Ok(()) => None,
    }
}

#[cfg(unix)]
#[test]
fn what_must_not_be_written_is_refused_before_anything_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let json = |path: &Path| format!("json={}", path.display());
    let input = at("in.csv");
    fs::write(&input, "a").unwrap();
    std::os::unix::fs::symlink(&input, at("soft")).unwrap();
    fs::hard_link(&input, at("hard")).unwrap();
    std::os::unix::fs::symlink(at("later"), at("dangling")).unwrap();
    let inputs = [PathBuf::from("-"), input.clone()];
    for path in [&input, &at("soft"), &at("hard"), &at("./in.csv")] {
        let found = refused(&[&json(path)], &inputs);
        assert!(matches!(found, Some(Refused::IsInput { .. })), "{path:?}");
    }
    assert_eq!(
        refused(&[&json(folder.path())], &inputs),
        Some(Refused::IsFolder)
    );
    assert_eq!(
        refused(&[&format!("json={}/", at("x").display())], &inputs),
        Some(Refused::IsFolder)
    );
    let found = refused(&[&json(&at("none/x.json"))], &inputs);
    assert!(matches!(found, Some(Refused::NoFolder { .. })));
    let found = refused(&[&json(&input.join("x.json"))], &inputs);
    assert!(matches!(found, Some(Refused::NoFolder { .. })));
    let same = at(".").join("r");
    let csv = format!("csv={}", same.display());
    let found = refused(&[&json(&at("r")), &csv], &inputs);
    assert!(matches!(found, Some(Refused::Twice { .. })));
    let csv = format!("csv={}", at("later").display());
    let found = refused(&[&json(&at("dangling")), &csv], &inputs);
    assert!(matches!(found, Some(Refused::Twice { .. })));
    assert_eq!(
        refused(
            &[&json(&at("r.json")), "csv=/dev/null", "md=/dev/null"],
            &inputs
        ),
        None
    );
    assert!(!at("r.json").exists());
}

#[cfg(unix)]
#[test]
fn files_are_written_whole_and_links_stay_links() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::os::unix::fs::symlink("later.json", at("link.json")).unwrap();
    let report = sample::loans();
    let link = format!("json={}", at("link.json").display());
    let csv = format!("csv={}", at("r.csv").display());
    let table = format!("table={}", at("r.txt").display());
    let all = outputs(&[&link, &csv, &table], None).unwrap();
    all.check(&[] as &[PathBuf]).unwrap();
    let style = Style {
        width: Some(40),
        color: true,
        ..Style::default()
    };
    all.write(&report, &style).unwrap();
    assert!(fs::symlink_metadata(at("link.json")).unwrap().is_symlink());
    let json = fs::read_to_string(at("later.json")).unwrap();
    assert_eq!(json, find("json").unwrap().render(&report, &style));
    let text = fs::read_to_string(at("r.txt")).unwrap();
    assert_eq!(text, FORMATS[0].render(&report, &Style::default()));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 4);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_device_leaves_every_other_output_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("r.json");
    fs::write(&path, "old").unwrap();
    let json = format!("json={}", path.display());
    let all = outputs(&[&json, "csv=/dev/full"], None).unwrap();
    let error = all.write(&sample::loans(), &Style::default()).unwrap_err();
    assert!(matches!(error, Error::Write { .. }));
    assert_eq!(fs::read_to_string(&path).unwrap(), "old");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}
