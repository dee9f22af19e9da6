//! The list of all targets.

use super::{
    Input, changes, compiling, dependencies, figures, formatting, graphs, ledgers, packages, programs,
    reports, secrets, settings, sources, statements, stores, testing,
};

/// A decoder with what it promises.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// Its name: of the module in `cargo_gate::parse`, or of what is read.
    pub name: &'static str,
    /// Panics where a promise is broken.
    pub check: fn(Input<'_>),
}

/// Every target.
pub const TARGETS: &[Target] = &[
    Target { name: "advisory", check: dependencies::advisory },
    Target { name: "archive", check: packages::archive },
    Target { name: "baseline", check: settings::baseline },
    Target { name: "callgrind", check: figures::callgrind },
    Target { name: "candidate", check: packages::candidate },
    Target { name: "cargo_deny", check: dependencies::cargo_deny },
    Target { name: "cargo_error", check: compiling::cargo_error },
    Target { name: "cargo_messages", check: compiling::cargo_messages },
    Target { name: "checksums", check: packages::checksums },
    Target { name: "commit_log", check: ledgers::commit_log },
    Target { name: "config", check: settings::config },
    Target { name: "crate_file", check: packages::crate_file },
    Target { name: "criterion", check: figures::criterion },
    Target { name: "envelope", check: statements::envelope },
    Target { name: "forge_releases", check: stores::forge_releases },
    Target { name: "git_batch", check: ledgers::git_batch },
    Target { name: "git_diff", check: changes::git_diff },
    Target { name: "git_objects", check: changes::git_objects },
    Target { name: "git_remote", check: ledgers::git_remote },
    Target { name: "graph", check: graphs::graph },
    Target { name: "grype", check: reports::grype },
    Target { name: "gungraun", check: figures::gungraun },
    Target { name: "image", check: programs::image },
    Target { name: "image_names", check: stores::image_names },
    Target { name: "json_lines", check: reports::json_lines },
    Target { name: "junit", check: testing::junit },
    Target { name: "lcov", check: figures::lcov },
    Target { name: "ledger_entry", check: ledgers::ledger_entry },
    Target { name: "libtest", check: testing::libtest },
    Target { name: "lock", check: dependencies::lock },
    Target { name: "measured", check: reports::measured },
    Target { name: "nextest", check: testing::nextest },
    Target { name: "policy", check: dependencies::policy },
    Target { name: "prometheus", check: stores::prometheus },
    Target { name: "promote_config", check: settings::promote_config },
    Target { name: "publish_journal", check: packages::publish_journal },
    Target { name: "pushed_refs", check: changes::pushed_refs },
    Target { name: "registry_index", check: stores::registry_index },
    Target { name: "release_verdict", check: packages::release_verdict },
    Target { name: "rustfmt", check: formatting::rustfmt },
    Target { name: "sarif", check: reports::sarif },
    Target { name: "scan", check: sources::scan },
    Target { name: "secret", check: secrets::secret },
    Target { name: "semver_checks", check: reports::semver_checks },
    Target { name: "signing_key", check: statements::key },
    Target { name: "statement", check: statements::statement },
    Target { name: "trivy", check: reports::trivy },
];

/// The target of that name.
pub fn find(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}
