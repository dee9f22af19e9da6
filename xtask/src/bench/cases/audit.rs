//! The `audit` gate needs half the time of cargo-audit, on the same lock file and database.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use crate::bench::Error;
use crate::bench::paired::{Pair, Spread, paired};
use crate::bench::row::Row;
use crate::bench::subjects::{Subjects, WITH_LARGE_LOCK};
use crate::packages;
use crate::program::{self, Program};

const MOST: f64 = 0.5;
/// Nothing found, or something.
const JUDGED: [i32; 2] = [0, 1];

pub(in crate::bench) fn audit(
    subjects: &Subjects,
    rounds: u32,
    database: Option<&Path>,
) -> Result<Vec<Row>, Error> {
    let none = |why: &str| Ok(vec![Row::not_measured("audit", "the gate against cargo-audit", why)]);
    let tool = std::env::var_os("CARGO_AUDIT").unwrap_or_else(|| OsString::from("cargo-audit"));
    match Program::new(&tool).args(["--version"]).succeed() {
        Err(program::Error::Start { .. }) => return none("cargo-audit is not installed"),
        other => other?,
    };
    let Some(database) = database else {
        return none("no advisory database is given (`--db` or `BULLETPROOF_ADVISORY_DB`)");
    };
    let database = packages::database(database, subjects.dir())?;
    let root = subjects.package(WITH_LARGE_LOCK)?;
    let locked = packages_in(&root.join("Cargo.lock"))?;
    let db = [OsString::from("--db"), database.into_os_string()];
    let mut ours = subjects
        .bulletproof(&root, &["--no-cache", "--gate", "audit", "--offline", "--format", "json"])
        .args(&db);
    let mut whole = subjects.bulletproof(&root, &["--no-cache", "--gate", "audit", "--offline"]).args(&db);
    let theirs = || Program::new(&tool).args(["audit", "--no-fetch"]).args(&db).dir(&root);
    let less = || theirs().args(["--no-yanked"]);
    let mut gate = || gate_time(&ours.output(&JUDGED)?.stdout);
    let same = paired::<Error>(rounds, &mut gate, || Ok(theirs().time(&JUDGED)?))?;
    let without = paired::<Error>(rounds, &mut gate, || Ok(less().time(&JUDGED)?))?;
    let whole = paired(rounds, || whole.time(&JUDGED), || theirs().time(&JUDGED))?;
    let ratio = Spread::of(same.iter().map(Pair::ratio));
    let (name, version) = WITH_LARGE_LOCK;
    let on = format!("{name} {version}, {locked} packages");
    Ok(vec![
        Row::ratio("audit", format!("{on}: the gate"), &same).bar("0.5 ×", ratio.median <= MOST),
        Row::ratio("audit", format!("{on}: the gate, against cargo-audit without yanked versions"), &without),
        Row::ratio("audit", format!("{on}: the whole program"), &whole),
    ])
}

/// The time that the report tells of its gate.
fn gate_time(report: &[u8]) -> Result<Duration, Error> {
    let report: Value = serde_json::from_slice(report).unwrap_or_default();
    let gate = report.pointer("/gates/0").filter(|gate| gate.get("judged") == Some(&Value::Bool(true)));
    let time = gate.and_then(|gate| gate.get("duration_ms")).and_then(Value::as_u64);
    time.map(Duration::from_millis).ok_or(Error::NoFigure("audit"))
}

fn packages_in(lock: &Path) -> Result<usize, Error> {
    let text =
        std::fs::read_to_string(lock).map_err(|source| Error::File { path: lock.to_owned(), source })?;
    Ok(text.lines().filter(|line| *line == "[[package]]").count())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_gate_that_judged_has_a_time() {
        let report = |judged: bool| format!("{{\"gates\":[{{\"judged\":{judged},\"duration_ms\":12}}]}}");
        assert_eq!(gate_time(report(true).as_bytes()).unwrap(), Duration::from_millis(12));
        assert!(gate_time(report(false).as_bytes()).is_err());
        assert!(gate_time(b"").is_err());
    }
}
