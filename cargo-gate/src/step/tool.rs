//! The tools that steps call.

use std::fmt;

use serde::Serialize;

/// A tool that steps call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tool {
    /// `cargo`, of the toolchain that the workspace uses.
    Cargo,
    /// `cargo-nextest`.
    Nextest,
    /// `rustfmt`, of that toolchain.
    Rustfmt,
    /// `rustc`, of that toolchain.
    Rustc,
    /// `git`.
    Git,
    /// `cargo-deny`.
    Deny,
    /// `cargo-semver-checks`.
    SemverChecks,
    /// `trivy`.
    Trivy,
    /// `grype`.
    Grype,
    /// `valgrind`.
    Valgrind,
    /// `faketime`.
    Faketime,
}

impl Tool {
    /// Every tool, in the order of reports.
    pub const ALL: [Self; 11] = [
        Self::Cargo,
        Self::Rustc,
        Self::Rustfmt,
        Self::Nextest,
        Self::Git,
        Self::Deny,
        Self::SemverChecks,
        Self::Trivy,
        Self::Grype,
        Self::Valgrind,
        Self::Faketime,
    ];

    /// The program's name on the search path.
    pub fn program(self) -> &'static str {
        match self {
            Self::Cargo => "cargo",
            Self::Nextest => "cargo-nextest",
            Self::Rustfmt => "rustfmt",
            Self::Rustc => "rustc",
            Self::Git => "git",
            Self::Deny => "cargo-deny",
            Self::SemverChecks => "cargo-semver-checks",
            Self::Trivy => "trivy",
            Self::Grype => "grype",
            Self::Valgrind => "valgrind",
            Self::Faketime => "faketime",
        }
    }

    /// Whether people call it through cargo.
    pub(super) fn is_subcommand(self) -> bool {
        matches!(self, Self::Nextest | Self::Deny | Self::SemverChecks)
    }

    /// What installs it.
    pub fn install(self) -> &'static str {
        match self {
            Self::Cargo | Self::Rustc => "install a Rust toolchain with rustup",
            Self::Nextest => "cargo install --locked cargo-nextest",
            Self::Rustfmt => "rustup component add rustfmt",
            Self::Git => "install git with your system's package manager",
            Self::Deny => "cargo install --locked cargo-deny",
            Self::SemverChecks => "cargo install --locked cargo-semver-checks",
            Self::Trivy => "install trivy: https://trivy.dev/latest/getting-started/installation/",
            Self::Grype => "install grype: https://github.com/anchore/grype#installation",
            Self::Valgrind => "install valgrind with your system's package manager",
            Self::Faketime => "install faketime with your system's package manager",
        }
    }
}

impl fmt::Display for Tool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // cargo's own name for a subcommand's program, as people type it
        match self.program().strip_prefix("cargo-") {
            Some(subcommand) => write!(f, "cargo {subcommand}"),
            None => f.write_str(self.program()),
        }
    }
}
