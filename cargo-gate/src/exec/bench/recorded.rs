//! Reads what benches left behind: criterion's folders, and exports of critcmp.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::bench::{OneRun, RecordedIn, Records};
use crate::exec::files::{last_change, written};
use crate::facts::Facts;
use crate::gate::Unreadable;
use crate::parse::criterion::{benchmark, export, sample};

/// One side: its benches, and when each was written.
type Side = BTreeMap<String, (OneRun, SystemTime)>;

/// Reads both records.
pub(in crate::exec) fn read(facts: &Facts, from: &RecordedIn) -> Result<Records, Unreadable> {
    let [base, head] = match from {
        RecordedIn::Baseline(name) => {
            let home = facts.target.join("criterion");
            let help = format!(
                "record it on the base's revision: cargo bench --bench '*' -- --save-baseline {name}; then run cargo bench here"
            );
            let side = |name: &str| baseline(&home, name).map_err(|unreadable| unreadable.help(help.clone()));
            [side(name)?, side("new")?]
        }
        RecordedIn::Exports([base, head]) => [exported(&facts.root, base)?, exported(&facts.root, head)?],
    };
    let (changed, newest) = last_change(facts)?;
    let stale = head.iter().filter(|(_, (_, at))| *at < changed).map(|(name, _)| name.clone()).collect();
    let runs = |side: Side| side.into_iter().map(|(name, (run, _))| (name, run)).collect();
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    Ok(Records { base: runs(base), head: runs(head), stale, newest, today })
}

/// The benches of an export.
fn exported(root: &Path, path: &str) -> Result<Side, Unreadable> {
    let file = root.join(path);
    let bytes = std::fs::read(&file).map_err(|error| {
        let reason = format!("{path}: {error}");
        match error.kind() {
            std::io::ErrorKind::NotFound => {
                Unreadable::unavailable(reason).help(format!("write it: critcmp --export NAME > {path}"))
            }
            _ => Unreadable::garbage(reason),
        }
    })?;
    let bad = |error: &dyn std::fmt::Display| Unreadable::garbage(format!("{path}: {error}"));
    let export = export(&bytes).map_err(|error| bad(&error))?;
    let at = written(&file).map_err(|error| bad(&error))?;
    Ok(export.benches.iter().map(|(name, estimates)| (name.clone(), (estimates.into(), at))).collect())
}

/// The benches of one baseline in criterion's folder.
fn baseline(home: &Path, name: &str) -> Result<Side, Unreadable> {
    let mut side = Side::new();
    for folder in folders(home, name)? {
        let bad = |what: &str, error: &dyn std::fmt::Display| {
            Unreadable::garbage(format!("{}: {what}{error}", folder.display()))
        };
        let read =
            |file: &str| std::fs::read(folder.join(file)).map_err(|error| bad(&format!("{file}: "), &error));
        let bench = benchmark(&read("benchmark.json")?).map_err(|error| bad("", &error))?;
        let sample = sample(&read("sample.json")?).map_err(|error| bad("", &error))?;
        let at = written(&folder.join("sample.json")).map_err(|error| bad("sample.json: ", &error))?;
        if side.insert(bench.full_id.clone(), (OneRun::from(&sample), at)).is_some() {
            return Err(bad("", &format!("two folders hold the bench `{}`", bench.full_id)));
        }
    }
    if side.is_empty() {
        let reason = format!("there is no baseline `{name}` in {}", home.display());
        return Err(Unreadable::unavailable(reason));
    }
    Ok(side)
}

/// The folders of that baseline. A group of benches may have the name too: its folder holds folders only.
pub(super) fn folders(home: &Path, name: &str) -> Result<Vec<PathBuf>, Unreadable> {
    let bad =
        |path: &Path, error: &std::io::Error| Unreadable::garbage(format!("{}: {error}", path.display()));
    let (mut found, mut open) = (Vec::new(), vec![home.to_owned()]);
    while let Some(folder) = open.pop() {
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            // criterion never ran here
            Err(error) if folder == home && error.kind() == std::io::ErrorKind::NotFound => break,
            Err(error) => return Err(bad(&folder, &error)),
        };
        let (mut inner, mut only_folders) = (Vec::new(), true);
        for entry in entries {
            let entry = entry.map_err(|error| bad(&folder, &error))?;
            let is_folder = entry.file_type().map_err(|error| bad(&folder, &error))?.is_dir();
            only_folders &= is_folder;
            inner.extend(is_folder.then(|| entry.path()));
        }
        let named = folder != home && folder.file_name().is_some_and(|own| own == name);
        if named && (inner.is_empty() || !only_folders) {
            found.push(folder);
        }
        open.append(&mut inner);
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gate::Cause;

    fn bench(home: &Path, folder: &str, name: &str, time: f64) {
        let folder = home.join(folder);
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("benchmark.json"), format!("{{\"full_id\":\"{name}\"}}")).unwrap();
        let sample = format!("{{\"iters\":[1.0,2.0],\"times\":[{time:?},{:?}]}}", time * 4.0);
        std::fs::write(folder.join("sample.json"), sample).unwrap();
    }

    #[test]
    fn baselines_are_found_by_their_folders_also_where_a_group_has_the_same_name() {
        let home = tempfile::tempdir().unwrap();
        bench(home.path(), "main/parse/main", "main/parse", 100.0);
        bench(home.path(), "main/parse/new", "main/parse", 120.0);
        bench(home.path(), "print/new", "print", 7.0);
        std::fs::create_dir_all(home.path().join("report")).unwrap();
        let figures = |name: &str| -> Vec<(String, f64)> {
            let side = baseline(home.path(), name).unwrap();
            side.into_iter().map(|(name, (run, _))| (name, run.figure)).collect()
        };
        assert_eq!(figures("main"), [("main/parse".to_owned(), 100.0)]);
        assert_eq!(figures("new"), [("main/parse".to_owned(), 120.0), ("print".to_owned(), 7.0)]);
    }

    #[test]
    fn a_missing_baseline_and_an_empty_folder_are_told_apart_and_neither_is_a_record() {
        let home = tempfile::tempdir().unwrap();
        let cause = |name: &str| baseline(home.path(), name).unwrap_err().cause;
        assert_eq!(cause("main"), Cause::Unavailable);
        assert_eq!(baseline(&home.path().join("none"), "main").unwrap_err().cause, Cause::Unavailable);
        std::fs::create_dir_all(home.path().join("parse/main")).unwrap();
        assert_eq!(cause("main"), Cause::Garbage);
    }

    #[test]
    fn half_a_record_and_two_records_of_one_bench_are_no_record() {
        let home = tempfile::tempdir().unwrap();
        bench(home.path(), "a/main", "a", 1.0);
        bench(home.path(), "a_2/main", "a", 1.0);
        let two = baseline(home.path(), "main").unwrap_err();
        assert!(two.reason.contains("two folders"), "{two}");
        std::fs::remove_dir_all(home.path().join("a_2")).unwrap();
        std::fs::write(home.path().join("a/main/sample.json"), "{\"iters\":[1.0").unwrap();
        assert_eq!(baseline(home.path(), "main").unwrap_err().cause, Cause::Garbage);
        std::fs::remove_file(home.path().join("a/main/sample.json")).unwrap();
        assert_eq!(baseline(home.path(), "main").unwrap_err().cause, Cause::Garbage);
    }

    #[test]
    fn an_export_is_read_whole_or_not_at_all() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(exported(root.path(), "a.json").unwrap_err().cause, Cause::Unavailable);
        for text in ["", "{", "{\"name\":\"a\",\"benchmarks\":{}}"] {
            std::fs::write(root.path().join("a.json"), text).unwrap();
            assert_eq!(exported(root.path(), "a.json").unwrap_err().cause, Cause::Garbage, "{text}");
        }
    }
}
