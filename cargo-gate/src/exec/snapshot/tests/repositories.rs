//! Repositories of every kind.

use super::*;

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
