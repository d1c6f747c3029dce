//! Numbers for people: as few digits as tell the truth, never so few that a verdict looks wrong.
//!
//! In: numbers and the limits they are judged by. Out: text. Minus is `−` (ASCII: `-`), and a
//! number that rounds to zero has no sign. Whole numbers are grouped by a narrow no-break space on
//! a terminal, and not at all elsewhere.

use super::Style;
use crate::policy::Limit;
use crate::stats::Interval;

/// How numbers are written in one report.
#[derive(Debug, Clone, Copy)]
pub struct Numbers {
    ascii: bool,
    grouped: bool,
}

/// Most decimals that are ever shown; a double has no more than these.
const MOST: usize = 17;

/// The minus of every number for people.
pub const MINUS: &str = "−";

impl Numbers {
    /// As the style wants them.
    pub fn new(style: &Style) -> Self {
        Self {
            ascii: style.ascii,
            grouped: style.width.is_some() && !style.ascii,
        }
    }

    /// A number that does not exist.
    pub fn none(self) -> &'static str {
        if self.ascii { "-" } else { "–" }
    }

    /// The mark where something was left out.
    pub fn ellipsis(self) -> &'static str {
        if self.ascii { ".." } else { "…" }
    }

    /// A line without signs that we put there, each as wide as it was; data keeps its own letters.
    pub fn spelled(self, line: &str) -> String {
        let sign = |sign: char| match sign {
            '…' if self.ascii => '~',
            '«' | '»' if self.ascii => '"',
            '−' | '–' if self.ascii => '-',
            'ŷ' if self.ascii => 'p',
            sign => sign,
        };
        line.chars().map(sign).collect()
    }

    /// A number with a sign of how sure it is: `≈` of an estimate, `≥` of the least there can be.
    pub fn hedged(self, how: &str, number: String) -> String {
        match (how, self.ascii) {
            ("estimated", false) => format!("≈{number}"),
            ("estimated", true) => format!("~{number}"),
            ("at_least", false) => format!("≥{number}"),
            ("at_least", true) => format!(">={number}"),
            _ => number,
        }
    }

    /// The sign before a factor.
    pub fn times(self) -> &'static str {
        if self.ascii { "x" } else { "×" }
    }

    /// So many of something: `1 group`, `48 000 groups`.
    pub fn of(self, n: usize, what: &str) -> String {
        let end = if n == 1 { "" } else { "s" };
        format!("{} {what}{end}", self.count(n as u64))
    }

    /// A whole number: `48 000`.
    pub fn count(self, n: u64) -> String {
        let digits = n.to_string();
        if !self.grouped || digits.len() < 5 {
            return digits;
        }
        let mut text = String::new();
        for (i, digit) in digits.chars().enumerate() {
            if i > 0 && (digits.len() - i).is_multiple_of(3) {
                text.push('\u{202f}');
            }
            text.push(digit);
        }
        text
    }

    /// A sum of weights: whole where it is whole, else with one decimal.
    pub fn sum(self, value: f64) -> String {
        if value.fract() == 0.0 && (0.0..1e15).contains(&value) {
            self.count(value as u64)
        } else {
            self.decimal(value, 1)
        }
    }

    /// A number with so many decimals: `−0.29`.
    pub fn decimal(self, value: f64, decimals: usize) -> String {
        if !value.is_finite() {
            return match (value.is_nan(), value > 0.0, self.ascii) {
                (true, ..) => self.none().to_owned(),
                (_, true, false) => "∞".to_owned(),
                (_, true, true) => "inf".to_owned(),
                (_, false, false) => "−∞".to_owned(),
                (_, false, true) => "-inf".to_owned(),
            };
        }
        // 2^53 and beyond has no decimals, and a column has no room for 300 digits.
        if value.abs() >= 1e9 {
            return self.signed(format!("{value:.3e}"));
        }
        self.signed(format!("{value:.decimals$}"))
    }

    /// A sentence in which numbers stand, as the style wants them.
    pub fn sentence(self, text: &str) -> String {
        if self.ascii {
            text.replace(MINUS, "-")
        } else {
            text.to_owned()
        }
    }

    fn signed(self, text: String) -> String {
        match text.strip_prefix('-') {
            Some(rest) if rest.bytes().all(|b| matches!(b, b'0' | b'.')) => rest.to_owned(),
            Some(rest) if !self.ascii => format!("−{rest}"),
            _ => text,
        }
    }

    /// A share as a percentage with one decimal: `47.9%`.
    pub fn percent(self, share: f64) -> String {
        self.decimal(share * 100.0, 1) + "%"
    }

    /// A number of whatever size, in about three digits; whole where it is whole.
    pub fn plain(self, value: f64) -> String {
        let size = value.abs();
        if value.fract() == 0.0 && size < 1e9 {
            let sign = if value < 0.0 {
                self.signed("-0.1".to_owned())
            } else {
                String::new()
            };
            let sign: String = sign.chars().take(1).collect();
            return sign + &self.count(size as u64);
        }
        match size {
            1000.0..1e9 => self.decimal(value, 0),
            100.0..1000.0 => self.decimal(value, 1),
            1.0..100.0 => self.decimal(value, 2),
            0.001..1.0 => self.decimal(value, 3),
            0.0..0.001 => self.signed(format!("{value:.1e}")),
            _ => self.decimal(value, 3),
        }
    }

    /// A difference, with its sign.
    pub fn change(self, value: f64) -> String {
        let text = self.decimal(value, 3);
        // What rounds to 0 has no sign.
        if value >= 0.0005 {
            format!("+{text}")
        } else {
            text
        }
    }

    /// A share as a bar of `whole` signs at most, to an eighth of a sign.
    pub fn bar(self, share: f64, whole: usize) -> String {
        let eighths = (share.clamp(0.0, 1.0) * whole as f64 * 8.0).round() as usize;
        if self.ascii {
            return "#".repeat((eighths + 4) / 8);
        }
        let rest = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"][eighths % 8];
        "█".repeat(eighths / 8) + rest
    }

    /// A limit: `≥ 0.8`, `≤ 0.1`.
    pub fn limit(self, limit: &Limit) -> String {
        let (at_least, at_most) = if self.ascii {
            (">=", "<=")
        } else {
            ("≥", "≤")
        };
        let sides = [(at_least, limit.min), (at_most, limit.max)];
        let parts: Vec<_> = sides
            .iter()
            .filter_map(|(sign, side)| side.map(|x| format!("{sign} {}", self.shortest(x))))
            .collect();
        parts.join(", ")
    }

    /// A number in as few digits as read back the same.
    fn shortest(self, value: f64) -> String {
        self.signed(format!("{value}"))
    }

    /// Two ends: `0.40–0.44`, `−0.31 to −0.27`.
    pub fn range(self, low: &str, high: &str) -> String {
        if low.starts_with(['−', '-']) || high.starts_with(['−', '-']) {
            return format!("{low} to {high}");
        }
        format!("{low}{}{high}", if self.ascii { "-" } else { "–" })
    }

    /// The interval of a share, in percent: `47.3–48.4`.
    pub fn percent_interval(self, interval: &Interval) -> String {
        self.percent_range(interval.low, interval.high)
    }

    /// Two shares, in percent: `47.3–48.4`.
    pub fn percent_range(self, low: f64, high: f64) -> String {
        self.range(
            &self.decimal(low * 100.0, 1),
            &self.decimal(high * 100.0, 1),
        )
    }

    /// A judged number and its interval, with at least two decimals and as many as keep them on
    /// their side of the limit: 0.7996 is not `0.80` where 0.8 is the limit.
    pub fn judged(
        self,
        value: Option<f64>,
        interval: Option<&Interval>,
        limit: &Limit,
    ) -> (String, String) {
        let ends = interval.map(|i| (i.low, i.high));
        let shown = [value, ends.map(|e| e.0), ends.map(|e| e.1)];
        let decimals = decimals(&shown, limit);
        let value = match value {
            Some(value) => self.decimal(value, decimals),
            None => self.none().to_owned(),
        };
        let interval = match ends {
            Some((low, high)) => {
                self.range(&self.decimal(low, decimals), &self.decimal(high, decimals))
            }
            None => self.none().to_owned(),
        };
        (value, interval)
    }
}

/// The fewest decimals, from two, with which every number compares with the limits as it is.
fn decimals(numbers: &[Option<f64>], limit: &Limit) -> usize {
    let limits = [limit.min, limit.max];
    let faithful = |decimals: usize| {
        numbers.iter().flatten().all(|&x| {
            let rounded: f64 = format!("{x:.decimals$}").parse().unwrap_or(x);
            limits
                .iter()
                .flatten()
                .all(|l| rounded.partial_cmp(l) == x.partial_cmp(l))
        })
    };
    (2..MOST).find(|&d| faithful(d)).unwrap_or(MOST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Method;

    const TERMINAL: Numbers = Numbers {
        ascii: false,
        grouped: true,
    };
    const FILE: Numbers = Numbers {
        ascii: true,
        grouped: false,
    };

    #[test]
    fn numbers_are_written_as_drawn() {
        assert_eq!(TERMINAL.count(48_000), "48\u{202f}000");
        assert_eq!(TERMINAL.count(8449), "8449");
        assert_eq!(TERMINAL.count(1_234_567), "1\u{202f}234\u{202f}567");
        assert_eq!(FILE.count(48_000), "48000");
        assert_eq!(TERMINAL.decimal(-0.29, 2), "−0.29");
        assert_eq!(FILE.decimal(-0.29, 2), "-0.29");
        assert_eq!(TERMINAL.decimal(-0.001, 2), "0.00");
        assert_eq!(TERMINAL.percent(0.479), "47.9%");
        assert_eq!(TERMINAL.range("−0.31", "−0.27"), "−0.31 to −0.27");
        assert_eq!(TERMINAL.range("0.40", "0.44"), "0.40–0.44");
        assert_eq!(TERMINAL.decimal(f64::INFINITY, 2), "∞");
    }

    #[test]
    fn a_number_never_looks_as_if_it_were_on_the_other_side_of_its_limit() {
        let limit = Limit {
            min: Some(0.8),
            ..Limit::default()
        };
        let interval = Interval {
            low: 0.5,
            high: 0.799_99,
            confidence: 0.95,
            method: Method::Koopman,
        };
        let shown = |x| FILE.judged(Some(x), None, &limit).0;
        assert_eq!(shown(0.7996), "0.7996");
        assert_eq!(shown(0.8), "0.80");
        assert_eq!(shown(0.799), "0.799");
        assert_eq!(shown(0.800_04), "0.80004");
        assert_eq!(shown(0.42), "0.42");
        let (value, ends) = FILE.judged(Some(0.6), Some(&interval), &limit);
        assert_eq!(
            (value.as_str(), ends.as_str()),
            ("0.60000", "0.50000-0.79999")
        );
    }
}
