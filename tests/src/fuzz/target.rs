//! The list of all targets.

use super::{
    Input, changes, compiling, dependencies, figures, formatting, graphs, programs, reports, secrets,
    settings, sources, statements, testing,
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
    Target { name: "baseline", check: settings::baseline },
    Target { name: "callgrind", check: figures::callgrind },
    Target { name: "cargo_deny", check: dependencies::cargo_deny },
    Target { name: "cargo_error", check: compiling::cargo_error },
    Target { name: "cargo_messages", check: compiling::cargo_messages },
    Target { name: "config", check: settings::config },
    Target { name: "criterion", check: figures::criterion },
    Target { name: "envelope", check: statements::envelope },
    Target { name: "git_diff", check: changes::git_diff },
    Target { name: "git_objects", check: changes::git_objects },
    Target { name: "graph", check: graphs::graph },
    Target { name: "grype", check: reports::grype },
    Target { name: "gungraun", check: figures::gungraun },
    Target { name: "image", check: programs::image },
    Target { name: "json_lines", check: reports::json_lines },
    Target { name: "junit", check: testing::junit },
    Target { name: "lcov", check: figures::lcov },
    Target { name: "libtest", check: testing::libtest },
    Target { name: "lock", check: dependencies::lock },
    Target { name: "measured", check: reports::measured },
    Target { name: "nextest", check: testing::nextest },
    Target { name: "policy", check: dependencies::policy },
    Target { name: "pushed_refs", check: changes::pushed_refs },
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
