//! Finds LLVM's tools that read this compiler's profiles, by trying them on a program of three lines:
//! versions tell little, since older tools read newer profiles and the other way round, up to a point
//! that no list names.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::memo::{self, Memo};
use super::process::{Command, run};
use super::{Cancel, Environment, environment, stand_in};
use crate::facts::Facts;
use crate::gate::Unreadable;
use crate::parse::lcov;
use crate::step::{Captured, End, LlvmTools, Tool};

const PROGRAM: &str = "fn main() {\n    println!(\"{}\", std::env::args().count());\n}\n";
const LIBRARY: &str =
    "/// ```\n/// assert_eq!(probe::twice(2), 4);\n/// ```\npub fn twice(n: u32) -> u32 {\n    n * 2\n}\n";
/// The newest and the oldest LLVM whose tools are looked for by number.
const NUMBERS: std::ops::RangeInclusive<u32> = 11..=40;

/// The search for the tools.
pub(super) struct Search<'a> {
    pub(super) facts: &'a Facts,
    pub(super) environment: &'a Environment,
    pub(super) timeout: Duration,
    pub(super) cancel: &'a Cancel,
}

/// `llvm-cov` and `llvm-profdata` of one LLVM.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pair {
    pub(super) cov: PathBuf,
    pub(super) profdata: PathBuf,
}

impl Search<'_> {
    /// The first pair that reads a profile of this compiler, in a folder for the trial. One that was found is
    /// remembered for as long as it and the compiler are the same.
    pub(super) fn tools(&self, folder: &Path, doctests: bool) -> Result<LlvmTools, Unreadable> {
        let rustc = self
            .facts
            .tools
            .get(&Tool::Rustc)
            .ok_or_else(|| Unreadable::unavailable("rustc was not found").help(Tool::Rustc.install()))?;
        let mut memo = Memo::of(self.environment, &self.words(rustc, doctests));
        if let Some(tools) = memo.answer().and_then(|answer| serde_json::from_str(&answer).ok()) {
            return Ok(tools);
        }
        let found = self.search(rustc, folder, doctests)?;
        if found.doctests.is_ok() == doctests {
            memo.keep(&serde_json::to_vec(&found).unwrap_or_default(), self.hangs_on(rustc, &found));
        }
        Ok(found)
    }

    /// The words under which a pair is remembered.
    fn words(&self, rustc: &Path, doctests: bool) -> Vec<OsString> {
        let Environment { llvm_cov, llvm_profdata, .. } = self.environment;
        let named = [llvm_cov, llvm_profdata].map(|path| path.clone().unwrap_or_default().into());
        let question = if doctests { "llvm-tools with doctests" } else { "llvm-tools" };
        let words = [question.into(), rustc.into(), self.facts.root.clone().into()];
        words.into_iter().chain(named).collect()
    }

    /// All that a pair hangs on; none where that cannot be told.
    fn hangs_on(&self, rustc: &Path, found: &LlvmTools) -> Option<BTreeSet<memo::Input>> {
        let sysroot = self.facts.sysroot.as_ref()?;
        let mut inputs = memo::of_program(rustc, Tool::Rustc, &self.facts.root, sysroot)?;
        let rustdoc = sysroot.join("bin").join(format!("rustdoc{}", std::env::consts::EXE_SUFFIX));
        let programs = [rustdoc, found.cov.clone(), found.profdata.clone(), environment::own_program().ok()?];
        inputs.extend(programs.map(memo::Input::Program));
        Some(inputs)
    }

    fn search(&self, rustc: &Path, folder: &Path, doctests: bool) -> Result<LlvmTools, Unreadable> {
        let major = self.llvm_of(rustc)?;
        let program = folder.join(format!("probe{}", std::env::consts::EXE_SUFFIX));
        let source = folder.join("probe.rs");
        write(&source, PROGRAM)?;
        let mut compile = self.command(rustc, folder);
        compile = compile.args(["--edition=2021", "--crate-name=probe", "-C", "instrument-coverage", "-o"]);
        self.must(
            &compile.args([program.as_os_str(), source.as_os_str()]),
            "the compiler cannot count lines",
        )?;
        let mut start = self.command(&program, folder);
        start.env.push(profile_file(folder));
        self.must(&start, "a program that counts its lines does not run")?;
        let mut tried = Vec::new();
        for pair in self.candidates(rustc, major) {
            match self.reads(&pair, folder, std::slice::from_ref(&program), 2) {
                Ok(()) => {
                    let doctests = if doctests {
                        self.doctests(rustc, &pair, folder)
                    } else {
                        Err("not asked".to_owned())
                    };
                    return Ok(LlvmTools { cov: pair.cov, profdata: pair.profdata, doctests });
                }
                Err(Failure::Run(unreadable)) => return Err(unreadable),
                Err(Failure::Unfit(why)) => tried.push(format!("{}: {why}", pair.cov.display())),
            }
        }
        let reason = match tried.as_slice() {
            [] => "llvm-cov and llvm-profdata, which read line counts, were not found".to_owned(),
            tried => format!(
                "no llvm-cov and llvm-profdata read this compiler's line counts ({})",
                tried.join("; ")
            ),
        };
        Err(Unreadable::unavailable(reason).help(format!(
            "rustup component add llvm-tools; or install LLVM {major} (apt-get install llvm-{major}, \
             brew install llvm@{major}); or set LLVM_COV and LLVM_PROFDATA to both tools"
        )))
    }

    fn command(&self, program: &Path, folder: &Path) -> Command {
        // rustup reads rust-toolchain.toml from the folder up
        let cwd = if folder.starts_with(&self.facts.root) { folder } else { self.facts.root.as_path() };
        Command::new(program, cwd, self.timeout)
    }

    /// Runs what must succeed; a failure says what that means.
    fn must(&self, command: &Command, meaning: &str) -> Result<Captured, Unreadable> {
        let captured = run(command, self.cancel);
        match captured.exit_code()? {
            0 => Ok(captured),
            code => Err(Unreadable::unavailable(format!(
                "{meaning}: {} (exit code {code})",
                first_line(&captured.stderr)
            ))
            .help("coverage needs a toolchain of rustup, or one that has profiler_builtins")),
        }
    }

    /// The major version of the compiler's own LLVM.
    fn llvm_of(&self, rustc: &Path) -> Result<u32, Unreadable> {
        let command = Command::new(rustc, &self.facts.root, self.timeout).args(["-vV"]);
        let captured = self.must(&command, "rustc does not tell its version")?;
        llvm_version(&captured.stdout)
            .ok_or_else(|| Unreadable::garbage("`rustc -vV` does not tell the version of its LLVM"))
    }

    /// The pairs that there are, the likeliest first.
    fn candidates(&self, rustc: &Path, major: u32) -> Vec<Pair> {
        let named = self.environment.llvm_cov.clone().zip(self.environment.llvm_profdata.clone());
        let named = named.map(|(cov, profdata)| Pair { cov, profdata });
        let command = Command::new(rustc, &self.facts.root, self.timeout).args(["--print", "sysroot"]);
        let sysroot = run(&command, self.cancel);
        let own = (sysroot.end == End::Code(0)).then(|| {
            let root = PathBuf::from(String::from_utf8_lossy(&sysroot.stdout).trim());
            let folder = root.join("lib/rustlib").join(&self.facts.toolchain.host).join("bin");
            let tool = |name: &str| folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX));
            Pair { cov: tool("llvm-cov"), profdata: tool("llvm-profdata") }
        });
        let numbered = std::iter::once(major).chain(NUMBERS.rev().filter(|number| *number != major));
        let suffixes = numbered.map(|number| format!("-{number}")).chain([String::new()]);
        let installed = suffixes.filter_map(|suffix| {
            let on_path = |name: &str| which::which_global(format!("{name}{suffix}")).ok();
            Some(Pair { cov: on_path("llvm-cov")?, profdata: on_path("llvm-profdata")? })
        });
        let there = |pair: &Pair| pair.cov.is_file() && pair.profdata.is_file();
        let mut found: Vec<Pair> = named.into_iter().chain(own).filter(there).chain(installed).collect();
        found.dedup();
        found
    }

    /// Whether the pair finds that the line of the program ran.
    fn reads(&self, pair: &Pair, folder: &Path, objects: &[PathBuf], line: u32) -> Result<(), Failure> {
        let counts = export(pair, folder, objects, self.timeout, self.cancel)?;
        let counts = lcov::parse(&counts.lcov).map_err(|error| Failure::Unfit(error.to_string()))?;
        let ran = |counts: &lcov::LineCounts| counts.hits(line).is_some_and(|hits| hits > 0);
        if counts.files.values().any(ran) {
            Ok(())
        } else {
            Err(Failure::Unfit("it does not see the line of a program that ran".to_owned()))
        }
    }

    /// Whether a doctest's lines are counted; else why not.
    fn doctests(&self, rustc: &Path, pair: &Pair, folder: &Path) -> Result<(), String> {
        let folder = folder.join("doctest");
        let kept = folder.join("kept");
        std::fs::create_dir_all(&kept).map_err(|error| error.to_string())?;
        let source = folder.join("probe.rs");
        write(&source, LIBRARY).map_err(|error| error.reason)?;
        let library = folder.join("libprobe.rlib");
        let mut compile = self.command(rustc, &folder);
        compile = compile.args([
            "--edition=2024",
            "--crate-type=lib",
            "--crate-name=probe",
            "-C",
            "instrument-coverage",
            "-o",
        ]);
        self.must(&compile.args([library.as_os_str(), source.as_os_str()]), "a library does not compile")
            .map_err(|error| error.reason)?;
        let rustdoc = rustc.with_file_name(format!("rustdoc{}", std::env::consts::EXE_SUFFIX));
        let mut external = OsString::from("probe=");
        external.push(&library);
        let mut test =
            self.command(&rustdoc, &folder).args(["--test", "--edition=2024", "--crate-name=probe"]);
        test = test.args(flags().map_err(|error| error.to_string())?).args([
            OsString::from("--extern"),
            external,
            source.into(),
        ]);
        test.env.push(profile_file(&folder));
        test.env.push((stand_in::KEEP_FOLDER.into(), Some(kept.clone().into())));
        self.must(&test, "rustdoc cannot count lines").map_err(|error| error.reason)?;
        let objects = files_below(&kept);
        self.reads(pair, &folder, &objects, 5).map_err(|failure| match failure {
            Failure::Run(unreadable) => unreadable.reason,
            Failure::Unfit(why) => why,
        })
    }
}

/// Flags that make rustdoc count the lines of doctests, and keep their programs.
pub(super) fn flags() -> std::io::Result<Vec<OsString>> {
    let own = environment::own_program()?;
    let mut flags = ["-C", "instrument-coverage", "--test-runtool"].map(OsString::from).to_vec();
    flags.extend([own.into(), "--test-runtool-arg".into(), stand_in::KEEP.into()]);
    Ok(flags)
}

/// Why a pair gave no line counts.
pub(super) enum Failure {
    /// It cannot be asked: the run was interrupted, took too long.
    Run(Unreadable),
    /// It was asked, and does not fit.
    Unfit(String),
}

/// Line counts as a tracefile, and how many profiles could not be read.
pub(super) struct Exported {
    pub(super) lcov: Vec<u8>,
    pub(super) unread: usize,
}

/// Where the profiles of programs go that run in that folder's care: a file for each program, to which
/// its processes add up, instead of one for each process.
pub(super) fn profile_file(folder: &Path) -> (OsString, Option<OsString>) {
    ("LLVM_PROFILE_FILE".into(), Some(folder.join("%2m.profraw").into()))
}

/// Merges the profiles of the folder and reads them with the programs that wrote them.
pub(super) fn export(
    pair: &Pair,
    folder: &Path,
    objects: &[PathBuf],
    timeout: Duration,
    cancel: &Cancel,
) -> Result<Exported, Failure> {
    let is_profile = |path: &PathBuf| path.extension().is_some_and(|name| name == "profraw");
    let profiles: Vec<PathBuf> = files_below(folder).into_iter().filter(is_profile).collect();
    if profiles.is_empty() || objects.is_empty() {
        return Err(Failure::Run(Unreadable::nothing_ran("the run wrote no line counts")));
    }
    // names go through files: there may be more than a command line takes
    let merged = folder.join("all.profdata");
    let list: Vec<String> = profiles.iter().map(|path| path.to_string_lossy().into_owned()).collect();
    let listed = folder.join("profiles.txt");
    write(&listed, &(list.join("\n") + "\n")).map_err(Failure::Run)?;
    let mut merge = Command::new(&pair.profdata, folder, timeout);
    merge = merge.args(["merge", "-sparse", "--failure-mode=all", "--input-files"]);
    merge = merge.args([listed.as_os_str(), "-o".as_ref(), merged.as_os_str()]);
    let warnings = succeeded(&merge, cancel)?.stderr;
    let unread =
        String::from_utf8_lossy(&warnings).lines().filter(|line| line.starts_with("warning: ")).count();
    let names: Vec<String> =
        objects.iter().flat_map(|object| ["-object".to_owned(), quoted(object)]).collect();
    let response = folder.join("objects.txt");
    write(&response, &names.iter().skip(1).map(String::as_str).collect::<Vec<_>>().join("\n"))
        .map_err(Failure::Run)?;
    let mut at = OsString::from("@");
    at.push(&response);
    let mut profile = OsString::from("-instr-profile=");
    profile.push(&merged);
    let read = Command::new(&pair.cov, folder, timeout);
    let read =
        read.args([OsString::from("export"), "-format=lcov".into(), "-skip-functions".into(), profile, at]);
    let exported = succeeded(&read, cancel)?;
    Ok(Exported { lcov: exported.stdout, unread })
}

fn succeeded(command: &Command, cancel: &Cancel) -> Result<Captured, Failure> {
    let captured = run(command, cancel);
    match captured.exit_code() {
        Ok(0) => Ok(captured),
        Ok(code) => Err(Failure::Unfit(format!("{} (exit code {code})", first_line(&captured.stderr)))),
        Err(unreadable) => Err(Failure::Run(unreadable)),
    }
}

/// A path as a response file has it.
fn quoted(path: &Path) -> String {
    format!("\"{}\"", path.to_string_lossy().replace('\\', "\\\\").replace('"', "\\\""))
}

/// The line that names the error, else the first.
fn first_line(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let named = text.lines().find(|line| line.starts_with("error"));
    named.or_else(|| text.lines().next()).unwrap_or("it gave no reason").to_owned()
}

/// 22 from a line such as `LLVM version: 22.1.2`.
fn llvm_version(verbose: &[u8]) -> Option<u32> {
    let text = std::str::from_utf8(verbose).ok()?;
    let version = text.lines().find_map(|line| line.strip_prefix("LLVM version: "))?;
    version.split('.').next()?.parse().ok()
}

fn write(path: &Path, text: &str) -> Result<(), Unreadable> {
    std::fs::write(path, text)
        .map_err(|error| Unreadable::crashed(format!("{}: it could not be written: {error}", path.display())))
}

/// Every file below a folder.
pub(super) fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = entries
        .flat_map(|entry| {
            let path = entry.path();
            if path.is_dir() { files_below(&path) } else { vec![path] }
        })
        .collect();
    files.sort();
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_compiler_tells_its_llvm() {
        assert_eq!(llvm_version(b"rustc 1.95.0\nLLVM version: 22.1.2\n"), Some(22));
        assert_eq!(llvm_version(b"rustc 1.95.0\n"), None);
        assert_eq!(llvm_version(b"\xff"), None);
    }

    #[test]
    fn the_error_is_what_is_told() {
        assert_eq!(
            first_line(b"note: x\nerror: no profile can be merged\n"),
            "error: no profile can be merged"
        );
        assert_eq!(first_line(b"Failed\n"), "Failed");
        assert_eq!(first_line(b""), "it gave no reason");
    }

    #[test]
    fn a_path_with_spaces_and_quotes_survives_a_response_file() {
        assert_eq!(quoted(Path::new("/a b/\"c\"")), "\"/a b/\\\"c\\\"\"");
    }
}
