use std::collections::BTreeSet;

use tempfile::TempDir;

use super::*;

const MINUTE: Duration = Duration::from_mins(1);

/// A server's repository and a cache directory, both in a temporary folder.
struct World(TempDir);

impl World {
    fn new() -> Self {
        let world = Self(tempfile::tempdir().unwrap());
        fs::create_dir(world.work()).unwrap();
        world.git(&["init", "--quiet"]);
        world.publish("RUSTSEC-2020-0001");
        world
    }

    /// Where advisories are written before the server has them.
    fn work(&self) -> PathBuf {
        self.0.path().join("work")
    }

    fn dir(&self) -> PathBuf {
        self.0.path().join("cache").join("advisory-db")
    }

    fn url(&self) -> String {
        format!("file://{}", self.0.path().join("server.git").display())
    }

    /// Puts an advisory into the server's repository and gives the commit.
    fn publish(&self, id: &str) -> String {
        let folder = self.work().join("crates/foo");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("{id}.md")), id).unwrap();
        self.commit()
    }

    fn commit(&self) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--allow-empty", "--message=m"]);
        let server = self.0.path().join("server.git");
        let _ = fs::remove_dir_all(&server);
        self.git(&["clone", "--quiet", "--bare", ".", server.to_str().unwrap()]);
        self.git(&["rev-parse", "HEAD"])
    }

    fn git(&self, args: &[&str]) -> String {
        let output = std::process::Command::new("git")
            .args(["-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "commit.gpgsign=false"])
            .args(args)
            .current_dir(self.work())
            .env("GIT_CONFIG_GLOBAL", "")
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn update(&self) -> Result<Updated, UpdateError> {
        update(&self.dir(), &self.url(), MINUTE, &Cancel::default())
    }

    fn advisories(&self) -> Vec<String> {
        let packages = BTreeSet::from(["foo".to_owned()]);
        let db =
            advisory_db::read(&self.dir(), &packages, Duration::from_secs(20), &Cancel::default()).unwrap();
        db.files.into_iter().map(|file| file.path).collect()
    }

    fn beside(&self) -> BTreeSet<String> {
        let entries = fs::read_dir(self.dir().parent().unwrap()).unwrap();
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
    }
}

#[test]
fn the_first_update_makes_a_shallow_clone_and_notes_the_time() {
    let world = World::new();
    let newest = world.publish("RUSTSEC-2020-0002");
    let before = Timestamp::now();
    assert_eq!(world.update().unwrap(), Updated { commit: newest.clone(), changed: true });
    let db = advisory_db::read(&world.dir(), &BTreeSet::new(), Duration::from_secs(20), &Cancel::default())
        .unwrap();
    assert_eq!(db.commit, Some(newest));
    assert!(db.fetched.unwrap() >= before && db.fetched.unwrap() <= Timestamp::now());
    assert!(world.dir().join(".git/shallow").exists());
    assert_eq!(world.beside(), BTreeSet::from(["advisory-db".to_owned(), "advisory-db.lock".to_owned()]));
}

#[test]
fn a_later_update_without_news_only_notes_the_time() {
    let world = World::new();
    let first = world.update().unwrap();
    fs::write(stamp(&world.dir()), "2020-01-01T00:00:00Z").unwrap();
    assert_eq!(world.update().unwrap(), Updated { commit: first.commit, changed: false });
    let db = advisory_db::read(&world.dir(), &BTreeSet::new(), Duration::from_secs(20), &Cancel::default())
        .unwrap();
    assert!(db.fetched.unwrap() > "2025-01-01T00:00:00Z".parse().unwrap());
}

#[test]
fn news_replace_the_old_database_whole() {
    let world = World::new();
    world.update().unwrap();
    fs::remove_file(world.work().join("crates/foo/RUSTSEC-2020-0001.md")).unwrap();
    let commit = world.publish("RUSTSEC-2020-0003");
    assert_eq!(world.update().unwrap(), Updated { commit, changed: true });
    assert_eq!(world.advisories(), ["crates/foo/RUSTSEC-2020-0003.md"]);
    assert_eq!(world.beside().len(), 2);
}

#[test]
fn a_history_that_was_rewritten_is_followed() {
    let world = World::new();
    world.update().unwrap();
    world.git(&["checkout", "--quiet", "--orphan", "other"]);
    let commit = world.publish("RUSTSEC-2020-0004");
    assert_eq!(world.update().unwrap().commit, commit);
}

#[test]
fn a_damaged_database_is_fetched_anew() {
    let world = World::new();
    let commit = world.update().unwrap().commit;
    fs::remove_file(world.dir().join("crates/foo/RUSTSEC-2020-0001.md")).unwrap();
    assert_eq!(world.update().unwrap(), Updated { commit, changed: true });
    assert_eq!(world.advisories().len(), 1);
}

#[test]
fn what_a_killed_update_left_behind_is_cleared_away() {
    let world = World::new();
    for leftover in ["advisory-db.new-aB3xYz/new/crates", "advisory-db.new-000000/old"] {
        fs::create_dir_all(world.dir().with_file_name(leftover)).unwrap();
    }
    world.update().unwrap();
    assert_eq!(world.beside().len(), 2);
}

#[test]
fn a_server_that_is_gone_leaves_the_old_database_and_its_time() {
    let world = World::new();
    world.update().unwrap();
    fs::write(stamp(&world.dir()), "2020-01-01T00:00:00Z").unwrap();
    fs::remove_dir_all(world.0.path().join("server.git")).unwrap();
    let error = world.update().unwrap_err();
    assert!(matches!(error, UpdateError::Git { source: GitError::Failed(_), .. }), "{error}");
    assert!(error.to_string().contains(&world.url()), "{error}");
    let db = advisory_db::read(&world.dir(), &BTreeSet::new(), Duration::from_secs(20), &Cancel::default())
        .unwrap();
    assert_eq!(db.fetched, Some("2020-01-01T00:00:00Z".parse().unwrap()));
}

#[test]
fn a_repository_without_advisories_does_not_replace_the_old_database() {
    let world = World::new();
    world.update().unwrap();
    fs::remove_dir_all(world.work().join("crates")).unwrap();
    world.commit();
    assert!(matches!(world.update(), Err(UpdateError::Content { source: DbError::NotADatabase { .. }, .. })));
    assert_eq!(world.advisories().len(), 1);
}

#[test]
fn a_repository_without_a_commit_is_an_error() {
    let world = World::new();
    let server = world.0.path().join("server.git");
    fs::remove_dir_all(&server).unwrap();
    world.git(&["init", "--quiet", "--bare", server.to_str().unwrap()]);
    assert!(matches!(world.update(), Err(UpdateError::NoHead { .. })));
    assert!(!world.dir().exists());
}

#[test]
fn a_folder_that_is_not_ours_is_left_alone() {
    let world = World::new();
    fs::create_dir_all(world.dir()).unwrap();
    fs::write(world.dir().join("thesis.txt"), "").unwrap();
    assert!(matches!(world.update(), Err(UpdateError::NotOurs { .. })));
    assert!(world.dir().join("thesis.txt").exists());
}

#[test]
fn an_update_without_time_ends_without_a_database() {
    let world = World::new();
    let error = update(&world.dir(), &world.url(), Duration::ZERO, &Cancel::default()).unwrap_err();
    assert!(matches!(error, UpdateError::Git { source: GitError::TimedOut, .. }), "{error}");
    assert!(!world.dir().exists());
}

#[test]
fn an_update_waits_for_readers_no_longer_than_it_may() {
    let world = World::new();
    world.update().unwrap();
    let reader = File::open(advisory_db::lock_file(&world.dir())).unwrap();
    reader.lock_shared().unwrap();
    let error = update(&world.dir(), &world.url(), Duration::ZERO, &Cancel::default()).unwrap_err();
    assert!(matches!(error, UpdateError::Busy { .. }), "{error}");
}

#[test]
fn updates_at_once_take_turns() {
    let world = World::new();
    let changed = std::thread::scope(|scope| {
        let updates: Vec<_> = (0..4).map(|_| scope.spawn(|| world.update().unwrap().changed)).collect();
        updates.into_iter().filter_map(|update| update.join().unwrap().then_some(())).count()
    });
    assert_eq!(changed, 1);
    assert_eq!(world.advisories().len(), 1);
}

#[test]
fn passwords_are_not_repeated() {
    let url = "https://me:secret@git.example/db.git";
    assert_eq!(without_password(url), "https://git.example/db.git");
    let failed = redacted(GitError::Failed(format!("unable to access '{url}'")), url);
    assert_eq!(failed, GitError::Failed("unable to access 'https://git.example/db.git'".to_owned()));
    for plain in [DEFAULT_URL, "/srv/db.git", "git@git.example:db.git", "https://git.example/a@b"] {
        assert_eq!(without_password(plain), plain);
    }
}

#[test]
fn the_managed_folder_is_in_the_users_cache() {
    assert!(managed_dir().unwrap().ends_with("bulletproof/advisory-db"));
}
