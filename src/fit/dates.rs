//! Dates as numbers: days since 1970-01-01.

/// The days that a text says, where it is an ISO 8601 date, with or without a time of day.
pub fn days(text: &str) -> Option<f64> {
    let text = text.trim();
    let date = text.get(..10)?;
    let mut parts = date.splitn(3, '-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    if [year.len(), month.len(), day.len()] != [4, 2, 2] {
        return None;
    }
    let (year, month, day) = (digits(year)?, digits(month)?, digits(day)?);
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) {
        return None;
    }
    let whole = of_civil(year, month, day) as f64;
    match &text[10..] {
        "" => Some(whole),
        rest => Some(whole + time(rest.strip_prefix(['T', ' '])?)?),
    }
}

fn digits(text: &str) -> Option<i64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    is_plain.then(|| text.parse().ok()).flatten()
}

/// The part of a day that a time is; its zone is taken for that of all others.
fn time(text: &str) -> Option<f64> {
    let mut parts = text.splitn(3, ':');
    let (hour, minute) = (digits(parts.next()?)?, digits(parts.next()?.get(..2)?)?);
    let second = parts.next().map_or(Some(0), |s| digits(s.get(..2)?))?;
    let seconds = 3600 * hour + 60 * minute + second;
    (hour < 25 && minute < 60 && second < 62).then_some(seconds as f64 / 86_400.0)
}

/// Days of a civil date: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms", 2013.
fn of_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_count_from_1970() {
        assert_eq!(days("1970-01-01"), Some(0.0));
        assert_eq!(days("2000-03-01"), Some(11_017.0));
        assert_eq!(days("1969-12-31 12:00:00"), Some(-0.5));
        assert_eq!(days("2026-11-27T06:00"), Some(20_784.25));
        for wrong in [
            "1970",
            "1970-1-1",
            "1970-13-01",
            "1970-01-01x",
            "née-01-01-x",
        ] {
            assert_eq!(days(wrong), None, "{wrong}");
        }
    }
}
