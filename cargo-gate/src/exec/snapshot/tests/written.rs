//! What is written to disk for a file.

use super::*;

#[test]
fn a_file_is_what_the_attributes_and_settings_of_its_commit_and_its_clone_make_of_it() {
    let repo = Repo::new();
    repo.write("a.txt", "one\n").commit();
    drop(repo.rev("HEAD"));
    repo.write("sub/.gitattributes", "").write(".gitattributes", "*.txt text eol=crlf\n").commit();
    assert_eq!(text(&repo.rev("HEAD"), "a.txt").as_deref(), Some("one\r\n"));
    assert_eq!(text(&repo.rev("HEAD~1"), "a.txt").as_deref(), Some("one\n"));
    repo.write(".git/info/attributes", "*.txt eol=lf\n");
    assert_eq!(text(&repo.rev("HEAD"), "a.txt").as_deref(), Some("one\n"));
    std::fs::remove_file(repo.root().join(".git/info/attributes")).unwrap();
    repo.git(&["config", "core.autocrlf", "true"]);
    assert_eq!(text(&repo.rev("HEAD~1"), "a.txt").as_deref(), Some("one\r\n"));
    repo.git(&["config", "core.autocrlf", "false"]);
    let ground = repo.rev("HEAD~1");
    assert_eq!(text(&ground, "a.txt").as_deref(), Some("one\n"));
    let before = written(&ground, "src/lib.rs");
    drop(ground);
    repo.write("b.txt", "two\n").commit();
    repo.git(&["rm", "--quiet", "-r", "sub", ".gitattributes"]);
    repo.commit();
    assert_eq!(written(&repo.rev("HEAD"), "src/lib.rs"), before, "nothing is written anew without need");
}

#[test]
fn a_copy_whose_update_was_broken_off_is_made_anew() {
    let repo = Repo::new();
    repo.write("a.txt", "one\n").commit();
    let ground = repo.rev("HEAD");
    let mark = top(&ground).with_file_name("git.written");
    let before = written(&ground, "a.txt");
    drop(ground);
    let known = std::fs::read(&mark).unwrap();
    assert_eq!(written(&repo.rev("HEAD"), "a.txt"), before);
    assert_eq!(std::fs::read(&mark).unwrap(), known);
    // by other settings, up to where the run was killed
    repo.git(&["config", "core.autocrlf", "true"]);
    std::fs::remove_file(mark.with_file_name("tree").join("a.txt")).unwrap();
    drop(repo.rev("HEAD"));
    std::fs::remove_file(&mark).unwrap();
    repo.git(&["config", "core.autocrlf", "false"]);
    assert_eq!(text(&repo.rev("HEAD"), "a.txt").as_deref(), Some("one\n"));
}

#[test]
fn nothing_that_a_test_tells_git_in_the_copy_keeps_a_file_as_it_is() {
    let repo = Repo::new();
    repo.write("a.txt", "one\n").write("b.txt", "one\n").write(".gitattributes", "* text=auto\n").commit();
    let first = repo.rev("HEAD");
    let copy = top(&first);
    std::fs::write(copy.join("a.txt"), "one\r\n").unwrap();
    git_in(&copy, &["add", "a.txt"]);
    assert_eq!(git_in(&copy, &["status", "--porcelain"]), "", "to git it is the same");
    git_in(&copy, &["update-index", "--skip-worktree", "b.txt", "src/lib.rs"]);
    git_in(&copy, &["update-index", "--assume-unchanged", "Cargo.toml"]);
    for name in ["b.txt", "src/lib.rs", "Cargo.toml"] {
        std::fs::write(copy.join(name), "another").unwrap();
    }
    drop(first);
    let again = repo.rev("HEAD");
    let texts = ["a.txt", "b.txt", "src/lib.rs", "Cargo.toml"].map(|name| text(&again, name).unwrap());
    assert_eq!(texts, ["one\n", "one\n", "// one\n", MANIFEST]);
    assert_eq!(git_in(&copy, &["ls-files", "-v", "b.txt"]), "H b.txt");
}

#[cfg(unix)]
#[test]
fn a_mode_that_git_is_told_not_to_look_at_is_that_of_the_commit() {
    use std::os::unix::fs::PermissionsExt;
    let repo = Repo::new();
    repo.git(&["config", "core.fileMode", "false"]);
    let first = repo.rev("HEAD");
    let file = top(&first).join("src/lib.rs");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
    git_in(&top(&first), &["add", "--all"]);
    drop(first);
    let _again = repo.rev("HEAD");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o100, 0);
}

#[test]
fn a_submodule_that_nobody_has_checked_out_is_an_empty_folder() {
    let inner = Repo::empty();
    inner.write("one.rs", "// one\n").commit();
    let repo = Repo::new();
    repo.git(&["submodule", "--quiet", "add", inner.root().to_str().unwrap(), "inner"]);
    repo.commit();
    let submodule = |ground: &Ground| ground.copy.as_ref().unwrap().copied.submodule.clone();
    let ground = repo.rev("HEAD");
    assert_eq!(text(&ground, "inner/one.rs").as_deref(), Some("// one\n"));
    assert_eq!(submodule(&ground).as_deref(), Some("inner"));
    drop(ground);
    repo.git(&["submodule", "--quiet", "deinit", "--force", "inner"]);
    let ground = repo.rev("HEAD");
    assert_eq!(submodule(&ground), None);
    let folder = top(&ground).join("inner");
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
    std::fs::write(folder.join("of a test"), "").unwrap();
    drop(ground);
    let _again = repo.rev("HEAD");
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
}

#[test]
fn of_the_copys_repository_what_is_as_it_is_to_be_is_left_and_all_else_written() {
    let repo = Repo::new();
    repo.git(&["update-ref", "refs/remotes/origin/main", "HEAD"]);
    repo.git(&["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main"]);
    let ground = repo.index();
    let own = top(&ground).with_file_name("git");
    drop(ground);
    let kept = ["config", "HEAD", "refs/remotes/origin/HEAD"];
    let read = |name: &str| std::fs::read_to_string(own.join(name)).unwrap();
    let before =
        kept.map(|name| (read(name), std::fs::metadata(own.join(name)).unwrap().modified().unwrap()));
    for left in ["HEAD.lock", "refs/heads/more", "info/grafts", "refs/remotes/origin/HEAD.lock"] {
        std::fs::create_dir_all(own.join(left).parent().unwrap()).unwrap();
        std::fs::write(own.join(left), "left\n").unwrap();
    }
    let packed = read("packed-refs");
    std::fs::write(own.join("packed-refs"), "# other\n").unwrap();
    drop(repo.index());
    for (name, before) in kept.into_iter().zip(before) {
        assert_eq!(
            (read(name), std::fs::metadata(own.join(name)).unwrap().modified().unwrap()),
            before,
            "{name}"
        );
    }
    assert_eq!(read("packed-refs"), packed);
    for left in ["HEAD.lock", "refs/heads", "info/grafts", "refs/remotes/origin/HEAD.lock"] {
        assert!(!own.join(left).exists(), "{left}");
    }
    // what another program put in their place is none of it
    for name in kept {
        std::fs::remove_file(own.join(name)).unwrap();
        std::fs::create_dir_all(own.join(name).join("folder")).unwrap();
    }
    let ground = repo.index();
    assert_eq!(git_in(&top(&ground), &["rev-parse", "--abbrev-ref", "origin/HEAD"]).trim(), "origin/main");
    drop(ground);
    #[cfg(unix)]
    {
        let elsewhere = repo.root().join("elsewhere");
        std::fs::copy(own.join("config"), &elsewhere).unwrap();
        std::fs::remove_file(own.join("config")).unwrap();
        std::os::unix::fs::symlink(&elsewhere, own.join("config")).unwrap();
        drop(repo.index());
        assert!(
            !std::fs::symlink_metadata(own.join("config")).unwrap().is_symlink(),
            "a link leads elsewhere"
        );
    }
}
