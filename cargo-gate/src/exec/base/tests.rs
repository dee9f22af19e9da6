//! Against real repositories.

mod brought;

use super::*;
use crate::facts::Revision;
use std::path::Path;

const LIMIT: Duration = Duration::from_mins(1);

/// A repository in a temporary folder, with a commit.
struct Repository {
    folder: tempfile::TempDir,
    hints: Vec<String>,
    before: Option<String>,
}

impl Repository {
    fn new() -> Self {
        let one = Self::empty();
        one.git(&["init", "--quiet", "--initial-branch=main"]);
        one.write("Cargo.toml", "[workspace]\n").write("a.rs", "1\n2\n3\n").commit();
        one
    }

    /// A folder that is no repository.
    fn empty() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), hints: Vec::new(), before: None }
    }

    /// The paths of what nobody outside has yet, and whether all files have to be looked at.
    fn brought(&self, pushed: bool) -> (Vec<String>, bool) {
        let brought = self.asked(false, |git| git.brought(None, pushed, None)).unwrap();
        let blobs = brought.objects.into_iter().map(|(_, path)| path).filter(|path| path.contains('.'));
        let mut blobs: Vec<String> = blobs.collect();
        blobs.sort();
        (blobs, brought.files.is_none())
    }

    fn git(&self, args: &[&str]) -> String {
        let fixed = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"];
        let command = Command::new("git", self.folder.path(), LIMIT).args(fixed).args(args);
        let captured = run(&command, &Cancel::default());
        assert_eq!(captured.end, End::Code(0), "{captured:?}");
        String::from_utf8(captured.stdout).unwrap().trim().to_owned()
    }

    fn write(&self, name: &str, text: &str) -> &Self {
        std::fs::write(self.folder.path().join(name), text).unwrap();
        self
    }

    fn commit(&self) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message=one"]);
        self.git(&["rev-parse", "HEAD"])
    }

    fn asked<T>(&self, dirty: bool, ask: impl FnOnce(&Git<'_>) -> T) -> T {
        let revision = Revision { commit: String::new(), tree: String::new(), dirty };
        let root = std::fs::canonicalize(self.folder.path()).unwrap();
        let target = root.join("target");
        let files = vec!["a.rs".to_owned(), "sub/b.rs".to_owned()];
        let facts = Facts { root, target, files, revision: Some(revision), ..Facts::default() };
        let (base_hints, before) = (self.hints.clone(), self.before.clone());
        let environment = Environment { base_hints, before, ..Environment::default() };
        ask(&Git { facts: &facts, environment: &environment, timeout: LIMIT, cancel: &Cancel::default() })
    }

    fn base(&self, dirty: bool, named: Option<&str>) -> AgainstBase<String> {
        self.asked(dirty, |git| git.base(named)).map(|base| base.map(|base| base.commit))
    }
}

#[test]
fn a_branch_is_compared_with_where_it_left_the_main_branch() {
    let repository = Repository::new();
    let first = repository.git(&["rev-parse", "HEAD"]);
    repository.git(&["checkout", "--quiet", "-b", "topic"]);
    repository.write("a.rs", "1\n").commit();
    repository.write("a.rs", "2\n").commit();
    assert_eq!(repository.base(false, None).unwrap(), Some(first));
}

#[test]
fn the_main_branch_is_compared_with_its_last_commit_but_one_or_with_head_where_files_changed() {
    let repository = Repository::new();
    let first = repository.git(&["rev-parse", "HEAD"]);
    assert_eq!(repository.base(false, None).unwrap(), None);
    assert_eq!(repository.base(true, None).unwrap(), Some(first.clone()), "new files after the first commit");
    let second = repository.write("a.rs", "1\n").commit();
    assert_eq!(repository.base(false, None).unwrap(), Some(first.clone()));
    repository.write("left-behind.txt", "by a job\n");
    assert_eq!(repository.base(true, None).unwrap(), Some(first.clone()), "a file that git does not know");
    repository.write("a.rs", "2\n");
    assert_eq!(repository.base(true, None).unwrap(), Some(second));
    assert_eq!(repository.base(false, None).unwrap(), Some(first), "of a commit, whatever lies beside it");
}

#[test]
fn a_push_to_the_main_branch_is_compared_with_what_the_server_had_before_it() {
    let mut repository = Repository::new();
    let first = repository.git(&["rev-parse", "HEAD"]);
    for text in ["1\n", "2\n", "3\n"] {
        repository.write("a.rs", text).commit();
    }
    repository.before = Some(first.clone());
    assert_eq!(repository.base(false, None).unwrap(), Some(first.clone()));
    repository.before = Some("12".repeat(20));
    assert!(repository.base(false, None).unwrap_err().help.unwrap().contains("fetch-depth"));
    repository.git(&["branch", "origin/main", &first]);
    assert_eq!(repository.base(false, None).unwrap(), Some(first), "a branch that left the main branch");
}

#[test]
fn a_repository_that_git_refuses_is_not_a_folder_without_one() {
    let folder = Repository::empty();
    folder.write(".git", "gitdir: /no/such/repository/.git/worktrees/one\n").write("a.rs", "");
    let refused = folder.base(false, None).unwrap_err();
    assert!(
        refused.cause == crate::gate::Cause::Unavailable && refused.reason.contains(".git"),
        "{refused:?}"
    );
    assert!(folder.asked(false, |git| git.brought(None, true, None)).is_err());
}

#[test]
fn a_base_that_is_named_or_hinted_comes_first() {
    let mut repository = Repository::new();
    let first = repository.git(&["rev-parse", "HEAD"]);
    repository.write("a.rs", "1\n").commit();
    repository.git(&["branch", "next", &first]);
    repository.write("a.rs", "2\n").commit();
    assert_eq!(repository.base(false, Some("next")).unwrap(), Some(first.clone()));
    repository.hints = vec!["origin/none".to_owned(), "next".to_owned()];
    assert_eq!(repository.base(false, None).unwrap(), Some(first));
    repository.hints = vec!["origin/none".to_owned()];
    let unknown = repository.base(false, None).unwrap_err();
    assert!(unknown.reason.contains("origin/none") && unknown.help.unwrap().contains("fetch-depth: 0"));
}

#[test]
fn a_base_that_nobody_knows_is_an_error_and_not_nothing() {
    let repository = Repository::new();
    assert!(repository.base(false, Some("no-such")).unwrap_err().reason.contains("no-such"));
    let outside = Repository::empty();
    assert_eq!(outside.base(false, None).unwrap(), None);
    assert!(outside.base(false, Some("main")).is_err());
}

#[test]
fn a_clone_that_is_too_shallow_is_an_error_and_not_nothing() {
    let repository = Repository::new();
    repository.write("a.rs", "1\n").commit();
    let clone = Repository::empty();
    let url = format!("file://{}", repository.folder.path().display());
    clone.git(&["clone", "--quiet", "--depth=1", &url, "."]);
    assert!(clone.base(false, None).unwrap_err().reason.contains("shallow"));
}

#[test]
fn changes_are_those_of_the_files_on_disk_with_new_files_as_a_whole() {
    let repository = Repository::new();
    repository.write("a.rs", "1\nnew\n3\n").write("ü b.rs", "x\n").write("staged.rs", "x\ny\n");
    repository.git(&["add", "staged.rs"]);
    let changes = repository.asked(true, |git| {
        let base = git.base(None).unwrap().unwrap();
        git.changes(&base).unwrap()
    });
    assert!(changes.has("a.rs", 2) && !changes.has("a.rs", 1) && changes.has("ü b.rs", 7));
    assert_eq!(changes.files["staged.rs"], [1..=2]);
}

#[test]
fn a_file_of_the_base_is_read_or_known_not_to_be_there() {
    let repository = Repository::new();
    repository.write("a.rs", "other\n").write("b.rs", "new\n");
    let (old, new) = repository.asked(true, |git| {
        let base = git.base(None).unwrap().unwrap();
        (git.file(&base, "a.rs").unwrap(), git.file(&base, "b.rs").unwrap())
    });
    assert_eq!((old.as_deref(), new), (Some(&b"1\n2\n3\n"[..]), None));
}

#[test]
fn the_tree_of_the_base_is_written_beside_the_users_files_and_index() {
    let repository = Repository::new();
    repository.write("a.rs", "changed\n").write("c.rs", "staged\n");
    repository.git(&["add", "c.rs"]);
    let before = repository.git(&["status", "--porcelain"]);
    let root = repository.asked(true, |git| {
        let base = git.base(None).unwrap().unwrap();
        let first = git.tree(&base).unwrap();
        assert_eq!(first, git.tree(&base).unwrap());
        first.root
    });
    assert_eq!(std::fs::read_to_string(root.join("a.rs")).unwrap(), "1\n2\n3\n");
    assert!(!root.join("c.rs").exists());
    let after = repository.git(&["status", "--porcelain", "--", ":!target"]);
    assert_eq!(before, after);
}

#[test]
fn another_base_takes_over_what_was_built_and_is_written_after_it() {
    let repository = Repository::new();
    let first = repository.git(&["rev-parse", "HEAD"]);
    let second = repository.write("b.rs", "1\n").commit();
    let tree = |commit: &str| {
        repository.asked(true, |git| git.tree(&git.base(Some(commit)).unwrap().unwrap()).unwrap())
    };
    let written = |path: &Path| std::fs::metadata(path).unwrap().modified().unwrap();
    let old = tree(&first);
    std::fs::create_dir_all(&old.target).unwrap();
    std::fs::write(old.target.join("built"), "").unwrap();
    let mut built = written(&old.target.join("built"));
    for commit in [&second, &first] {
        let new = tree(commit);
        assert!(new.target.join("built").is_file(), "the dependencies are kept");
        assert!(written(&new.root.join("a.rs")) >= built, "cargo must see that it is not what was built");
        std::fs::write(new.target.join("built"), "").unwrap();
        built = written(&new.target.join("built"));
    }
}

#[test]
fn a_base_that_would_be_built_with_the_changes_settings_is_not_built() {
    let repository = Repository::new();
    let tree = |repository: &Repository| {
        repository.asked(true, |git| git.tree(&git.base(Some("main")).unwrap().unwrap()).map(|_| ()))
    };
    std::fs::create_dir(repository.folder.path().join(".cargo")).unwrap();
    repository.write(".cargo/config.toml", "[profile.bench]\nopt-level = 0\n");
    assert_eq!(tree(&repository), Ok(()), "one that git does not know is the machine's");
    repository.git(&["add", "--all"]);
    let error = tree(&repository).unwrap_err();
    assert!(error.reason.contains(".cargo/config.toml is not what it was"), "{error:?}");
    repository.commit();
    assert_eq!(tree(&repository), Ok(()), "both have the same");
}

#[test]
fn a_source_that_is_declared_binary_is_changed_as_a_whole() {
    let repository = Repository::new();
    repository.write(".gitattributes", "*.rs binary\n").commit();
    repository.write("a.rs", "1\n2\nthree\n");
    let changes = repository.asked(true, |git| git.changes(&git.base(None).unwrap().unwrap())).unwrap();
    assert!(changes.has("a.rs", 3), "{changes:?}");
}

#[test]
fn settings_of_the_user_do_not_change_what_is_read() {
    let repository = Repository::new();
    repository.write("a.rs", "one\n2\nthree\n");
    for (name, value) in [
        ("diff.interHunkContext", "9"),
        ("diff.noprefix", "true"),
        ("diff.mnemonicPrefix", "true"),
        ("diff.external", "false"),
        ("diff.submodule", "log"),
        ("color.ui", "always"),
        ("core.quotePath", "true"),
    ] {
        repository.git(&["config", name, value]);
    }
    let changes = repository.asked(true, |git| git.changes(&git.base(None).unwrap().unwrap())).unwrap();
    assert_eq!(changes.files.get("a.rs"), Some(&vec![1..=1, 3..=3]));
}

#[test]
fn a_repository_without_git_is_not_one_without_a_base() {
    let repository = Repository::new();
    let found = repository.asked(false, |git| {
        let tools = [(Tool::Git, "/no/such/git".into())].into();
        let facts = Facts { tools, root: git.facts.root.clone(), ..Facts::default() };
        let ask = |facts: &Facts| Git { facts, ..*git }.base(None).map(|base| base.is_some());
        let elsewhere = tempfile::tempdir().unwrap();
        let bare =
            Facts { root: elsewhere.path().to_owned(), tools: facts.tools.clone(), ..Facts::default() };
        (ask(&facts), ask(&bare))
    });
    assert_eq!(found.0.unwrap_err().cause, crate::gate::Cause::Unavailable);
    assert_eq!(found.1, Ok(false), "no repository, no base");
}

#[test]
fn a_head_whose_commit_is_lost_is_not_the_first_commit() {
    let repository = Repository::new();
    let head = repository.git(&["rev-parse", "HEAD"]);
    let (folder, file) = head.split_at(2);
    std::fs::remove_file(repository.folder.path().join(".git/objects").join(folder).join(file)).unwrap();
    assert_eq!(repository.base(false, None).unwrap_err().cause, crate::gate::Cause::Garbage);
}

#[test]
fn a_nested_repository_that_changed_is_new_in_all_its_files() {
    let repository = Repository::new();
    let nested = |args: &[&str]| repository.git(&[&["-C", "sub"], args].concat());
    std::fs::create_dir(repository.folder.path().join("sub")).unwrap();
    nested(&["init", "--quiet"]);
    repository.write("sub/b.rs", "1\n");
    let against = |name: &str| {
        repository.asked(true, |git| git.changes(&git.base(Some(name)).unwrap().unwrap()).unwrap())
    };
    assert!(against("HEAD").has("sub/b.rs", 1), "untracked");
    nested(&["add", "--all"]);
    nested(&["commit", "--quiet", "--message=one"]);
    repository.git(&["-c", "advice.addEmbeddedRepo=false", "add", "--all"]);
    repository.git(&["commit", "--quiet", "--message=two"]);
    assert!(!against("HEAD").has("sub/b.rs", 1));
    repository.write("sub/b.rs", "2\n");
    let changes = against("HEAD");
    assert!(changes.has("sub/b.rs", 1) && !changes.files.contains_key("sub"));
}
