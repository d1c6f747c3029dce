//! Values that an option cannot take: what is wrong, which it can, and what to do.
//!
//! In: the words of a value, or the parser's error. Out: a number, or a message that sounds like all
//! others: `error: …`, `help: …`.

use std::error::Error as _;
use std::ops::RangeInclusive;

use clap::builder::{TypedValueParser, ValueParser};
use clap::error::{ContextKind, ContextValue, ErrorKind};

use crate::error::nearest;
use crate::privacy::noise::Epsilon;
use crate::report::safe::Safe;

/// Between what is wrong and what to do.
const THEN: char = '\n';

/// A whole number of a range.
pub fn whole<T>(range: RangeInclusive<u64>) -> ValueParser
where
    T: TryFrom<u64> + Clone + Send + Sync + 'static,
{
    let parse = move |text: String| -> Result<T, String> {
        let help = match (*range.start(), *range.end()) {
            (low, u64::MAX) => format!("a whole number from {low} on"),
            (low, high) => format!("a whole number from {low} to {high}"),
        };
        let wrong = |problem: &str| Err(format!("{problem}{THEN}{help}"));
        match text.trim().parse::<i128>() {
            Ok(number) if number < i128::from(*range.start()) => {
                wrong(&format!("it is below {}", range.start()))
            }
            Ok(number) => {
                let number = u64::try_from(number).ok().filter(|n| range.contains(n));
                match number.map(T::try_from) {
                    Some(Ok(number)) => Ok(number),
                    _ => wrong(&format!("it is above {}", range.end())),
                }
            }
            Err(_) => wrong("it is no whole number"),
        }
    };
    clap::builder::StringValueParser::new()
        .try_map(parse)
        .into()
}

/// A finite number.
pub fn finite(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(number),
        _ => Err(format!(
            "it is no finite number{THEN}a number such as `0.5`"
        )),
    }
}

/// A finite number above 0.
pub fn above_zero(text: &str) -> Result<f64, String> {
    match finite(text)? {
        number if number > 0.0 => Ok(number),
        _ => Err(format!("it is not above 0{THEN}a number such as `0.5`")),
    }
}

/// How strong noise is.
pub fn epsilon(text: &str) -> Result<Epsilon, String> {
    text.trim()
        .parse()
        .map_err(|help| format!("no noise is as strong as that{THEN}{help}"))
}

/// By how much a number may worsen: finite, not negative.
pub fn tolerance(text: &str) -> Result<f64, String> {
    let help = "a number from 0 on, such as `0.02`";
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() && number >= 0.0 => Ok(number),
        Ok(number) if number < 0.0 => Err(format!("it is negative{THEN}{help}")),
        _ => Err(format!("it is no finite number{THEN}{help}")),
    }
}

/// A confidence: between 0 and 1, both excluded, as `0.95` or `95%`.
pub fn confidence(text: &str) -> Result<f64, String> {
    let share = match text.strip_suffix('%') {
        Some(percent) => percent.trim().parse::<f64>().map(|p| p / 100.0),
        None => text.parse::<f64>(),
    };
    match share {
        Ok(share) if share > 0.0 && share < 1.0 => Ok(share),
        _ => Err(format!(
            "it is not between 0 and 1{THEN}a share such as `0.95` or `95%`"
        )),
    }
}

/// What is wrong with a value, if that is what is wrong.
pub fn value(error: &clap::Error) -> Option<String> {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    let option = text(ContextKind::InvalidArg)?;
    let option = option.split([' ', '=']).next().unwrap_or(option);
    // Without a value the parser's own words say what is missing.
    let value = text(ContextKind::InvalidValue).filter(|value| !value.is_empty())?;
    let (problem, help) = match error.kind() {
        ErrorKind::ValueValidation => {
            let said = error.source()?.to_string();
            let (problem, help) = said.split_once(THEN)?;
            (problem.to_owned(), help.to_owned())
        }
        ErrorKind::InvalidValue => {
            let Some(ContextValue::Strings(values)) = error.get(ContextKind::ValidValue) else {
                return None;
            };
            let meant = nearest(value, values);
            let meant = meant.map_or_else(String::new, |near| format!("did you mean `{near}`? "));
            let help = format!("{meant}values: {}", values.join(", "));
            ("there is no such value".to_owned(), help)
        }
        _ => return None,
    };
    Some(format!(
        "error: `{option} {}`: {problem}\nhelp: {help}\n",
        Safe(value)
    ))
}
