//! Why nothing can be fitted to a table, and what to do about it.

/// A table that no model can be fitted to as it is.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Unfit {
    /// No column says what was true.
    #[error("no label is known: there is nothing to fit a model to")]
    NoLabel,
    /// Every row has the same label.
    #[error("every row that counts has the same label: there is nothing to tell apart")]
    OneClass,
    /// Too few rows of a label for so many folds.
    #[error("too few rows of one label for {folds} folds: {rows}")]
    FewRows {
        /// Rows of the rarer label.
        rows: usize,
        /// Folds asked for.
        folds: usize,
    },
    /// Rows to learn from that are all of one label.
    #[error("of fold {fold}, every row that is learnt from has the same label")]
    OneSided {
        /// Which fold, from 1.
        fold: usize,
    },
    /// No rows to learn from.
    #[error("of fold {fold}, no row that counts is learnt from")]
    NoneLearnt {
        /// Which fold, from 1.
        fold: usize,
    },
    /// A time that cannot be read beside others that can.
    #[error("`{column}` is no time: row {row} has `{value}`, which is no {what} as the others are")]
    NoTime {
        /// The column.
        column: String,
        /// From 1.
        row: usize,
        /// What stands there.
        value: String,
        /// What the others are: date or number.
        what: &'static str,
    },
    /// A column by which rows are kept apart, of too few values.
    #[error("`{column}` has too few different values for {folds} folds: {values}")]
    FewValues {
        /// Its name.
        column: String,
        /// Its values.
        values: usize,
        /// Folds asked for.
        folds: usize,
        /// Folds that it would do for.
        most: usize,
    },
    /// Lines that stand for several rows.
    #[error("a line stands for several rows, which cannot be held out one by one")]
    Counted,
    /// No column is left to predict from.
    #[error("no column is left to predict the label from")]
    NoFeatures,
    /// A matrix that would be too wide.
    #[error("the features make {columns} columns, at most {most} are fitted")]
    Wide {
        /// Columns.
        columns: usize,
        /// The limit.
        most: usize,
    },
    /// A table that does not fit into the memory that is allowed.
    #[error("the table needs more than {most} MB in memory")]
    Large {
        /// The limit, in MB.
        most: usize,
    },
    /// Rows, labels and weights that are not equally many.
    #[error("{rows} rows of features, {labels} labels and {weights} weights")]
    Shape {
        /// Rows of the matrix.
        rows: usize,
        /// Labels.
        labels: usize,
        /// Weights.
        weights: usize,
    },
    /// A matrix that holds what is no number.
    #[error("column {column} of the features holds what is no finite number")]
    NotFinite {
        /// Which column, from 0.
        column: usize,
    },
    /// A weight that is negative, infinite or no number, or a sum of weights that is next to nothing.
    #[error("{weight} is no weight")]
    Weight {
        /// The weight.
        weight: f64,
    },
    /// A model that did not come to its end.
    #[error("{model} found no optimum in {steps} steps")]
    NoOptimum {
        /// The model.
        model: &'static str,
        /// Steps.
        steps: usize,
    },
    /// A learner of others that refused.
    #[error("{model}: {what}")]
    Refused {
        /// The model.
        model: &'static str,
        /// What it said.
        what: String,
    },
    /// A group that no remedy could learn about.
    #[error("a group of the rows that are held out has no row to learn from")]
    Unseen,
    /// Constraints that no coefficients were found for.
    #[error("{model}: no coefficients were found that make groups equal, {violation:.4} is left")]
    Unmet {
        /// The model.
        model: &'static str,
        /// How far groups stay apart at the best that were found.
        violation: f64,
    },
    /// Constraints that no coefficients meet, box by box.
    #[error(
        "{model} cannot be met by these features: whatever the coefficients, groups stay further apart \
         than {most} (ruled out box by box, {boxes} of them; the nearest found leaves {violation:.4})"
    )]
    RuledOut {
        /// The model.
        model: &'static str,
        /// How far they may stay apart.
        most: f64,
        /// Into how many boxes all coefficients were divided.
        boxes: usize,
        /// How far groups stay apart at the best that were found.
        violation: f64,
    },
    /// Constraints that no model of these features meets, and why.
    #[error(
        "{model} cannot be met by these features: shares of positive labels differ by {needed:.4} \
         between groups, mean scores can by {most:.4} at most"
    )]
    Unmeetable {
        /// The model.
        model: &'static str,
        /// How far mean scores would have to lie apart.
        needed: f64,
        /// How far they can, whatever the model.
        most: f64,
    },
    /// Nothing to compare: everyone is in one group.
    #[error("`{attribute}` has only one group with rows that count: nothing to mitigate")]
    OneGroup {
        /// The attribute.
        attribute: String,
    },
}

impl Unfit {
    /// The one thing to do about it.
    pub(super) fn help(&self) -> String {
        match self {
            Self::NoLabel => "name the column that says what was true: `-y COL`".to_owned(),
            Self::OneClass => "is the right column the label? `-y COL` names another".to_owned(),
            Self::FewRows { rows, .. } if *rows > 1 => {
                format!("ask for fewer: `--folds {}`", (*rows).min(5))
            }
            Self::FewRows { .. } => "more rows of that label are needed".to_owned(),
            Self::NoTime { value, what, .. } => format!(
                "mend it ({}), or say that it is missing: `--null` with `{value}` in its list",
                if *what == "date" {
                    "2026-01-31, 2026-01-31T12:00:00+01:00"
                } else {
                    "a plain number"
                }
            ),
            Self::OneSided { .. } | Self::NoneLearnt { .. } => {
                "ask for fewer folds (`--folds 2`), or keep rows apart by another column".to_owned()
            }
            Self::FewValues { most, .. } if *most > 1 => {
                format!("ask for fewer: `--folds {most}`")
            }
            Self::FewValues { .. } => "keep rows apart by another column".to_owned(),
            Self::Counted => {
                "give a table with a line for each row, or `--weight COL` for what a row counts for"
                    .to_owned()
            }
            Self::NoFeatures => {
                "`--with-sensitive` predicts from the sensitive columns as well".to_owned()
            }
            Self::Wide { .. } => "leave out columns: `--ignore COL`".to_owned(),
            Self::Large { .. } => {
                "leave out columns (`--ignore COL`), or draw a sample of the rows".to_owned()
            }
            Self::Weight { .. } => {
                "weights are finite, not negative, and add up to more than nothing: scale them"
                    .to_owned()
            }
            Self::NotFinite { .. } | Self::Shape { .. } => {
                "this is a bug: the features are made finite".to_owned()
            }
            Self::NoOptimum { .. } | Self::Refused { .. } => {
                "another model may do: `--model bayes`".to_owned()
            }
            Self::Unseen => "leave out groups of very few rows, or put them together".to_owned(),
            Self::Unmeetable { .. } => {
                "more features, or `--with-sensitive`, let the model tell groups apart".to_owned()
            }
            Self::Unmet { .. } | Self::RuledOut { .. } => {
                "more features, fewer groups or `--with-sensitive` let the model tell groups apart"
                    .to_owned()
            }
            Self::OneGroup { .. } => "name another attribute: `--attribute COL`".to_owned(),
        }
    }
}
