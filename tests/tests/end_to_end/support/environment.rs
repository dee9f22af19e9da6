//! The environment of the programs under test: what the test runner sets for itself is taken out, and
//! nothing leads to the network or to the files of whoever runs the tests.

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Gives the command a clean environment with the user's home in that folder.
pub(crate) fn clean(command: &mut Command, home: &Path) {
    for (name, _) in env::vars_os().filter(|(name, _)| is_of_the_runner(name)) {
        command.env_remove(name);
    }
    command
        .env("HOME", home)
        .env("XDG_CACHE_HOME", home.join("cache"))
        .env("XDG_CONFIG_HOME", home.join("config"))
        .env("CARGO_HOME", real_home("CARGO_HOME", ".cargo"))
        .env("RUSTUP_HOME", real_home("RUSTUP_HOME", ".rustup"))
        .env("CARGO_NET_OFFLINE", "true")
        .env("RUSTUP_AUTO_INSTALL", "0");
}

/// `CARGO_HOME` and `RUSTUP_HOME` stay the real ones, or rustup's proxies would find no toolchain.
fn real_home(variable: &str, folder: &str) -> PathBuf {
    env::var_os(variable).map_or_else(|| env::home_dir().unwrap().join(folder), PathBuf::from)
}

fn is_of_the_runner(name: &OsStr) -> bool {
    let Some(name) = name.to_str() else { return false };
    let prefixes = ["CARGO_", "NEXTEST", "GIT_", "BULLETPROOF_", "RUSTC_", "XDG_", "GITHUB_", "CI_"];
    let names =
        ["CARGO", "CI", "RUSTC", "RUSTFMT", "RUSTFLAGS", "RUSTDOCFLAGS", "NO_COLOR", "CLICOLOR_FORCE"];
    names.contains(&name) || prefixes.iter().any(|prefix| name.starts_with(prefix))
}

/// Whether nextest is installed. A test of what only nextest does has nothing to look at without it: a
/// machine with nothing but Rust and git must pass the tests too. CI installs it.
pub(crate) fn has_nextest() -> bool {
    find_program("cargo-nextest").is_some()
}

/// Whether LLVM's coverage tools are installed: those of the toolchain, or of a recent LLVM.
pub(crate) fn has_llvm() -> bool {
    let own = || {
        let sysroot = Command::new("rustc").args(["--print", "sysroot"]).output().ok()?;
        let folder = PathBuf::from(String::from_utf8(sysroot.stdout).ok()?.trim()).join("lib/rustlib");
        let hosts = std::fs::read_dir(folder).ok()?.flatten();
        let mut tools = hosts.map(|host| program_in(&host.path().join("bin"), "llvm-profdata"));
        tools.any(|tool| tool.is_file()).then_some(())
    };
    let recent = |number| find_program(&format!("llvm-profdata-{number}")).is_some();
    (19..40).any(recent) || own().is_some()
}

/// Whether this run measures coverage. It has to see each line once; what is tried many times over is tried as often
/// as it is meant to be in a plain run of the tests, which CI has before this one.
pub(crate) fn measures_coverage() -> bool {
    env::var_os("LLVM_PROFILE_FILE").is_some()
}

/// The program of that name on the search path.
pub(crate) fn find_program(name: &str) -> Option<PathBuf> {
    let folders: Vec<PathBuf> = env::split_paths(&env::var_os("PATH")?).collect();
    folders.iter().map(|folder| program_in(folder, name)).find(|path| path.is_file())
}

/// The path that a program of that name has in that folder.
pub(crate) fn program_in(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}{}", env::consts::EXE_SUFFIX))
}

/// The search path with that folder in front.
pub(crate) fn path_with(front: &Path, rest: &[PathBuf]) -> OsString {
    env::join_paths(std::iter::once(front).chain(rest.iter().map(PathBuf::as_path))).unwrap()
}
