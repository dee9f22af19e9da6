//! Where candidates and the ledger are kept.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A store of candidates, as `[stores.NAME]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum StoreSettings {
    /// A folder.
    Local {
        /// The folder, relative to the workspace root; without it a folder in git's own, which all worktrees share.
        #[serde(default)]
        path: Option<String>,
    },
    /// A repository of an OCI registry.
    Oci {
        /// Registry and repository, as `ghcr.io/acme/tool`.
        repository: String,
        /// Whether plain HTTP is spoken: allowed on this machine only.
        #[serde(default)]
        http: bool,
        /// The environment variable with the user's name.
        #[serde(default)]
        username_env: Option<String>,
        /// The environment variable with the password or token.
        #[serde(default)]
        password_env: Option<String>,
    },
    /// A bucket of S3, or of what speaks its protocol.
    S3 {
        /// The bucket.
        bucket: String,
        /// What all names in it begin with.
        #[serde(default)]
        prefix: String,
        /// Its address, where it is not Amazon's.
        #[serde(default)]
        endpoint: Option<String>,
        /// Its region.
        #[serde(default)]
        region: Option<String>,
        /// The environment variable with the key's name.
        #[serde(default)]
        access_key_env: Option<String>,
        /// The environment variable with the key's secret.
        #[serde(default)]
        secret_key_env: Option<String>,
        /// Whether it refuses a conditional write whose condition does not hold. Where not, the ledger's pointer is
        /// `last-writer`.
        #[serde(default = "yes")]
        conditional_writes: bool,
    },
    /// The releases of a forge that has GitHub's interface.
    Forge {
        /// Where the interface is.
        #[serde(default = "github")]
        api: String,
        /// Owner and name of the repository.
        repository: String,
        /// The environment variable with the token.
        token_env: String,
    },
}

/// The ledger, as `[ledger]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum LedgerSettings {
    /// In one of the stores.
    Store {
        /// Its name; the first store without it.
        #[serde(default)]
        name: Option<crate::name::Label>,
    },
    /// A branch of a git repository.
    Git {
        /// The remote's name or address; `origin` without it.
        #[serde(default = "origin")]
        remote: String,
        /// The branch.
        #[serde(default = "branch")]
        branch: String,
    },
}

impl Default for LedgerSettings {
    fn default() -> Self {
        Self::Store { name: None }
    }
}

/// References of a git repository that show what the ledger says, as `[mirrors]`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Mirrors {
    /// The remote's name or address; no mirrors where there is none.
    pub remote: Option<String>,
    /// The tag of an environment's commit, with `{environment}` in it.
    pub tag: String,
    /// The tag of the last commit that was staged.
    pub staged_tag: String,
}

impl Default for Mirrors {
    fn default() -> Self {
        Self {
            remote: None,
            tag: "env/{environment}".to_owned(),
            staged_tag: "state/staging-success".to_owned(),
        }
    }
}

fn yes() -> bool {
    true
}

fn github() -> String {
    "https://api.github.com".to_owned()
}

fn origin() -> String {
    "origin".to_owned()
}

fn branch() -> String {
    "promote-ledger".to_owned()
}
