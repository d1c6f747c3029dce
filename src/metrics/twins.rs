//! The metrics that exist alike for labels and for predictions, each written once: how far the
//! group's shares lie from the rest's, and how much the group tells of the outcome.

/// The entries of one side: its name, its letter in formulas, family, role, side constant, and the
/// other names of each metric there.
macro_rules! twins {
    (
        $side:literal, $letter:literal, $family:expr, $role:expr, $of:expr;
        kl $kl:expr, js $js:expr, js_distance $js_distance:expr, l2 $l2:expr, tv $tv:expr,
        chebyshev $chebyshev:expr, dd $dd:expr, cdd $cdd:expr, odds $odds:expr, mi $mi:expr,
        nmi $nmi:expr, v $v:expr, edf $edf:expr $(,)?
    ) => {{
        use $crate::data::Role;
        use $crate::metrics::{Better, Eval, Metric, Undefined, distance as d};
        const BASE: Metric = Metric {
            name: "",
            aliases: &[],
            family: $family,
            formula: "",
            meaning: "",
            source: "",
            misleads: "",
            needs: &[$role],
            range: (0.0, 1.0),
            ideal: Some(0.0),
            better: Better::Lower,
            eval: Eval::Table(|_| Err(Undefined::NoRows)),
        };
        &[
            Metric {
                name: concat!($side, "_kl_divergence"),
                aliases: $kl,
                formula: "Σ q ln(q/p) over both values, q their shares in the rest, p in the group",
                meaning: concat!(
                    "how badly the group's ", $side, "s stand in for those of the rest, in nats",
                ),
                source: "Kullback and Leibler 1951, doi:10.1214/aoms/1177729694",
                misleads: "not symmetric, and undefined (without bound) where the group lacks a \
                           value that the rest has",
                range: (0.0, f64::INFINITY),
                eval: Eval::Group(d::kl::<$of>),
                ..BASE
            },
            Metric {
                name: concat!($side, "_js_divergence"),
                aliases: $js,
                formula: "½ KL(p ‖ m) + ½ KL(q ‖ m), m = (p + q) / 2, natural logarithm",
                meaning: concat!(
                    "how different the group's ", $side, "s are from the rest's; at most ln 2",
                ),
                source: "Lin 1991, doi:10.1109/18.61115",
                misleads: "the divergence; its square root, the distance, has a name of its own",
                range: (0.0, std::f64::consts::LN_2),
                eval: Eval::Group(d::js::<$of>),
                ..BASE
            },
            Metric {
                name: concat!($side, "_js_distance"),
                aliases: $js_distance,
                formula: "√ of the Jensen-Shannon divergence",
                meaning: concat!(
                    "how different the group's ", $side, "s are from the rest's, as a distance",
                ),
                source: "Endres and Schindelin 2003, doi:10.1109/TIT.2003.813506",
                misleads: "near 0 much larger than the divergence: 0.0004 is a distance of 0.02",
                // √ln 2.
                range: (0.0, 0.832_554_611_157_697_8),
                eval: Eval::Group(d::js_distance::<$of>),
                ..BASE
            },
            Metric {
                name: concat!($side, "_l2_distance"),
                aliases: $l2,
                formula: "√ Σ (p − q)² over both values",
                meaning: concat!("Euclidean distance of the shares of ", $letter, " from the rest's"),
                source: "Hardt et al. 2021, Amazon SageMaker Clarify, arXiv:2109.03285",
                misleads: "for two values √2 times the difference in shares",
                range: (0.0, std::f64::consts::SQRT_2),
                eval: Eval::Group(d::l2::<$of>),
                ..BASE
            },
            Metric {
                name: concat!($side, "_total_variation"),
                aliases: $tv,
                formula: "½ Σ |p − q| over both values",
                meaning: concat!(
                    "the share of the group's rows whose ", $side,
                    " would have to change for the shares of the rest",
                ),
                source: "Levin, Peres and Wilmer 2009, Markov Chains and Mixing Times, 4.1",
                misleads: "for two values it is the absolute difference in shares",
                eval: Eval::Group(d::total_variation::<$of>),
                ..BASE
            },
            Metric {
                name: concat!($side, "_chebyshev_distance"),
                aliases: $chebyshev,
                formula: "max |p − q| over both values",
                meaning: concat!("largest difference of the shares of ", $letter, " from the rest's"),
                source: "Hardt et al. 2021, Amazon SageMaker Clarify, arXiv:2109.03285",
                misleads: "called KS by Clarify; Kolmogorov and Smirnov's distance is of scores",
                eval: Eval::Group(d::chebyshev::<$of>),
                ..BASE
            },
            Metric {
                name: concat!($side, "_demographic_disparity"),
                aliases: $dd,
                formula: "N_g/N − P_g/P, with N negative and P positive rows, of the group and of all",
                meaning: concat!(
                    "by how much the group's share of the negative ", $side,
                    "s exceeds its share of the positive ones",
                ),
                source: "Wachter, Mittelstadt and Russell 2021, arXiv:2005.05906",
                misleads: "it may turn round within every stratum (Simpson's paradox)",
                range: (-1.0, 1.0),
                better: Better::Ideal,
                eval: Eval::Group(d::demographic_disparity::<$of>),
                ..BASE
            },
            Metric {
                name: concat!($side, "_conditional_demographic_disparity"),
                aliases: $cdd,
                formula: "Σ n_s (N_gs/N_s − P_gs/P_s) / Σ n_s over the strata s of the controls",
                meaning: concat!(
                    "by how much the group's share of the negative ", $side,
                    "s exceeds its share of the positive ones, among rows alike in the controls",
                ),
                source: "Wachter, Mittelstadt and Russell 2021, arXiv:2005.05906",
                misleads: "strata where one value never occurs say nothing and are left out; a \
                           control that is itself a consequence of the group hides the disparity",
                needs: &[$role, Role::Control],
                range: (-1.0, 1.0),
                better: Better::Ideal,
                eval: Eval::Group(d::conditional_disparity::<$of>),
                ..BASE
            },
            Metric {
                name: concat!($side, "_odds_ratio"),
                aliases: $odds,
                formula: "p (1 − q) / ((1 − p) q), p the positive share in the group, q in the rest",
                meaning: concat!("odds of a positive ", $side, " in the group by those in the rest"),
                source: "Bland and Altman 2000, doi:10.1136/bmj.320.7247.1468",
                misleads: "no ratio of rates: where positives are common it is much further from 1",
                range: (0.0, f64::INFINITY),
                ideal: Some(1.0),
                better: Better::Ideal,
                eval: Eval::Group(d::odds_ratio::<$of>),
                ..BASE
            },
            Metric {
                name: concat!($side, "_mutual_information"),
                aliases: $mi,
                formula: concat!("Σ P(g,", $letter, ") ln(P(g,", $letter, ") / (P(g) P(", $letter, ")))"),
                meaning: concat!("how much the group tells of the ", $side, ", in nats"),
                source: "Kamishima et al. 2012, doi:10.1007/978-3-642-33486-3_3",
                misleads: "biased upwards in small samples and with many groups; a small group that \
                           fares badly hardly moves it",
                range: (0.0, std::f64::consts::LN_2),
                eval: Eval::Table(d::mutual_information::<$of>),
                ..BASE
            },
            Metric {
                name: concat!($side, "_normalized_mutual_information"),
                aliases: $nmi,
                formula: concat!("I(g;", $letter, ") / ((H(g) + H(", $letter, ")) / 2)"),
                meaning: concat!(
                    "mutual information of group and ", $side, ", by the mean of their entropies",
                ),
                source: "scikit-learn's documentation, normalized_mutual_info_score",
                misleads: "with more groups than values it is below 1 even where the group settles \
                           the outcome",
                eval: Eval::Table(d::normalized_mutual_information::<$of>),
                ..BASE
            },
            Metric {
                name: concat!($side, "_cramers_v"),
                aliases: $v,
                formula: "√(χ² / n)",
                meaning: concat!("how strongly group and ", $side, " are associated: 1 wholly"),
                source: "Cramér 1946, Mathematical Methods of Statistics",
                misleads: "biased upwards in small samples and with many groups",
                eval: Eval::Table(d::cramers_v::<$of>),
                ..BASE
            },
            Metric {
                name: concat!($side, "_smoothed_empirical_differential_fairness"),
                aliases: $edf,
                formula: "max |ln p_g − ln p_h| over groups g, h and both values, p = (n_v + ½)/(n + 1)",
                meaning: concat!(
                    "the worst ratio between two groups' shares of a ", $side,
                    ", as a logarithm: e to it is the ratio",
                ),
                source: "Foulds et al. 2020, arXiv:1807.08362; prior as in AI Fairness 360",
                misleads: "the prior pulls small groups to ½ and can hide or make a gap; the rarer \
                           value decides",
                range: (0.0, f64::INFINITY),
                eval: Eval::Table(d::differential_fairness::<$of>),
                ..BASE
            },
        ]
    }};
}
pub(super) use twins;
