//! Days of the Gregorian calendar, and the year and month that a text says.

/// Year, month and day of a day that is counted from 1970-01-01, which is day 0.
pub fn civil(days: i64) -> (i128, u8, u8) {
    // In eras of 400 years: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", 2013,
    // howardhinnant.github.io/date_algorithms.html
    let z = i128::from(days) + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + i128::from(month <= 2);
    (year, month as u8, day as u8)
}

/// The year of a date as people and machines write them, and its month where it is plain: `2024`,
/// `2024-03`, `2024-03-09T12:00`, `20240309`, `9.3.2024`, `2024年3月`. Of `3/9/2024` nobody knows which
/// number is the month.
pub fn month(text: &str) -> Option<(u16, Option<u8>)> {
    let text = text.trim();
    let mut runs = text
        .split(|c: char| !c.is_ascii_digit())
        .filter(|run| !run.is_empty());
    if !text.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let parts = [
        runs.next()?,
        runs.next().unwrap_or(""),
        runs.next().unwrap_or(""),
    ];
    let lengths = parts.map(str::len);
    let is_dotted = text.contains('.');
    let (year, month) = match lengths {
        [8, ..] => (&parts[0][..4], &parts[0][4..6]),
        [6, 0, _] => (&parts[0][..4], &parts[0][4..]),
        [4, 0, _] if text.len() == 4 || text.ends_with('年') => (parts[0], ""),
        [4, 1 | 2, _] if !is_decimal(text) => (parts[0], parts[1]),
        [1 | 2, 1 | 2, 4] => (parts[2], if is_dotted { parts[1] } else { "" }),
        _ => return None,
    };
    let year: u16 = year
        .parse()
        .ok()
        .filter(|year| (1800..2200).contains(year))?;
    let month = match month {
        "" => None,
        month => Some(
            month
                .parse()
                .ok()
                .filter(|month| (1..=12).contains(month))?,
        ),
    };
    Some((year, month))
}

/// `2024.5` is a number, `2024.5.1` a day.
fn is_decimal(text: &str) -> bool {
    text.parse::<f64>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn years_and_months_are_found_as_they_are_written() {
        for (text, found) in [
            ("2024", Some((2024, None))),
            ("2024-03", Some((2024, Some(3)))),
            ("2024-03-09 12:00:01", Some((2024, Some(3)))),
            ("2024/3/9", Some((2024, Some(3)))),
            ("20240309", Some((2024, Some(3)))),
            ("202403", Some((2024, Some(3)))),
            ("9.3.2024", Some((2024, Some(3)))),
            ("3/9/2024", Some((2024, None))),
            ("2024年3月", Some((2024, Some(3)))),
            ("2024-13-01", None),
            ("2024.5", None),
            ("12345", None),
            ("March 2024", None),
            ("", None),
        ] {
            assert_eq!(month(text), found, "{text}");
        }
    }
}
