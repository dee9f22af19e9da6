//! Fuzzes the targets, one after the other.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Output;

use super::args::{Args, Error};
use super::program::{Fuzzer, option, prefix};
use super::stats::{Stats, complaint};
use crate::repo::Repo;
use crate::say;

/// The longest input that libFuzzer makes, in bytes.
const LONGEST: &str = "16384";
/// The longest input that is kept, in bytes; the recorded outputs of real tools are long enough.
const LONGEST_KEPT: &str = "4096";
/// An input that takes longer than this many seconds is a finding: a decoder must not hang. Wide, since
/// machines that run it do other things as well.
const TOO_SLOW: &str = "10";
/// Memory in MiB past which an input is a finding.
const TOO_MUCH: &str = "2048";

/// Fuzzes all targets, also behind one that does not keep its promises.
pub(crate) fn run(args: &Args, repo: &Repo) -> Result<(), Error> {
    let known = known(repo)?;
    if let Some(name) = args.targets.iter().find(|name| !known.contains(name)) {
        return Err(Error::NoTarget { name: name.clone(), known: known.join(", ") });
    }
    let targets = if args.targets.is_empty() { &known } else { &args.targets };
    say::progress("building the fuzzer");
    let fuzzer = Fuzzer::build(repo)?;
    if let Some(input) = &args.input {
        let [target] = targets.as_slice() else { return Err(Error::WhichTarget) };
        let output = fuzzer.start(target, &[input.clone().into_os_string()])?;
        judge(target, &output)?;
        say::line(&format!("{target} keeps its promises on {}", input.display()));
        return Ok(());
    }
    if !args.minimise {
        say::line(&format!(
            "{:<16} {:>12} {:>8} {:>10} {:>7}",
            "target", "inputs", "seconds", "a second", "edges"
        ));
    }
    let mut broken = Vec::new();
    for target in targets {
        let done =
            if args.minimise { minimise(target, &fuzzer, repo) } else { fuzz(target, args, &fuzzer, repo) };
        match done {
            Err(error @ Error::Broken { .. }) => {
                say::line(&error.to_string());
                broken.push(target.clone());
            }
            done => done?,
        }
    }
    if broken.is_empty() { Ok(()) } else { Err(Error::AllBroken(broken)) }
}

/// The folders of the corpus; a test of the corpus holds them against the list of targets.
fn known(repo: &Repo) -> Result<Vec<String>, Error> {
    let mut names: Vec<String> = entries(&corpus(repo, ""))?
        .iter()
        .filter(|path| path.is_dir())
        .filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()))
        .collect();
    names.sort();
    Ok(names)
}

fn corpus(repo: &Repo, target: &str) -> PathBuf {
    repo.root().join("tests").join("fuzz").join("corpus").join(target)
}

/// The recorded output of real tools, where the decoder has some: inputs to begin with.
fn recorded(repo: &Repo, target: &str) -> Option<PathBuf> {
    let folder = repo.root().join("cargo-gate/src/parse/recorded").join(target);
    folder.is_dir().then_some(folder)
}

fn fuzz(target: &str, args: &Args, fuzzer: &Fuzzer, repo: &Repo) -> Result<(), Error> {
    let bound = match args.runs {
        Some(runs) => option("runs", runs.to_string()),
        None => option("max_total_time", args.seconds.to_string()),
    };
    let mut all = vec![
        bound,
        option("seed", args.seed.to_string()),
        option("timeout", TOO_SLOW),
        option("rss_limit_mb", TOO_MUCH),
        option("max_len", LONGEST),
        option("print_final_stats", "1"),
        option("artifact_prefix", prefix(&fuzzer.folder("found", target)?)),
        fuzzer.folder("corpus", target)?.into_os_string(),
        corpus(repo, target).into_os_string(),
    ];
    all.extend(recorded(repo, target).map(PathBuf::into_os_string));
    let said = judge(target, &fuzzer.start(target, &all)?)?;
    let Some(stats) = Stats::parse(&said) else {
        return Err(Error::NoCount { target: target.to_owned(), said: complaint(&said) });
    };
    let wanted = args.runs.unwrap_or(1);
    if stats.runs < wanted {
        return Err(Error::TooFew { target: target.to_owned(), wanted, ran: stats.runs });
    }
    let speed = stats.runs / stats.seconds.max(1);
    say::line(&format!(
        "{target:<16} {:>12} {:>8} {speed:>10} {:>7}{}",
        stats.runs,
        stats.seconds,
        stats.edges,
        if stats.slowest > 0 { format!("  slowest input: {} s", stats.slowest) } else { String::new() }
    ));
    Ok(())
}

/// What the fuzzer said, where no input was bad.
fn judge(target: &str, output: &Output) -> Result<String, Error> {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() {
        return Ok(said);
    }
    Err(Error::Broken { target: target.to_owned(), said: complaint(&said) })
}

/// Replaces the inputs that are named by a hash by as few as reach the same, from those of all runs here.
fn minimise(target: &str, fuzzer: &Fuzzer, repo: &Repo) -> Result<(), Error> {
    let kept = corpus(repo, target);
    let fresh = fuzzer.folder("minimised", target)?;
    for path in entries(&fresh)? {
        std::fs::remove_file(&path).map_err(|source| Error::File { path, source })?;
    }
    let by_hand: Vec<PathBuf> = entries(&kept)?.into_iter().filter(|path| !is_hash(path)).collect();
    for path in &by_hand {
        copy(path, &fresh)?;
    }
    let mut args: Vec<OsString> = vec![
        option("set_cover_merge", "1"),
        // branches alone, not how often each is taken: a tenth of the inputs
        option("use_counters", "0"),
        option("max_len", LONGEST_KEPT),
        fresh.clone().into_os_string(),
        kept.clone().into_os_string(),
        fuzzer.folder("corpus", target)?.into_os_string(),
    ];
    args.extend(recorded(repo, target).map(PathBuf::into_os_string));
    judge(target, &fuzzer.start(target, &args)?)?;
    for path in entries(&kept)?.into_iter().filter(|path| is_hash(path)) {
        std::fs::remove_file(&path).map_err(|source| Error::File { path, source })?;
    }
    let merged = entries(&fresh)?;
    for path in merged.iter().filter(|path| is_hash(path)) {
        copy(path, &kept)?;
    }
    say::line(&format!("{target:<16} {:>5} inputs, {} of them kept by hand", merged.len(), by_hand.len()));
    Ok(())
}

fn copy(path: &Path, folder: &Path) -> Result<(), Error> {
    let to = folder.join(path.file_name().unwrap_or_default());
    std::fs::copy(path, &to).map(|_| ()).map_err(|source| Error::File { path: to, source })
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, Error> {
    let read =
        || std::fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<_>>>();
    read().map_err(|source| Error::File { path: folder.to_owned(), source })
}

/// Whether libFuzzer named it: 40 hexadecimal digits.
fn is_hash(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.len() == 40 && name.bytes().all(|byte| byte.is_ascii_hexdigit())
}
