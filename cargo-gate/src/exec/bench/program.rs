//! One bench program: which benches it has, and one short run of one of them.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

use super::{Machine, recorded};
use crate::advisory::LockedPackage;
use crate::bench::{BuiltBench, Counting, Pace, short_run};
use crate::exec::process::{Command, run};
use crate::gate::Unreadable;
use crate::parse::criterion::{self, Listing};
use crate::step::{Captured, End};

/// The variable with the folders in which the loader looks for shared libraries.
const LIBRARY_PATH: &str = if cfg!(windows) {
    "PATH"
} else if cfg!(target_os = "macos") {
    "DYLD_FALLBACK_LIBRARY_PATH"
} else {
    "LD_LIBRARY_PATH"
};

/// The same program of both sides.
pub(super) struct Pair {
    pub(super) base: Program,
    pub(super) head: Program,
}

impl Pair {
    /// Whether they are equal byte by byte.
    pub(super) fn is_identical(&self) -> bool {
        let read = |program: &Program| std::fs::read(&program.path).ok();
        read(&self.base).zip(read(&self.head)).is_some_and(|(base, head)| base == head)
    }
}

/// A bench program.
pub(super) struct Program {
    pub(super) path: PathBuf,
    /// Its package's folder, where cargo runs it.
    folder: PathBuf,
    pub(super) name: String,
    /// What it is written with, where that counts instructions.
    pub(super) counting: Option<Counting>,
    /// Where its shared libraries are looked for, before the machine's places.
    libraries: Vec<PathBuf>,
}

/// What came of a run that was not interrupted: an answer, or why there is none.
pub(super) type Answer<T> = Result<Result<T, String>, Unreadable>;

impl Program {
    pub(super) fn new(built: &BuiltBench, folder: PathBuf, lock: &[LockedPackage], made: &[PathBuf]) -> Self {
        // a source that cannot be read is no reason not to run what was built of it
        let source = std::fs::read_to_string(&built.source).unwrap_or_default();
        let counting = Counting::of(&source, lock, &built.package);
        let path = PathBuf::from(&built.program);
        // its own folder (`deps`), and that of the programs without a hash in their names, as cargo has it
        let own = path.ancestors().skip(1).take(2).map(Path::to_owned);
        let libraries = made.iter().cloned().chain(own).collect();
        Self { path, folder, name: built.target.clone(), counting, libraries }
    }
}

impl Machine<'_> {
    /// Its benches.
    pub(super) fn list(&self, program: &Program) -> Answer<Listing> {
        let home = self.scratch.path().join("list");
        let captured = self.call(program, None, &["--bench", "--list"], &home);
        Ok(succeeded(&captured)?.map(|()| criterion::list(&captured.stdout)))
    }

    /// The shortest time of one iteration in one short run of one bench.
    pub(super) fn shortest(&self, program: &Program, bench: &str, pace: Pace) -> Answer<f64> {
        let home = self.fresh_home()?;
        let args = short_run(bench, pace);
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        let captured = self.call(program, None, &args, home.path());
        if let Err(why) = succeeded(&captured)? {
            return Ok(Err(why));
        }
        Ok(results(home.path()).and_then(|mut all| {
            all.remove(bench).ok_or_else(|| format!("it ended well and measured nothing of `{bench}`"))
        }))
    }

    /// Calls the program, within another one where there is one.
    pub(super) fn call(
        &self,
        program: &Program,
        within: Option<&Command>,
        args: &[&str],
        home: &Path,
    ) -> Captured {
        let mut command = match within {
            Some(outer) => outer.clone().args([program.path.as_os_str()]).args(args),
            None => Command::new(&program.path, &program.folder, self.timeout).args(args),
        };
        command.cwd.clone_from(&program.folder);
        command.what = format!("{} {}", program.name, args.join(" "));
        let set = |name: &str, value: &Path| (OsString::from(name), Some(value.as_os_str().to_owned()));
        command.env = vec![set("CRITERION_HOME", home), set("CARGO_MANIFEST_DIR", &program.folder)];
        command.env.extend(self.library_path(program));
        command
            .env
            .extend(std::env::vars_os().filter(|(name, _)| decides(name)).map(|(name, _)| (name, None)));
        run(&command, self.cancel)
    }

    /// The variable by which the machine's loader finds the program's shared libraries, as `cargo bench` sets it.
    fn library_path(&self, program: &Program) -> Option<(OsString, Option<OsString>)> {
        let present = std::env::var_os(LIBRARY_PATH).unwrap_or_default();
        let mut folders: Vec<PathBuf> = program.libraries.iter().chain(&self.toolchain).cloned().collect();
        folders.extend(std::env::split_paths(&present).filter(|folder| !folder.as_os_str().is_empty()));
        if cfg!(target_os = "macos") && present.is_empty() {
            // what the loader looks through where the variable is not set
            let own = std::env::var_os("HOME").map(|home| PathBuf::from(home).join("lib"));
            folders.extend(own.into_iter().chain(["/usr/local/lib", "/usr/lib"].map(PathBuf::from)));
        }
        let value = std::env::join_paths(folders).ok()?;
        Some((LIBRARY_PATH.into(), Some(value)))
    }

    pub(super) fn fresh_home(&self) -> Result<tempfile::TempDir, Unreadable> {
        tempfile::tempdir_in(self.scratch.path())
            .map_err(|error| Unreadable::crashed(format!("{}: {error}", self.scratch.path().display())))
    }
}

/// Whether a variable may decide what gungraun runs, counts or writes: all of its own but those that say how valgrind
/// is to be started on this machine.
fn decides(variable: &OsStr) -> bool {
    let name = variable.to_string_lossy();
    let own = ["GUNGRAUN_", "IAI_CALLGRIND_"].into_iter().find_map(|prefix| name.strip_prefix(prefix));
    own.is_some_and(|own| !["ALLOW_ASLR", "VALGRIND_BIN"].contains(&own))
}

/// Whether a program ended well, and if not, why; only an interruption ends the measuring.
pub(super) fn succeeded(captured: &Captured) -> Answer<()> {
    match (&captured.end, captured.exit_code()) {
        (End::Cancelled, Err(interrupted)) => Err(interrupted),
        (_, Err(unreadable)) => Ok(Err(unreadable.reason)),
        (_, Ok(0)) => Ok(Ok(())),
        (_, Ok(code)) => {
            let text = String::from_utf8_lossy(&captured.stderr);
            // a panic's first line says where, its second one what
            let said = text.lines().skip_while(|line| !line.contains("panicked at")).take(2);
            let said: Vec<&str> = said.map(str::trim).collect();
            let last = || text.lines().rfind(|line| !line.trim().is_empty()).unwrap_or("it gave no reason");
            let why = if said.is_empty() { last().to_owned() } else { said.join(" ") };
            Ok(Err(format!("exit code {code}: {why}")))
        }
    }
}

/// The shortest time of each bench whose files lie under that home.
fn results(home: &Path) -> Result<BTreeMap<String, f64>, String> {
    let mut found = BTreeMap::new();
    for folder in recorded::folders(home, "new").map_err(|unreadable| unreadable.reason)? {
        let read = |name: &str| {
            std::fs::read(folder.join(name)).map_err(|error| format!("{name} cannot be read: {error}"))
        };
        let benchmark = criterion::benchmark(&read("benchmark.json")?).map_err(|error| error.to_string())?;
        let sample = criterion::sample(&read("sample.json")?).map_err(|error| error.to_string())?;
        if found.insert(benchmark.full_id.clone(), sample.shortest()).is_some() {
            return Err(format!("two benches have the name `{}`", benchmark.full_id));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_read_by_the_name_within_and_half_a_result_is_an_error() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("Reader__x/new");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("benchmark.json"), r#"{"full_id":"Reader::x"}"#).unwrap();
        assert!(results(home.path()).is_err(), "no samples");
        std::fs::write(folder.join("sample.json"), r#"{"iters":[1.0,2.0],"times":[10.0,16.0]}"#).unwrap();
        let read = results(home.path()).unwrap();
        assert!((read["Reader::x"] - 8.0).abs() < 1e-9);
    }

    #[test]
    fn a_bench_named_as_criterion_names_its_folder_is_read() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("Vec/new/new");
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("benchmark.json"), r#"{"full_id":"Vec/new"}"#).unwrap();
        std::fs::write(folder.join("sample.json"), r#"{"iters":[1.0],"times":[10.0]}"#).unwrap();
        assert!(results(home.path()).unwrap().contains_key("Vec/new"));
    }

    #[test]
    fn what_the_machine_sets_for_gungraun_does_not_choose_what_is_counted() {
        let decides = |name: &str| decides(OsStr::new(name));
        assert!(decides("GUNGRAUN_FILTER") && decides("IAI_CALLGRIND_BASELINE"));
        assert!(!decides("GUNGRAUN_ALLOW_ASLR") && !decides("PATH") && !decides("MY_GUNGRAUN_HOME"));
    }

    #[test]
    fn two_benches_of_one_name_cannot_be_told_apart() {
        let home = tempfile::tempdir().unwrap();
        for name in ["x", "x_2"] {
            let folder = home.path().join(name).join("new");
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(folder.join("benchmark.json"), r#"{"full_id":"x"}"#).unwrap();
            std::fs::write(folder.join("sample.json"), r#"{"iters":[1.0],"times":[10.0]}"#).unwrap();
        }
        assert!(results(home.path()).unwrap_err().contains("two benches"));
    }
}
