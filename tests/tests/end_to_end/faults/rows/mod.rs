//! One row a gate.

pub(super) mod audit;
pub(super) mod bench;
pub(super) mod budget;
pub(super) mod changelog;
pub(super) mod check;
pub(super) mod clippy;
pub(super) mod container;
pub(super) mod coverage;
pub(super) mod custom;
pub(super) mod deny;
pub(super) mod deps;
pub(super) mod docs;
pub(super) mod doctest;
pub(super) mod features;
pub(super) mod flaky;
pub(super) mod fmt;
pub(super) mod manifest;
pub(super) mod sbom;
pub(super) mod secrets;
pub(super) mod semver;
pub(super) mod size;
pub(super) mod smoke;
pub(super) mod sources_only;
pub(super) mod test;
pub(super) mod unused_deps;
pub(super) mod version;
