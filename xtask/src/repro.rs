//! The verdicts of the gate `repro` beside those of diffoscope, on real packages built in two places.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::packages;
use crate::program::{self, Program};
use crate::repo::{self, Repo};
use crate::say;

/// Programs from the registry that ship their lock file.
const PACKAGES: [(&str, &str); 3] = [("hexyl", "0.16.0"), ("sd", "1.0.0"), ("ripgrep", "15.2.0")];

/// Compare the verdicts of the gate `repro` with those of diffoscope, on real packages (Linux; needs diffoscope)
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// These packages only
    names: Vec<String>,
    /// Where packages are unpacked and built, instead of a folder of the system's temp dir
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Why there is no comparison, or not the one that was hoped for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// A file of this repository.
    #[error(transparent)]
    Repo(#[from] repo::Error),
    /// A package could not be unpacked.
    #[error(transparent)]
    Package(#[from] packages::Error),
    /// A program gave no answer.
    #[error(transparent)]
    Program(#[from] program::Error),
    /// A folder could not be made.
    #[error("{}: {source}", path.display())]
    File {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The gate came to no verdict.
    #[error("{0}: the gate came to no verdict: {1}")]
    NoVerdict(String, String),
    /// The two do not agree.
    #[error("{0} verdicts differ; see the list")]
    Different(usize),
}

/// Builds and compares.
///
/// # Errors
/// When something cannot be run, or the gate and diffoscope do not agree.
pub(crate) fn run(args: &Args) -> Result<(), Error> {
    let repo = Repo::find()?;
    let gate = program::gate(repo.root())?;
    let dir = args.dir.clone().unwrap_or_else(|| std::env::temp_dir().join("bulletproof-repro"));
    let mut different = 0;
    say::line(&format!("{:<16} {:<10} {:<36} diffoscope", "package", "paths", "the gate"));
    let wanted = |name: &str| args.names.is_empty() || args.names.iter().any(|one| one == name);
    for (name, version) in PACKAGES.into_iter().filter(|(name, _)| wanted(name)) {
        for remapped in [false, true] {
            let pair = Pair::unpack(name, version, &dir)?;
            let ours = pair.judged(&gate, remapped)?;
            let theirs = pair.compared(remapped)?;
            different += usize::from(ours.differ != theirs);
            let paths = if remapped { "remapped" } else { "as built" };
            let verdict = |differ: usize| match differ {
                0 => "identical".to_owned(),
                count => format!("{count} differ"),
            };
            let ours_said = format!("{} {}", verdict(ours.differ), ours.rules.join(" "));
            say::line(&format!(
                "{:<16} {paths:<10} {ours_said:<36} {}",
                format!("{name} {version}"),
                verdict(theirs)
            ));
        }
    }
    if different == 0 { Ok(()) } else { Err(Error::Different(different)) }
}

/// What the gate said.
struct Judged {
    /// How many programs differ.
    differ: usize,
    /// The rules of its findings.
    rules: Vec<String>,
}

/// One package in two folders, each with a home of cargo of its own.
struct Pair {
    one: PathBuf,
    two: PathBuf,
    /// Of the second build; the first one's is the user's.
    second_home: PathBuf,
}

impl Pair {
    fn unpack(name: &str, version: &str, dir: &Path) -> Result<Self, Error> {
        let (first, second) = (dir.join("one"), dir.join("another-place"));
        for folder in [&first, &second] {
            make(folder)?;
        }
        let one = packages::unpack(name, version, &first)?;
        let two = packages::unpack(name, version, &second)?;
        Program::cargo().args(["fetch", "--locked", "--quiet"]).dir(&one).succeed()?;
        let second_home = second.join("cargo-home");
        make(&second_home)?;
        let link = second_home.join("registry");
        if !link.exists() {
            let from = cargo_home().join("registry");
            link_folder(&from, &link).map_err(|source| Error::File { path: link, source })?;
        }
        Ok(Self { one, two, second_home })
    }

    /// The gate's verdict; its first build is left where cargo puts it.
    fn judged(&self, gate: &Path, remapped: bool) -> Result<Judged, Error> {
        let args = ["gate", "repro", "--offline", "--format", "json"];
        let flags = flags(&self.one, &[&cargo_home()], remapped);
        let output = Program::new(gate)
            .args(args)
            .env("RUSTFLAGS", flags)
            .env("CARGO_TARGET_DIR", self.one.join("target"))
            .dir(&self.one)
            .output(&[0, 1, 2])?;
        let report: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        let gate = report.pointer("/gates/0").cloned().unwrap_or_default();
        let texts = |list: &str, key: &str| -> Vec<String> {
            let list = gate.get(list).and_then(Value::as_array).cloned().unwrap_or_default();
            list.iter().filter_map(|one| Some(one.get(key)?.as_str()?.to_owned())).collect()
        };
        let text = |key: &str| gate.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        if !["passed", "failed"].contains(&text("status").as_str()) {
            return Err(Error::NoVerdict(self.one.display().to_string(), gate.to_string()));
        }
        let differ = gate.pointer("/metrics/differing").and_then(Value::as_u64);
        let differ = differ.and_then(|count| usize::try_from(count).ok());
        let differ =
            differ.ok_or_else(|| Error::NoVerdict(self.one.display().to_string(), gate.to_string()))?;
        Ok(Judged { differ, rules: texts("findings", "rule") })
    }

    /// How many programs diffoscope tells apart.
    fn compared(&self, remapped: bool) -> Result<usize, Error> {
        Program::cargo()
            .args(["build", "--release", "--bins", "--locked", "--offline", "--quiet"])
            .env("RUSTFLAGS", flags(&self.two, &[&self.second_home, &cargo_home()], remapped))
            .env("CARGO_HOME", &self.second_home)
            .env("CARGO_TARGET_DIR", self.two.join("target"))
            .dir(&self.two)
            .succeed()?;
        let release = |root: &Path| root.join("target").join("release");
        let entries = std::fs::read_dir(release(&self.two))
            .map_err(|source| Error::File { path: release(&self.two), source })?;
        let mut differ = 0;
        for entry in entries.flatten().filter(|entry| entry.path().is_file()) {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.contains('.') {
                continue;
            }
            // what it disassembles says no more about whether there is a difference
            let fast = ["--no-progress", "--exclude-command", "^objdump", "--exclude-command", "^readelf"];
            let files = [release(&self.one).join(&name), entry.path()];
            let output = Program::new("diffoscope").args(fast).args(files).output(&[0, 1])?;
            differ += usize::from(!output.status.success());
        }
        Ok(differ)
    }
}

/// The flags that take the folder and cargo's homes out of what is built. Debug information has the folders of packages
/// as the system knows them: a link in the second home is followed.
fn flags(root: &Path, homes: &[&Path], remapped: bool) -> String {
    if !remapped {
        return String::new();
    }
    let map = |from: &Path, to: &str| format!("--remap-path-prefix={}={to}", from.display());
    let homes = homes.iter().map(|home| map(home, "/cargo"));
    std::iter::once(map(root, "/src")).chain(homes).collect::<Vec<_>>().join(" ")
}

fn cargo_home() -> PathBuf {
    let named = std::env::var_os("CARGO_HOME").map(PathBuf::from);
    named.or_else(|| Some(std::env::home_dir()?.join(".cargo"))).unwrap_or_default()
}

fn make(folder: &Path) -> Result<(), Error> {
    std::fs::create_dir_all(folder).map_err(|source| Error::File { path: folder.to_owned(), source })
}

#[cfg(unix)]
fn link_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    std::os::unix::fs::symlink(from, to)
}

#[cfg(not(unix))]
fn link_folder(_: &Path, _: &Path) -> std::io::Result<()> {
    Err(std::io::Error::other("diffoscope runs on Unix systems only"))
}
