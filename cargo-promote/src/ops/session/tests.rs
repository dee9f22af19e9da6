use super::*;

fn repository() -> (tempfile::TempDir, Session) {
    let temp = tempfile::tempdir().unwrap();
    let cancel = Cancel::default();
    Git::new(temp.path(), &cancel).unwrap().text(["init", "--quiet"]).unwrap();
    let session = Session::at(temp.path().to_owned(), &cancel).unwrap();
    (temp, session)
}

#[test]
fn without_a_config_there_is_one_store_in_gits_own_folder() {
    let (temp, session) = repository();
    assert_eq!(session.staging_store().unwrap().as_str(), "local");
    let place = session.store(&session.staging_store().unwrap()).unwrap().place();
    assert!(place.ends_with(&format!(".git{}promote", std::path::MAIN_SEPARATOR)), "{place}");
    assert!(session.ledger().unwrap().head().unwrap().last.is_none());
    assert!(!temp.path().join(".git/promote").exists(), "looking writes nothing");
}

#[test]
fn all_worktrees_share_the_store() {
    let (temp, session) = repository();
    let git = &session.git;
    let names = ["-c", "user.name=t", "-c", "user.email=t@example.invalid"];
    git.text(names.into_iter().chain(["commit", "--quiet", "--allow-empty", "--message=m"])).unwrap();
    let other = temp.path().join("other");
    git.text(["worktree".as_ref(), "add".as_ref(), "--quiet".as_ref(), other.as_os_str()]).unwrap();
    let second = Session::at(other, &Cancel::default()).unwrap();
    assert_eq!(session.shared_folder().unwrap(), second.shared_folder().unwrap());
}

#[test]
fn whoever_acts_is_known_by_git_or_told_how_to_say_so() {
    let (temp, session) = repository();
    session.git.text(["config", "user.name", "Ada van Lovelace"]).unwrap();
    session.git.text(["config", "user.email", "ada@example.invalid"]).unwrap();
    assert_eq!(session.actor().unwrap(), "Ada van Lovelace <ada@example.invalid>");
    session.git.text(["config", "user.name", ""]).unwrap();
    // whoever acts stays the same as long as a command goes on
    assert!(session.actor().is_ok());
    let session = Session::at(temp.path().to_owned(), &Cancel::default()).unwrap();
    let why = session.actor().unwrap_err().to_string();
    assert!(why.contains("git config --global user.name NAME"), "{why}");
}

#[test]
fn the_mistakes_of_the_config_and_wrong_names_are_told() {
    let (temp, session) = repository();
    let why = session.environment("prod").unwrap_err().to_string();
    assert_eq!(why, "there is no environment `prod`; promote.toml has staging, production");
    assert!(session.find(&Digest::of(b"none")).is_err_and(|why| why.to_string().contains("bytes are gone")));
    std::fs::write(temp.path().join(FILE), "nam = 1\n").unwrap();
    let why = Session::at(temp.path().to_owned(), &Cancel::default()).unwrap_err().to_string();
    assert!(why.contains("promote.toml:1:"), "{why}");
}
