//! Which bench programs a build made, and why it did not make the others.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::compile;
use crate::gate::Unreadable;
use crate::parse::cargo_messages::{self, Diagnostic, Level, ScriptRun};
use crate::step::Captured;

/// What cargo says where a workspace has no bench target at all.
const NO_TARGET: &str = "no bench target matches pattern";

/// The bench programs of one side.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct BuiltBenches {
    /// The programs, in cargo's order.
    pub programs: Vec<BuiltBench>,
    /// Bench targets that need a nightly toolchain.
    pub nightly: Vec<String>,
    /// Targets that do not compile, each with its first error.
    pub failed: BTreeMap<String, String>,
    /// Where build scripts have libraries searched for, among what was built.
    pub libraries: Vec<PathBuf>,
}

/// The program of a bench target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuiltBench {
    /// The package's name.
    pub package: String,
    /// The target's name.
    pub target: String,
    /// The absolute path of the target's root file.
    pub source: String,
    /// The absolute path of the program.
    pub program: String,
}

/// Reads a build of the bench targets with JSON messages.
///
/// # Errors
/// When the build was cut short, contradicts itself, or failed for a reason other than the code.
pub fn read_build(captured: &Captured) -> Result<BuiltBenches, Unreadable> {
    let code = captured.exit_code()?;
    if code != 0 && String::from_utf8_lossy(&captured.stderr).contains(NO_TARGET) {
        return Ok(BuiltBenches::default());
    }
    let run = match cargo_messages::parse(&captured.stdout) {
        Ok(run) => run,
        Err(_) if code != 0 => return Err(compile::failed(captured)),
        Err(error) => return Err(Unreadable::garbage(error.to_string())),
    };
    if run.success != (code == 0) {
        let said = if run.success { "success" } else { "a failure" };
        return Err(Unreadable::garbage(format!("cargo reports {said} and ends with exit code {code}")));
    }
    let mut built = BuiltBenches { libraries: libraries(&run.scripts), ..BuiltBenches::default() };
    for artifact in run.artifacts {
        let (true, Some(program)) = (is_bench(&artifact.target.kinds), artifact.executable) else { continue };
        let package = package_name(&artifact.package_id).to_owned();
        let (target, source) = (artifact.target.name, artifact.target.src_path);
        built.programs.push(BuiltBench { package, target, source, program });
    }
    for error in run.diagnostics.iter().filter(|one| matches!(one.level, Level::Error | Level::Ice)) {
        if error.blames_machine() {
            return Err(Unreadable::crashed(error.summary()));
        }
        built.add_error(error);
    }
    if !run.success && built.nightly.is_empty() && built.failed.is_empty() {
        return Err(compile::failed(captured));
    }
    Ok(built)
}

impl BuiltBenches {
    fn add_error(&mut self, error: &Diagnostic) {
        let name = error.target.name.clone();
        // E0554: `#![feature]` on a toolchain that is not nightly
        if error.code.as_deref() == Some("E0554") {
            self.nightly.push(name);
            return;
        }
        self.failed.entry(name).or_insert_with(|| error.summary());
    }

    /// The program of that target.
    pub fn get(&self, package: &str, target: &str) -> Option<&BuiltBench> {
        self.programs.iter().find(|one| one.package == package && one.target == target)
    }
}

/// The folders that build scripts name to the linker. As cargo does, only those among what was built: the others are
/// the machine's, which finds what is in them by itself.
fn libraries(scripts: &[ScriptRun]) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = Vec::new();
    for named in scripts.iter().flat_map(|script| &script.linked_paths) {
        let kinds = ["native", "crate", "dependency", "framework", "all"];
        let path = named
            .split_once('=')
            .filter(|(kind, _)| kinds.contains(kind))
            .map_or(named.as_str(), |(_, path)| path);
        let path = Path::new(path);
        let is_built = scripts.iter().any(|script| path.starts_with(&script.out_dir));
        if is_built && !found.iter().any(|one| one == path) {
            found.push(path.to_owned());
        }
    }
    found
}

fn is_bench(kinds: &[String]) -> bool {
    kinds.iter().any(|kind| kind == "bench")
}

/// The package's name in cargo's id: `path+file:///ws/demo#0.1.0`, or `path+file:///ws#demo@0.1.0` where
/// the folder has another name.
fn package_name(id: &str) -> &str {
    let (url, fragment) = id.rsplit_once('#').unwrap_or((id, ""));
    match fragment.split_once('@') {
        Some((name, _)) => name,
        None => url.rsplit('/').next().unwrap_or(url),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::step::End;
    use std::time::Duration;

    const FINISHED: &str = r#"{"reason":"build-finished","success":true}"#;
    const FAILED: &str = r#"{"reason":"build-finished","success":false}"#;

    fn artifact(package: &str, kind: &str, program: &str) -> String {
        format!(
            r#"{{"reason":"compiler-artifact","package_id":"{package}","manifest_path":"/ws/Cargo.toml","target":{{"kind":["{kind}"],"crate_types":["bin"],"name":"speed","src_path":"/ws/benches/speed.rs","edition":"2024","doc":false,"doctest":false,"test":false}},"profile":{{"opt_level":"3","debuginfo":0,"debug_assertions":false,"overflow_checks":false,"test":false}},"features":[],"filenames":[],"executable":{program},"fresh":false}}"#
        )
    }

    fn error(code: &str) -> String {
        message(code, "it is wrong")
    }

    fn message(code: &str, message: &str) -> String {
        format!(
            r#"{{"reason":"compiler-message","package_id":"path+file:///ws#demo@0.1.0","manifest_path":"/ws/Cargo.toml","target":{{"kind":["bench"],"crate_types":["bin"],"name":"speed","src_path":"/ws/benches/speed.rs","edition":"2024","doc":false,"doctest":false,"test":false}},"message":{{"rendered":"error","$message_type":"diagnostic","children":[],"code":{{"code":"{code}","explanation":null}},"level":"error","message":"{message}","spans":[]}}}}"#
        )
    }

    fn captured(code: i32, lines: &[&str], stderr: &str) -> Captured {
        let stdout =
            [lines.join("\n").into_bytes(), if lines.is_empty() { Vec::new() } else { b"\n".to_vec() }]
                .concat();
        let (what, duration) = ("cargo build".to_owned(), Duration::ZERO);
        Captured { what, end: End::Code(code), stdout, stderr: stderr.into(), duration }
    }

    #[test]
    fn the_programs_of_benches_are_found_and_others_are_not() {
        let bench = artifact("path+file:///ws#demo@0.1.0", "bench", "\"/t/speed-1\"");
        let library = artifact("path+file:///ws/demo#0.1.0", "lib", "null");
        let built = read_build(&captured(0, &[&library, &bench, FINISHED], "")).unwrap();
        assert_eq!(built.programs.len(), 1);
        assert_eq!(built.get("demo", "speed").unwrap().program, "/t/speed-1");
        assert!(built.get("demo", "other").is_none());
    }

    #[test]
    fn the_name_of_a_package_is_that_of_its_folder_where_cargo_leaves_it_out() {
        assert_eq!(package_name("path+file:///ws/demo#0.1.0"), "demo");
        assert_eq!(package_name("path+file:///base/tree#demo@0.1.0"), "demo");
    }

    #[test]
    fn libraries_are_searched_for_where_build_scripts_made_them_and_nowhere_else() {
        let script = r#"{"reason":"build-script-executed","package_id":"path+file:///ws#demo@0.1.0","linked_libs":["dylib=made"],"linked_paths":["native=/t/release/build/demo-1/out/lib","/t/release/build/demo-1/out","native=/usr/lib"],"cfgs":[],"env":[],"out_dir":"/t/release/build/demo-1/out"}"#;
        let built = read_build(&captured(0, &[script, FINISHED], "")).unwrap();
        let expected = ["/t/release/build/demo-1/out/lib", "/t/release/build/demo-1/out"].map(PathBuf::from);
        assert_eq!(built.libraries, expected);
    }

    #[test]
    fn a_bench_for_nightly_is_told_from_one_that_does_not_compile() {
        let built = read_build(&captured(101, &[&error("E0554"), FAILED], "")).unwrap();
        assert_eq!((built.nightly, built.failed.len()), (vec!["speed".to_owned()], 0));
        let built = read_build(&captured(101, &[&error("E0308"), FAILED], "")).unwrap();
        assert_eq!(built.failed["speed"], "it is wrong");
    }

    #[test]
    fn a_full_disk_is_no_error_of_the_code() {
        let full = message("", "failed to write libdemo.rlib: No space left on device (os error 28)");
        assert!(read_build(&captured(101, &[&full, FAILED], "")).is_err());
    }

    #[test]
    fn a_workspace_without_benches_has_none() {
        let said = "error: no bench target matches pattern `*`";
        assert_eq!(read_build(&captured(101, &[], said)).unwrap(), BuiltBenches::default());
    }

    #[test]
    fn a_build_that_says_nothing_or_contradicts_itself_is_unreadable() {
        let bench = artifact("path+file:///ws#demo@0.1.0", "bench", "\"/t/speed-1\"");
        assert!(read_build(&captured(0, &[], "")).is_err());
        assert!(read_build(&captured(0, &[&bench], "")).is_err());
        assert!(read_build(&captured(101, &[&bench, FINISHED], "")).is_err());
        assert!(read_build(&captured(101, &[&bench, FAILED], "error: no space left")).is_err());
    }
}
