//! Dependencies that are built once. cargo compiles one for a build and one more time for a check (clippy is one),
//! though what a check needs of it, its metadata, is a part of what the build made. Where a target folder is new,
//! cargo calls this program in the place of rustc (`RUSTC_WRAPPER`): of each dependency that the instrumented build
//! compiles a note is left by which arguments that was, and the check that follows takes the metadata of the one that
//! it would have compiled by the same arguments.
//!
//! Only sources that cargo never sees change are lent, those of registries and repositories; and a crate is lent only
//! where all that it was compiled against is, since the notes name each of those by what is in its file: compiled for
//! a check it would be another. What is in doubt is compiled.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use super::environment;
use super::instrument::Variables;
use super::stand_in::{become_program, is_compiler};
use super::steps::Bench;
use crate::cache::{DepInfo, digest};
use crate::facts::Facts;
use crate::plan::Plan;
use crate::step::{Captured, Step, Tool, ToolCall};

/// Set where cargo calls us in the place of every rustc: the folder of the notes.
const LENT: &str = "BULLETPROOF_LENT";
/// What cargo writes to a target folder as soon as it compiles into it.
const USED: &str = ".rustc_info.json";
/// Options of rustc's that cargo gives their values as the next argument, as far as they matter here.
const OPTIONS: [&str; 5] = ["-C", "--extern", "--crate-type", "--cap-lints", "--out-dir"];

/// Whether nothing was ever compiled into the target folder: a build may lend to the check after it.
pub(super) fn is_new(facts: &Facts) -> bool {
    !facts.target.join(USED).exists()
}

/// The notes of a run.
pub(super) struct Notes(PathBuf);

impl Notes {
    /// The folder for notes, where the plan both builds and checks and nothing was compiled before: gone with this.
    pub(super) fn begin(bench: &Bench<'_>, plan: &Plan) -> Option<Self> {
        let notes = Self(folder_of_notes(bench.facts));
        // of a run that was killed
        let _ = fs::remove_dir_all(&notes.0);
        let calls = |borrows: bool| {
            plan.steps
                .iter()
                .any(|planned| if borrows { borrows_at(&planned.step) } else { planned.step.lends() })
        };
        let is_of_use = calls(false) && calls(true) && is_new(bench.facts) && !bench.has_wrapper();
        (is_of_use && fs::create_dir_all(&notes.0).is_ok()).then_some(notes)
    }
}

impl Drop for Notes {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn folder_of_notes(facts: &Facts) -> PathBuf {
    facts.target.join("bulletproof").join("lent")
}

/// Whether a step checks what it may be lent.
fn borrows_at(step: &Step) -> bool {
    matches!(step, Step::Tool(call) if borrows(call))
}

fn borrows(call: &ToolCall) -> bool {
    call.tool == Tool::Cargo
        && call.args.first().is_some_and(|command| command == "clippy" || command == "check")
}

impl Bench<'_> {
    /// What has cargo call us for what is lent, where this run has a folder for notes.
    pub(super) fn lending(&self) -> Variables {
        let folder = folder_of_notes(self.facts);
        if folder.is_dir() { calling_us(&folder) } else { Vec::new() }
    }

    /// Calls a tool; a check takes what was lent.
    pub(super) fn borrowing(&self, call: &ToolCall, timeout: Duration) -> Captured {
        let env = if borrows(call) { self.lending() } else { Vec::new() };
        self.call_with(call, env, timeout)
    }

    /// Whether the user has something called in the place of every rustc.
    fn has_wrapper(&self) -> bool {
        self.environment.rustc_wrapper.is_some() || self.wrapper_of_config("rustc-wrapper").is_some()
    }
}

fn calling_us(folder: &Path) -> Variables {
    let Ok(own) = environment::own_program() else { return Vec::new() };
    vec![("RUSTC_WRAPPER".into(), Some(own.into())), (LENT.into(), Some(folder.into()))]
}

/// Compiles in the place of rustc where cargo called us for that, and gives the exit code.
pub(super) fn stand_in() -> Option<u8> {
    let folder = PathBuf::from(std::env::var_os(LENT)?);
    let mut args = std::env::args_os().skip(1);
    let compiler = args.next().filter(|first| is_compiler(first))?;
    let args: Vec<OsString> = args.collect();
    if let Some(library) = Library::of(&compiler, &args) {
        match library.made {
            Made::Whole => library.lend(&folder),
            Made::Metadata if library.borrow(&folder).is_some() => return Some(0),
            Made::Metadata => {}
        }
    }
    Some(become_program(Command::new(compiler).args(args).env_remove(LENT)))
}

/// What cargo wants of a library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Made {
    Whole,
    Metadata,
}

/// A dependency that is about to be compiled.
#[derive(Debug)]
struct Library {
    made: Made,
    /// Digest of all by which it is compiled, but for what tells a build from a check.
    digest: String,
    metadata: PathBuf,
    dep_info: PathBuf,
}

impl Library {
    /// The library that those arguments compile; none where it is nothing to lend.
    fn of(compiler: &OsStr, args: &[OsString]) -> Option<Self> {
        let mut rest = args.iter();
        // a crate of the workspace is compiled by way of one more program
        if rest.next()? != "--crate-name" {
            return None;
        }
        let name = rest.next()?;
        let mut parts = vec![compiler.to_owned(), name.clone()];
        let (mut made, mut kind, mut lints) = (None, None, None);
        let (mut folder, mut end, mut hash) = (None, None, None);
        while let Some(arg) = rest.next() {
            if let Some(emit) = arg.to_str().and_then(|arg| arg.strip_prefix("--emit=")) {
                made = Some(match emit {
                    "dep-info,metadata,link" => Made::Whole,
                    "dep-info,metadata" => Made::Metadata,
                    _ => return None,
                });
                continue;
            }
            let Some(option) = arg.to_str().filter(|arg| OPTIONS.contains(arg)) else {
                parts.push(arg.clone());
                continue;
            };
            let value = rest.next()?;
            let text = value.to_str()?;
            match option {
                "-C" if text.starts_with("metadata=") => hash = text.strip_prefix("metadata="),
                "-C" if text.starts_with("extra-filename=") => end = text.strip_prefix("extra-filename=-"),
                "--extern" => parts.push(met(text)?),
                _ => {
                    match option {
                        "--crate-type" => kind = Some(text),
                        "--cap-lints" => lints = Some(text),
                        "--out-dir" => folder = Some(PathBuf::from(value)),
                        _ => {}
                    }
                    parts.extend([arg.clone(), value.clone()]);
                }
            }
        }
        let (made, folder, end) = (made?, folder?, end?);
        // cargo lets such sources alone warn of nothing; and up to 1.84 flags had no part in the names of files
        let is_lent = kind == Some("lib") && lints == Some("allow") && hash? != end;
        let name = name.to_str()?;
        is_lent.then(|| Self {
            made,
            digest: digest(parts.iter().map(|part| part.as_encoded_bytes())),
            metadata: folder.join(format!("lib{name}-{end}.rmeta")),
            dep_info: folder.join(format!("{name}-{end}.d")),
        })
    }

    /// Notes where what is compiled now will lie. Where that fails, it is compiled one more time.
    fn lend(&self, folder: &Path) {
        if let (Some(metadata), Some(dep_info)) = (self.metadata.to_str(), self.dep_info.to_str()) {
            let _ = fs::write(folder.join(&self.digest), format!("{metadata}\n{dep_info}"));
        }
    }

    /// Takes what was built by the same arguments, from the same files, under the same variables.
    fn borrow(&self, folder: &Path) -> Option<()> {
        let note = fs::read_to_string(folder.join(&self.digest)).ok()?;
        let (metadata, dep_info) = note.split_once('\n')?;
        let text = fs::read_to_string(dep_info).ok()?;
        let DepInfo { files, variables } = DepInfo::parse(&text)?;
        let compiled = modified(dep_info)?;
        let is_older = |file: &String| modified(file).is_some_and(|changed| changed <= compiled);
        let is_same = |(name, value): (&String, &Option<String>)| {
            std::env::var_os(name).as_deref() == value.as_deref().map(OsStr::new)
        };
        if !files.iter().all(is_older) || !variables.iter().all(is_same) {
            return None;
        }
        for place in [&self.metadata, &self.dep_info] {
            let _ = fs::remove_file(place);
        }
        // no link to it: cargo sets the time of what a check made, and would set that of the build
        fs::copy(metadata, &self.metadata).ok()?;
        fs::write(&self.dep_info, text).ok()
    }
}

/// What a crate is compiled against, as cargo names it, by what is in the file: what is lent is one and the same.
fn met(text: &str) -> Option<OsString> {
    let (name, file) = text.split_once('=')?;
    Some(format!("{name}={}", digest([fs::read(file).ok()?])).into())
}

fn modified(file: impl AsRef<Path>) -> Option<SystemTime> {
    fs::metadata(file).ok()?.modified().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What cargo has rustc do for a build and for a check.
    const BUILD: &str = "--crate-name b --edition=2021 b.rs --json=artifacts --crate-type lib \
                         --emit=dep-info,metadata,link -C debuginfo=2 -C metadata=01 -C extra-filename=-1a \
                         --out-dir DIR --extern a=DIR/liba-2a.rmeta --cap-lints allow";
    const CHECK: &str = "--crate-name b --edition=2021 b.rs --json=artifacts --crate-type lib \
                         --emit=dep-info,metadata -C debuginfo=2 -C metadata=02 -C extra-filename=-1b \
                         --out-dir DIR --extern a=DIR/liba-2b.rmeta --cap-lints allow";

    /// A folder with what two libraries are, one lent to the other's check.
    struct World(tempfile::TempDir);

    impl World {
        fn new() -> Self {
            let world = Self(tempfile::tempdir().unwrap());
            world.write("liba-2a.rmeta", "a");
            world.write("liba-2b.rmeta", "a");
            world.write("source.rs", "");
            world.write("libb-1a.rmeta", "b");
            world.write_dep_info("");
            world
        }

        fn path(&self, name: &str) -> PathBuf {
            self.0.path().join(name)
        }

        fn write(&self, name: &str, text: &str) {
            fs::write(self.path(name), text).unwrap();
        }

        fn write_dep_info(&self, variables: &str) {
            let text = format!("b.d: {0}\n\n{0}:\n{variables}", self.path("source.rs").display());
            self.write("b-1a.d", &text);
        }

        fn library(&self, args: &str) -> Option<Library> {
            let args = args.split_whitespace();
            let folder = self.0.path().to_str().unwrap();
            let args: Vec<OsString> = args.map(|arg| arg.replace("DIR", folder).into()).collect();
            Library::of(OsStr::new("rustc"), &args)
        }

        fn is_lent(&self) -> bool {
            self.library(BUILD).unwrap().lend(self.0.path());
            self.library(CHECK).unwrap().borrow(self.0.path()).is_some()
        }
    }

    #[test]
    fn a_check_takes_the_metadata_of_the_build_by_the_same_arguments() {
        let world = World::new();
        let (build, check) = (world.library(BUILD).unwrap(), world.library(CHECK).unwrap());
        assert_eq!((build.made, check.made), (Made::Whole, Made::Metadata));
        assert_eq!(build.digest, check.digest);
        assert!(check.borrow(world.0.path()).is_none(), "nothing is noted");
        assert!(world.is_lent());
        assert_eq!(fs::read_to_string(world.path("libb-1b.rmeta")).unwrap(), "b");
        assert_eq!(fs::read(world.path("b-1b.d")).unwrap(), fs::read(world.path("b-1a.d")).unwrap());
    }

    #[test]
    fn a_crate_that_is_compiled_otherwise_is_another() {
        let world = World::new();
        let digest = |args: String| world.library(&args).unwrap().digest;
        let build = digest(BUILD.to_owned());
        for (from, to) in [("=2021", "=2024"), ("debuginfo=2", "debuginfo=1"), ("--cap", "--cfg x --cap")] {
            assert_ne!(digest(CHECK.replace(from, to)), build, "{to}");
        }
        fs::remove_file(world.path("liba-2b.rmeta")).unwrap();
        assert!(world.library(CHECK).is_none());
        world.write("liba-2b.rmeta", "another");
        assert_ne!(digest(CHECK.to_owned()), build, "it is compiled against another crate");
    }

    #[test]
    fn what_may_change_is_never_lent() {
        let world = World::new();
        assert!(world.library(&BUILD.replace("--cap-lints allow", "")).is_none(), "a folder of the user's");
        assert!(world.library(&BUILD.replace("lib --emit", "proc-macro --emit")).is_none());
        assert!(world.library(&BUILD.replace("=dep-info,metadata,link", "=link")).is_none());
        assert!(world.library(&format!("rustc {BUILD}")).is_none(), "a crate of the workspace");
        assert!(world.library(&BUILD.replace("metadata=01", "metadata=1a")).is_none(), "an old cargo");
        assert!(world.library("-vV").is_none() && world.library("- --crate-name ___ --print=cfg").is_none());
    }

    #[test]
    fn nothing_is_taken_that_was_built_from_other_files_or_under_other_variables() {
        let world = World::new();
        world.write_dep_info("\n# env-dep:BULLETPROOF_NEVER_SET=1\n");
        assert!(!world.is_lent());
        world.write_dep_info("\n# env-dep:BULLETPROOF_NEVER_SET\n");
        assert!(world.is_lent());
        let later = SystemTime::now() + Duration::from_mins(1);
        fs::File::options().append(true).open(world.path("source.rs")).unwrap().set_modified(later).unwrap();
        assert!(!world.is_lent());
        fs::remove_file(world.path("source.rs")).unwrap();
        assert!(!world.is_lent());
    }
}
