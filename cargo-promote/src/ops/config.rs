//! Reads `promote.toml`: the workspace's own, one that was given, or one of a repository of its own.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use cargo_gate::config::ConfigError;
use cargo_gate::exec::Cancel;
use cargo_gate::step::End;
use etcetera::BaseStrategy;

use super::git::{Git, GitError, failed};
use crate::config::{Config, Origin, Pinned, Written, parse_of, parse_workspace};
use crate::digest::Digest;

/// The file in the workspace root.
const FILE: &str = "promote.toml";
/// The largest file that is read, in bytes.
const MOST: u64 = 1 << 20;

/// Where a configuration comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Nowhere: what holds without a file.
    Default,
    /// The workspace's own file.
    Workspace,
    /// A file that the command line or the workspace's own file names.
    Path(PathBuf),
    /// A file of a commit.
    Git(Pinned),
}

/// As `status` shows it.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => write!(f, "none: there is no {FILE}"),
            Self::Workspace => f.write_str(FILE),
            Self::Path(path) => path.display().fmt(f),
            Self::Git(pinned) => pinned.fmt(f),
        }
    }
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigFault {
    /// It has problems.
    #[error("{}", .0.problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Mistakes(ConfigError),
    /// A file cannot be read.
    #[error("the configuration {place} cannot be read: {why}")]
    Unreadable {
        /// The file, or the file of a commit.
        place: String,
        /// What the system says.
        why: String,
    },
    /// There is no place for what is fetched.
    #[error("the configuration {place} cannot be fetched: there is no folder for caches ({why}); set HOME")]
    NoCache {
        /// The file of a commit.
        place: String,
        /// What is missing.
        why: String,
    },
    /// git did not do it.
    #[error("the configuration {place} cannot be fetched: {error}")]
    Git {
        /// The file of a commit.
        place: String,
        /// What it says.
        error: GitError,
    },
    /// The commit is not one of the repository's default branch.
    #[error(
        "the configuration {place}: that commit is not on the default branch of the repository; pin one that is"
    )]
    NotOnBranch {
        /// The file of a commit.
        place: String,
    },
}

/// Reads the configuration of the workspace at `root`: the file `given`, or else its own `promote.toml`, which may
/// say that it is elsewhere. What is not absolute is relative to `root`.
///
/// # Errors
/// Where it cannot be read or fetched, or has problems.
pub fn read_config(
    root: &Path,
    given: Option<&Path>,
    cancel: &Cancel,
) -> Result<(Config, Source), ConfigFault> {
    if let Some(path) = given {
        return of_path(root, path);
    }
    let own = root.join(FILE);
    let text = match File::open(&own) {
        Ok(file) => text_of(file, FILE)?,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok((Config::default(), Source::Default));
        }
        Err(error) => return Err(unreadable(FILE, &error)),
    };
    match parse_workspace(&text).map_err(ConfigFault::Mistakes)? {
        Written::Here(config) => Ok((*config, Source::Workspace)),
        Written::Elsewhere(Origin::Path(path)) => of_path(root, Path::new(&path)),
        Written::Elsewhere(Origin::Git(pinned)) => {
            let place = pinned.to_string();
            let strategy = etcetera::choose_base_strategy();
            let cache = strategy
                .map_err(|why| ConfigFault::NoCache { place: place.clone(), why: why.to_string() })?
                .cache_dir()
                .join("bulletproof")
                .join("promote-config");
            let text = of_commit(&cache, &pinned, cancel)?;
            let config = parse_of(&place, &text).map_err(ConfigFault::Mistakes)?;
            Ok((config, Source::Git(pinned)))
        }
    }
}

fn of_path(root: &Path, path: &Path) -> Result<(Config, Source), ConfigFault> {
    let place = path.display().to_string();
    let file = File::open(root.join(path)).map_err(|error| unreadable(&place, &error))?;
    let text = text_of(file, &place)?;
    let config = parse_of(&place, &text).map_err(ConfigFault::Mistakes)?;
    Ok((config, Source::Path(path.to_owned())))
}

fn text_of(file: File, place: &str) -> Result<String, ConfigFault> {
    let mut bytes = Vec::new();
    file.take(MOST + 1).read_to_end(&mut bytes).map_err(|error| unreadable(place, &error))?;
    text(bytes, place)
}

fn text(bytes: Vec<u8>, place: &str) -> Result<String, ConfigFault> {
    let bad = |why: &str| ConfigFault::Unreadable { place: place.to_owned(), why: why.to_owned() };
    if bytes.len() as u64 > MOST {
        return Err(bad("it is larger than 1 MiB"));
    }
    String::from_utf8(bytes).map_err(|_| bad("it is not UTF-8"))
}

fn unreadable(place: &str, error: &io::Error) -> ConfigFault {
    ConfigFault::Unreadable { place: place.to_owned(), why: error.to_string() }
}

/// The text of a file of a commit. What was fetched once is kept in a bare repository below `cache`, one for each
/// commit, which appears whole or not at all; the next call needs no network.
fn of_commit(cache: &Path, pinned: &Pinned, cancel: &Cancel) -> Result<String, ConfigFault> {
    let place = pinned.to_string();
    let named = Digest::of(format!("{}\0{}", pinned.address, pinned.rev).as_bytes());
    let kept = cache.join(named.hex());
    if !kept.is_dir() {
        fetch(cache, &kept, pinned, cancel)?;
    }
    let git = |args: &[&str]| ask(&kept, args, &place, cancel);
    let bad = |why: String| ConfigFault::Unreadable { place: place.clone(), why };
    let entry =
        git(&["--literal-pathspecs", "ls-tree", "-z", "-l", "--full-tree", &pinned.rev, "--", &pinned.file])?;
    let entry = String::from_utf8_lossy(&entry).into_owned();
    let mut words = entry.split_whitespace();
    let [mode, _, object, size] = [words.next(), words.next(), words.next(), words.next()];
    let (Some(mode), Some(object), Some(size)) = (mode, object, size) else {
        return Err(bad(format!("the commit has no file `{}`", pinned.file)));
    };
    if !matches!(mode, "100644" | "100755") {
        return Err(bad(format!("`{}` is no plain file in that commit", pinned.file)));
    }
    if size.parse::<u64>().map_or(true, |size| size > MOST) {
        return Err(bad("it is larger than 1 MiB".to_owned()));
    }
    text(git(&["cat-file", "blob", object])?, &place)
}

/// Fetches the default branch into a new bare repository, makes sure that the commit is on it, and keeps it.
fn fetch(cache: &Path, kept: &Path, pinned: &Pinned, cancel: &Cancel) -> Result<(), ConfigFault> {
    let place = pinned.to_string();
    let io = |error: io::Error| unreadable(&format!("{place} ({})", cache.display()), &error);
    let error = |error| ConfigFault::Git { place: place.clone(), error };
    fs::create_dir_all(cache).map_err(io)?;
    let new = tempfile::Builder::new().prefix("new-").tempdir_in(cache).map_err(io)?;
    let format = if pinned.rev.len() == 64 { "sha256" } else { "sha1" };
    // no template: it could bring hooks along
    let init = ["init", "--quiet", "--bare", "--template=", "--object-format", format, "."];
    let git = Git::new(new.path(), cancel).map_err(error)?;
    git.bytes(init, None).map_err(error)?;
    let branch = "refs/promote/default";
    let refspec = format!("+HEAD:{branch}");
    let call = ["fetch", "--quiet", "--no-tags", "--no-recurse-submodules", "--", &pinned.address, &refspec];
    ask(new.path(), &call, &place, cancel)?;
    // a server gives out any commit that somebody's fork has, when it is asked by its id
    let is_on = git.run(bare(&["merge-base", "--is-ancestor", &pinned.rev, branch]), None);
    match is_on.end {
        End::Code(0) => {}
        End::Code(1 | 128) => return Err(ConfigFault::NotOnBranch { place }),
        _ => return Err(error(failed(&is_on))),
    }
    match fs::rename(new.path(), kept) {
        // somebody else has fetched the same in the meantime
        Err(_) if kept.is_dir() => Ok(()),
        done => done.map_err(io),
    }
}

/// What git writes when it is asked in a bare repository.
fn ask(folder: &Path, args: &[&str], place: &str, cancel: &Cancel) -> Result<Vec<u8>, ConfigFault> {
    let fault = |error| ConfigFault::Git { place: place.to_owned(), error };
    Git::new(folder, cancel).map_err(fault)?.bytes(bare(args), None).map_err(|error| match error {
        // without all the settings
        GitError::Failed { end, said, .. } => {
            fault(GitError::Failed { call: format!("git {}", args.join(" ")), end, said })
        }
        other => fault(other),
    })
}

/// The arguments for a bare repository in the current folder that runs nothing of anybody's.
fn bare(args: &[&str]) -> Vec<String> {
    let settings = [
        "--git-dir=.",
        "--no-replace-objects",
        "-c",
        "core.hooksPath=no-hooks",
        "-c",
        "gc.auto=0",
        "-c",
        "maintenance.auto=false",
        "-c",
        "fetch.writeCommitGraph=false",
        "-c",
        "protocol.allow=never",
        "-c",
        "protocol.https.allow=always",
        "-c",
        "protocol.ssh.allow=always",
        "-c",
        "protocol.file.allow=always",
    ];
    settings.iter().chain(args).map(|arg| (*arg).to_owned()).collect()
}

#[cfg(test)]
mod tests;
