//! clippy in a run that has the dependencies built for its tests. `cargo clippy` would check each of them one more
//! time; here cargo builds them, and calls us in the place of rustc for the crates of the workspace alone, which
//! clippy looks at and nobody compiles (see `unit`).

mod fit;
mod unit;

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::environment;
use super::steps::Bench;
use crate::facts::{Facts, Package, relative};
use crate::finding::digest;
use crate::parse::cargo_messages::{self, Artifact};
use crate::step::{Captured, End, ToolCall};
pub(super) use unit::stand_in;
use unit::{LINT, Place, stands_in};

/// Between two arguments for clippy, as cargo-clippy hands them to its driver
/// (<https://github.com/rust-lang/rust-clippy/blob/master/src/main.rs>).
const BETWEEN: &str = "__CLIPPY_HACKERY__";
/// Where clippy looks for its settings: in the folder of a package, else in the nearest above it
/// (<https://doc.rust-lang.org/clippy/configuration.html>).
const SETTINGS: [&str; 2] = [".clippy.toml", "clippy.toml"];
/// The variable that names another folder for them.
const SETTINGS_FOLDER: &str = "CLIPPY_CONF_DIR";
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
        let is_answer = match seen.end {
            End::Code(0) => looked_at(self.facts, &seen.stdout),
            End::Code(_) => false,
            // it was cut short, and so would be another one
            _ => true,
        };
        if is_answer {
            return Captured { what: call.to_string(), ..seen };
        }
        self.call(&marked, timeout.saturating_sub(begin.elapsed()))
    }

    /// The build that has clippy look at the workspace; none where it would serve nobody else, or would not do.
    fn lint_build(&self, call: &ToolCall) -> Option<(ToolCall, Variables)> {
        let facts = self.facts;
        if !fit::is_fit(facts, self.environment) {
            return None;
        }
        let driver = format!("clippy-driver{}", std::env::consts::EXE_SUFFIX);
        let driver = facts.sysroot.as_ref()?.join("bin").join(driver);
        let folder = facts.target.join("bulletproof").join("lint");
        let wrapper = driver.is_file().then(|| wrapper(&folder))?.ok()?;
        let linked = linked(&facts.packages);
        let (build, mut for_clippy) = build(call, &folder, &facts.target);
        if !linked.is_empty() {
            // cargo knows a crate by these flags: what was looked at is not taken for what was compiled
            let names: Vec<&str> = linked.iter().map(String::as_str).collect();
            for_clippy.extend(["--cfg=bulletproof_linked_", &digest(&names), BETWEEN]);
        }
        let place = Place { driver, profile: facts.target.join("debug"), linked };
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
    if theirs.is_ok_and(|there| there.len() == ours.len() && there.modified().ok() == ours.modified().ok()) {
        return Ok(wrapper);
    }
    std::fs::create_dir_all(folder)?;
    // another run may have it open: it is replaced as a whole
    let new = tempfile::Builder::new().prefix(".tmp-").tempdir_in(folder)?;
    let new = new.path().join("new");
    // a further link would change the time of this program's last change: by that what is kept is told to be of another
    let mut copy = std::fs::File::create(&new)?;
    std::io::copy(&mut std::fs::File::open(&own)?, &mut copy)?;
    copy.set_modified(ours.modified()?)?;
    copy.set_permissions(ours.permissions())?;
    drop(copy);
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

/// Whether clippy looked at each crate of the workspace that the build names: where one is there whole, cargo took
/// what another build made for what this one would have.
fn looked_at(facts: &Facts, messages: &[u8]) -> bool {
    let Ok(run) = cargo_messages::parse(messages) else { return false };
    let linked = linked(&facts.packages);
    let is_seen = |artifact: &Artifact| {
        let Some(package) = facts.packages.iter().find(|package| package.id == artifact.package_id) else {
            return true;
        };
        let is = |kind: &str| artifact.target.kinds.iter().any(|own| own == kind);
        let is_compiled = is("custom-build") || is("proc-macro") && !artifact.test;
        let is_compiled =
            is_compiled || !artifact.test && (is("lib") || is("rlib")) && linked.contains(&package.name);
        let mut made = artifact.filenames.iter().map(Path::new);
        is_compiled
            || made.all(|file| {
                file.extension().is_some_and(|end| end == "rmeta") || !file.exists() || stands_in(file)
            })
    };
    run.artifacts.iter().all(is_seen)
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;
    use crate::exec::cache::stamp;
    use crate::facts::Need;
    use crate::facts::tests::{package, target};
    use crate::step::{Streams, Tool};

    #[test]
    fn this_program_stays_as_it_is_where_another_path_leads_to_it() {
        let own = environment::own_program().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let (before, made) = (stamp(&own).unwrap(), wrapper(&folder.path().join("lint")).unwrap());
        assert_eq!(stamp(&own).unwrap(), before);
        assert!(std::fs::read(&made).unwrap() == std::fs::read(&own).unwrap());
        let first = stamp(&made).unwrap();
        assert_eq!(stamp(&wrapper(&folder.path().join("lint")).unwrap()).unwrap(), first);
        std::fs::File::options().write(true).open(&made).unwrap().set_modified(SystemTime::now()).unwrap();
        wrapper(&folder.path().join("lint")).unwrap();
        assert_ne!(stamp(&made).unwrap(), first);
        let times = [&made, &own].map(|program| std::fs::metadata(program).unwrap().modified().unwrap());
        assert_eq!(times[0], times[1]);
    }

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
    fn a_crate_that_another_build_made_was_not_looked_at() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        std::fs::write(path("whole"), "\u{7f}ELF").unwrap();
        std::fs::write(path("stand-in"), unit::STANDS_IN).unwrap();
        let facts = Facts { packages: vec![package("a", "a")], ..Facts::default() };
        let said = |id: &str, kind: &str, file: &str| {
            let target = serde_json::json!({ "name": "a", "kind": [kind], "src_path": "/a/src/lib.rs" });
            let message = serde_json::json!({
                "reason": "compiler-artifact", "package_id": id, "target": target, "profile": { "test": false },
                "fresh": true, "executable": null, "filenames": [path(file)],
            });
            format!("{message}\n{}\n", r#"{"reason":"build-finished","success":true}"#).into_bytes()
        };
        let id = &facts.packages[0].id;
        assert!(looked_at(&facts, &said(id, "bin", "stand-in")));
        assert!(!looked_at(&facts, &said(id, "bin", "whole")));
        assert!(looked_at(&facts, &said(id, "proc-macro", "whole")));
        assert!(looked_at(&facts, &said("registry+other#1.0.0", "lib", "whole")));
        assert!(!looked_at(&facts, b"{"));
    }
}
