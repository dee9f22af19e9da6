//! Two runs of `cargo promote stage` on one commit of this repository, in two folders: one candidate.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::program::{self, Program};
use crate::repo::{self, Repo};
use crate::say;

/// The folders, of different length.
const FOLDERS: [&str; 2] = ["one", "another-place/with-a-longer-name"];
/// Two release builds are compared here, and the gates of this stage would make two more in each folder.
const QUICK: &str = "\n[stages]\nrelease = [\"fmt\", \"paths\", \"todo\"]\n";

/// Stage HEAD in two folders, and compare what that gives; two release builds of all programs
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Where the two clones lie, instead of a folder of the system's temp dir; what an earlier run left there is removed
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
    /// Run the whole stage `release` of bulletproof.toml in both, instead of three quick gates
    #[arg(long)]
    all_gates: bool,
}

/// Why there is no comparison, or not the one that was hoped for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// A file of this repository.
    #[error(transparent)]
    Repo(#[from] repo::Error),
    /// A program gave no answer.
    #[error(transparent)]
    Program(#[from] program::Error),
    /// A file or folder could not be written.
    #[error("{}: {source}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The command said something else than which candidate it staged.
    #[error("`cargo promote stage` did not say what it staged: {0}")]
    NotTold(String),
    /// They differ.
    #[error("one commit gave two candidates: {0}")]
    Different(String),
}

/// Stages and compares.
///
/// # Errors
/// When something cannot be run, or the two candidates differ.
pub(crate) fn run(args: &Args) -> Result<(), Error> {
    let repo = Repo::find()?;
    let programs = programs(repo.root())?;
    let dir = args.dir.clone().unwrap_or_else(|| std::env::temp_dir().join("bulletproof-staged-twice"));
    let [one, two] = FOLDERS.map(|folder| dir.join(folder));
    clone(repo.root(), &one)?;
    if !args.all_gates {
        quicken(&one)?;
    }
    clone(&one, &two)?;
    let mut staged = Vec::new();
    for folder in [&one, &two] {
        say::progress(&format!("staging in {}", folder.display()));
        let candidate = stage(folder, &programs)?;
        say::line(&format!("{}  {}", candidate.digest, folder.display()));
        staged.push(candidate);
    }
    let different = match staged.as_slice() {
        [one, two] => differences(one, two),
        _ => Vec::new(),
    };
    match different.as_slice() {
        [] => {
            say::line(&format!(
                "the same candidate, {} files",
                staged.first().map_or(0, |it| it.files.len())
            ));
            Ok(())
        }
        names => Err(Error::Different(names.join(", "))),
    }
}

/// Builds the commands that stage, and names their folder.
fn programs(repository: &Path) -> Result<PathBuf, Error> {
    let gate = program::gate(repository)?;
    Program::cargo()
        .args(["build", "--locked", "--package", "cargo-promote", "--package", "cargo-bulletproof"])
        .dir(repository)
        .succeed()?;
    Ok(gate.parent().unwrap_or(repository).to_owned())
}

/// A clone in which git knows who commits and who stages.
fn clone(from: &Path, to: &Path) -> Result<(), Error> {
    let file = |source| Error::File { path: to.to_owned(), source };
    match std::fs::remove_dir_all(to) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(file(error)),
        _ => {}
    }
    Program::new("git").args(["clone", "--quiet"]).args([from, to]).succeed()?;
    for (name, value) in [("user.name", "cargo xtask"), ("user.email", "xtask@example.invalid")] {
        Program::new("git").args(["config", name, value]).dir(to).succeed()?;
    }
    Ok(())
}

/// Commits a stage `release` of a few quick gates.
fn quicken(clone: &Path) -> Result<(), Error> {
    let path = clone.join("bulletproof.toml");
    let open = OpenOptions::new().append(true).open(&path);
    let written = open.and_then(|mut file| file.write_all(QUICK.as_bytes()));
    written.map_err(|source| Error::File { path, source })?;
    let commit = ["commit", "--quiet", "--all", "--message", "chore: quick gates"];
    Program::new("git").args(commit).dir(clone).succeed()?;
    Ok(())
}

/// What was staged.
#[derive(Debug, PartialEq, Eq)]
struct Candidate {
    digest: String,
    /// The digest of each file.
    files: BTreeMap<String, String>,
    /// What else the manifest says.
    rest: BTreeMap<String, Value>,
}

fn stage(folder: &Path, programs: &Path) -> Result<Candidate, Error> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(std::iter::once(programs.to_owned()).chain(std::env::split_paths(&path)));
    let output = Program::new(programs.join(format!("cargo-promote{}", std::env::consts::EXE_SUFFIX)))
        .args(["promote", "stage", "--format", "json"])
        .env("PATH", path.unwrap_or_default())
        .without("CARGO_TARGET_DIR")
        .dir(folder)
        .succeed()?;
    told(&output.stdout).ok_or_else(|| Error::NotTold(String::from_utf8_lossy(&output.stdout).into_owned()))
}

fn told(stdout: &[u8]) -> Option<Candidate> {
    let value: Value = serde_json::from_slice(stdout).ok()?;
    let digest = value.get("candidate")?.as_str()?.to_owned();
    let mut manifest = value.get("manifest")?.as_object()?.clone();
    let artifacts = manifest.remove("artifacts")?;
    let file = |artifact: &Value| {
        let text = |key| artifact.get(key).and_then(Value::as_str).map(str::to_owned);
        Some((text("name")?, text("digest")?))
    };
    let files: Option<BTreeMap<_, _>> = artifacts.as_array()?.iter().map(file).collect();
    let files = files.filter(|files| !files.is_empty())?;
    Some(Candidate { digest, files, rest: manifest.into_iter().collect() })
}

/// What is not the same; the checksums differ where any other file does.
fn differences(one: &Candidate, two: &Candidate) -> Vec<String> {
    fn keys<T: PartialEq>(one: &BTreeMap<String, T>, two: &BTreeMap<String, T>) -> Vec<String> {
        let all: std::collections::BTreeSet<&String> = one.keys().chain(two.keys()).collect();
        all.into_iter().filter(|key| one.get(*key) != two.get(*key)).cloned().collect()
    }
    let mut names = keys(&one.files, &two.files);
    names.extend(keys(&one.rest, &two.rest));
    if names.is_empty() && one.digest != two.digest {
        names.push("the digests".to_owned());
    }
    names
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn candidate(digest: &str, program: &str, commit: &str) -> Candidate {
        let artifacts = json!([{ "name": "tool", "digest": program }, { "name": "notes", "digest": "n" }]);
        let staged = json!({ "candidate": digest, "manifest": { "commit": commit, "artifacts": artifacts } });
        told(staged.to_string().as_bytes()).unwrap()
    }

    #[test]
    fn files_and_fields_that_differ_are_named() {
        let one = candidate("1", "a", "c");
        assert_eq!(differences(&one, &candidate("1", "a", "c")), [""; 0]);
        assert_eq!(differences(&one, &candidate("2", "b", "c")), ["tool"]);
        assert_eq!(differences(&one, &candidate("2", "a", "d")), ["commit"]);
        assert_eq!(differences(&one, &candidate("2", "a", "c")), ["the digests"]);
    }

    #[test]
    fn an_answer_without_a_file_is_none() {
        for text in ["", "{}", "{\"candidate\":\"1\",\"manifest\":{\"artifacts\":[]}}"] {
            assert_eq!(told(text.as_bytes()), None, "{text}");
        }
    }
}
