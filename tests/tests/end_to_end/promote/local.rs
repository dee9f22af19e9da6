//! The store and the ledger in a folder.

use std::io::Read;

use super::Project;

#[test]
fn a_staged_candidate_is_in_gits_own_folder_and_reads_back_from_a_second_worktree() {
    let project = Project::new("");
    let digest = project.stage("1.0.0", &[("tool", b"program")]);
    assert!(project.root().join(".git/promote/candidates").join(digest.hex()).is_file());
    let (name, store) = project.session().find(&digest).unwrap();
    let candidate = store.candidate(&digest).unwrap();
    let mut bytes = Vec::new();
    store.artifact(&candidate, &candidate.manifest().artifacts[0]).unwrap().read_to_end(&mut bytes).unwrap();
    assert_eq!((name.as_str(), bytes.as_slice()), ("local", &b"program"[..]));
    assert_eq!(project.stage("1.0.0", &[("tool", b"program")]), digest);
    assert_eq!(project.session().ledger().unwrap().head().unwrap().last.unwrap().1.sequence, 1);
    assert_eq!(project.git(&["status", "--porcelain"]), "");
}

#[test]
fn another_commit_is_another_candidate_and_the_command_starts_there() {
    let project = Project::new("[stores.here]\nkind = \"local\"\npath = \"target/store\"\n");
    let first = project.stage("1.0.0", &[("tool", b"program")]);
    project.commit("fix: two");
    let second = project.stage("1.0.0", &[("tool", b"program")]);
    let store = project.session().store(&"here".parse().unwrap()).unwrap();
    assert_eq!(store.candidates().unwrap().len(), 2);
    assert_ne!(first, second);
    assert!(project.told(&["--version"], 0).contains("promote"));
}
