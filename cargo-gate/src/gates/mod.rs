//! The gates, one file each, and their registry: the order of plans, reports and manuals.

mod audit;
mod bench;
mod budget;
mod changelog;
mod check;
mod clippy;
mod container;
mod coverage;
mod custom;
mod deny;
mod deps;
mod docs;
mod doctest;
mod features;
mod flaky;
mod fmt;
mod hooks;
mod manifest;
mod panics;
mod paths;
mod repro;
mod sbom;
mod secrets;
mod semver;
mod size;
mod smoke;
mod test;
mod todo;
mod unused_deps;
mod version;

pub use audit::MEND;

use crate::registry::{Entry, Registered};

/// Every gate.
pub const GATES: &[&dyn Registered] = &[
    &Entry::<fmt::Fmt>::NEW,
    &Entry::<manifest::Manifest>::NEW,
    &Entry::<paths::Paths>::NEW,
    &Entry::<panics::Panics>::NEW,
    &Entry::<todo::Todo>::NEW,
    &Entry::<secrets::Secrets>::NEW,
    &Entry::<hooks::HookGate>::NEW,
    &Entry::<check::Check>::NEW,
    &Entry::<clippy::Clippy>::NEW,
    &Entry::<features::FeatureGate>::NEW,
    &Entry::<test::Test>::NEW,
    &Entry::<doctest::Doctest>::NEW,
    &Entry::<flaky::Flaky>::NEW,
    &Entry::<coverage::Coverage>::NEW,
    &Entry::<bench::Bench>::NEW,
    &Entry::<docs::Docs>::NEW,
    &Entry::<audit::Audit>::NEW,
    &Entry::<deny::Deny>::NEW,
    &Entry::<deps::Deps>::NEW,
    &Entry::<unused_deps::UnusedDeps>::NEW,
    &Entry::<semver::Semver>::NEW,
    &Entry::<container::Container>::NEW,
    &Entry::<size::Size>::NEW,
    &Entry::<budget::Budget>::NEW,
    &Entry::<smoke::Smoke>::NEW,
    &Entry::<version::VersionGate>::NEW,
    &Entry::<changelog::Changelog>::NEW,
    &Entry::<sbom::Sbom>::NEW,
    &Entry::<repro::Repro>::NEW,
];

/// What each entry of `[[gate]]` in the config is: a gate of its own name.
pub const CUSTOM: &dyn Registered = &Entry::<custom::Custom>::NEW;

#[cfg(test)]
mod tests;
