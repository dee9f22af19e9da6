//! A work tree with every kind of change that git knows, and what must be as it was.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::SystemTime;

use super::state::{Entry, Repo, entries};
use crate::support::Workspace;

/// Rust that no gate can read: a check of the files on disk would fail on it.
const BROKEN: &str = "\nfn broken( { unfinished\n";

/// All of a repository that a hook might change: every file of the work tree with its permissions and time, and
/// git's own folder (index, refs, logs, stash, configuration) but the store of objects.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct State {
    tree: BTreeMap<PathBuf, Entry>,
    git: BTreeMap<PathBuf, Entry>,
    stash: String,
    refs: String,
}

impl State {
    pub(super) fn of(repo: &Repo) -> Self {
        // first what is there, then what git says, which may write
        let (tree, git) =
            (entries(&repo.root(), &[".git"]), entries(&repo.root().join(".git"), &["objects"]));
        let stash = repo.done(&["stash", "list"]);
        let refs = repo.done(&["for-each-ref"]) + &repo.done(&["rev-parse", "--symbolic-full-name", "HEAD"]);
        Self { tree, git, stash, refs }
    }

    /// The same but for the times of git's own files: a commit that is refused writes some again as they were.
    pub(super) fn of_commits(repo: &Repo) -> Self {
        let mut state = Self::of(repo);
        for entry in state.git.values_mut() {
            if let Entry::File(_, _, time) = entry {
                *time = SystemTime::UNIX_EPOCH;
            }
        }
        state
    }

    /// Asserts that nothing differs, and names what does.
    pub(super) fn assert_same(&self, after: &Self, when: &str) {
        for (name, before, after) in [("tree", &self.tree, &after.tree), (".git", &self.git, &after.git)] {
            let all = before.keys().chain(after.keys());
            let differs = all.filter(|path| before.get(*path) != after.get(*path)).collect::<Vec<_>>();
            assert!(differs.is_empty(), "{when}: {name}: {differs:?}");
        }
        assert_eq!((&self.stash, &self.refs), (&after.stash, &after.refs), "{when}");
    }
}

/// The fixture `clean` in a repository of its own, with a submodule, links, line ends and a stash, and hooks.
pub(super) fn tame() -> Repo {
    let repo = Repo::in_workspace(Workspace::of("clean").with_own_target());
    repo.write(".gitattributes", "*.txt text eol=crlf\n");
    repo.write(".gitignore", "ignored/\n");
    for name in ["moved", "gone", "lost", "kept"] {
        repo.write(&format!("files/{name}.txt"), format!("{name}\r\nof two lines\r\n"));
    }
    repo.write("files/tool.sh", "#!/bin/sh\n");
    link("../Cargo.toml", &repo, "files/link");
    let other = repo.workspace.home().join("module");
    fs::create_dir_all(&other).unwrap();
    repo.done_in(&other, &["init", "--quiet"]);
    fs::write(other.join("a.txt"), "a\n").unwrap();
    repo.done_in(&other, &["add", "a.txt"]);
    repo.done_in(&other, &["commit", "--quiet", "--message", "chore: a"]);
    // a relative address is the same in each copy
    repo.done(&["submodule", "--quiet", "add", "../home/module", "mödule"]);
    repo.done(&["add", "--all"]);
    repo.done(&["commit", "--quiet", "--message", "chore: begin"]);
    repo.write("files/kept.txt", "put away\r\n");
    repo.done(&["stash", "push", "--quiet", "--message", "put away"]);
    repo
}

/// The same with staged, partially staged, unstaged, untracked, intent-to-add, renamed, deleted, linked, CRLF and
/// submodule changes. What is staged passes; what is on disk does not even compile.
pub(super) fn wild() -> Repo {
    let repo = tame();
    let library = fs::read_to_string(repo.root().join("src/lib.rs")).unwrap();
    repo.write("src/lib.rs", format!("{library}\n// staged\n"));
    repo.write("files/kept.txt", "staged\r\nwith its line ends\r\n");
    repo.done(&["mv", "files/moved.txt", "files/moved dörs.txt"]);
    repo.done(&["rm", "--quiet", "files/gone.txt"]);
    link("tool.sh", &repo, "files/new link");
    repo.done(&["update-index", "--chmod=+x", "files/tool.sh"]);
    repo.done(&["add", "src/lib.rs", "files"]);
    // from here on nothing is staged
    repo.write("src/lib.rs", format!("{library}\n// staged\n{BROKEN}"));
    let program = fs::read_to_string(repo.root().join("cli/src/main.rs")).unwrap();
    repo.write("cli/src/main.rs", program + BROKEN);
    repo.write("files/kept.txt", "staged\r\nand\nmixed\r\n");
    repo.write("src/untracked.rs", BROKEN);
    repo.write("ignored/file", "ignored\n");
    repo.write("later.txt", "later\r\n");
    repo.done(&["add", "--intent-to-add", "later.txt"]);
    fs::remove_file(repo.root().join("files/lost.txt")).unwrap();
    link("../Cargo.lock", &repo, "files/link");
    let module = repo.root().join("mödule");
    fs::write(module.join("a.txt"), "b\n").unwrap();
    repo.done_in(&module, &["commit", "--quiet", "--all", "--message", "chore: b"]);
    fs::write(module.join("a.txt"), "dirty\n").unwrap();
    repo.settle(&["commit", "--message", "chore: refused"]);
    repo
}

impl Repo {
    /// Lets git write what it writes of its own accord at such a commit: a hook refuses it.
    pub(super) fn settle(&self, commit: &[&str]) {
        let hooks = self.workspace.home().join("refusing");
        crate::support::write_program(&hooks.join("pre-commit"), "#!/bin/sh\nexit 1\n");
        for _ in 0..2 {
            self.done(&["status"]);
            let setting = format!("core.hooksPath={}", hooks.display());
            self.fails(&[&["-c", &setting], commit].concat());
        }
    }
}

/// A link where the system has them, else a file.
fn link(to: &str, repo: &Repo, path: &str) {
    let path = repo.root().join(path);
    let _ = fs::remove_file(&path);
    #[cfg(unix)]
    std::os::unix::fs::symlink(to, path).unwrap();
    #[cfg(not(unix))]
    fs::write(path, to).unwrap();
}
