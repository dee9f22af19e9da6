//! An environment is back at what it ran before within seconds, every byte of that read and compared.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use cargo_gate::exec::Cancel;
use cargo_gate::gate::Stage;
use cargo_gate::verdict::Status;
use cargo_promote::attest::{Build, Gate, Verdict};
use cargo_promote::candidate::{Artifact, Candidate, Kind, Manifest, Toolchain};
use cargo_promote::digest::Digest;
use cargo_promote::ledger::{Action, Head, Staged};
use cargo_promote::ops::{Session, advance, attest};
use cargo_promote::trouble::Trouble;

use crate::bench::Error;
use crate::bench::paired::{Spread, paired};
use crate::bench::row::Row;
use crate::bench::subjects::Subjects;
use crate::packages;
use crate::program::Program;

const MOST_MS: f64 = 5000.0;
/// The programs of a candidate, in megabytes each.
const PROGRAMS: [(&str, usize); 3] = [("tool", 20), ("tool-server", 20), ("tool-worker", 10)];
/// What is gone back to, and what is gone back from.
const VERSIONS: [&str; 2] = ["1.0.0", "1.1.0"];

pub(in crate::bench) fn rollback(subjects: &Subjects, rounds: u32) -> Result<Vec<Row>, Error> {
    let root = subjects.dir().join("rollback");
    workspace(&root)?;
    let promote = |args: &[&str]| subjects.promote(&root, args);
    for version in VERSIONS {
        stage(&root, version)?;
        promote(&["to", "staging", version, "--execute"]).succeed()?;
        promote(&["to", "production", version, "--execute"]).succeed()?;
    }
    let [_, new] = VERSIONS;
    let ours = || {
        // there again, which is not measured
        promote(&["to", "production", new, "--execute"]).succeed()?;
        Ok(promote(&["rollback", "production", "--reason", "a bench", "--execute"]).time(&[0])?)
    };
    let git = || Ok(Program::new("git").args(["status", "--porcelain"]).dir(&root).time(&[0])?);
    let pairs = paired::<Error>(rounds, ours, git)?;
    let time = Spread::of(pairs.iter().map(|pair| pair.ours.as_secs_f64() * 1000.0));
    let size: usize = PROGRAMS.iter().map(|(_, megabytes)| megabytes).sum();
    let what = format!("a candidate of {size} MB in a local store, beside `git status`");
    let row = Row::ratio("rollback", what, &pairs).figure(time, "ms");
    Ok(vec![row.bar("5000 ms", time.median <= MOST_MS)])
}

/// A workspace of one package, committed, and a user whom git knows.
fn workspace(root: &Path) -> Result<(), Error> {
    packages::clear(root)?;
    let manifest = "[package]\nname = \"tool\"\nversion = \"1.0.0\"\nedition = \"2024\"\n[workspace]\n";
    write(&root.join("Cargo.toml"), manifest.as_bytes())?;
    write(&root.join("src/main.rs"), b"fn main() {}\n")?;
    packages::commit(root)?;
    for (key, value) in [("user.name", "xtask"), ("user.email", "xtask@localhost")] {
        Program::new("git").args(["config", key, value]).dir(root).succeed()?;
    }
    Ok(())
}

/// Stages a candidate of that version, as `cargo promote stage` does with what it has built.
fn stage(root: &Path, version: &str) -> Result<(), Error> {
    let session = Session::at(root.to_owned(), &Cancel::default())?;
    let (candidate, files) = candidate(&session, version)?;
    let name = session.staging_store()?;
    let store = session.store(&name)?;
    store.put(&candidate, &files).map_err(Trouble::from)?;
    let (manifest, now) = (candidate.manifest(), session.by("")?.time);
    let verdict = Verdict {
        stage: Stage::Release,
        status: Status::Passed,
        tree: manifest.tree.clone(),
        commit: manifest.commit.clone(),
        config_digest: String::new(),
        time: now,
        whole_stage: true,
        gates: vec![Gate { id: "test".to_owned(), status: Status::Passed, judged: true }],
        tools: BTreeMap::new(),
    };
    let build = Build { targets: Vec::new(), started: now, finished: now, builder: None };
    let attested = attest::after_stage(&attest::Staged {
        candidate: &candidate,
        verdict: &verdict,
        build: &build,
        store: store.as_ref(),
        signer: None,
        root: &session.root,
        mirrors: &session.config.mirrors,
        cancel: &session.cancel,
    });
    attested.map_err(Trouble::from)?;
    let staged = Staged {
        name: manifest.name.clone(),
        version: manifest.version.clone(),
        commit: manifest.commit.clone(),
        tree: manifest.tree.clone(),
        at: now,
        reached: [].into(),
    };
    let action = Action::Stage { candidate: candidate.digest(), staged };
    let always = |_: &Head| Ok(Some(action.clone()));
    advance(session.ledger()?.as_ref(), &session.cancel, &|| session.by(""), &always)?;
    Ok(())
}

/// A candidate of made-up programs, and where they are.
fn candidate(session: &Session, version: &str) -> Result<(Candidate, BTreeMap<Digest, PathBuf>), Error> {
    let mut files = BTreeMap::new();
    let mut artifacts = Vec::new();
    for (name, megabytes) in PROGRAMS {
        let bytes = noise(megabytes << 20, &format!("{name} {version}"));
        let (digest, size) = (Digest::of(&bytes), bytes.len() as u64);
        let path = session.root.join("target").join(digest.hex());
        write(&path, &bytes)?;
        files.insert(digest, path);
        let name = parsed(name)?;
        artifacts.push(Artifact { name, kind: Kind::Binary, target: None, digest, size });
    }
    let ask = |what: &str| session.git.text(["rev-parse", what]).map_err(Trouble::from);
    let manifest = Manifest {
        schema_version: Manifest::schema_version(),
        name: "tool".to_owned(),
        version: parsed(version)?,
        commit: ask("HEAD")?,
        tree: ask("HEAD^{tree}")?,
        toolchain: Toolchain { rustc: "rustc".into(), cargo: "cargo".into(), host: "host".into() },
        artifacts,
    };
    Ok((Candidate::new(&manifest).map_err(Trouble::from)?, files))
}

fn parsed<T: FromStr<Err: Display>>(text: &str) -> Result<T, Trouble> {
    text.parse().map_err(|error| Trouble::CouldNot(format!("{text}: {error}")))
}

/// Bytes that no file system makes smaller, the same for the same seed (xorshift64).
fn noise(length: usize, seed: &str) -> Vec<u8> {
    let mut state = seed.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |state, byte| {
        (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mut bytes = Vec::with_capacity(length + 8);
    while bytes.len() < length {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend(state.to_le_bytes());
    }
    bytes.truncate(length);
    bytes
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let failed = |source| Error::File { path: path.to_owned(), source };
    path.parent().map_or(Ok(()), std::fs::create_dir_all).map_err(failed)?;
    std::fs::write(path, bytes).map_err(failed)
}
