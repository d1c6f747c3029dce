//! What training came to, step by step.
//!
//! In: what a method that goes in steps knows after each. Out: a curve, with the model. Every method
//! bounds its steps (a hundred at most), so that a curve is small. What is fitted at once has none.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a method makes as small as it can, on the training rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Objective {
    /// `(Σ w · loss + ridge/2 · |β|²) / Σ w`, the loss of a row being −ln of the chance of its label.
    LogLoss,
    /// The same and the price of what scores tell about the group.
    LogLossAndInformation,
    /// The share of wrong decisions, by weight.
    Error,
}

/// The way of a fit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Curve {
    /// What the loss is.
    pub objective: Objective,
    /// The start, and what each step led to.
    pub steps: Vec<Step>,
}

/// Where a step led to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Step {
    /// What is made small.
    pub loss: f64,
    /// How far the means or rates of groups lie apart at most, where a remedy makes them equal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub violation: Option<f64>,
    /// What a squared violation cost in this step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub penalty: Option<f64>,
    /// How far from the least loss it is at most, as far as that was found.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gap: Option<f64>,
}

impl Curve {
    /// Of losses alone.
    pub fn of_losses(objective: Objective, losses: &[f64]) -> Self {
        let step = |&loss: &f64| Step {
            loss,
            ..Step::default()
        };
        let steps = losses.iter().map(step).collect();
        Self { objective, steps }
    }
}
