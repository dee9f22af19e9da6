use tempfile::TempDir;

use super::*;

/// A database in a temporary folder, with one advisory for each of the crates `foo` and `bar`.
struct Db(TempDir);

impl Db {
    fn plain() -> Self {
        let db = Self(tempfile::tempdir().unwrap());
        db.write("crates/foo/RUSTSEC-2020-0001.md", "foo");
        db.write("crates/bar/RUSTSEC-2020-0002.md", "bar");
        db
    }

    fn clone() -> Self {
        let db = Self::plain();
        db.git(&["init", "--quiet"]);
        db.git(&["add", "--all"]);
        db.git(&["commit", "--quiet", "--message=one"]);
        db
    }

    fn write(&self, path: &str, content: &str) {
        let path = self.0.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn git(&self, args: &[&str]) -> String {
        let output = std::process::Command::new("git")
            .args(["-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "commit.gpgsign=false"])
            .args(args)
            .current_dir(self.0.path())
            .env("GIT_COMMITTER_DATE", "2026-01-02T03:04:05+02:00")
            .env("GIT_CONFIG_GLOBAL", "")
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn read(&self, packages: &[&str]) -> Result<AdvisoryDb, DbError> {
        let packages = packages.iter().map(ToString::to_string).collect();
        read(self.0.path(), &packages, Duration::from_secs(20), &Cancel::default())
    }
}

fn paths(db: &AdvisoryDb) -> Vec<&str> {
    db.files.iter().map(|file| file.path.as_str()).collect()
}

#[test]
fn only_the_folders_of_the_packages_are_read() {
    let db = Db::plain();
    db.write("crates/foo/RUSTSEC-2019-0009.md", "older");
    db.write("crates/foo/.DS_Store", "");
    let read = db.read(&["foo", "absent", "..", "../crates/bar", ""]).unwrap();
    assert_eq!(paths(&read), ["crates/foo/RUSTSEC-2019-0009.md", "crates/foo/RUSTSEC-2020-0001.md"]);
    assert_eq!(read.files[1].content, b"foo");
    assert_eq!((read.commit, read.commit_time, read.fetched), (None, None, None));
}

#[test]
fn a_file_that_is_no_advisory_is_handed_on_for_the_parser_to_refuse() {
    let db = Db::plain();
    db.write("crates/foo/notes.txt", "");
    assert_eq!(db.read(&["foo"]).unwrap().files.len(), 2);
}

#[test]
fn a_missing_database_is_an_error_that_names_the_folder() {
    let error =
        read(Path::new("/no/such/folder"), &BTreeSet::new(), Duration::from_secs(20), &Cancel::default())
            .unwrap_err();
    assert!(matches!(error, DbError::Missing { .. }));
    assert!(error.to_string().contains("`/no/such/folder`"), "{error}");
}

#[test]
fn a_folder_without_advisories_is_no_clean_database() {
    for files in [
        &[][..],
        &["README.md"],
        &["crates/README.md"],
        &["crates/foo/notes.txt"],
        &["rust/std/RUSTSEC-2020-0003.md"],
        &["crates"],
    ] {
        let db = Db(tempfile::tempdir().unwrap());
        for file in files {
            db.write(file, "");
        }
        assert!(matches!(db.read(&["foo"]), Err(DbError::NotADatabase { .. })), "{files:?}");
    }
}

#[test]
fn an_entry_that_cannot_be_read_is_an_error() {
    let db = Db::plain();
    db.write("crates/foo/RUSTSEC-2020-0003.md/inner", "");
    let Err(DbError::Unreadable { path, .. }) = db.read(&["foo"]) else { panic!() };
    assert!(path.ends_with("crates/foo/RUSTSEC-2020-0003.md"));
    db.write("crates/file", "");
    assert!(matches!(db.read(&["file"]), Err(DbError::Unreadable { .. })));
}

#[test]
fn a_clone_tells_its_commit_and_the_time_of_it() {
    let db = Db::clone();
    let read = db.read(&["foo"]).unwrap();
    assert_eq!(read.commit, Some(db.git(&["rev-parse", "HEAD"])));
    assert_eq!(read.commit_time, Some("2026-01-02T01:04:05Z".parse().unwrap()));
    assert_eq!(read.fetched, None);
}

#[test]
fn a_plain_folder_inside_another_repository_has_no_commit() {
    let db = Db::clone();
    db.write("vendored/crates/foo/RUSTSEC-2020-0001.md", "foo");
    let read =
        read(&db.0.path().join("vendored"), &BTreeSet::new(), Duration::from_secs(20), &Cancel::default())
            .unwrap();
    assert_eq!(read.commit, None);
}

#[test]
fn the_updaters_stamp_tells_the_time_of_the_fetch() {
    let db = Db::clone();
    db.write(".git/bulletproof-fetched", "2026-02-03T04:05:06Z\n");
    assert_eq!(db.read(&[]).unwrap().fetched, Some("2026-02-03T04:05:06Z".parse().unwrap()));
    db.write(".git/bulletproof-fetched", "2026-02-0");
    assert_eq!(db.read(&[]).unwrap().fetched, None);
}

#[test]
fn fetch_head_tells_the_time_of_the_fetch_unless_the_fetch_failed() {
    let db = Db::clone();
    db.write(".git/FETCH_HEAD", "0123456789012345678901234567890123456789\t\tbranch 'main' of x\n");
    let file = File::options().write(true).open(db.0.path().join(".git/FETCH_HEAD")).unwrap();
    file.set_modified(std::time::UNIX_EPOCH + Duration::from_secs(1_700_000_000)).unwrap();
    assert_eq!(db.read(&[]).unwrap().fetched, Some("2023-11-14T22:13:20Z".parse().unwrap()));

    db.git(&["remote", "add", "origin", "gone"]);
    let fetch = std::process::Command::new("git")
        .args(["fetch", "--quiet", "origin"])
        .current_dir(db.0.path())
        .output();
    assert!(!fetch.unwrap().status.success());
    assert!(db.0.path().join(".git/FETCH_HEAD").exists());
    assert_eq!(db.read(&[]).unwrap().fetched, None);
}

#[test]
fn a_clone_with_a_changed_or_deleted_advisory_is_an_error() {
    let db = Db::clone();
    db.write("crates/bar/RUSTSEC-2020-0002.md", "other");
    let Err(DbError::Modified { file, .. }) = db.read(&["foo", "bar"]) else { panic!() };
    assert_eq!(file, "crates/bar/RUSTSEC-2020-0002.md");
    fs::remove_dir_all(db.0.path().join("crates/bar")).unwrap();
    assert!(matches!(db.read(&["bar"]), Err(DbError::Modified { .. })));
    let many: Vec<String> = (0..=MOST_FOLDERS).map(|number| format!("p{number}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).chain(["bar"]).collect();
    assert!(matches!(db.read(&many), Err(DbError::Modified { .. })));
}

#[test]
fn what_a_clone_holds_of_other_packages_does_not_count() {
    let db = Db::clone();
    let whole = db.read(&["foo"]).unwrap();
    fs::remove_dir_all(db.0.path().join("crates/bar")).unwrap();
    assert_eq!(db.read(&["foo"]).unwrap(), whole);
}

#[test]
fn an_advisory_that_was_added_to_a_clone_is_read() {
    let db = Db::clone();
    db.write("crates/new/RUSTSEC-2020-0003.md", "new");
    assert_eq!(paths(&db.read(&["new"]).unwrap()), ["crates/new/RUSTSEC-2020-0003.md"]);
}

#[test]
fn a_clone_that_git_cannot_read_is_an_error() {
    let db = Db::plain();
    db.write(".git/HEAD", "garbage");
    assert!(matches!(db.read(&["foo"]), Err(DbError::Git { .. })));
}

#[test]
fn readers_share_the_lock_and_a_writer_keeps_them_away() {
    let db = Db::plain();
    let dir = db.0.path().join("crates");
    File::create(lock_file(&dir)).unwrap();
    let first = lock_for_reading(&dir, Duration::from_secs(20), &Cancel::default()).unwrap();
    let second = lock_for_reading(&dir, Duration::from_secs(20), &Cancel::default()).unwrap();
    assert!(first.is_some() && second.is_some());
    let writer = File::options().append(true).open(lock_file(&dir)).unwrap();
    assert!(!wait_for_lock(Instant::now(), &Cancel::default(), || writer.try_lock()).unwrap());
    drop((first, second));
    assert!(wait_for_lock(Instant::now(), &Cancel::default(), || writer.try_lock()).unwrap());
}
