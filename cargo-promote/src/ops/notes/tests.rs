//! Against real repositories.

use std::path::Path;

use cargo_gate::exec::Cancel;

use super::*;

fn git(folder: &Path) -> Git {
    Git::new(folder, &Cancel::default()).unwrap()
}

/// A repository with one commit; gives its tree.
fn repository(folder: &Path, remote: Option<&Path>) -> String {
    std::fs::create_dir_all(folder).unwrap();
    let git = git(folder);
    git.text(["init", "--quiet"]).unwrap();
    std::fs::write(folder.join("a"), "a").unwrap();
    git.text(["add", "a"]).unwrap();
    let who = ["-c", "user.name=a", "-c", "user.email=a@example.invalid"];
    git.text(who.into_iter().chain(["commit", "--quiet", "--message", "a"])).unwrap();
    if let Some(remote) = remote {
        git.text(["remote", "add", "origin", remote.to_str().unwrap()]).unwrap();
    }
    git.text(["rev-parse", "HEAD^{tree}"]).unwrap()
}

fn texts<const N: usize>(lines: [&str; N]) -> Vec<String> {
    lines.map(str::to_owned).to_vec()
}

#[test]
fn lines_are_added_once_and_nothing_else_changes() {
    let temp = tempfile::tempdir().unwrap();
    let tree = repository(temp.path(), None);
    let git = git(temp.path());
    let before = git.text(["status", "--porcelain=v2", "--branch"]).unwrap();
    assert_eq!(lines(&git, &tree).unwrap(), texts([]));
    append(&git, &tree, &texts(["{\"a\":1}"])).unwrap();
    append(&git, &tree, &texts(["{\"a\":1}", "{\"b\":2}"])).unwrap();
    assert_eq!(lines(&git, &tree).unwrap(), texts(["{\"a\":1}", "{\"b\":2}"]));
    let commits = git.text(["rev-list", "--count", NOTES]).unwrap();
    append(&git, &tree, &texts(["{\"b\":2}"])).unwrap();
    assert_eq!(git.text(["rev-list", "--count", NOTES]).unwrap(), commits, "nothing new is no commit");
    assert_eq!(git.text(["status", "--porcelain=v2", "--branch"]).unwrap(), before);
    assert_eq!(std::fs::read_dir(temp.path()).unwrap().count(), 2, "a and .git");
}

#[test]
fn a_name_that_means_nothing_and_a_folder_without_git_are_errors() {
    let temp = tempfile::tempdir().unwrap();
    assert!(lines(&git(temp.path()), &"1".repeat(40)).is_err());
    assert!(append(&git(temp.path()), &"1".repeat(40), &texts(["x"])).is_err());
    repository(temp.path(), None);
    assert!(append(&git(temp.path()), "no-such-tree", &texts(["x"])).is_err());
}

#[test]
fn many_who_share_at_once_lose_nothing() {
    let temp = tempfile::tempdir().unwrap();
    let remote = temp.path().join("remote.git");
    std::fs::create_dir(&remote).unwrap();
    git(&remote).text(["init", "--quiet", "--bare"]).unwrap();
    let folders: Vec<_> = (0..4).map(|number| temp.path().join(format!("clone {number}"))).collect();
    let trees: Vec<_> = folders.iter().map(|folder| repository(folder, Some(&remote))).collect();
    assert!(trees.windows(2).all(|two| two[0] == two[1]));
    std::thread::scope(|scope| {
        for (number, folder) in folders.iter().enumerate() {
            let tree = &trees[0];
            scope.spawn(move || {
                for round in 0..3 {
                    append(&git(folder), tree, &[format!("{{\"from\":{number},\"round\":{round}}}")])
                        .unwrap();
                    share(&git(folder), "origin").unwrap();
                }
            });
        }
    });
    let mut expected: Vec<String> = (0..4)
        .flat_map(|number| (0..3).map(move |round| format!("{{\"from\":{number},\"round\":{round}}}")))
        .collect();
    expected.sort();
    let reader = git(&folders[0]);
    take_over(&reader, "origin").unwrap();
    let mut found = lines(&reader, &trees[0]).unwrap();
    found.sort();
    assert_eq!(found, expected);
    let refs = reader.text(["for-each-ref", "--format=%(refname)", "refs/notes"]).unwrap();
    assert_eq!(refs, NOTES, "what was fetched is removed");
    // whoever has none of his own takes over all
    let fresh = temp.path().join("fresh");
    let tree = repository(&fresh, Some(&remote));
    take_over(&git(&fresh), "origin").unwrap();
    assert_eq!(lines(&git(&fresh), &tree).unwrap().len(), 12);
}

#[test]
fn a_remote_without_notes_or_that_cannot_be_reached() {
    let temp = tempfile::tempdir().unwrap();
    let remote = temp.path().join("remote.git");
    std::fs::create_dir(&remote).unwrap();
    git(&remote).text(["init", "--quiet", "--bare"]).unwrap();
    let here = temp.path().join("here");
    let tree = repository(&here, Some(&remote));
    take_over(&git(&here), "origin").unwrap();
    append(&git(&here), &tree, &texts(["{}"])).unwrap();
    share(&git(&here), "origin").unwrap();
    assert!(share(&git(&here), "nowhere").is_err());
    assert!(share(&git(&here), "--upload-pack=touch x").is_err());
    assert!(!here.join("x").exists());
}
