//! How numbers, dates and times are written as the values of a column, and read as numbers: one
//! way, whatever layout the file has.
//!
//! Whole numbers are decimal; floats have at least one decimal (`1.0`), zero has no sign; decimals
//! keep their scale; dates and times are ISO 8601 and know nothing of the machine's time zone.

use arrow::datatypes::{DataType, TimeUnit};

use crate::data::calendar::civil;

/// The text of a stored whole number under an Arrow type; `None` where the type holds no such.
pub fn whole(value: i64, data_type: &DataType) -> Option<String> {
    Some(match data_type {
        DataType::Int8 => (value as i8).to_string(),
        DataType::Int16 => (value as i16).to_string(),
        DataType::Int32 => (value as i32).to_string(),
        DataType::Int64 => value.to_string(),
        DataType::UInt8 => (value as u8).to_string(),
        DataType::UInt16 => (value as u16).to_string(),
        DataType::UInt32 => (value as u32).to_string(),
        DataType::UInt64 => (value as u64).to_string(),
        DataType::Decimal32(_, scale)
        | DataType::Decimal64(_, scale)
        | DataType::Decimal128(_, scale) => decimal(&value.to_string(), *scale),
        DataType::Date32 => date(value),
        DataType::Date64 => date(value.div_euclid(86_400_000)),
        DataType::Time32(unit) | DataType::Time64(unit) => time(value, *unit),
        DataType::Timestamp(unit, zone) => timestamp(value, *unit, zone.as_deref()),
        _ => return None,
    })
}

/// The number of a stored whole number; `None` where the type holds no number (dates, times).
pub fn number(value: i64, data_type: &DataType) -> Option<f64> {
    Some(match data_type {
        DataType::Int8 => f64::from(value as i8),
        DataType::Int16 => f64::from(value as i16),
        DataType::Int32 => f64::from(value as i32),
        DataType::Int64 => value as f64,
        DataType::UInt8 => f64::from(value as u8),
        DataType::UInt16 => f64::from(value as u16),
        DataType::UInt32 => f64::from(value as u32),
        DataType::UInt64 => value as u64 as f64,
        DataType::Decimal32(_, scale)
        | DataType::Decimal64(_, scale)
        | DataType::Decimal128(_, scale) => decimal_number(value.into(), *scale),
        _ => return None,
    })
}

/// The text of a float; it must be a number.
pub fn float(value: f64) -> String {
    if value == 0.0 {
        "0.0".to_owned()
    } else {
        format!("{value:?}")
    }
}

/// The text of a float as a person writes it: whole numbers are whole (`62`).
pub fn plain(value: f64) -> String {
    /// Beyond, not every whole number is a float.
    const WHOLE: f64 = 9_007_199_254_740_992.0;
    if value.fract() == 0.0 && value.abs() <= WHOLE {
        (value as i64).to_string()
    } else {
        float(value)
    }
}

/// The text of a float of single precision: the shortest that gives it back.
pub fn single(value: f32) -> String {
    if value == 0.0 {
        "0.0".to_owned()
    } else {
        format!("{value:?}")
    }
}

/// The number that a float of single precision stands for, which is the one it is written as: 0.7,
/// not 0.699999988, so that it is what it is in a text, in a column of doubles and at a threshold.
pub fn widened(value: f32) -> f64 {
    /// Beyond, decimals are no longer whole numbers that f64 holds.
    const LARGEST: f64 = 1e6;
    const DECIMALS: usize = 9;
    let wide = f64::from(value);
    let size = wide.abs();
    if (1.0 / LARGEST..LARGEST).contains(&size) {
        // Half of the way to the next single: the shortest decimal within is the first one.
        let half = f64::from_bits((wide.to_bits() >> 52 & 0x7ff).wrapping_sub(24) << 52);
        for ten in &TENS[..=DECIMALS] {
            let scaled = size * ten;
            let whole = (scaled + 0.5) as i64 as f64;
            if (whole - scaled).abs() < half * ten {
                return (whole / ten).copysign(wide);
            }
        }
    }
    if wide.is_finite() {
        single(value).parse().unwrap_or(wide)
    } else {
        wide
    }
}

/// The digits of a whole number with a decimal point `scale` digits from the right.
pub fn decimal(digits: &str, scale: i8) -> String {
    let (sign, digits) = match digits.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", digits),
    };
    if scale <= 0 {
        let zeros = if digits == "0" { 0 } else { -i32::from(scale) };
        return format!("{sign}{digits}{}", "0".repeat(zeros as usize));
    }
    let scale = scale as usize;
    let padded = format!("{digits:0>width$}", width = scale + 1);
    let (whole, part) = padded.split_at(padded.len() - scale);
    format!("{sign}{whole}.{part}")
}

/// The powers of ten that are exact.
const TENS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16,
    1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
];

/// The nearest number to a decimal.
pub fn decimal_number(value: i128, scale: i8) -> f64 {
    // Both are exact, so that the division rounds once (Clinger 1990, doi:10.1145/93548.93557).
    let exact = value.unsigned_abs() <= 1 << 53;
    match usize::try_from(scale).ok().and_then(|at| TENS.get(at)) {
        Some(ten) if exact => value as f64 / ten,
        _ => wide_decimal_number(&value.to_string(), scale),
    }
}

/// The nearest number to a decimal of any width.
pub fn wide_decimal_number(digits: &str, scale: i8) -> f64 {
    // Digits with an exponent are always a number.
    format!("{digits}e{}", -i32::from(scale))
        .parse()
        .unwrap_or(f64::NAN)
}

/// A day, counted from 1970-01-01.
fn date(days: i64) -> String {
    let (year, month, day) = civil(days);
    match year {
        0..=9999 => format!("{year:04}-{month:02}-{day:02}"),
        // ISO 8601 wants a sign where a year has not four digits.
        _ => format!("{year:+05}-{month:02}-{day:02}"),
    }
}

/// Units in a second, and their decimals.
fn per_second(unit: TimeUnit) -> (i64, usize) {
    match unit {
        TimeUnit::Second => (1, 0),
        TimeUnit::Millisecond => (1000, 3),
        TimeUnit::Microsecond => (1_000_000, 6),
        TimeUnit::Nanosecond => (1_000_000_000, 9),
    }
}

/// A time of day; its fraction only where there is one.
fn time(value: i64, unit: TimeUnit) -> String {
    let (units, decimals) = per_second(unit);
    let (seconds, part) = (value.div_euclid(units), value.rem_euclid(units));
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if part == 0 {
        format!("{hours:02}:{minutes:02}:{seconds:02}")
    } else {
        format!("{hours:02}:{minutes:02}:{seconds:02}.{part:0decimals$}")
    }
}

/// A moment: in UTC or at a fixed offset; the name of a zone is put behind it (RFC 9557).
fn timestamp(value: i64, unit: TimeUnit, zone: Option<&str>) -> String {
    let units = per_second(unit).0;
    let offset = zone.and_then(fixed_offset);
    let seconds = value.div_euclid(units).saturating_add(offset.unwrap_or(0));
    let (day, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let clock = time(second * units + value.rem_euclid(units), unit);
    let zone = match (zone, offset) {
        (None, _) => String::new(),
        (Some(_), Some(0)) => "Z".to_owned(),
        (Some(_), Some(offset)) => {
            let sign = if offset < 0 { '-' } else { '+' };
            let minutes = offset.abs() / 60;
            format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60)
        }
        (Some(name), None) => format!("Z[{name}]"),
    };
    format!("{}T{clock}{zone}", date(day))
}

/// Seconds east of Greenwich of `UTC`, `Z`, `+01:00`, `+0100`, `+01`.
fn fixed_offset(zone: &str) -> Option<i64> {
    if ["UTC", "utc", "Z", "Etc/UTC", "GMT"].contains(&zone) {
        return Some(0);
    }
    let (sign, rest) = match zone.split_at_checked(1)? {
        ("+", rest) => (1, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let digits: String = rest.chars().filter(|&c| c != ':').collect();
    if !matches!(digits.len(), 2 | 4) || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let hours: i64 = digits[..2].parse().ok()?;
    let minutes: i64 = digits
        .get(2..)
        .filter(|m| !m.is_empty())
        .unwrap_or("0")
        .parse()
        .ok()?;
    Some(sign * (hours * 3600 + minutes * 60))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn singles_are_the_numbers_they_are_written_as(
            bits in any::<u32>(),
            digits in 0_u32..2_000_000,
            power in 0_usize..9,
        ) {
            for value in [f32::from_bits(bits), (f64::from(digits) / TENS[power]) as f32] {
                if value.is_finite() {
                    prop_assert_eq!(widened(value), single(value).parse::<f64>().unwrap());
                }
            }
        }
    }

    // Expected texts and numbers are those of Python's datetime and decimal modules.
    #[test]
    fn dates_and_times_are_iso_8601() {
        for (days, text) in [
            (0, "1970-01-01"),
            (19_782, "2024-02-29"),
            (-1, "1969-12-31"),
            (-719_162, "0001-01-01"),
            (2_932_896, "9999-12-31"),
        ] {
            assert_eq!(whole(days, &DataType::Date32).unwrap(), text);
        }
        let at = |zone: Option<&str>| {
            let unit = TimeUnit::Millisecond;
            let data_type = DataType::Timestamp(unit, zone.map(Into::into));
            whole(1_709_210_096_007, &data_type).unwrap()
        };
        assert_eq!(at(None), "2024-02-29T12:34:56.007");
        assert_eq!(at(Some("UTC")), "2024-02-29T12:34:56.007Z");
        assert_eq!(at(Some("+05:30")), "2024-02-29T18:04:56.007+05:30");
        assert_eq!(at(Some("-08:00")), "2024-02-29T04:34:56.007-08:00");
        assert_eq!(
            at(Some("Europe/Berlin")),
            "2024-02-29T12:34:56.007Z[Europe/Berlin]"
        );
        let second = DataType::Timestamp(TimeUnit::Second, None);
        assert_eq!(whole(-1, &second).unwrap(), "1969-12-31T23:59:59");
        let micro = DataType::Time64(TimeUnit::Microsecond);
        assert_eq!(whole(45_296_000_001, &micro).unwrap(), "12:34:56.000001");
    }

    #[test]
    fn the_extremes_of_every_unit_are_written_without_overflow() {
        for value in [i64::MIN, i64::MAX] {
            for unit in [TimeUnit::Second, TimeUnit::Nanosecond] {
                for zone in [None, Some("+14:00".into()), Some("-12:00".into())] {
                    assert!(whole(value, &DataType::Timestamp(unit, zone)).is_some());
                }
                assert!(whole(value, &DataType::Time64(unit)).is_some());
            }
            assert!(whole(value, &DataType::Date32).is_some());
        }
    }

    #[test]
    fn decimals_keep_their_scale() {
        let text = |value, scale| decimal(&i64::to_string(&value), scale);
        assert_eq!(text(150, 2), "1.50");
        assert_eq!(text(-5, 2), "-0.05");
        assert_eq!(text(0, 2), "0.00");
        assert_eq!(text(12, -3), "12000");
        assert_eq!(decimal_number(150, 2), 1.5);
        assert_eq!(
            decimal_number(-123_456_789_012_345_678, 17),
            -1.234_567_890_123_456_8
        );
        assert_eq!(decimal_number(12, -3), 12_000.0);
    }

    #[test]
    fn numbers_are_written_as_they_are_meant() {
        assert_eq!(
            whole(-1, &DataType::UInt64).unwrap(),
            "18446744073709551615"
        );
        assert_eq!(whole(-1, &DataType::UInt8).unwrap(), "255");
        assert_eq!(float(1.0), "1.0");
        assert_eq!(float(-0.0), "0.0");
        assert_eq!(float(f64::NAN), "NaN");
        assert_eq!(single(0.1), "0.1");
        let plainly = [62.0, -0.0, -3.0, 0.5, 1e300].map(plain);
        assert_eq!(plainly, ["62", "0", "-3", "0.5", "1e300"]);
    }
}
