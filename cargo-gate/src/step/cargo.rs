//! Argument lists of cargo, and the steps that several gates share. Pure: tested without a run.

use super::{Step, Streams, Tool, ToolCall};
use crate::gate::Context;
use crate::test_run::runs_unit_tests;

/// clippy's restriction lints for the panic family.
pub const PANIC_LINTS: [&str; 8] = [
    "clippy::unwrap_used",
    "clippy::expect_used",
    "clippy::panic",
    "clippy::todo",
    "clippy::unimplemented",
    "clippy::unreachable",
    "clippy::indexing_slicing",
    "clippy::string_slice",
];

/// A cargo call on the judged packages and features, never changing the lock file.
pub fn cargo(cx: &Context<'_>, command: &[&str]) -> ToolCall {
    let mut args: Vec<String> = command.iter().map(|part| (*part).to_owned()).collect();
    args.push("--locked".to_owned());
    if cx.options.offline {
        args.push("--offline".to_owned());
    }
    args.extend(packages(cx));
    args.extend(features(cx));
    ToolCall { tool: Tool::Cargo, args, env: Vec::new(), streams: Streams::Separate, builds: true }
}

fn packages(cx: &Context<'_>) -> Vec<String> {
    let options = cx.options;
    let (flag, names) = if options.packages.is_empty() {
        ("--exclude", &options.exclude)
    } else {
        ("--package", &options.packages)
    };
    let every = options.packages.is_empty().then(|| "--workspace".to_owned());
    every.into_iter().chain(names.iter().flat_map(|name| [flag.to_owned(), name.clone()])).collect()
}

fn features(cx: &Context<'_>) -> Vec<String> {
    let features = &cx.options.features;
    let mut args = Vec::new();
    if features.all {
        args.push("--all-features".to_owned());
    }
    if features.no_default {
        args.push("--no-default-features".to_owned());
    }
    if !features.names.is_empty() {
        args.extend(["--features".to_owned(), features.names.join(",")]);
    }
    args
}

/// The resolved dependency graph. Only a full resolution tells whether the lock file is there and in step
/// with the manifests (with `--no-deps` cargo notices neither a missing nor a stale lock file).
pub fn graph(cx: &Context<'_>) -> Step {
    Step::Graph { offline: cx.options.offline }
}

/// The release build of the judged packages' programs: one for all gates that look at artifacts.
pub fn release_build(cx: &Context<'_>) -> ToolCall {
    cargo(cx, &["build", "--release", "--bins", "--message-format=json"])
}

/// The compile check: clippy's own build where clippy runs as well, else `cargo check`.
pub fn check(cx: &Context<'_>) -> Step {
    if cx.selected("clippy") { clippy(cx) } else { Step::Tool(compile(cx, "check")) }
}

/// The panic lints that `--force-warn` makes speak whatever a source file allows, so that an
/// `#![allow(clippy::all)]` hides nothing. A lint that the manifests set themselves is left to them:
/// forced, it would no longer mean what they say.
pub fn forced_lints<'a>(cx: &Context<'a>) -> impl Iterator<Item = &'static str> + use<'a> {
    let own = &cx.facts.own_lints;
    PANIC_LINTS.into_iter().filter(move |lint| !own.contains(*lint))
}

/// The one clippy run. It carries the panic lints where the `panics` gate runs too: they cost
/// nothing there. A target that fails does not stop the others (`--keep-going`). Where tests run as well, their
/// dependencies serve both.
pub fn clippy(cx: &Context<'_>) -> Step {
    let mut call = compile(cx, "clippy");
    // a denied lint would end the compile of everything that needs its crate
    call.args.extend(["--", "--cap-lints", "warn"].map(str::to_owned));
    if let Some(wrapper) = &cx.facts.rustc_wrapper {
        // cargo knows a crate by these flags: what was compiled by way of another wrapper is not taken for this
        call.args.push(format!("--cfg=bulletproof_wrapper_{}", wrapper.mark));
    }
    if cx.selected("panics") {
        call.args.extend(forced_lints(cx).flat_map(|lint| ["--force-warn".to_owned(), lint.to_owned()]));
    }
    Step::Clippy { call, with_tests: runs_unit_tests(cx) }
}

fn compile(cx: &Context<'_>, command: &str) -> ToolCall {
    cargo(cx, &[command, "--all-targets", "--keep-going", "--message-format=json"])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Facts;
    use crate::gate::{Features, Options};
    use std::collections::BTreeSet;

    fn text(options: &Options, selected: &[&'static str], step: fn(&Context<'_>) -> Step) -> String {
        let facts = Facts::default();
        let selected: BTreeSet<&'static str> = selected.iter().copied().collect();
        step(&Context::new(&facts, options, &selected)).to_string()
    }

    #[test]
    fn every_package_is_judged_unless_some_are_named() {
        let all = text(&Options::default(), &["check"], check);
        assert_eq!(all, "cargo check --all-targets --keep-going --message-format=json --locked --workspace");
        let options = Options { packages: vec!["a".into(), "b".into()], ..Options::default() };
        assert!(text(&options, &["check"], check).ends_with("--locked --package a --package b"));
        let options = Options { exclude: vec!["c".into()], ..Options::default() };
        assert!(text(&options, &["check"], check).ends_with("--workspace --exclude c"));
    }

    #[test]
    fn features_and_offline_go_through_with_cargos_own_names() {
        let features = Features { names: vec!["x".into(), "y".into()], no_default: true, all: false };
        let options = Options { features, offline: true, ..Options::default() };
        let line = text(&options, &["check"], check);
        assert!(
            line.contains("--locked --offline --workspace --no-default-features --features x,y"),
            "{line}"
        );
    }

    #[test]
    fn clippy_answers_the_compile_check_when_both_run() {
        let selected = ["check", "clippy"];
        assert_eq!(text(&Options::default(), &selected, check), text(&Options::default(), &selected, clippy));
    }

    #[test]
    fn the_panic_lints_ride_in_the_clippy_run_only_when_panics_runs() {
        assert!(!text(&Options::default(), &["clippy"], clippy).contains("force-warn"));
        let with = text(&Options::default(), &["clippy", "panics"], clippy);
        assert!(with.contains("-- --cap-lints warn --force-warn clippy::unwrap_used"), "{with}");
    }
}
