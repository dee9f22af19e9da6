//! The settings that every gate has.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Timeout;
use crate::gate::Stage;

/// Settings that every gate has, beside its own.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Common {
    /// The stages that the gate is in; an empty list turns it off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stages: Option<Vec<Stage>>,
    /// The longest that each of its tool calls may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Timeout>,
    /// For a stage: what a tool or database that is not there means. With `"warn"` the verdict still
    /// counts, and names the gate as not judged; otherwise it is `broken`.
    pub if_unavailable: BTreeMap<Stage, IfUnavailable>,
    /// For a rule of the gate: the weight of its findings.
    pub rules: BTreeMap<String, Level>,
}

/// What a tool or database that is not there means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum IfUnavailable {
    /// There is no verdict.
    Broken,
    /// The gate is `warned` and named as not judged.
    Warn,
}

/// The weight of a rule's findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// They fail the gate.
    Error,
    /// They are named.
    Warning,
    /// They are left out; the report says how many.
    Off,
}
