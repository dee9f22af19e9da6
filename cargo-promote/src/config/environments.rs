//! Where candidates go, in which order, and what each step asks for.

use cargo_gate::config::{CommandLine, Timeout};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::name::{FileName, Label};

/// An environment, as `[[environments]]` in the order in which a candidate goes through them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// Its name.
    pub name: Label,
    /// The store that its candidates are in; the first store where it names none.
    #[serde(default)]
    pub store: Option<Label>,
    /// The environments that a candidate must have reached before; the one above where it names none.
    #[serde(default)]
    pub after: Option<Vec<Label>>,
    /// Guarantees of the ledger's pointer that are weaker than `compare-and-swap` and accepted here all the same.
    #[serde(default)]
    pub accept: Vec<String>,
    /// Programs of the candidate that must run.
    #[serde(default)]
    pub smoke: Vec<Smoke>,
    /// Who has to agree.
    #[serde(default)]
    pub approvals: Option<Approvals>,
    /// What has to be done before.
    #[serde(default)]
    pub checklist: Vec<ChecklistItem>,
    /// What is run once the environment's pointer has moved: it brings the candidate to where it runs. It is given
    /// `PROMOTE_ENVIRONMENT`, `PROMOTE_CANDIDATE`, `PROMOTE_FROM` and `PROMOTE_DIRECTORY`, a folder with the artifacts.
    #[serde(default)]
    pub deploy: Option<CommandLine>,
}

/// A program of the candidate that must run: the staged bytes, not those of a build.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Smoke {
    /// The artifact.
    #[schemars(with = "String")]
    pub artifact: FileName,
    /// Its arguments.
    #[serde(default)]
    pub args: Vec<String>,
    /// What its standard output must contain.
    #[serde(default)]
    pub prints: Option<String>,
    /// The longest it may take.
    #[serde(default = "default_timeout")]
    pub timeout: Timeout,
}

/// Who has to agree before an environment's pointer moves. An approval is a statement about this candidate and this
/// environment, signed by one of the keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Approvals {
    /// How many different keys.
    pub needed: u32,
    /// Whose keys count.
    pub by: Vec<Label>,
    /// How old an approval may be.
    #[serde(default)]
    pub max_age: Option<Timeout>,
}

/// One thing that has to be done before: by a command, or by a person who says so.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChecklistItem {
    /// The name by which `--done NAME` confirms it.
    pub name: Label,
    /// What has to be done, in words.
    pub what: String,
    /// The command that finds out whether it is done: exit code 0. Without one a person confirms it.
    #[serde(default)]
    pub command: Option<CommandLine>,
    /// The longest that the command may take.
    #[serde(default = "default_timeout")]
    pub timeout: Timeout,
}

fn default_timeout() -> Timeout {
    Timeout(std::time::Duration::from_mins(1))
}
