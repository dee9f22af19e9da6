//! Whether clippy's look at a workspace can be a build, and would share anything with that of the tests.

use super::super::Environment;
use super::super::gather::{builds_elsewhere, wrapper_of_config};
use crate::facts::Facts;

/// The first cargo that can keep what it makes elsewhere than what it compiles for it: its minor version
/// (<https://doc.rust-lang.org/cargo/reference/config.html#buildbuild-dir>).
const SINCE: u32 = 91;

/// Whether clippy looks at that workspace by way of a build.
pub(super) fn is_fit(facts: &Facts, environment: &Environment) -> bool {
    let manifest = || std::fs::read_to_string(facts.root.join("Cargo.toml")).unwrap_or_default();
    has_build_dir(&facts.toolchain.rustc)
        && facts.build_targets.is_empty()
        && environment.rustc_wrapper.is_none()
        && wrapper_of_config(facts, environment, "rustc-wrapper").is_none()
        && !builds_elsewhere(facts, environment)
        // cargo would fill it in
        && !facts.target.to_string_lossy().contains('{')
        && !shares_files(facts)
        && is_closed(facts)
        && !manifest_forbids(&manifest())
}

/// Whether that compiler's cargo has `build.build-dir`.
fn has_build_dir(rustc: &str) -> bool {
    let minor = || rustc.strip_prefix("rustc 1.")?.split('.').next()?.parse().ok();
    minor().is_some_and(|minor: u32| minor >= SINCE)
}

/// Whether cargo gives files of a build the same names whatever makes them, so that one is taken for another: libraries
/// that the system loads, and every program of Microsoft's tools (`use_extra_filename` of cargo's
/// `compilation_files.rs`).
fn shares_files(facts: &Facts) -> bool {
    let targets = || facts.packages.iter().flat_map(|package| &package.targets);
    facts.toolchain.host.ends_with("-msvc")
        || targets().any(|target| target.is("cdylib") || target.is("dylib"))
}

/// Whether no package elsewhere may need a member: it would be compiled, and what it needs with it.
fn is_closed(facts: &Facts) -> bool {
    let is_member = |folder: &String| facts.packages.iter().any(|package| package.folder == *folder);
    let mut folders =
        facts.packages.iter().flat_map(|package| &package.needs).filter_map(|need| need.folder.as_ref());
    folders.all(is_member)
}

/// Whether a root manifest has tests compiled in another way than programs, and their dependencies with them, or puts
/// a folder in the place of a dependency, which others may need.
fn manifest_forbids(manifest: &str) -> bool {
    let Ok(document) = toml_edit::Document::parse(manifest.to_owned()) else { return true };
    let has_test_profile = document.get("profile").is_some_and(|profile| profile.get("test").is_some());
    let patches = document.get("patch").and_then(toml_edit::Item::as_table_like);
    let of_registries = patches.into_iter().flat_map(|patches| patches.iter()).map(|(_, registry)| registry);
    let mut tables = of_registries.chain(document.get("replace")).filter_map(toml_edit::Item::as_table_like);
    has_test_profile || tables.any(|table| table.iter().any(|(_, package)| package.get("path").is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::tests::{package, target};
    use crate::facts::{Need, Package};

    #[test]
    fn what_cargo_names_alike_or_others_may_need_is_left_to_clippy() {
        let with = |name: &str, kind: &str| {
            let targets = vec![target(name, kind, "src/lib.rs")];
            Package { targets, ..package(name, name) }
        };
        let facts = |packages| Facts { packages, ..Facts::default() };
        assert!(!shares_files(&facts(vec![with("a", "lib"), with("b", "staticlib")])));
        assert!(shares_files(&facts(vec![with("a", "lib"), with("b", "cdylib")])));
        assert!(shares_files(&facts(vec![with("a", "dylib")])));
        let mut for_windows = facts(vec![with("a", "lib")]);
        for_windows.toolchain.host = "x86_64-pc-windows-msvc".into();
        assert!(shares_files(&for_windows));
        let needs = |folder: Option<&str>| {
            let need = Need { name: "b".into(), folder: folder.map(str::to_owned), dev: false, build: false };
            facts(vec![Package { needs: vec![need], ..package("a", "a") }, package("b", "b")])
        };
        assert!(is_closed(&needs(None)) && is_closed(&needs(Some("b"))) && !is_closed(&needs(Some("../b"))));
        let forbids = |text: &str| manifest_forbids(text);
        assert!(!forbids("[profile.dev]\ndebug = 0\n[patch.crates-io]\na = { git = \"b\" }\n"));
        assert!(forbids("[profile.test]\nopt-level = 1\n") && forbids("["));
        assert!(forbids("[patch.crates-io]\na = { path = \"a\" }\n"));
        assert!(forbids("[patch.crates-io.a]\npath = \"a\"\n"));
    }

    #[test]
    fn an_older_cargo_keeps_all_in_one_folder() {
        assert!(has_build_dir("rustc 1.95.0 (59807616e 2026-04-14)") && has_build_dir("rustc 1.91.0"));
        assert!(!has_build_dir("rustc 1.90.0") && !has_build_dir("rustc 1.9") && !has_build_dir(""));
    }
}
