//! What a release says of itself in several places: versions in manifests, tags, changelogs, and in what
//! programs print.

pub mod changelog;
pub mod printed;
pub mod requirements;
pub mod tags;
mod workspace;

pub use workspace::{WorkspaceVersion, workspace_version};
