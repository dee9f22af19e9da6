//! Against real repositories.

use std::time::{Duration, SystemTime};

use super::*;
use crate::exec::process::{Command, run};
use crate::report::SubjectKind;
use crate::step::End;

const MANIFEST: &str = "[package]\nname = \"a\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";

/// A repository in a temporary folder with a space and an umlaut in its path.
struct Repo {
    folder: tempfile::TempDir,
    environment: Environment,
}

impl Repo {
    /// With a package at its top, committed.
    fn new() -> Self {
        let repo = Self::empty();
        repo.write("Cargo.toml", MANIFEST).write("Cargo.lock", "").write("src/lib.rs", "// one\n");
        repo.write(".gitignore", "/target\n*.log\n").commit();
        repo
    }

    fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let directory = std::fs::canonicalize(folder.path()).unwrap().join("wörk späce");
        std::fs::create_dir(&directory).unwrap();
        let repo = Self { folder, environment: Environment { directory, ..Environment::default() } };
        repo.git(&["init", "--quiet", "--initial-branch=main"]);
        repo
    }

    fn root(&self) -> &Path {
        &self.environment.directory
    }

    fn git(&self, args: &[&str]) -> String {
        git_in(self.root(), args)
    }

    fn write(&self, name: &str, text: &str) -> &Self {
        let path = self.root().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    fn commit(&self) -> String {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message=one"]);
        self.git(&["rev-parse", "HEAD"])
    }

    fn settle(&self, wanted: &Wanted) -> Result<Ground, SnapshotError> {
        Ground::settle(&self.environment, None, wanted, &Cancel::default(), &|_| ())
    }

    fn index(&self) -> Ground {
        self.settle(&Wanted::Index).unwrap()
    }

    fn rev(&self, revision: &str) -> Ground {
        self.settle(&Wanted::Commit(revision.to_owned())).unwrap()
    }

    /// Everything that git keeps of the user's worktree, to see that nothing touched it.
    fn state(&self) -> Vec<String> {
        let index = std::fs::read(self.root().join(".git/index")).unwrap_or_default();
        let config = std::fs::read_to_string(self.root().join(".git/config")).unwrap();
        let mut state = vec![format!("{index:?}"), config];
        let asked = [
            &["for-each-ref"][..],
            &["status", "--porcelain"],
            &["stash", "list"],
            &["worktree", "list"],
            &["symbolic-ref", "HEAD"],
        ];
        state.extend(asked.iter().map(|args| self.git(args)));
        state
    }
}

fn git_in(folder: &Path, args: &[&str]) -> String {
    let fixed = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"];
    let more = ["-c", "protocol.file.allow=always"];
    let mut command = Command::new("git", folder, Duration::from_mins(1)).args(fixed).args(more).args(args);
    command.env = [("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_SYSTEM", "/dev/null")]
        .map(|(name, value)| (name.into(), Some(value.into())))
        .into();
    let captured = run(&command, &Cancel::default());
    assert_eq!(captured.end, End::Code(0), "{captured:?}");
    String::from_utf8(captured.stdout).unwrap().trim().to_owned()
}

/// The text of a file of the copy; none where there is none.
fn text(ground: &Ground, name: &str) -> Option<String> {
    std::fs::read_to_string(ground.copy.as_ref().unwrap().top.join(name)).ok()
}

fn written(ground: &Ground, name: &str) -> SystemTime {
    std::fs::metadata(ground.copy.as_ref().unwrap().top.join(name)).unwrap().modified().unwrap()
}

fn top(ground: &Ground) -> PathBuf {
    ground.copy.as_ref().unwrap().top.clone()
}

#[test]
fn the_index_is_judged_without_what_is_not_staged_and_nothing_of_the_user_changes() {
    let repo = Repo::new();
    repo.write("src/lib.rs", "// two\n").write("new.rs", "").git(&["add", "src/lib.rs", "new.rs"]);
    repo.write("src/lib.rs", "// three\n").write("untracked.rs", "").write("x.log", "");
    repo.write("later.rs", "").git(&["add", "--intent-to-add", "later.rs"]);
    let before = repo.state();
    let ground = repo.index();
    assert_eq!(repo.state(), before);
    assert_eq!(text(&ground, "src/lib.rs").as_deref(), Some("// two\n"));
    assert!(text(&ground, "new.rs").is_some());
    for name in ["untracked.rs", "x.log", "later.rs", "target"] {
        assert!(!top(&ground).join(name).exists(), "{name}");
    }
    assert_eq!(ground.subject.kind, SubjectKind::Index);
    assert_eq!(git_in(&top(&ground), &["diff", "--cached", "--name-only"]), "new.rs\nsrc/lib.rs");
    assert_eq!(git_in(&top(&ground), &["diff", "--name-only"]), "");
    assert_eq!(git_in(&top(&ground), &["rev-parse", "HEAD"]), repo.git(&["rev-parse", "HEAD"]));
    assert_eq!(ground.subject.branch.as_deref(), Some("refs/heads/main"));
}

#[test]
fn a_second_commit_rewrites_only_what_differs_and_each_change_has_a_new_time() {
    let repo = Repo::new();
    let first = repo.rev("HEAD");
    let times = |ground: &Ground| ["src/lib.rs", "Cargo.toml"].map(|name| written(ground, name));
    let [lib, manifest] = times(&first);
    drop(first);
    repo.write("src/lib.rs", "// two\n").commit();
    let second = repo.rev("HEAD");
    let [changed, same] = times(&second);
    assert!(changed > lib && same == manifest);
    assert_eq!(git_in(&top(&second), &["status", "--porcelain", "--ignored"]), "");
    drop(second);
    let back = repo.rev("HEAD~1");
    assert!(written(&back, "src/lib.rs") > changed);
    assert_eq!(text(&back, "src/lib.rs").as_deref(), Some("// one\n"));
    assert!(back.subject.name.starts_with("commit ") && back.subject.name.ends_with(" (one)"));
}

#[test]
fn what_somebody_left_in_the_copy_is_gone_before_it_is_judged() {
    let repo = Repo::new();
    repo.write("build.rs", "fn main() {}\n").commit();
    let first = repo.rev("HEAD");
    let (copy, script) = (top(&first), written(&first, "build.rs"));
    std::fs::write(copy.join("src/lib.rs"), "// edited\n").unwrap();
    std::fs::write(copy.join("src/foreign.rs"), "").unwrap();
    std::fs::write(copy.join("x.log"), "").unwrap();
    std::fs::remove_file(copy.join("Cargo.toml")).unwrap();
    git_in(&copy, &["init", "--quiet", "nested"]);
    std::fs::write(copy.join("nested/file"), "").unwrap();
    std::fs::write(first.copy.as_ref().unwrap().top.parent().unwrap().join("git/index.lock"), "").unwrap();
    drop(first);
    let again = repo.rev("HEAD");
    assert_eq!(text(&again, "src/lib.rs").as_deref(), Some("// one\n"));
    assert!(text(&again, "Cargo.toml").is_some());
    assert_eq!(git_in(&copy, &["status", "--porcelain", "--ignored"]), "");
    assert!(!copy.join("nested").exists());
    assert!(written(&again, "build.rs") > script, "a build script may have written what is gone");
    let touched = written(&again, "build.rs");
    drop(again);
    assert_eq!(written(&repo.rev("HEAD"), "build.rs"), touched, "once is enough");
}

#[test]
fn a_damaged_copy_is_made_anew() {
    let repo = Repo::new();
    let first = repo.rev("HEAD");
    let folder = top(&first).parent().unwrap().to_owned();
    drop(first);
    let damages: [&dyn Fn(); 5] = [
        &|| std::fs::write(folder.join("git/index"), "no index").unwrap(),
        &|| std::fs::remove_file(folder.join("tree/.git")).unwrap(),
        &|| std::fs::write(folder.join("git/commondir"), "/nowhere\n").unwrap(),
        &|| std::fs::remove_dir_all(folder.join("tree")).unwrap(),
        &|| std::fs::remove_dir_all(folder.join("git")).unwrap(),
    ];
    for (number, damage) in damages.iter().enumerate() {
        damage();
        std::fs::create_dir_all(folder.join("tree")).unwrap();
        std::fs::write(folder.join("tree/foreign.rs"), "").unwrap();
        let before = repo.state();
        let again = repo.rev("HEAD");
        assert_eq!(git_in(&top(&again), &["status", "--porcelain", "--ignored"]), "", "{number}");
        assert_eq!(text(&again, "src/lib.rs").as_deref(), Some("// one\n"), "{number}");
        assert_eq!(repo.state(), before, "{number}");
    }
}

#[test]
fn the_first_commit_of_all_has_no_head_and_is_judged() {
    let repo = Repo::empty();
    repo.write("Cargo.toml", MANIFEST).git(&["add", "Cargo.toml"]);
    let ground = repo.index();
    assert!(text(&ground, "Cargo.toml").is_some());
    assert_eq!(git_in(&top(&ground), &["status", "--porcelain"]), "A  Cargo.toml");
    git_in(&top(&ground), &["commit", "--quiet", "--message=by a test"]);
    assert_eq!(repo.git(&["for-each-ref"]), "", "a commit there is no branch of the user's");
}

/// What is known of the repository of the copy, which git says there too.
fn copied(ground: &Ground) -> Copied {
    let copy = ground.copy.as_ref().unwrap();
    let root = joined(&copy.top, &copy.below);
    let said = |args: &[&str]| git_in(&root, args);
    let asked = ["diff", "--cached", "--raw", "-z", "--no-abbrev", "--no-renames", "--no-ext-diff"];
    let head = copy.revision.as_ref().map(|revision| revision.commit.clone());
    if let Some(head) = head {
        assert_eq!(said(&["rev-parse", "HEAD"]), head);
        assert_eq!(copy.copied.staged.as_deref().map(<[u8]>::trim_ascii), Some(said(&asked).as_bytes()));
    }
    assert_eq!(copy.copied.prefix, said(&["rev-parse", "--show-prefix"]));
    assert_eq!(copy.copied.has_remotes, !said(&["for-each-ref", "refs/remotes"]).is_empty());
    copy.copied.clone()
}

#[test]
fn what_is_known_of_a_copy_is_what_git_says_of_it() {
    let repo = Repo::empty();
    repo.write("ws/Cargo.toml", MANIFEST).write("ws/src/lib.rs", "").write("b", "1").write("c", "1");
    repo.git(&["add", "--all"]);
    let workspace = |wanted: &Wanted| {
        let environment = Environment { directory: repo.root().join("ws"), ..repo.environment.clone() };
        Ground::settle(&environment, None, wanted, &Cancel::default(), &|_| ()).unwrap()
    };
    let first = copied(&workspace(&Wanted::Index));
    assert_eq!(first, Copied { is_plain: true, prefix: "ws/".to_owned(), has_remotes: false, staged: None });
    let commit = repo.commit();
    assert_eq!(copied(&workspace(&Wanted::Index)).staged, Some(Vec::new()));
    repo.git(&["update-ref", "refs/remotes/origin/main", &commit]);
    repo.write("ws/src/new.rs", "// new\n").write("b", "2");
    repo.git(&["add", "--all"]);
    repo.git(&["rm", "--quiet", "c"]);
    let staged = copied(&workspace(&Wanted::Index));
    let text = String::from_utf8(staged.staged.unwrap()).unwrap();
    assert!(
        staged.has_remotes && ["ws/src/new.rs", "b", "c"].iter().all(|name| text.contains(name)),
        "{text}"
    );
    assert_eq!(copied(&workspace(&Wanted::Commit("HEAD".to_owned()))).staged, Some(Vec::new()));
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("b", repo.root().join("link")).unwrap();
        repo.git(&["add", "--all"]);
        let linked = workspace(&Wanted::Index);
        assert!(!copied(&linked).is_plain && linked.copy.as_ref().unwrap().listed.names.is_none());
    }
}

#[test]
fn the_index_that_git_names_to_a_hook_is_the_one_that_is_judged() {
    let mut repo = Repo::new();
    repo.write("src/lib.rs", "// two\n");
    std::fs::copy(repo.root().join(".git/index"), repo.root().join(".git/next-index-1.lock")).unwrap();
    let mut command = Command::new("git", repo.root(), Duration::from_mins(1)).args(["add", "src/lib.rs"]);
    command.env = vec![("GIT_INDEX_FILE".into(), Some(".git/next-index-1.lock".into()))];
    assert_eq!(run(&command, &Cancel::default()).end, End::Code(0));
    assert_eq!(text(&repo.index(), "src/lib.rs").as_deref(), Some("// one\n"));
    repo.environment.git_index = Some(".git/next-index-1.lock".into());
    assert_eq!(text(&repo.index(), "src/lib.rs").as_deref(), Some("// two\n"));
    // a hook may have gone to another folder
    repo.environment.directory.push("src");
    let ground = repo.index();
    assert_eq!(text(&ground, "src/lib.rs").as_deref(), Some("// two\n"));
    assert!(ground.directory.ends_with("tree/src"));
}

#[test]
fn a_split_index_and_links_are_judged_too() {
    let repo = Repo::new();
    repo.git(&["update-index", "--split-index"]);
    repo.write("src/lib.rs", "// two\n").git(&["add", "src/lib.rs"]);
    let before = repo.state();
    let ground = repo.index();
    assert_eq!(text(&ground, "src/lib.rs").as_deref(), Some("// two\n"));
    assert_eq!(repo.state(), before);
    #[cfg(unix)]
    {
        drop(ground);
        std::os::unix::fs::symlink("src/lib.rs", repo.root().join("link.rs")).unwrap();
        repo.git(&["add", "link.rs"]);
        let path = top(&repo.index()).join("link.rs");
        assert!(path.is_symlink());
    }
}

#[test]
fn conflicts_unknown_revisions_and_folders_without_a_repository_are_errors_that_say_so() {
    let repo = Repo::new();
    let said = |wanted: Wanted| repo.settle(&wanted).unwrap_err().to_string();
    assert!(said(Wanted::Commit("no-such".into())).contains("`no-such` names no commit"));
    let blob = repo.git(&["rev-parse", "HEAD:Cargo.toml"]);
    assert!(said(Wanted::Commit(blob)).contains("names no commit"));
    repo.git(&["checkout", "--quiet", "-b", "other"]);
    repo.write("src/lib.rs", "// theirs\n").commit();
    repo.git(&["checkout", "--quiet", "main"]);
    repo.write("src/lib.rs", "// ours\n").commit();
    let git = Command::new("git", repo.root(), Duration::from_mins(1)).args(["merge", "--quiet", "other"]);
    assert_ne!(run(&git, &Cancel::default()).end, End::Code(0));
    let conflict = said(Wanted::Index);
    assert!(conflict.contains("conflicts") && conflict.contains("src/lib.rs"), "{conflict}");
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().to_owned();
    let environment = Environment { directory, ..Environment::default() };
    let nowhere = Ground::settle(&environment, None, &Wanted::Index, &Cancel::default(), &|_| ());
    assert!(matches!(nowhere.unwrap_err(), SnapshotError::NoRepository));
    let bare = Repo::empty();
    bare.write("a.rs", "").commit();
    assert!(matches!(bare.settle(&Wanted::Index).unwrap_err(), SnapshotError::NoManifest(_)));
}

#[test]
fn a_linked_worktree_has_its_own_index_and_its_own_copy() {
    let repo = Repo::new();
    let linked = repo.root().parent().unwrap().join("linked");
    repo.git(&["worktree", "add", "--quiet", "-b", "side", linked.to_str().unwrap()]);
    let side = Environment { directory: linked.clone(), ..Environment::default() };
    std::fs::write(linked.join("src/lib.rs"), "// side\n").unwrap();
    git_in(&linked, &["add", "--all"]);
    let before = repo.state();
    let settle = |environment: &Environment| {
        Ground::settle(environment, None, &Wanted::Index, &Cancel::default(), &|_| ()).unwrap()
    };
    let ground = settle(&side);
    assert_eq!(text(&ground, "src/lib.rs").as_deref(), Some("// side\n"));
    assert_eq!(ground.subject.branch.as_deref(), Some("refs/heads/side"));
    assert!(top(&ground).starts_with(&linked));
    assert_eq!(text(&repo.index(), "src/lib.rs").as_deref(), Some("// one\n"));
    assert_eq!(repo.state(), before);
    drop(ground);
    // git tells a hook where it is by a variable
    let told = Environment { git_dir: Some(repo.root().join(".git/worktrees/linked")), ..side };
    assert_eq!(text(&settle(&told), "src/lib.rs").as_deref(), Some("// side\n"));
}

#[test]
fn a_workspace_below_the_top_is_judged_there() {
    let mut repo = Repo::empty();
    repo.write("back end/Cargo.toml", "[workspace]\nmembers = [\"a\"]\n")
        .write("back end/a/Cargo.toml", MANIFEST);
    repo.write("back end/a/src/lib.rs", "").write("README.md", "").commit();
    let root = repo.root().to_owned();
    repo.environment.directory.push("back end/a");
    let ground = repo.rev("HEAD");
    let copy = ground.copy.as_ref().unwrap();
    assert_eq!((copy.below.as_str(), &copy.home), ("back end", &root.join("back end")));
    assert_eq!(copy.state, root.join("back end/target/bulletproof"));
    assert_eq!(ground.directory, copy.top.join("back end/a"));
    assert!(text(&ground, "README.md").is_some());
}

#[test]
fn submodules_come_from_where_the_user_has_them() {
    let inner = Repo::empty();
    inner.write("one.rs", "// one\n").commit();
    let outer = Repo::empty();
    outer.write("deep.rs", "").commit();
    outer.git(&["submodule", "--quiet", "add", inner.root().to_str().unwrap(), "inner"]);
    outer.commit();
    let repo = Repo::new();
    repo.git(&["submodule", "--quiet", "add", outer.root().to_str().unwrap(), "outer"]);
    repo.git(&["submodule", "--quiet", "update", "--init", "--recursive"]);
    repo.commit();
    let before = repo.state();
    let ground = repo.rev("HEAD");
    assert_eq!(text(&ground, "outer/inner/one.rs").as_deref(), Some("// one\n"));
    assert_eq!(git_in(&top(&ground), &["status", "--porcelain", "--ignored"]), "");
    std::fs::write(top(&ground).join("outer/inner/one.rs"), "// edited\n").unwrap();
    std::fs::write(top(&ground).join("outer/foreign.rs"), "").unwrap();
    drop(ground);
    let again = repo.rev("HEAD");
    assert_eq!(text(&again, "outer/inner/one.rs").as_deref(), Some("// one\n"));
    assert!(text(&again, "outer/foreign.rs").is_none());
    assert_eq!(repo.state(), before);
    drop(again);
    // one that names a commit that nobody has here, and one that is gone
    let lost = "1111111111111111111111111111111111111111";
    repo.git(&["update-index", "--cacheinfo", &format!("160000,{lost},outer")]);
    assert!(matches!(repo.settle(&Wanted::Index).unwrap_err(), SnapshotError::Submodule(..)));
    assert!(text(&repo.rev("HEAD~1"), "outer/deep.rs").is_none());
}

#[test]
fn a_bare_repository_has_commits_to_judge() {
    let repo = Repo::new();
    let bare = repo.folder.path().canonicalize().unwrap().join("bare.git");
    repo.git(&["clone", "--quiet", "--bare", ".", bare.to_str().unwrap()]);
    let git = Git::in_folder(Path::new("git"), &bare, &Cancel::default()).folder;
    let environment = Environment { directory: git, ..Environment::default() };
    let cancel = Cancel::default();
    let here = Git::in_folder(Path::new("git"), &bare, &cancel);
    let repository = Repository::find(&here, &environment).unwrap();
    assert_eq!((repository.top.clone(), &repository.own), (None, &bare));
    let judged = repository.commit("main").unwrap();
    let wanted = Wanted::Commit("main".into());
    let place = Place::find(&repository, &environment, None, &wanted, &judged.tree).unwrap();
    assert!(place.state.ends_with(format!("bare/{}", crate::finding::digest(&[&bare.to_string_lossy()]))));
}

#[test]
fn what_tools_would_find_above_the_copy_puts_it_elsewhere() {
    let repo = Repo::new();
    let inside = |repo: &Repo| {
        let cancel = Cancel::default();
        let here = Git::in_folder(Path::new("git"), repo.root(), &cancel);
        let repository = Repository::find(&here, &repo.environment).unwrap();
        let place = Place::find(&repository, &repo.environment, None, &Wanted::Index, "").unwrap();
        place.folder.starts_with(repo.root())
    };
    assert!(inside(&repo));
    repo.write("rustfmt.toml", "");
    assert!(!inside(&repo), "not staged");
    repo.git(&["add", "rustfmt.toml"]);
    assert!(inside(&repo), "the nearest one counts");
    repo.write(".cargo/config.toml", "").git(&["add", ".cargo/config.toml"]);
    assert!(!inside(&repo), "cargo would read both");
    let other = Repo::new();
    other.write("Cargo.toml", &format!("{MANIFEST}[workspace]\n"));
    assert!(!inside(&other), "cargo would take it for the workspace");
    let mut shared = Repo::new();
    shared.environment.target_dir = Some(shared.folder.path().join("shared"));
    assert!(!inside(&shared));
}

#[test]
fn a_target_folder_that_cargos_configuration_names_is_where_things_are_kept() {
    let repo = Repo::new();
    repo.write(".cargo/config.toml", "[build]\ntarget-dir = \"out\"\n").commit();
    let cancel = Cancel::default();
    let here = Git::in_folder(Path::new("git"), repo.root(), &cancel);
    let repository = Repository::find(&here, &repo.environment).unwrap();
    let state = |environment: &Environment| {
        Place::find(&repository, environment, None, &Wanted::Index, "").unwrap().state
    };
    assert_eq!(state(&repo.environment), repo.root().join("out/bulletproof"));
    let target_dir = Some("by-variable".into());
    let named = Environment { target_dir, ..repo.environment.clone() };
    assert_eq!(state(&named), repo.root().join("by-variable/bulletproof"));
}

#[test]
fn a_second_run_waits_for_the_first_and_says_so() {
    let repo = Repo::new();
    let first = repo.index();
    let (cancel, said) = (Cancel::default(), std::sync::Mutex::new(Vec::new()));
    let say = |message: &str| {
        said.lock().unwrap().push(message.to_owned());
        cancel.set();
    };
    let interrupted = Ground::settle(&repo.environment, None, &Wanted::Index, &cancel, &say);
    assert!(matches!(interrupted.unwrap_err(), SnapshotError::Interrupted));
    let said = said.into_inner().unwrap();
    assert_eq!(said.len(), 1);
    assert!(
        said[0].starts_with(&format!("waiting for the run of process {}", std::process::id())),
        "{said:?}"
    );
    // a commit is judged in a copy of its own
    drop(repo.rev("HEAD"));
    let both = std::thread::scope(|scope| {
        let second = scope.spawn(|| {
            let mut first = Some(first);
            let first = std::sync::Mutex::new(&mut first);
            let say = |_: &str| drop(first.lock().unwrap().take());
            Ground::settle(&repo.environment, None, &Wanted::Index, &Cancel::default(), &say).is_ok()
        });
        second.join().unwrap()
    });
    assert!(both);
}

#[test]
fn a_lock_file_that_git_ignores_serves_the_copy_too() {
    let repo = Repo::empty();
    repo.write("Cargo.toml", MANIFEST).write("src/lib.rs", "").write(".gitignore", "Cargo.lock\n").commit();
    repo.write("Cargo.lock", "# one\n");
    let first = repo.rev("HEAD");
    assert_eq!(text(&first, "Cargo.lock").as_deref(), Some("# one\n"));
    drop(first);
    repo.write("Cargo.lock", "# two\n");
    assert_eq!(text(&repo.rev("HEAD"), "Cargo.lock").as_deref(), Some("# two\n"));
    let untracked = Repo::empty();
    untracked.write("Cargo.toml", MANIFEST).commit();
    untracked.write("Cargo.lock", "# forgotten\n");
    assert_eq!(text(&untracked.rev("HEAD"), "Cargo.lock"), None);
    // one that is ignored no more is no file of what is judged
    repo.write(".gitignore", "").git(&["add", ".gitignore"]);
    assert_eq!(text(&repo.index(), "Cargo.lock"), None);
    repo.git(&["commit", "--quiet", "--message=two"]);
    assert_eq!(text(&repo.rev("HEAD"), "Cargo.lock"), None);
}

#[test]
fn what_was_built_goes_where_the_clock_went_back() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("target/debug/.fingerprint/a");
    let build = |at: SystemTime| {
        std::fs::create_dir_all(&target).unwrap();
        let file = std::fs::File::create(target.join("invoked.timestamp")).unwrap();
        file.set_modified(at).unwrap();
    };
    let ahead = SystemTime::now() + Duration::from_hours(1);
    let mark = |at: SystemTime| {
        let file = std::fs::File::options().write(true).open(folder.path().join("built")).unwrap();
        file.set_modified(at).unwrap();
    };
    build(SystemTime::now());
    drop(Built::begin(folder.path()).unwrap());
    drop(Built::begin(folder.path()).unwrap());
    assert!(target.exists(), "the clock goes forward");
    mark(ahead);
    drop(Built::begin(folder.path()).unwrap());
    assert!(!target.exists());
    // a run that was killed leaves no mark of its end
    build(ahead);
    std::mem::forget(Built::begin(folder.path()).unwrap());
    drop(Built::begin(folder.path()).unwrap());
    assert!(!target.exists());
}

/// Refs as git tells them to a hook.
fn told(lines: &[(&str, &str, &str)]) -> Vec<crate::parse::pushed_refs::PushedRef> {
    let line = |(name, object, before): &(&str, &str, &str)| format!("{name} {object} {name} {before}\n");
    let lines: Vec<String> = lines.iter().map(line).collect();
    crate::parse::pushed_refs::pushed_refs(lines.concat().as_bytes()).unwrap()
}

const NONE: &str = "0000000000000000000000000000000000000000";

fn push(repo: &Repo, remote: Option<&str>, lines: &[(&str, &str, &str)]) -> Push {
    pushed(&repo.environment, remote, &told(lines), &Cancel::default()).unwrap()
}

#[test]
fn a_push_is_compared_with_what_the_other_side_has() {
    let repo = Repo::new();
    let first = repo.git(&["rev-parse", "HEAD"]);
    let second = repo.write("src/lib.rs", "// two\n").commit();
    let third = repo.write("src/lib.rs", "// three\n").commit();
    let update = push(&repo, None, &[("refs/heads/main", &third, &second)]);
    assert_eq!(update.trees[0].base.as_deref(), Some(second.as_str()));
    assert_eq!(update.trees[0].range, format!("{third} --not {second}"));
    // a forced push: the other side has what this one has not on the way
    let forced = push(&repo, None, &[("refs/heads/main", &second, &third)]);
    assert_eq!(forced.trees[0].base.as_deref(), Some(third.as_str()));
    let lost = "1111111111111111111111111111111111111111";
    let unknown = push(&repo, None, &[("refs/heads/main", &third, lost)]);
    assert_eq!(
        (unknown.trees[0].base.as_deref(), unknown.trees[0].range.as_str()),
        (None, format!("{third} --not").as_str())
    );
    // a new branch leaves the branches of its remote
    repo.git(&["update-ref", "refs/remotes/origin/main", &first]);
    repo.git(&["update-ref", "refs/remotes/other/main", &third]);
    let new = push(&repo, Some("origin"), &[("refs/heads/new", &third, NONE)]);
    assert_eq!(new.trees[0].base.as_deref(), Some(first.as_str()));
    assert_eq!(new.trees[0].range, format!("{third} --not --remotes=origin"));
    let address = push(&repo, Some("https://example.invalid/a.git"), &[("refs/heads/new", &third, NONE)]);
    assert_eq!(address.trees[0].base, None, "what another remote has tells nothing");
}

#[test]
fn deletions_bring_nothing_and_each_tree_is_judged_once_with_each_base() {
    let repo = Repo::new();
    let head = repo.git(&["rev-parse", "HEAD"]);
    repo.git(&["tag", "--annotate", "--message=v1", "v1"]);
    let tag = repo.git(&["rev-parse", "v1"]);
    repo.git(&["commit", "--quiet", "--allow-empty", "--message=same tree"]);
    let same = repo.git(&["rev-parse", "HEAD"]);
    let other = repo.write("src/lib.rs", "// two\n").commit();
    let blob = repo.git(&["rev-parse", "HEAD:src/lib.rs"]);
    let both = push(
        &repo,
        Some("origin"),
        &[
            ("(delete)", NONE, &head),
            ("refs/heads/a", &head, NONE),
            ("refs/tags/v1", &tag, NONE),
            ("refs/heads/b", &same, &head),
            ("refs/heads/c", &other, NONE),
            ("refs/tags/blob", &blob, NONE),
        ],
    );
    let refs: Vec<&[String]> = both.trees.iter().map(|tree| tree.refs.as_slice()).collect();
    assert_eq!(refs, [&["refs/heads/a", "refs/tags/v1"][..], &["refs/heads/b"], &["refs/heads/c"]]);
    assert_eq!(both.trees[0].base, None);
    assert_eq!(both.trees[0].range, format!("{head} {head} --not"));
    assert_eq!(both.trees[1].base.as_deref(), Some(head.as_str()), "the same files, and another change");
    assert_eq!(both.trees[1].range, format!("{same} --not {head}"));
    assert_eq!(both.others, ["refs/tags/blob"]);
    assert_eq!(push(&repo, None, &[("(delete)", NONE, &head)]), Push::default());
}

#[test]
fn what_a_test_does_with_git_in_the_copy_stays_there() {
    let repo = Repo::new();
    repo.git(&["config", "user.signingkey", "of the user"]);
    repo.git(&["update-ref", "refs/remotes/origin/main", "HEAD"]);
    repo.git(&["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main"]);
    repo.write(".git/info/attributes", "*.bin diff=hidden\n");
    let before = repo.state();
    let ground = repo.rev("HEAD");
    let copy = top(&ground);
    std::fs::write(copy.join("src/lib.rs"), "// evil\n").unwrap();
    git_in(&copy, &["stash"]);
    git_in(&copy, &["branch", "evil"]);
    git_in(&copy, &["tag", "evil"]);
    git_in(&copy, &["update-ref", "-d", "refs/heads/main"]);
    git_in(&copy, &["config", "alias.evil", "status"]);
    git_in(&copy, &["config", "core.worktree", "/"]);
    git_in(&copy, &["config", "core.bare", "true"]);
    assert_eq!(repo.state(), before);
    drop(ground);
    let again = repo.rev("HEAD");
    assert_eq!(top(&again), copy);
    assert_eq!(git_in(&copy, &["status", "--porcelain", "--ignored"]), "");
    assert_eq!(git_in(&copy, &["for-each-ref"]), repo.git(&["for-each-ref"]));
    assert_eq!(
        git_in(&copy, &["symbolic-ref", "refs/remotes/origin/HEAD"]),
        "refs/remotes/origin/main",
        "a base is found by it"
    );
    assert_eq!(git_in(&copy, &["config", "user.signingkey"]), "of the user");
    assert_eq!(git_in(&copy, &["check-attr", "diff", "x.bin"]), "x.bin: diff: hidden");
    assert_eq!(repo.state(), before);
}

#[test]
fn repositories_of_every_kind_have_copies() {
    let source = Repo::new();
    source.write("src/lib.rs", "// two\n").commit();
    let folder = source.folder.path().canonicalize().unwrap();
    let address =
        format!("file://{}", source.root().to_string_lossy().replace('\\', "/").replace(' ', "%20"));
    let judged = |name: &str| {
        let environment = Environment { directory: folder.join(name), ..Environment::default() };
        let head = Wanted::Commit("HEAD".to_owned());
        Ground::settle(&environment, None, &head, &Cancel::default(), &|_| ()).unwrap()
    };
    let cloned = |how: &[&str], name: &str| {
        git_in(&folder, &[&["clone", "--quiet"], how, &[name]].concat());
        judged(name)
    };
    let shallow = cloned(&["--depth=1", &address], "shallow");
    assert_eq!(git_in(&top(&shallow), &["rev-list", "--count", "HEAD"]), "1");
    let own = source.root().to_str().unwrap();
    let shared = cloned(&["--shared", own], "shared");
    assert_eq!(text(&shared, "src/lib.rs").as_deref(), Some("// two\n"));
    let relative = folder.join("shared/.git/objects/info/alternates");
    std::fs::write(&relative, "../../../wörk späce/.git/objects\n").unwrap();
    drop(shared);
    assert_eq!(text(&judged("shared"), "src/lib.rs").as_deref(), Some("// two\n"));
    let other = folder.join("sha256");
    git_in(&folder, &["init", "--quiet", "--object-format=sha256", other.to_str().unwrap()]);
    std::fs::write(other.join("Cargo.toml"), MANIFEST).unwrap();
    git_in(&other, &["add", "Cargo.toml"]);
    git_in(&other, &["commit", "--quiet", "--message=one"]);
    let ground = judged("sha256");
    assert_eq!(git_in(&top(&ground), &["status", "--porcelain"]), "");
    assert!(text(&ground, "Cargo.toml").is_some());
}

#[test]
fn a_manifest_that_is_not_really_staged_is_none() {
    let repo = Repo::empty();
    repo.write("Cargo.toml", MANIFEST).write("src/lib.rs", "");
    repo.git(&["add", "src/lib.rs"]);
    repo.git(&["add", "--intent-to-add", "Cargo.toml"]);
    assert!(matches!(repo.settle(&Wanted::Index).unwrap_err(), SnapshotError::NoManifest(_)));
}

#[test]
#[cfg(unix)]
fn links_lead_to_nothing_of_the_users_tree() {
    let repo = Repo::new();
    repo.write("conf/Cargo.toml", MANIFEST).write(".git/info/exclude", "conf\n");
    std::fs::remove_file(repo.root().join("Cargo.toml")).unwrap();
    std::os::unix::fs::symlink("conf/Cargo.toml", repo.root().join("Cargo.toml")).unwrap();
    repo.git(&["add", "Cargo.toml"]);
    assert!(matches!(repo.settle(&Wanted::Index).unwrap_err(), SnapshotError::NoManifest(_)));
    std::fs::remove_file(repo.root().join("Cargo.toml")).unwrap();
    std::os::unix::fs::symlink(repo.root().join("conf/Cargo.toml"), repo.root().join("Cargo.toml")).unwrap();
    repo.git(&["add", "Cargo.toml"]);
    assert!(matches!(repo.settle(&Wanted::Index).unwrap_err(), SnapshotError::Leaves(..)));
}

#[test]
#[cfg(unix)]
fn a_build_script_elsewhere_keeps_its_time() {
    let repo = Repo::new();
    let script = repo.folder.path().join("build.rs");
    std::fs::write(&script, "fn main() {}\n").unwrap();
    let old = SystemTime::now() - Duration::from_hours(1);
    std::fs::File::options().write(true).open(&script).unwrap().set_modified(old).unwrap();
    repo.write("Cargo.toml", &format!("{MANIFEST}build = \"{}\"\n", script.display())).commit();
    let first = repo.rev("HEAD");
    std::fs::write(top(&first).join("foreign"), "").unwrap();
    drop(first);
    drop(repo.rev("HEAD"));
    assert_eq!(std::fs::metadata(&script).unwrap().modified().unwrap(), old);
    std::os::unix::fs::symlink(&script, repo.root().join("build.rs")).unwrap();
    repo.write("Cargo.toml", MANIFEST).commit();
    let second = repo.rev("HEAD");
    std::fs::write(top(&second).join("foreign"), "").unwrap();
    drop(second);
    drop(repo.rev("HEAD"));
    assert_eq!(std::fs::metadata(&script).unwrap().modified().unwrap(), old);
}

#[test]
fn absolute_paths_into_the_repository_are_not_of_the_copy() {
    let repo = Repo::new();
    let stays = |path: &Path| {
        let path = path.to_str().unwrap().replace('\\', "/");
        repo.write("Cargo.toml", &format!("{MANIFEST}[dependencies]\nb = {{ path = \"{path}\" }}\n"));
        repo.commit();
        repo.rev("HEAD").copy.as_ref().unwrap().stays([""])
    };
    assert!(matches!(stays(&repo.root().join("lib")).unwrap_err(), SnapshotError::Leaves(..)));
    let beside = format!("{}x", repo.root().display());
    assert!(stays(Path::new(&beside)).is_ok(), "a folder whose name begins in the same way");
    // and so it is where a package in between names it
    let text = format!("{MANIFEST}[dependencies]\nb = {{ path = \"{}\" }}\n", repo.root().display());
    repo.write("inner/Cargo.toml", &text.replace('\\', "/"));
    repo.write("Cargo.toml", &format!("{MANIFEST}[dependencies]\ninner = {{ path = \"inner\" }}\n"));
    repo.commit();
    assert!(repo.rev("HEAD").copy.as_ref().unwrap().stays([""]).is_err());
}

#[test]
fn an_index_that_cannot_be_judged_is_called_by_what_is_wrong_with_it() {
    let mut repo = Repo::new();
    repo.git(&["checkout", "--quiet", "-b", "other"]);
    repo.write("Cargo.toml", "# theirs\n").commit();
    repo.git(&["checkout", "--quiet", "main"]);
    repo.write("Cargo.toml", "# ours\n").commit();
    let mut merge = Command::new("git", repo.root(), Duration::from_mins(1)).args(["merge", "other"]);
    merge.env = ["GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"]
        .map(|name| (name.into(), Some("a".into())))
        .into();
    assert_eq!(run(&merge, &Cancel::default()).end, End::Code(1));
    let said = |repo: &Repo| repo.settle(&Wanted::Index).unwrap_err().to_string();
    assert!(said(&repo).starts_with("the index holds conflicts"), "{}", said(&repo));
    repo.environment.git_index = Some("nowhere".into());
    assert!(said(&repo).contains("GIT_INDEX_FILE names nowhere"), "{}", said(&repo));
    assert!(said(&Repo::empty()).contains("nothing was ever staged here"));
    let bare = Repo::empty();
    bare.git(&["config", "core.bare", "true"]);
    assert!(said(&bare).contains("a bare repository has none"), "{}", said(&bare));
}

#[test]
fn a_file_below_does_not_stand_for_one_above() {
    let mut repo = Repo::new();
    repo.write("crates/a/rustfmt.toml", "").write("crates/a/Cargo.toml", MANIFEST);
    repo.write("Cargo.toml", "[workspace]\nmembers = [\"crates/a\"]\n").commit();
    repo.write("rustfmt.toml", "disable_all_formatting = true\n");
    let root = repo.root().to_owned();
    repo.environment.directory.push("crates/a");
    let cancel = Cancel::default();
    let here = Git::in_folder(Path::new("git"), repo.root(), &cancel);
    let repository = Repository::find(&here, &repo.environment).unwrap();
    let place = Place::find(&repository, &repo.environment, None, &Wanted::Index, "").unwrap();
    assert!(!place.folder.starts_with(root));
}
