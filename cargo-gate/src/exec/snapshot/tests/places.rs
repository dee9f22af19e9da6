//! Where workspaces and copies lie, and what leads out of them.

use super::*;

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
fn a_copy_that_was_likely_to_be_meant_and_is_not_is_let_go() {
    let mut repo = Repo::new();
    let likely = repo.index().copy.as_ref().unwrap().top.with_file_name("");
    repo.write("inner/Cargo.toml", &format!("{MANIFEST}[workspace]\n")).write("inner/src/lib.rs", "// two\n");
    repo.git(&["add", "inner"]);
    repo.environment.directory.push("inner");
    let inner = repo.index();
    assert_eq!(inner.copy.as_ref().unwrap().below, "inner");
    assert_eq!(text(&inner, "inner/src/lib.rs").as_deref(), Some("// two\n"));
    assert!(Held::free(&likely).is_some() && !inner.copy.as_ref().unwrap().top.starts_with(&likely));
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
