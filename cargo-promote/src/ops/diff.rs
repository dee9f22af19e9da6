//! `cargo promote diff`.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::Path;

use cargo_gate::advisory::{LockedPackage, match_advisories, parse_lock};
use cargo_gate::exec::known_advisories;
use cargo_gate::sbom;

use super::session::Session;
use crate::candidate::{Candidate, Kind};
use crate::diff::{Advisories, Commits, Difference, Known, dependencies, files};
use crate::select;
use crate::store::Store;
use crate::trouble::Trouble;

/// The largest bill of materials that is read, in bytes.
const MOST_SBOM: u64 = 64 << 20;
/// The most commits that are told.
const MOST_COMMITS: usize = 1000;

/// Name and version of packages.
type Packages = BTreeSet<(String, String)>;
/// An advisory: identifier, package, title.
type Advisory = (String, String, String);

/// What differs between two candidates. `database` is a folder with advisories instead of the managed one.
///
/// # Errors
/// Where a word means no candidate, or one cannot be read.
pub fn diff(
    session: &Session,
    words: [&str; 2],
    database: Option<&Path>,
) -> Result<(Candidate, Candidate, Difference), Trouble> {
    let state = session.ledger()?.head()?.state();
    let read = |word: &str| -> Result<_, Trouble> {
        let digest = select::candidate(&state, word)?;
        let (_, store) = session.find(&digest)?;
        let candidate = store.candidate(&digest)?;
        let packages = shipped(store.as_ref(), &candidate)?;
        Ok((candidate, packages))
    };
    let (from, from_packages) = read(words[0])?;
    let (to, to_packages) = read(words[1])?;
    let judged = |candidate: &Candidate, packages: &Known<Packages>| {
        advisories(session, candidate, packages, database)
    };
    let difference = Difference {
        commits: commits(session, &from, &to),
        advisories: both(judged(&from, &from_packages), judged(&to, &to_packages), |old, new| Advisories {
            new: new.difference(&old).cloned().collect(),
            stay: new.intersection(&old).cloned().collect(),
            gone: old.difference(&new).cloned().collect(),
        }),
        dependencies: both(from_packages, to_packages, |old, new| dependencies(&old, &new)),
        files: files(from.manifest(), to.manifest()),
    };
    Ok((from, to, difference))
}

fn both<A, T>(from: Known<A>, to: Known<A>, make: impl FnOnce(A, A) -> T) -> Known<T> {
    match (from, to) {
        (Known::Known(from), Known::Known(to)) => Known::Known(make(from, to)),
        (Known::Unknown(why), _) | (_, Known::Unknown(why)) => Known::Unknown(why),
    }
}

/// The packages of a candidate's bills of materials.
fn shipped(store: &dyn Store, candidate: &Candidate) -> Result<Known<Packages>, Trouble> {
    let mut all = Packages::new();
    let bills = candidate.manifest().artifacts.iter().filter(|artifact| artifact.kind == Kind::Sbom);
    let mut some = false;
    for bill in bills {
        let could_not = |why: &dyn std::fmt::Display| {
            Trouble::CouldNot(format!("{} of {}: {why}", bill.name, candidate.shown()))
        };
        let mut bytes = Vec::new();
        let from = store.artifact(candidate, bill)?;
        from.take(MOST_SBOM).read_to_end(&mut bytes).map_err(|error| could_not(&error))?;
        all.extend(sbom::read(&bytes).map_err(|error| could_not(&error))?.packages);
        some = true;
    }
    let why = || format!("{} has no bill of materials", candidate.shown());
    Ok(if some { Known::Known(all) } else { Known::Unknown(why()) })
}

/// The commits that only one of them has, where the repository has both.
fn commits(session: &Session, from: &Candidate, to: &Candidate) -> Known<Commits> {
    let [from, to] = [from, to].map(|candidate| candidate.manifest().commit.as_str());
    for commit in [from, to] {
        if session.git.text(["cat-file", "-e", &format!("{commit}^{{commit}}")]).is_err() {
            let why = format!("the commit {commit} is not in this repository; fetch it");
            return Known::Unknown(why);
        }
    }
    let between = |old: &str, new: &str| -> Result<Vec<(String, String)>, String> {
        let count = format!("--max-count={MOST_COMMITS}");
        let range = format!("{old}..{new}");
        let args = ["log", "--no-show-signature", "--no-color", "--format=%H %s", &count, &range, "--"];
        let bytes = session.git.bytes(args, None).map_err(|error| error.to_string())?;
        let text = String::from_utf8_lossy(&bytes);
        let parted = text.lines().map(|line| line.split_once(' ').unwrap_or((line, "")));
        Ok(parted.map(|(hash, title)| (hash.to_owned(), title.to_owned())).collect())
    };
    match (between(from, to), between(to, from)) {
        (Ok(new), Ok(gone)) => Known::Known(Commits { new, gone }),
        (Err(why), _) | (_, Err(why)) => Known::Unknown(why),
    }
}

/// The advisories about what a candidate ships: of the packages in its bill, with their sources as its commit's lock
/// file tells them.
fn advisories(
    session: &Session,
    candidate: &Candidate,
    packages: &Known<Packages>,
    database: Option<&Path>,
) -> Known<BTreeSet<Advisory>> {
    match judged(session, candidate, packages, database) {
        Ok(found) => Known::Known(found),
        Err(why) => Known::Unknown(why),
    }
}

fn judged(
    session: &Session,
    candidate: &Candidate,
    packages: &Known<Packages>,
    database: Option<&Path>,
) -> Result<BTreeSet<Advisory>, String> {
    let shipped = match packages {
        Known::Known(shipped) => shipped,
        Known::Unknown(why) => return Err(why.clone()),
    };
    let below = session.git.text(["rev-parse", "--show-prefix"]).map_err(|error| error.to_string())?;
    let file = format!("{}:{below}Cargo.lock", candidate.manifest().commit);
    let lock = session.git.bytes(["cat-file", "blob", &file], None);
    let lock =
        lock.map_err(|_| format!("the lock file of {} is not in this repository", candidate.shown()))?;
    let is_shipped =
        |package: &LockedPackage| shipped.contains(&(package.name.clone(), package.version.to_string()));
    let lock = parse_lock(&lock).map_err(|error| error.to_string())?;
    let names =
        lock.iter().filter(|package| is_shipped(package)).map(|package| package.name.clone()).collect();
    let known = known_advisories(database, &names, &session.cancel)?;
    let matches = match_advisories(&lock, &known.files).map_err(|error| error.to_string())?;
    let of_shipped = matches
        .into_iter()
        .filter(|one| shipped.contains(&(one.package.clone(), one.version.clone())))
        .map(|one| (one.id, format!("{} {}", one.package, one.version), one.title));
    Ok(of_shipped.collect())
}
