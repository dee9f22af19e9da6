//! Whose word counts for what.

use cargo_gate::config::Timeout;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A key that signatures are checked with, as `[keys.NAME]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// The public key: a line as in OpenSSH's `.pub` files, or a PEM block `PUBLIC KEY` of an ed25519 key.
    pub public: String,
    /// Whose it is.
    pub role: Role,
}

/// Whose a key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// A person's.
    Developer,
    /// A build server's.
    Ci,
}

/// What a candidate needs to be promoted at all, as `[policy]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// The gates that must have judged the candidate's tree, and passed or warned; all of the stage `release` where none is named.
    pub gates: Vec<String>,
    /// Whose signature the verdict needs. Without any key in the config no signature is asked for.
    pub verdict_by: Vec<Role>,
    /// Whose signature the provenance needs.
    pub provenance_by: Vec<Role>,
    /// How old the verdict may be.
    pub max_age: Option<Timeout>,
}

impl Default for Policy {
    fn default() -> Self {
        Self { gates: Vec::new(), verdict_by: vec![Role::Ci], provenance_by: vec![Role::Ci], max_age: None }
    }
}
