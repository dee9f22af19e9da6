//! The options that say which workspace a command works on, and by which configuration.

use std::path::PathBuf;

use crate::ops::session::Session;
use crate::trouble::Trouble;

/// Which workspace, and which configuration.
#[derive(Debug, Clone, Default, clap::Args)]
pub struct Place {
    /// The manifest of the workspace
    #[arg(long, global = true, value_name = "PATH", help_heading = "Workspace")]
    pub manifest_path: Option<PathBuf>,
    /// The configuration, in the place of the workspace's promote.toml
    #[arg(long, global = true, value_name = "PATH", help_heading = "Workspace")]
    pub config: Option<PathBuf>,
}

impl Place {
    /// Finds the workspace and reads the configuration.
    ///
    /// # Errors
    /// As [`Session::open`].
    pub fn open(&self) -> Result<Session, Trouble> {
        Session::open_with(self.manifest_path.as_deref(), self.config.as_deref())
    }
}
