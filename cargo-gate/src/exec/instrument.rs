//! Instrumented test runs: cargo calls us in the place of rustc (see `stand_in`), the programs count the
//! lines that they reach, and LLVM's tools turn the counts into a tracefile.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tempfile::TempDir;

use super::gather::wrapper_of_config;
use super::llvm::{self, Failure, Pair, files_below, profile_file};
use super::steps::Bench;
use super::{environment, stand_in};
use crate::gate::Unreadable;
use crate::parse::cargo_messages;
use crate::step::{
    Captured, Counts, End, Evidence, Instrument, Instrumented, LlvmTools, Measure, Profiles, Step, ToolCall,
};

/// The folders of one instrumented run, below one that goes with it.
struct Folders {
    own: TempDir,
    /// What compilers write that load instrumented crates: no test reached that.
    build: PathBuf,
    /// What tests write.
    run: PathBuf,
    /// The programs of doctests.
    kept: PathBuf,
}

impl Folders {
    fn new(target: &Path) -> Result<Self, Unreadable> {
        let own = trial_folder(target)?;
        let below = |name: &str| own.path().join(name);
        let (build, run, kept) = (below("build"), below("run"), below("kept"));
        for folder in [&build, &run, &kept] {
            std::fs::create_dir(folder).map_err(|error| unwritable(folder, &error))?;
        }
        Ok(Self { own, build, run, kept })
    }
}

/// A folder of our own under the target folder.
pub(super) fn trial_folder(target: &Path) -> Result<TempDir, Unreadable> {
    let folder = target.join("bulletproof").join("coverage");
    let made = std::fs::create_dir_all(&folder);
    made.and_then(|()| tempfile::Builder::new().prefix(".tmp-run-").tempdir_in(&folder))
        .map_err(|error| unwritable(&folder, &error))
}

fn unwritable(folder: &Path, error: &std::io::Error) -> Unreadable {
    Unreadable::crashed(format!("{}: it cannot be written to: {error}", folder.display()))
}

impl Bench<'_> {
    /// Runs the tests so that they count lines. Where that is not possible they run all the same, for the
    /// gates that judge the tests alone.
    pub(super) fn instrumented(
        &self,
        step: &Instrument,
        before: &Evidence,
        timeout: Duration,
    ) -> Instrumented {
        let tools = before.llvm_tools(&step.tools());
        let countless =
            matches!((&tools, &step.measure), (Ok(LlvmTools { doctests: Err(_), .. }), Measure::Doctests));
        if countless {
            return Instrumented { captured: self.call(&step.call, timeout), profiles: Ok(None) };
        }
        match tools.and_then(|_| Folders::new(&self.facts.target)) {
            Ok(folders) => self.counting(step, folders, timeout),
            Err(unreadable) if step.alone => {
                let end = End::NotStarted(unreadable.reason.clone());
                let what = step.call.to_string();
                let (stdout, stderr) = (Vec::new(), Vec::new());
                let captured = Captured { what, end, stdout, stderr, duration: Duration::ZERO };
                Instrumented { captured, profiles: Err(unreadable) }
            }
            Err(unreadable) => {
                Instrumented { captured: self.call(&step.call, timeout), profiles: Err(unreadable) }
            }
        }
    }

    fn counting(&self, step: &Instrument, folders: Folders, timeout: Duration) -> Instrumented {
        let (mut env, changes) = match self.wrapped(&folders, &step.measure) {
            Ok(env) => env,
            Err(error) => {
                let reason = format!("this program does not know where it lies: {error}");
                let captured = self.call(&step.call, timeout);
                return Instrumented { captured, profiles: Err(Unreadable::crashed(reason)) };
            }
        };
        let mut call = step.call.clone();
        call.args.extend(changes);
        let built = match &step.measure {
            Measure::UnitTests { build } => {
                let mut building = env.clone();
                building.push(profile_file(&folders.build));
                self.build(build, building, timeout)
            }
            Measure::Doctests => Ok(Built::default()),
        };
        env.push(profile_file(&folders.run));
        let litter = Litter::before(self);
        let captured = self.call_with(&call, env, timeout);
        litter.collect(self, &folders.run);
        let profiles = built.and_then(|built| {
            built.unchanged()?;
            let mut objects = built.objects;
            objects.extend(files_below(&folders.kept));
            Ok(Some(Profiles { folder: Arc::new(folders.own), objects }))
        });
        Instrumented { captured, profiles }
    }

    /// The environment that has cargo call us, and arguments for the same.
    fn wrapped(&self, folders: &Folders, measure: &Measure) -> std::io::Result<(Variables, Vec<String>)> {
        let own = environment::own_program()?;
        let users = self.environment.workspace_wrapper.clone().or_else(|| {
            let (_, wrapper) = wrapper_of_config(self.facts, self.environment, "rustc-workspace-wrapper")?;
            Some(wrapper.into())
        });
        let mut env: Variables = vec![
            ("RUSTC_WORKSPACE_WRAPPER".into(), Some(own.into())),
            (stand_in::WRAPPER.into(), Some(users.unwrap_or_default())),
        ];
        if !matches!(measure, Measure::Doctests) {
            return Ok((env, Vec::new()));
        }
        env.push((stand_in::KEEP_FOLDER.into(), Some(folders.kept.clone().into())));
        let flags = llvm::flags()?;
        // variables come before cargo's configuration and replace it; configuration adds to configuration
        let Some(users) = &self.environment.rustdocflags else {
            let flags: Vec<String> = flags.iter().map(|flag| flag.to_string_lossy().into_owned()).collect();
            let list = toml_edit::Value::from_iter(flags);
            return Ok((env, vec!["--config".to_owned(), format!("build.rustdocflags={list}")]));
        };
        let mut all = users.clone();
        for flag in flags {
            all.push("\u{1f}");
            all.push(flag);
        }
        env.push(("CARGO_ENCODED_RUSTDOCFLAGS".into(), Some(all)));
        Ok((env, Vec::new()))
    }

    /// Builds what the run will start, and names it.
    fn build(&self, call: &ToolCall, env: Variables, timeout: Duration) -> Result<Built, Unreadable> {
        let captured = self.call_with(call, env, timeout);
        if captured.exit_code()? != 0 {
            return Err(crate::compile::failed(&captured));
        }
        let run = cargo_messages::parse(&captured.stdout)
            .map_err(|error| Unreadable::garbage(error.to_string()))?;
        let mut built = Built::default();
        for artifact in run.artifacts {
            let own = self.facts.packages.iter().any(|package| package.id == artifact.package_id);
            let is = |kind: &str| artifact.target.kinds.iter().any(|own| own == kind);
            if !own || is("custom-build") || (is("proc-macro") && !artifact.test) {
                continue;
            }
            let library = |path: &String| {
                (is("cdylib") || is("dylib"))
                    && [".so", ".dylib", ".dll"].iter().any(|ending| path.ends_with(ending))
            };
            let libraries: Vec<String> =
                artifact.filenames.iter().filter(|path| library(path)).cloned().collect();
            let objects: Vec<PathBuf> =
                artifact.executable.into_iter().chain(libraries).map(PathBuf::from).collect();
            if !artifact.test {
                built.shared.extend(objects.iter().map(|path| (path.clone(), identity(path))));
            }
            built.objects.extend(objects);
        }
        let mut seen = BTreeSet::new();
        built.objects.retain(|object| seen.insert(object.clone()));
        Ok(built)
    }

    /// The line counts that the step asks for.
    pub(super) fn counts_of(
        &self,
        step: &Step,
        before: &Evidence,
        timeout: Duration,
    ) -> Result<Counts, Unreadable> {
        let Step::Counts { runs, doctests } = step else { return Err(Unreadable::not_done(step)) };
        self.counts(runs, *doctests, before, timeout)
    }

    /// The line counts of the runs.
    pub(super) fn counts(
        &self,
        runs: &[Step],
        doctests: bool,
        before: &Evidence,
        timeout: Duration,
    ) -> Result<Counts, Unreadable> {
        let tools = before.llvm_tools(&Step::LlvmTools { doctests })?;
        let pair = Pair { cov: tools.cov.clone(), profdata: tools.profdata.clone() };
        let mut all = Vec::new();
        for step in runs {
            let run = before.instrumented(step)?;
            let profiles = run.profiles.as_ref().map_err(Clone::clone)?;
            if run.captured.exit_code()? != 0 {
                return Err(Unreadable::garbage("line counts of a run that failed are not judged"));
            }
            all.extend(profiles);
        }
        let folder = trial_folder(&self.facts.target)?;
        for (number, profiles) in all.iter().enumerate() {
            gather(&profiles.folder.path().join("run"), &folder.path().join(number.to_string()))?;
        }
        let objects: Vec<PathBuf> = all.iter().flat_map(|profiles| profiles.objects.clone()).collect();
        let of_doctests = |path: &&PathBuf| path.components().any(|part| part.as_os_str() == "kept");
        let doctests = objects.iter().filter(of_doctests).count();
        let exported = llvm::export(&pair, folder.path(), &objects, timeout, self.cancel);
        match exported {
            Ok(exported) => Ok(Counts {
                lcov: exported.lcov,
                objects: objects.len(),
                doctests,
                unread_profiles: exported.unread,
            }),
            Err(Failure::Run(unreadable)) => Err(unreadable),
            Err(Failure::Unfit(why)) => {
                Err(Unreadable::garbage(format!("the line counts cannot be read: {why}")))
            }
        }
    }

    /// LLVM's tools for this compiler.
    pub(super) fn llvm_tools(&self, doctests: bool, timeout: Duration) -> Result<LlvmTools, Unreadable> {
        let folder = trial_folder(&self.facts.target)?;
        let (facts, environment, cancel) = (self.facts, self.environment, self.cancel);
        llvm::Search { facts, environment, timeout, cancel }.tools(folder.path(), doctests)
    }
}

type Variables = Vec<(OsString, Option<OsString>)>;

/// Moves the files of a folder to another one.
fn gather(from: &Path, to: &Path) -> Result<(), Unreadable> {
    std::fs::create_dir_all(to).map_err(|error| unwritable(to, &error))?;
    for file in files_below(from) {
        let place = to.join(file.file_name().unwrap_or_default());
        std::fs::rename(&file, &place).map_err(|error| unwritable(&place, &error))?;
    }
    Ok(())
}

/// What a build made.
#[derive(Default)]
struct Built {
    /// Programs and libraries with line counts.
    objects: Vec<PathBuf>,
    /// Those that lie where every build puts them, instrumented or not, each as it was.
    shared: Vec<(PathBuf, Option<(SystemTime, u64)>)>,
}

impl Built {
    /// Whether the run met the programs that were built for it.
    fn unchanged(&self) -> Result<(), Unreadable> {
        match self.shared.iter().find(|(path, before)| identity(path) != *before) {
            None => Ok(()),
            Some((path, _)) => Err(Unreadable::garbage(format!(
                "{} was replaced while the tests ran: another cargo builds in the same target directory",
                path.display()
            ))
            .help("run again while no other build runs; give your editor a target directory of its own")),
        }
    }
}

fn identity(path: &Path) -> Option<(SystemTime, u64)> {
    let metadata = std::fs::metadata(path).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

/// Programs that are started without our variables write their counts to the folder that they run in,
/// as `default_*.profraw`. Those belong to the run, and nobody wants them there.
struct Litter(BTreeSet<PathBuf>);

impl Litter {
    fn before(bench: &Bench<'_>) -> Self {
        Self(Self::now(bench).collect())
    }

    fn now<'a>(bench: &'a Bench<'_>) -> impl Iterator<Item = PathBuf> + 'a {
        let members = bench.facts.packages.iter().map(|package| bench.facts.root.join(&package.folder));
        let folders: BTreeSet<PathBuf> = members.chain([bench.facts.root.clone()]).collect();
        let entries =
            folders.into_iter().flat_map(|folder| std::fs::read_dir(folder).into_iter().flatten().flatten());
        entries.map(|entry| entry.path()).filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with("default_") && name.ends_with(".profraw")
        })
    }

    fn collect(&self, bench: &Bench<'_>, folder: &Path) {
        let new: Vec<PathBuf> = Self::now(bench).filter(|path| !self.0.contains(path)).collect();
        for path in new {
            let place = folder.join(path.file_name().unwrap_or_default());
            // counts that cannot be moved are missing counts: a lower figure, never a higher one
            let _ = std::fs::rename(&path, place);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_was_replaced_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("demo");
        std::fs::write(&path, "one").unwrap();
        let built = Built { objects: Vec::new(), shared: vec![(path.clone(), identity(&path))] };
        assert!(built.unchanged().is_ok());
        std::fs::write(&path, "three").unwrap();
        assert!(built.unchanged().unwrap_err().reason.contains("was replaced"));
        std::fs::remove_file(&path).unwrap();
        assert!(built.unchanged().is_err());
    }
}
