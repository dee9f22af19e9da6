//! Advisory databases, and cargo's index cache.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use super::{copy_tree, fixtures_folder, git};

const DAY: Duration = Duration::from_hours(24);

/// An advisory database in a folder of its own.
#[derive(Debug)]
pub(crate) struct Database(tempfile::TempDir);

impl Database {
    /// A plain folder, without git.
    pub(crate) fn plain() -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy_tree(&fixtures_folder().join("_advisory-db"), folder.path(), |content| content);
        Self(folder)
    }

    /// A git repository whose only commit is that many days old.
    pub(crate) fn committed(days: u32) -> Self {
        let database = Self::plain();
        let time = SystemTime::now() - DAY * days;
        let seconds = time.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
        git(database.folder(), &["init", "--quiet"]);
        git(database.folder(), &["add", "--all"]);
        super::workspace::git_at(database.folder(), seconds, &["commit", "--quiet", "--message=advisories"]);
        database
    }

    /// Fetched that many days ago.
    pub(crate) fn fetched(self, days: u32) -> Self {
        let path = self.folder().join(".git/FETCH_HEAD");
        fs::write(&path, "0123456789012345678901234567890123456789\t\tbranch 'main'\n").unwrap();
        let file = fs::File::options().write(true).open(&path).unwrap();
        file.set_modified(SystemTime::now() - DAY * days).unwrap();
        self
    }

    /// With half of that file.
    pub(crate) fn cut(self, path: &str) -> Self {
        let file = self.folder().join(path);
        let content = fs::read(&file).unwrap();
        fs::write(file, &content[..content.len() / 2]).unwrap();
        self
    }

    /// Its folder.
    pub(crate) fn folder(&self) -> &Path {
        self.0.path()
    }

    /// Its folder as an argument.
    pub(crate) fn argument(&self) -> String {
        self.folder().to_str().unwrap().to_owned()
    }
}

/// Makes a `CARGO_HOME` below that folder whose index cache knows those packages, by name and version:
/// whether each version was yanked.
pub(crate) fn index_home(folder: &Path, packages: &Value) -> PathBuf {
    let home = folder.join("cargo-home");
    let cache = home.join("registry/index/index.crates.io-0123456789abcdef/.cache");
    fs::create_dir_all(&cache).unwrap();
    for (name, versions) in packages.as_object().into_iter().flatten() {
        // the form of an entry is told in cargo's src/cargo/sources/registry/index/cache.rs
        let mut entry = vec![3, 2, 0, 0, 0];
        entry.extend(b"etag: made-up\0");
        for (version, yanked) in versions.as_object().unwrap() {
            let line = json!({ "name": name, "vers": version, "yanked": yanked });
            entry.extend(format!("{version}\0{line}\0").bytes());
        }
        let place = cache.join(name.get(..2).unwrap()).join(name.get(2..4).unwrap());
        fs::create_dir_all(&place).unwrap();
        fs::write(place.join(name), entry).unwrap();
    }
    home
}
