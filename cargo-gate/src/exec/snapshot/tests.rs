//! Against real repositories.

mod hooks;
mod index;
mod places;
mod pushes;
mod repositories;
mod written;

use std::time::{Duration, SystemTime};

use super::*;
use crate::exec::conversion::conversion;
use crate::exec::process::{Command, run};
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
    std::fs::create_dir_all(copy.join("tests/out")).unwrap();
    git_in(&copy, &["init", "--quiet", "nested"]);
    std::fs::write(copy.join("nested/file"), "").unwrap();
    std::fs::write(first.copy.as_ref().unwrap().top.parent().unwrap().join("git/index.lock"), "").unwrap();
    drop(first);
    let again = repo.rev("HEAD");
    assert_eq!(text(&again, "src/lib.rs").as_deref(), Some("// one\n"));
    assert!(text(&again, "Cargo.toml").is_some());
    assert_eq!(git_in(&copy, &["status", "--porcelain", "--ignored"]), "");
    assert!(!copy.join("nested").exists());
    assert!(!copy.join("tests").exists(), "a folder that a test forgot to make may be there no more");
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
    let damages: [&dyn Fn(); 7] = [
        &|| std::fs::write(folder.join("git/index"), "no index").unwrap(),
        &|| std::fs::write(folder.join("git.index"), "no index").unwrap(),
        &|| std::fs::write(folder.join("git.index.lock"), "").unwrap(),
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
    let program = crate::exec::tools::git().unwrap();
    let conversion = conversion(&program, &copy.home, &Cancel::default());
    assert_eq!(Ok(&copy.copied.conversion), conversion.as_ref());
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
    let (conversion, clone) = (first.conversion.clone(), first.clone.clone());
    let known = Copied { is_plain: true, prefix: "ws/".to_owned(), conversion, clone, ..Copied::default() };
    assert_eq!(first, known);
    let commit = repo.commit();
    assert_eq!(copied(&workspace(&Wanted::Index)).staged, Some(Vec::new()));
    repo.git(&["update-ref", "refs/remotes/origin/main", &commit]);
    repo.write("ws/src/new.rs", "// new\n").write("b", "2");
    repo.git(&["add", "--all"]);
    repo.git(&["rm", "--quiet", "c"]);
    let staged = copied(&workspace(&Wanted::Index));
    let new = repo.git(&["rev-parse", ":ws/src/new.rs"]);
    assert_eq!(staged.contents, [(new, b"// new\n".to_vec())].into());
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
