//! What is staged.

use super::*;
use crate::report::SubjectKind;

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
fn the_first_commit_of_all_has_no_head_and_is_judged() {
    let repo = Repo::empty();
    repo.write("Cargo.toml", MANIFEST).git(&["add", "Cargo.toml"]);
    let ground = repo.index();
    assert!(text(&ground, "Cargo.toml").is_some());
    assert_eq!(git_in(&top(&ground), &["status", "--porcelain"]), "A  Cargo.toml");
    git_in(&top(&ground), &["commit", "--quiet", "--message=by a test"]);
    assert_eq!(repo.git(&["for-each-ref"]), "", "a commit there is no branch of the user's");
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
fn a_manifest_that_is_not_really_staged_is_none() {
    let repo = Repo::empty();
    repo.write("Cargo.toml", MANIFEST).write("src/lib.rs", "");
    repo.git(&["add", "src/lib.rs"]);
    repo.git(&["add", "--intent-to-add", "Cargo.toml"]);
    assert!(matches!(repo.settle(&Wanted::Index).unwrap_err(), SnapshotError::NoManifest(_)));
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
