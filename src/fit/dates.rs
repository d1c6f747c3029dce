//! Dates as moments, and as numbers: days since 1970-01-01.
//!
//! In: a text. Out: a [`Moment`] where it is an ISO 8601 date, with or without a time of day and its
//! zone. A moment is exact, so that any two that differ stand one after the other.

/// A point in time; the later one is greater. One without a zone is taken for UTC.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// Since 1970-01-01T00:00:00Z.
    seconds: i64,
    /// Decimals of a second, without zeros at the end.
    decimals: String,
}

impl Moment {
    /// Days since 1970-01-01.
    pub fn days(&self) -> f64 {
        let decimals = format!("0.{}", self.decimals);
        // Digits alone stand there.
        let part: f64 = decimals.parse().unwrap_or(0.0);
        let (whole, seconds) = (
            self.seconds.div_euclid(DAY),
            self.seconds.rem_euclid(DAY) as f64,
        );
        whole as f64 + (seconds + part) / DAY as f64
    }
}

/// Seconds.
const DAY: i64 = 86_400;

/// The days that a text says, where it is an ISO 8601 date, with or without a time of day.
pub fn days(text: &str) -> Option<f64> {
    moment(text).map(|(moment, _)| moment.days())
}

/// The moment that a text says, and whether it says in which zone.
pub fn moment(text: &str) -> Option<(Moment, bool)> {
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
    let start = DAY * of_civil(year, month, day);
    let whole = Moment {
        seconds: start,
        decimals: String::new(),
    };
    match &text[10..] {
        "" => Some((whole, false)),
        rest => {
            let (time, zone) = zoned(rest.strip_prefix(['T', 't', ' '])?)?;
            let (seconds, decimals) = of_day(time)?;
            let seconds = start + seconds - zone.unwrap_or(0);
            Some((Moment { seconds, decimals }, zone.is_some()))
        }
    }
}

/// What a date is as a text, of its days; with the time where it is not midnight.
pub fn said(days: f64) -> Option<String> {
    // Years of four digits, as they are read.
    let whole = days.floor();
    if !(-719_528.0..2_932_897.0).contains(&whole) {
        return None;
    }
    let date = civil(whole as i64);
    let seconds = ((days - whole) * DAY as f64).round() as i64;
    if seconds == 0 {
        return Some(date);
    }
    if seconds == DAY {
        return Some(civil(whole as i64 + 1));
    }
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    Some(format!("{date}T{hour:02}:{minute:02}:{second:02}Z"))
}

fn digits(text: &str) -> Option<i64> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit());
    is_plain.then(|| text.parse().ok()).flatten()
}

/// A time of day without its zone, and seconds that the zone is ahead of UTC.
fn zoned(text: &str) -> Option<(&str, Option<i64>)> {
    // The name of a zone beside its offset says nothing more (RFC 9557).
    let text = match text.strip_suffix(']') {
        Some(start) => start.rsplit_once('[')?.0,
        None => text,
    };
    if let Some(time) = text.strip_suffix(['Z', 'z']) {
        return Some((time, Some(0)));
    }
    if let Some(time) = text.strip_suffix("UTC") {
        return Some((time.trim_end(), Some(0)));
    }
    let Some(at) = text.rfind(['+', '-']) else {
        return Some((text, None));
    };
    let (time, zone) = text.split_at(at);
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let zone = zone[1..].replacen(':', "", 1);
    let (hours, minutes) = match zone.len() {
        2 => (digits(&zone)?, 0),
        4 => (digits(zone.get(..2)?)?, digits(zone.get(2..)?)?),
        _ => return None,
    };
    let ahead = sign * (3600 * hours + 60 * minutes);
    (hours < 24 && minutes < 60).then_some((time.trim_end(), Some(ahead)))
}

/// Seconds of a day that a time is, and decimals of a second.
fn of_day(text: &str) -> Option<(i64, String)> {
    let (text, decimals) = text.split_once(['.', ',']).unwrap_or((text, "0"));
    let mut parts = text.split(':');
    let (hour, minute) = (parts.next()?, parts.next()?);
    let second = parts.next().unwrap_or("00");
    let is_long = [hour, minute, second].iter().any(|part| part.len() > 2);
    if is_long || minute.len() < 2 || parts.next().is_some() {
        return None;
    }
    digits(decimals.get(..1)?)?;
    if !decimals.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (hour, minute, second) = (digits(hour)?, digits(minute)?, digits(second)?);
    let is_time = hour < 25 && minute < 60 && second < 62;
    let decimals = decimals.trim_end_matches('0').to_owned();
    is_time.then_some((3600 * hour + 60 * minute + second, decimals))
}

/// The civil date of a day, by the same.
fn civil(days: i64) -> String {
    let days = days + 719_468;
    let (era, day_of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year_of_era + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
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

    /// Each pair is one moment; Python's `datetime.fromisoformat(..).timestamp()` says the same.
    #[test]
    fn zones_and_parts_of_seconds_count() {
        let of = |text| moment(text).unwrap().0;
        for (one, same) in [
            ("2020-01-01T00:00:00+02:00", "2019-12-31T22:00:00Z"),
            ("2020-01-01 00:00-0330", "2020-01-01T03:30:00+00"),
            ("2020-01-01T12:00:00.50", "2020-01-01T12:00:00.5Z"),
            (
                "2020-01-01 01:00:00 UTC",
                "2020-01-01T02:00+01:00[Europe/Berlin]",
            ),
        ] {
            assert_eq!(of(one), of(same), "{one}");
        }
        let times = [
            "2020-01-01T01:00:00+14:00",
            "2020-01-01T00:00:00.000000001+00:00",
            "2020-01-01T00:00:00.00000001Z",
            "2020-01-01T00:00:00.45Z",
            "2020-01-01T00:00:00.5",
            "2020-01-01T00:00:00-12:00",
        ];
        assert!(times.windows(2).all(|pair| of(pair[0]) < of(pair[1])));
        for wrong in [
            "10:00 PM",
            "10:00:00+25:00",
            "10:00:00.x",
            "10:00:00+1",
            "1:2:3:4",
        ] {
            assert_eq!(moment(&format!("2020-01-01 {wrong}")), None, "{wrong}");
        }
    }

    #[test]
    fn what_is_said_is_read_again() {
        for day in (-719_000..2_900_000).step_by(997) {
            let text = said(f64::from(day)).unwrap();
            assert_eq!(days(&text), Some(f64::from(day)), "{text}");
        }
        assert_eq!(said(20_784.25).unwrap(), "2026-11-27T06:00:00Z");
        assert_eq!(said(-0.5).unwrap(), "1969-12-31T12:00:00Z");
        assert_eq!(said(f64::NAN), None);
    }
}
