//! clippy in a run that has the dependencies built for its tests. `cargo clippy` would check each of them one more
//! time; here cargo builds them, and calls us in the place of rustc for the crates of the workspace alone, which
//! clippy looks at and nobody compiles (see `unit`).

mod unit;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::environment;
use super::gather::{builds_elsewhere, wrapper_of_config};
use super::steps::Bench;
use crate::facts::{Facts, Package, relative};
use crate::finding::digest;
use crate::step::{Captured, End, ToolCall};
pub(super) use unit::stand_in;
use unit::{LINT, Place};

/// Between two arguments for clippy, as cargo-clippy hands them to its driver
/// (<https://github.com/rust-lang/rust-clippy/blob/master/src/main.rs>).
const BETWEEN: &str = "__CLIPPY_HACKERY__";
/// Where clippy looks for its settings: in the folder of a package, else in the nearest above it
/// (<https://doc.rust-lang.org/clippy/configuration.html>).
const SETTINGS: [&str; 2] = [".clippy.toml", "clippy.toml"];
/// The variable that names another folder for them.
const SETTINGS_FOLDER: &str = "CLIPPY_CONF_DIR";
/// The first cargo that can keep what it makes elsewhere than what it compiles for it: its minor version
/// (<https://doc.rust-lang.org/cargo/reference/config.html#buildbuild-dir>).
const SINCE: u32 = 91;

type Variables = Vec<(OsString, Option<OsString>)>;

impl Bench<'_> {
    /// Calls clippy. Where the dependencies are built anyway it takes them from there; unless that finds nothing
    /// wrong, cargo's own clippy has the word.
    pub(super) fn clippy(&self, call: &ToolCall, with_tests: bool, timeout: Duration) -> Captured {
        let begin = Instant::now();
        let mut marked = call.clone();
        marked.args.extend(mark_of_settings(self.facts));
        let seen = match with_tests.then(|| self.lint_build(&marked)).flatten() {
            Some((build, env)) => self.call_with(&build, env, timeout),
            None => return self.call(&marked, timeout),
        };
        match seen.end {
            End::Code(code) if code != 0 => self.call(&marked, timeout.saturating_sub(begin.elapsed())),
            _ => Captured { what: call.to_string(), ..seen },
        }
    }

    /// The build that has clippy look at the workspace; none where it would serve nobody else, or would not do.
    fn lint_build(&self, call: &ToolCall) -> Option<(ToolCall, Variables)> {
        let facts = self.facts;
        let is_fit = has_build_dir(&facts.toolchain.rustc)
            && facts.build_targets.is_empty()
            && self.environment.rustc_wrapper.is_none()
            && wrapper_of_config(facts, self.environment, "rustc-wrapper").is_none()
            && !builds_elsewhere(facts, self.environment)
            && !has_test_profile(facts);
        if !is_fit {
            return None;
        }
        let driver = format!("clippy-driver{}", std::env::consts::EXE_SUFFIX);
        let driver = facts.sysroot.as_ref()?.join("bin").join(driver);
        let folder = facts.target.join("bulletproof").join("lint");
        let wrapper = driver.is_file().then(|| wrapper(&folder))?.ok()?;
        let linked = linked(&facts.packages);
        let place = Place { driver, profile: facts.target.join("debug"), linked };
        let (build, for_clippy) = build(call, &folder, &facts.target);
        let env = [
            ("RUSTC_WORKSPACE_WRAPPER", wrapper.into()),
            (LINT, serde_json::to_string(&place).ok()?.into()),
            ("CLIPPY_ARGS", for_clippy.into()),
        ];
        Some((build, env.map(|(name, value): (&str, OsString)| (name.into(), Some(value))).to_vec()))
    }
}

/// A flag that tells which of clippy's settings are there. cargo knows a crate by its flags, and of settings it notices
/// only that those which clippy met have changed: not that others have come, or come between.
fn mark_of_settings(facts: &Facts) -> Option<String> {
    let folders = facts.packages.iter().map(|package| facts.root.join(&package.folder));
    let above: BTreeSet<PathBuf> =
        folders.flat_map(|folder| folder.ancestors().map(Path::to_owned).collect::<Vec<_>>()).collect();
    let files = above.iter().flat_map(|folder| SETTINGS.map(|name| folder.join(name)));
    let there: Vec<String> =
        files.filter(|file| file.exists()).map(|file| relative(&facts.root, &file)).collect();
    let of_variable = std::env::var(SETTINGS_FOLDER).ok();
    let all: Vec<&str> = there.iter().chain(&of_variable).map(String::as_str).collect();
    (!all.is_empty()).then(|| format!("--cfg=bulletproof_settings_{}", digest(&all)))
}

/// The call as a build, with what is made of it in a folder of its own, and the arguments for clippy.
fn build(call: &ToolCall, made: &Path, target: &Path) -> (ToolCall, String) {
    let mut own = call.args.split(|arg| arg == "--");
    let mut args: Vec<String> = own.next().unwrap_or_default().to_vec();
    args.iter_mut().take(1).for_each(|command| "build".clone_into(command));
    let in_target = toml_edit::Value::from(target.to_string_lossy().into_owned());
    args.push(format!("--config=build.build-dir={in_target}"));
    args.push(format!("--target-dir={}", made.display()));
    let for_clippy = own.flatten().flat_map(|arg| [arg, BETWEEN]).collect();
    (ToolCall { args, ..call.clone() }, for_clippy)
}

/// This program by another path than that of instrumented builds: cargo tells by it which crates are which.
fn wrapper(folder: &Path) -> std::io::Result<PathBuf> {
    let own = environment::own_program()?;
    let wrapper = folder.join(format!("in-place-of-rustc{}", std::env::consts::EXE_SUFFIX));
    let (ours, theirs) = (std::fs::metadata(&own)?, std::fs::metadata(&wrapper));
    if theirs.is_ok_and(|there| there.len() == ours.len() && there.modified().ok() >= ours.modified().ok()) {
        return Ok(wrapper);
    }
    std::fs::create_dir_all(folder)?;
    // another run may have it open: it is replaced as a whole
    let new = tempfile::Builder::new().prefix(".tmp-").tempdir_in(folder)?;
    let new = new.path().join("new");
    std::fs::hard_link(&own, &new).or_else(|_| std::fs::copy(&own, &new).map(|_| ()))?;
    std::fs::rename(&new, &wrapper)?;
    Ok(wrapper)
}

/// The members that a build script or a macro of the workspace is linked with: they have to be compiled.
fn linked(packages: &[Package]) -> BTreeSet<String> {
    let member = |name: &str| packages.iter().find(|package| package.name == name);
    let is_macro = |package: &Package| package.targets.iter().any(|target| target.is("proc-macro"));
    let first = packages.iter().flat_map(|package| {
        package.needs.iter().filter(|need| need.build || (is_macro(package) && !need.dev))
    });
    let mut open: Vec<&Package> = first.filter_map(|need| member(&need.name)).collect();
    let mut linked = BTreeSet::new();
    while let Some(package) = open.pop() {
        if linked.insert(package.name.clone()) {
            open.extend(package.needs.iter().filter(|need| !need.dev).filter_map(|need| member(&need.name)));
        }
    }
    linked
}

/// Whether that compiler's cargo has `build.build-dir`.
fn has_build_dir(rustc: &str) -> bool {
    let minor = || rustc.strip_prefix("rustc 1.")?.split('.').next()?.parse().ok();
    minor().is_some_and(|minor: u32| minor >= SINCE)
}

/// Whether tests are compiled in another way than programs, and their dependencies with them.
fn has_test_profile(facts: &Facts) -> bool {
    let manifest = std::fs::read_to_string(facts.root.join("Cargo.toml")).unwrap_or_default();
    let document = toml_edit::Document::parse(manifest).ok();
    let profile = || document.as_ref()?.get("profile")?.get("test");
    profile().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Need;
    use crate::facts::tests::{package, target};
    use crate::step::{Streams, Tool};

    #[test]
    fn the_call_is_a_build_of_the_same_targets_with_clippys_own_arguments_beside_it() {
        let args = "clippy --all-targets --locked --workspace -- --cap-lints warn --force-warn clippy::panic";
        let args = args.split(' ').map(str::to_owned).collect();
        let call =
            ToolCall { tool: Tool::Cargo, args, env: Vec::new(), streams: Streams::Separate, builds: true };
        let (build, for_clippy) = build(&call, Path::new("/t/made"), Path::new("/t"));
        assert_eq!(
            build.args.join(" "),
            "build --all-targets --locked --workspace --config=build.build-dir=\"/t\" --target-dir=/t/made"
        );
        assert_eq!(
            for_clippy.split(BETWEEN).collect::<Vec<_>>(),
            ["--cap-lints", "warn", "--force-warn", "clippy::panic", ""]
        );
    }

    #[test]
    fn what_build_scripts_and_macros_are_linked_with_is_compiled() {
        let need = |name: &str, dev, build| Need { name: name.into(), folder: None, dev, build };
        let mut all: Vec<Package> =
            ["app", "macros", "words", "letters", "tools", "tested"].map(|name| package(name, name)).into();
        all[0].needs =
            vec![need("macros", false, false), need("tools", false, true), need("tested", false, false)];
        all[1].targets = vec![target("macros", "proc-macro", "macros/src/lib.rs")];
        all[1].needs = vec![need("words", false, false), need("tested", true, false)];
        all[2].needs = vec![need("letters", false, false), need("serde", false, false)];
        assert_eq!(linked(&all).into_iter().collect::<Vec<_>>(), ["letters", "tools", "words"]);
    }

    #[test]
    fn an_older_cargo_keeps_all_in_one_folder() {
        assert!(has_build_dir("rustc 1.95.0 (59807616e 2026-04-14)") && has_build_dir("rustc 1.91.0"));
        assert!(!has_build_dir("rustc 1.90.0") && !has_build_dir("rustc 1.9") && !has_build_dir(""));
    }
}
