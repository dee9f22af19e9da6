//! The ledger as a branch of a repository: a flipped bit in any of its objects is found, and nothing is promoted.

use std::path::{Path, PathBuf};

use cargo_promote::ledger::Entry;

use super::Project;
use crate::support::{Binary, Ran, Run, git};

/// The objects of the ledger's branch in a repository: their files.
fn objects(project: &Project, repository: &Path) -> Vec<PathBuf> {
    let (at, branch) = (repository.to_str().unwrap(), "--objects");
    let told = project.git(&["-C", at, "rev-list", branch, "promote-ledger"]);
    let names: Vec<&str> = told.lines().filter_map(|line| line.get(..40)).collect();
    assert!(names.len() >= 9, "three entries, each a commit, a tree and a file: {told}");
    let folder = project.git(&["-C", at, "rev-parse", "--path-format=absolute", "--git-path", "objects"]);
    let path = |(front, rest): (&str, &str)| Path::new(&folder).join(front).join(rest);
    names.iter().map(|name| name.split_at(2)).map(path).collect()
}

/// Flips a bit in the middle of each of these files, one after the other, and looks on.
fn flip_each(files: &[PathBuf], mut look: impl FnMut(&Path)) {
    for file in files {
        let whole = std::fs::read(file).unwrap();
        let mut bytes = whole.clone();
        bytes[whole.len() / 2] ^= 4;
        // git makes them read-only
        std::fs::remove_file(file).unwrap();
        std::fs::write(file, &bytes).unwrap();
        look(file);
        std::fs::remove_file(file).unwrap();
        std::fs::write(file, &whole).unwrap();
    }
}

fn is_found(verified: &Ran, to: &Ran, file: &Path) {
    let file = file.display();
    assert!(
        matches!(verified.code, Some(1 | 2)) && verified.stdout.contains("wrong:"),
        "{file}: {verified:#?}"
    );
    assert!(matches!(to.code, Some(1 | 2)), "{file}: {to:#?}");
}

#[test]
fn a_flipped_bit_in_any_object_of_the_git_ledger_is_found_and_nothing_is_promoted() {
    let temp = tempfile::tempdir().unwrap();
    let (store, bare) = (temp.path().join("store"), temp.path().join("ledger.git"));
    let config = format!(
        "[stores.shared]\nkind = \"local\"\npath = '{}'\n[ledger]\nkind = \"git\"\nremote = '{}'\n",
        store.display(),
        bare.display()
    );
    let project = Project::new(&config);
    git(temp.path(), &["init", "--quiet", "--bare", bare.to_str().unwrap()]);
    git(&project.root(), &["push", "--quiet", bare.to_str().unwrap(), "HEAD:refs/heads/main"]);
    project.stage("1.0.0", &[("tool", b"one")]);
    project.stage("1.1.0", &[("tool", b"two")]);
    project.told(&["to", "staging", "--execute"], 0);
    let call = ["to", "production", "--execute"];

    // the objects of this repository, which has all of the branch
    git(&project.root(), &["fetch", "--quiet", bare.to_str().unwrap(), "promote-ledger:promote-ledger"]);
    let own = objects(&project, &project.root());
    flip_each(&own, |file| is_found(&project.promote(&["verify"]), &project.promote(&call), file));
    project.told(&["verify"], 0);

    // those of the remote, as somebody reads them who has none of them
    let mut number = 0;
    flip_each(&objects(&project, &bare), |file| {
        number += 1;
        let clone = format!("target/clone-{number}");
        let to = project.root().join(&clone);
        // a clone of one branch takes no object of another one along
        git(&project.root(), &["init", "--quiet", to.to_str().unwrap()]);
        git(&to, &["fetch", "--quiet", bare.to_str().unwrap(), "main"]);
        git(&to, &["checkout", "--quiet", "FETCH_HEAD"]);
        git(&to, &["config", "user.name", "Eve"]);
        git(&to, &["config", "user.email", "eve@example.invalid"]);
        let run = |args: &[&str]| Run::new(&project.workspace, Binary::Promote, args).within(&clone).end();
        is_found(&run(&["verify"]), &run(&call), file);
    });
    assert!(project.told(&["status"], 0).contains("production  nothing yet"));
    project.told(&call, 0);
    project.told(&["verify"], 0);
}

#[test]
fn an_entry_that_says_something_else_than_its_action_makes_is_found_in_a_branch_that_git_finds_sound() {
    let temp = tempfile::tempdir().unwrap();
    let bare = temp.path().join("ledger.git");
    let project = Project::new(&format!("[ledger]\nkind = \"git\"\nremote = '{}'\n", bare.display()));
    git(temp.path(), &["init", "--quiet", "--bare", bare.to_str().unwrap()]);
    project.stage("1.0.0", &[("tool", b"one")]);
    let second = project.stage("1.1.0", &[("tool", b"two")]);
    project.told(&["to", "staging", "1.0.0", "--execute"], 0);
    // somebody who may push writes the last entry again, with another candidate in its state
    git(&project.root(), &["fetch", "--quiet", bare.to_str().unwrap(), "promote-ledger:promote-ledger"]);
    let ask = |args: &[&str], input: Option<&[u8]>| project.session().git.bytes(args, input).unwrap();
    let mut entry = Entry::read(&ask(&["cat-file", "blob", "promote-ledger:state.json"], None)).unwrap();
    let staging = entry.state.environments.get_mut(&"staging".parse().unwrap()).unwrap();
    assert_ne!(std::mem::replace(&mut staging.candidate, second), second);
    let name = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap().trim().to_owned();
    let blob = name(ask(&["hash-object", "-w", "--stdin"], Some(&entry.bytes())));
    let tree = name(ask(&["mktree"], Some(format!("100644 blob {blob}\tstate.json\n").as_bytes())));
    let commit = project.git(&["commit-tree", &tree, "-p", "promote-ledger^", "-m", "forged"]);
    let move_it = format!("{commit}:refs/heads/promote-ledger");
    git(&project.root(), &["push", "--quiet", "--force", bare.to_str().unwrap(), &move_it]);
    let (verified, to) = (project.promote(&["verify"]), project.promote(&["to", "production", "--execute"]));
    is_found(&verified, &to, Path::new("state.json"));
}
