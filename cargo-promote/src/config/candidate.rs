//! What a candidate is made of.

use cargo_gate::config::Globs;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What `cargo promote stage` builds, as `[candidate]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct CandidateSettings {
    /// The packages whose programs are built; where the list is empty, the default members.
    pub packages: Vec<String>,
    /// The targets that programs are built for; where the list is empty, those of cargo's configuration, else the host.
    pub targets: Vec<String>,
    /// Whether the members that may be published are packed as `.crate` files.
    pub crates: bool,
    /// Whether the programs of each target are packed into an archive.
    pub archives: bool,
    /// The files of the workspace root that archives hold beside the programs.
    pub files: Globs,
}

impl Default for CandidateSettings {
    fn default() -> Self {
        let beside = ["README*", "LICENSE*", "CHANGELOG*"].map(str::to_owned).to_vec();
        Self {
            packages: Vec::new(),
            targets: Vec::new(),
            crates: true,
            archives: true,
            // these three are well formed
            files: Globs::try_from(beside).unwrap_or_default(),
        }
    }
}
