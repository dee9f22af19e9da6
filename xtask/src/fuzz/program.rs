//! Builds the fuzzer, and starts it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Output;

use super::args::Error;
use crate::program::Program;
use crate::repo::Repo;

/// What has LLVM count the branches that an input takes, as cargo-fuzz does it without a sanitizer.
const FLAGS: [&str; 5] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
];

/// The exit codes of libFuzzer: well, a deadly signal, too slow, too much memory, misuse.
const CODES: [i32; 6] = [0, 77, 70, 71, 1, 2];

/// The built fuzzer, and where it keeps what it finds.
pub(super) struct Fuzzer {
    program: PathBuf,
    /// `target/fuzz`.
    folder: PathBuf,
}

impl Fuzzer {
    /// Builds it. The host is named, so that build scripts and macros are not instrumented.
    pub(super) fn build(repo: &Repo) -> Result<Self, Error> {
        let folder = repo.root().join("target").join("fuzz");
        let host = host()?;
        let manifest = repo.root().join("tests").join("fuzz").join("Cargo.toml");
        Program::cargo()
            .args(["build", "--quiet", "--release", "--locked", "--target", &host, "--manifest-path"])
            .args([manifest.as_os_str(), "--target-dir".as_ref(), folder.as_os_str()])
            .dir(repo.root())
            .env("CARGO_ENCODED_RUSTFLAGS", FLAGS.join("\u{1f}"))
            .pass_through()?;
        let name = format!("fuzz{}", std::env::consts::EXE_SUFFIX);
        Ok(Self { program: folder.join(host).join("release").join(name), folder })
    }

    /// The folder of that name for a target, made where it is missing.
    pub(super) fn folder(&self, name: &str, target: &str) -> Result<PathBuf, Error> {
        let path = self.folder.join(name).join(target);
        match std::fs::create_dir_all(&path) {
            Ok(()) => Ok(path),
            Err(source) => Err(Error::File { path, source }),
        }
    }

    /// Runs it to its end on a target.
    pub(super) fn start(&self, target: &str, args: &[OsString]) -> Result<Output, Error> {
        let mut program =
            Program::new(&self.program).args(args).env("FUZZ_TARGET", target).env("RUST_BACKTRACE", "0");
        Ok(program.output(&CODES)?)
    }
}

/// An option of libFuzzer: `-name=value`.
pub(super) fn option(name: &str, value: impl AsRef<std::ffi::OsStr>) -> OsString {
    let mut option = OsString::from(format!("-{name}="));
    option.push(value);
    option
}

/// A folder with the `/` at its end that libFuzzer wants of a prefix.
pub(super) fn prefix(folder: &Path) -> OsString {
    folder.join("").into_os_string()
}

fn host() -> Result<String, Error> {
    let output = Program::new("rustc").args(["-vV"]).succeed()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let host = text.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or(Error::NoHost)
}
