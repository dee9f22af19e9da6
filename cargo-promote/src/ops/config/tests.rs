//! Configurations from files and from repositories, fetched by the real git from one on this disk.

use std::path::{Path, PathBuf};

use cargo_gate::exec::Cancel;

use super::*;

const TEXT: &str = "name = \"tool\"\n";

/// A repository with a commit, and a cache.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let place = Self { folder: tempfile::tempdir().unwrap() };
        fs::create_dir(place.repository()).unwrap();
        place.git(&["init", "--quiet", "--initial-branch=main", "."]);
        place.commit("promote.toml", TEXT);
        place
    }

    fn repository(&self) -> PathBuf {
        self.folder.path().join("ops")
    }

    fn cache(&self) -> PathBuf {
        self.folder.path().join("cache")
    }

    fn git(&self, args: &[&str]) -> String {
        let user = ["-c", "user.name=t", "-c", "user.email=t@example.invalid", "-c", "core.hooksPath=none"];
        let git = Git::new(self.repository(), &Cancel::default()).unwrap();
        git.text(user.iter().chain(args).copied()).unwrap()
    }

    fn commit(&self, file: &str, text: &str) -> String {
        let path = self.repository().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", "config"]);
        self.git(&["rev-parse", "HEAD"])
    }

    fn pinned(&self, rev: &str) -> Pinned {
        let path = self.repository().display().to_string().replace('\\', "/");
        let address = format!("file:///{}", path.trim_start_matches('/'));
        Pinned { address, rev: rev.to_owned(), file: "promote.toml".to_owned() }
    }

    fn read(&self, pinned: &Pinned) -> Result<String, ConfigFault> {
        of_commit(&self.cache(), pinned, &Cancel::default())
    }
}

#[test]
fn a_file_of_a_commit_is_read_and_kept_for_when_there_is_no_network() {
    let place = Place::new();
    let first = place.git(&["rev-parse", "HEAD"]);
    place.commit("promote.toml", "name = \"other\"\n");
    let pinned = place.pinned(&first);
    assert_eq!(place.read(&pinned).unwrap(), TEXT);
    fs::remove_dir_all(place.repository()).unwrap();
    assert_eq!(place.read(&pinned).unwrap(), TEXT);
    // nothing but the repository of that commit is left, and in it no hook and no file of the tree
    let kept: Vec<_> = fs::read_dir(place.cache()).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(kept.len(), 1);
    assert!(!kept[0].join("hooks").exists() && !kept[0].join("promote.toml").exists());
}

#[test]
fn a_commit_that_only_another_branch_has_is_refused_and_nothing_is_kept() {
    let place = Place::new();
    place.git(&["checkout", "--quiet", "-b", "side"]);
    let side = place.commit("promote.toml", "name = \"evil\"\n");
    place.git(&["checkout", "--quiet", "main"]);
    for rev in [side, "0".repeat(40)] {
        let error = place.read(&place.pinned(&rev)).unwrap_err();
        assert!(matches!(error, ConfigFault::NotOnBranch { .. }), "{error}");
    }
    assert_eq!(fs::read_dir(place.cache()).unwrap().count(), 0);
}

#[test]
fn a_repository_that_is_not_there_is_told_with_the_words_of_git() {
    let place = Place::new();
    let mut pinned = place.pinned(&"1".repeat(40));
    pinned.address.push_str("-gone");
    let error = place.read(&pinned).unwrap_err().to_string();
    assert!(error.contains("ops-gone@111111111111 promote.toml cannot be fetched"), "{error}");
    assert!(error.contains("`git fetch") && !error.contains("hooksPath"), "{error}");
    assert_eq!(fs::read_dir(place.cache()).unwrap().count(), 0);
}

#[test]
fn only_a_plain_file_of_a_sane_size_is_a_configuration() {
    let place = Place::new();
    place.commit("large.toml", &"#".repeat(2 << 20));
    place.commit("link.txt", "promote.toml");
    place.commit("folder/promote.toml", TEXT);
    let object = place.git(&["hash-object", "-w", "link.txt"]);
    place.git(&["update-index", "--add", "--cacheinfo", &format!("120000,{object},link.toml")]);
    place.git(&["commit", "--quiet", "--message", "a link"]);
    let rev = place.git(&["rev-parse", "HEAD"]);
    for (file, told) in [
        ("gone.toml", "has no file `gone.toml`"),
        ("large.toml", "larger than 1 MiB"),
        ("link.toml", "no plain file"),
        ("folder", "no plain file"),
        ("*.toml", "has no file"),
    ] {
        let error = place.read(&Pinned { file: file.to_owned(), ..place.pinned(&rev) }).unwrap_err();
        assert!(error.to_string().contains(told), "{file}: {error}");
    }
    let nested = Pinned { file: "folder/promote.toml".to_owned(), ..place.pinned(&rev) };
    assert_eq!(place.read(&nested).unwrap(), TEXT);
}

#[test]
fn the_workspace_says_where_its_configuration_is() {
    let place = Place::new();
    let root = place.folder.path().join("workspace");
    fs::create_dir(&root).unwrap();
    let read = |given: Option<&str>| read_config(&root, given.map(Path::new), &Cancel::default());

    let (config, source) = read(None).unwrap();
    assert_eq!((config, source.to_string().as_str()), (Config::default(), "none: there is no promote.toml"));
    fs::write(root.join("promote.toml"), TEXT).unwrap();
    let (config, source) = read(None).unwrap();
    assert_eq!((config.name.as_deref(), source), (Some("tool"), Source::Workspace));
    fs::write(root.join("promote.toml"), "[from]\npath = \"../ops/promote.toml\"\n").unwrap();
    let (config, source) = read(None).unwrap();
    assert_eq!((config.name.as_deref(), source.to_string().as_str()), (Some("tool"), "../ops/promote.toml"));

    fs::write(root.join("other.toml"), "name = \"other\"\n").unwrap();
    assert_eq!(read(Some("other.toml")).unwrap().0.name.as_deref(), Some("other"));
    fs::write(root.join("other.toml"), "[from]\npath = \"promote.toml\"\n").unwrap();
    let error = read(Some("other.toml")).unwrap_err().to_string();
    assert!(error.starts_with("other.toml:1:") && error.contains("own promote.toml only"), "{error}");
    let error = read(Some("gone.toml")).unwrap_err().to_string();
    assert!(error.contains("gone.toml cannot be read"), "{error}");
}

#[cfg(unix)]
#[test]
fn a_file_that_is_no_text_or_too_large_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let read = || read_config(folder.path(), None, &Cancel::default()).unwrap_err().to_string();
    fs::write(folder.path().join("promote.toml"), b"name = \"\xff\"").unwrap();
    assert!(read().contains("not UTF-8"));
    fs::write(folder.path().join("promote.toml"), "#".repeat((1 << 20) + 1)).unwrap();
    assert!(read().contains("larger than 1 MiB"));
    fs::remove_file(folder.path().join("promote.toml")).unwrap();
    fs::create_dir(folder.path().join("promote.toml")).unwrap();
    assert!(read().contains("promote.toml cannot be read"));
}
