//! Remedies: what is done to the rows, to the fitting or to the decisions so that groups fare alike.
//!
//! In: labels, groups and weights of training rows. Out: other weights, or a threshold for each
//! group. No remedy computes a fairness metric of a report: its decisions are a column that is
//! tallied like any other. A remedy is a file and a line in [`MITIGATIONS`].

pub mod reweighing;
pub mod equal_weights;
pub mod threshold;
#[cfg(test)]
mod tests;

/// Training rows: everything a remedy may look at.
#[derive(Debug, Clone, Copy)]
pub struct Training<'a> {
    /// The group of each row.
    pub groups: &'a [u32],
    /// How many groups there are.
    pub count: usize,
    /// Whether the label of each row is positive.
    pub y: &'a [bool],
    /// What each row counts for.
    pub weights: &'a [f64],
}

impl Training<'_> {
    /// The weight of each group, by label.
    pub fn sums(&self) -> Vec<[f64; 2]> {
        let mut sums = vec![[0.0; 2]; self.count];
        let rows = self.groups.iter().zip(self.y).zip(self.weights);
        for ((&group, &y), w) in rows {
            sums[group as usize][usize::from(y)] += w;
        }
        sums
    }
}

/// Where a remedy acts.
#[derive(Debug, Clone, Copy)]
pub enum Stage {
    /// Nowhere: what the others are held against.
    None,
    /// Before fitting: what each training row counts for.
    Pre(fn(&Training) -> Vec<f64>),
    /// After fitting: from which score on a row of each group is positive.
    Post(fn(&Training, &[f64]) -> Vec<f64>),
}

impl Stage {
    /// `none`, `pre` or `post`.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Pre(_) => "pre",
            Self::Post(_) => "post",
        }
    }
}

/// One remedy.
#[derive(Debug, Clone, Copy)]
pub struct Mitigation {
    /// After `--method`.
    pub name: &'static str,
    /// One line for the help.
    pub about: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    /// What it does, and where.
    pub stage: Stage,
}

/// No remedy.
pub const PLAIN: Mitigation = Mitigation {
    name: "none",
    about: "the model as it is",
    source: "",
    stage: Stage::None,
};

/// Every remedy; all of them are the default.
pub const MITIGATIONS: &[Mitigation] = &[
    PLAIN,
    reweighing::MITIGATION,
    equal_weights::MITIGATION,
    threshold::PARITY,
    threshold::OPPORTUNITY,
];

/// The remedy of this name.
pub fn find(name: &str) -> Option<&'static Mitigation> {
    MITIGATIONS
        .iter()
        .find(|mitigation| mitigation.name == name)
}
