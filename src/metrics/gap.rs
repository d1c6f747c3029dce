//! A base metric and its gaps: `…_difference` and `…_ratio` come with it.

use super::{Better, Compare, Eval, Join, Metric};

/// One base metric with its `_difference` and its `_ratio`, or with its `_difference` alone.
///
/// The lists are the other names of the gaps.
macro_rules! with_gaps {
    (
        $name:literal { $($field:tt)* }
        difference $difference:expr,
        ratio $ratio:expr $(,)?
    ) => {{
        const BASE: Metric = Metric { name: $name, $($field)* };
        &[
            BASE,
            $crate::metrics::gap::difference(
                &BASE,
                concat!($name, "_difference"),
                concat!("how far the groups lie apart in ", $name),
                &[$name],
                $difference,
            ),
            $crate::metrics::gap::ratio(
                &BASE,
                concat!($name, "_ratio"),
                concat!("how many times one group has the ", $name, " of another"),
                &[$name],
                $ratio,
            ),
        ]
    }};
    ($name:literal { $($field:tt)* } difference $difference:expr $(,)?) => {{
        const BASE: Metric = Metric { name: $name, $($field)* };
        &[
            BASE,
            $crate::metrics::gap::difference(
                &BASE,
                concat!($name, "_difference"),
                concat!("how far the groups lie apart in ", $name),
                &[$name],
                $difference,
            ),
        ]
    }};
}
pub(super) use with_gaps;

/// The difference of a base metric between groups.
pub const fn difference(
    base: &Metric,
    name: &'static str,
    meaning: &'static str,
    bases: &'static [&'static str],
    aliases: &'static [&'static str],
) -> Metric {
    let span = base.range.1 - base.range.0;
    Metric {
        name,
        aliases,
        formula: "max − min over the groups; group − reference against one",
        meaning,
        misleads: "among many or small groups the largest gap is large by chance alone; groups \
                   whose number is undefined are left out and the gap is flagged as partial",
        range: (-span, span),
        ideal: Some(0.0),
        better: Better::Lower,
        eval: Eval::Gap(Compare::Difference, bases, Join::Worst),
        ..*base
    }
}

/// The ratio of a base metric between groups.
pub const fn ratio(
    base: &Metric,
    name: &'static str,
    meaning: &'static str,
    bases: &'static [&'static str],
    aliases: &'static [&'static str],
) -> Metric {
    Metric {
        name,
        aliases,
        formula: "min / max over the groups; group / reference against one",
        meaning,
        misleads: "where both numbers are small it is far from 1 for little: 1 in 1,000 against 2 \
                   in 1,000 is 0.5; the ratio of the complements is another number",
        range: (0.0, f64::INFINITY),
        ideal: Some(1.0),
        better: Better::Ideal,
        eval: Eval::Gap(Compare::Ratio, bases, Join::Worst),
        ..*base
    }
}
