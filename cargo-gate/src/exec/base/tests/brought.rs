//! What a change brings.

use super::Repository;
use crate::exec::base::Git;
use crate::facts::{Copied, Facts, Revision};

#[test]
fn what_no_remote_has_is_brought_whatever_the_base_is() {
    let repository = Repository::new();
    repository.write("secret.env", "1\n").commit();
    repository.git(&["rm", "--quiet", "secret.env"]);
    repository.write("b.rs", "2\n").commit();
    let all = ["Cargo.toml", "a.rs", "b.rs", "secret.env"].map(str::to_owned).to_vec();
    assert_eq!(repository.brought(true), (all, true), "the first push");
    assert_eq!(repository.brought(false), (Vec::new(), true), "before a commit every file is looked at");
    repository.git(&["update-ref", "refs/remotes/origin/main", "HEAD~2"]);
    let two = ["b.rs", "secret.env"].map(str::to_owned).to_vec();
    assert_eq!(repository.brought(true), (two.clone(), false));
    repository.git(&["update-ref", "refs/remotes/origin/main", "HEAD"]);
    assert_eq!(repository.brought(true), (Vec::new(), false));
    repository.write("c.rs", "3\n");
    repository.git(&["add", "c.rs"]);
    std::fs::remove_file(repository.folder.path().join("c.rs")).unwrap();
    assert_eq!(repository.brought(false), (vec!["c.rs".to_owned()], false), "staged, and gone from disk");
}

#[test]
fn a_commit_that_this_clone_alone_leaves_out_is_brought() {
    let repository = Repository::new();
    repository.git(&["update-ref", "refs/remotes/origin/main", "HEAD"]);
    repository.write("secret.env", "1\n").commit();
    repository.git(&["rm", "--quiet", "secret.env"]);
    let head = repository.write("b.rs", "2\n").commit();
    let all = ["b.rs", "secret.env"].map(str::to_owned).to_vec();
    assert_eq!(repository.brought(true).0, all);
    let grafts = repository.folder.path().join(".git/info/grafts");
    std::fs::create_dir_all(grafts.parent().unwrap()).unwrap();
    std::fs::write(&grafts, format!("{head}\n")).unwrap();
    assert_eq!(repository.brought(true).0, all, "a graft");
    std::fs::remove_file(&grafts).unwrap();
    repository.git(&["replace", "--graft", &head, "HEAD~2"]);
    assert_eq!(repository.brought(true).0, all, "a commit in the place of another");
}

#[test]
fn a_content_is_brought_under_each_of_its_paths() {
    let repository = Repository::new();
    repository.git(&["update-ref", "refs/remotes/origin/main", "HEAD"]);
    std::fs::create_dir(repository.folder.path().join("tests")).unwrap();
    repository.write("tests/a.env", "1\n").write("z.env", "1\n").commit();
    let both = ["tests/a.env", "z.env"].map(str::to_owned).to_vec();
    assert_eq!(repository.brought(true), (both, false));
}

#[test]
fn before_the_first_commit_what_is_staged_is_brought() {
    let repository = Repository::empty();
    repository.git(&["init", "--quiet"]);
    repository.write("a.env", "1\n");
    repository.git(&["add", "a.env"]);
    std::fs::remove_file(repository.folder.path().join("a.env")).unwrap();
    assert_eq!(repository.brought(false), (vec!["a.env".to_owned()], true));
}

#[test]
fn what_is_staged_in_a_part_of_a_repository_is_brought_whatever_the_users_settings_show_of_it() {
    let repository = Repository::new();
    let part = repository.folder.path().join("part");
    std::fs::create_dir(&part).unwrap();
    repository.write("part/a.env", "1\n").git(&["add", "part/a.env"]);
    std::fs::remove_file(part.join("a.env")).unwrap();
    repository.git(&["config", "diff.relative", "true"]);
    let facts = Facts { root: std::fs::canonicalize(&part).unwrap(), ..Facts::default() };
    let brought =
        repository.asked(false, |git| Git { facts: &facts, ..*git }.brought(None, false, None)).unwrap();
    assert!(brought.objects.iter().any(|(_, path)| path == "a.env"), "{brought:?}");
}

#[test]
fn a_blob_that_is_too_large_is_named_though_it_is_gone_from_disk() {
    let repository = Repository::empty();
    repository.git(&["init", "--quiet"]);
    repository.write("large.env", "12345\n");
    repository.git(&["add", "large.env"]);
    let tree = repository.asked(false, |git| {
        let brought = git.brought(None, false, None).unwrap();
        git.look_at_brought(&brought.objects, crate::secret::Tree::default(), 5).unwrap()
    });
    assert_eq!(tree.large, [("large.env".to_owned(), 6)]);
}

#[test]
fn contents_that_are_known_are_looked_at_without_git_as_those_that_are_not() {
    let repository = Repository::empty();
    repository.git(&["init", "--quiet"]);
    let key = format!("let key = \"AKIA{}\";\n", "QWERTYUIOPASDFGH");
    repository.write("a.rs", &key).write("b.rs", &key).write("large.rs", &key.repeat(10));
    repository.git(&["add", "--all"]);
    let look = |contents: &[(&str, &str)], objects: &[&str]| {
        repository.asked(false, |git| {
            let brought = git.brought(None, false, None).unwrap();
            let hash = |path: &str| brought.objects.iter().find(|(_, of)| of == path).unwrap().0.clone();
            let known = contents.iter().map(|(path, text)| (hash(path), text.as_bytes().to_owned()));
            let contents = known.collect();
            let facts = Facts { copied: Some(Copied { contents, ..Copied::default() }), ..git.facts.clone() };
            let objects = objects.iter().map(|path| (hash(path), (*path).to_owned())).collect();
            let git = Git { facts: &facts, ..*git };
            git.look_at_brought(&objects, crate::secret::Tree::default(), 100).unwrap()
        })
    };
    let all = ["a.rs", "b.rs", "large.rs"];
    let asked = look(&[], &all);
    assert_eq!((asked.contents, asked.found.len(), asked.large.len()), (1, 2, 1), "one content, two paths");
    assert_eq!(look(&[("a.rs", &key), ("large.rs", &key.repeat(10))], &all), asked);
    assert_eq!(look(&[("a.rs", "nothing")], &["a.rs"]).found, []);
}

#[test]
fn a_run_by_hand_searches_what_a_push_searches() {
    let repository = Repository::new();
    repository.git(&["update-ref", "refs/remotes/origin/main", "HEAD"]);
    let first = repository.git(&["rev-parse", "HEAD"]);
    // what git has at another path is no new content
    let second = repository.write("copy.rs", "1\n2\n3\n").commit();
    let range = format!("{second} --not {first} --remotes=origin");
    let searched = |head: &str, base: Option<&str>, range: Option<&str>| {
        repository.asked(false, |git| {
            let files = git.brought(base, true, range).unwrap().files.unwrap();
            (files, git.exactly(&git.outgoing(Some(head), base, true, range).unwrap()).unwrap())
        })
    };
    let by_hand = searched(&second, None, None);
    assert!(by_hand.0.contains("copy.rs"), "{by_hand:?}");
    assert_eq!(by_hand, searched(&second, Some(&first), Some(&range)));
    repository.git(&["update-ref", "refs/remotes/other/main", &second]);
    assert_ne!(searched(&second, None, None).1, by_hand.1, "another remote has it");
    assert_eq!(searched(&second, Some(&first), Some(&range)), by_hand, "that one has not");
    let elsewhere = format!("{second} --not");
    assert_ne!(searched(&second, Some(&first), Some(&elsewhere)).1, by_hand.1, "it has nothing");
    assert_ne!(searched(&second, Some(&second), Some(&range)).1, by_hand.1, "files are compared with others");
    repository.git(&["commit", "--quiet", "--amend", "--message=two"]);
    let amended = repository.git(&["rev-parse", "HEAD"]);
    let range = format!("{amended} --not {first} --remotes=origin");
    assert_ne!(searched(&amended, Some(&first), Some(&range)).1, by_hand.1, "another commit");
}

#[test]
fn what_is_brought_is_that_of_the_run_wherever_head_has_gone_since() {
    let repository = Repository::new();
    let first = repository.git(&["rev-parse", "HEAD"]);
    repository.git(&["update-ref", "refs/remotes/origin/main", &first]);
    let second = repository.write("b.rs", "2\n").commit();
    repository.git(&["reset", "--quiet", "--hard", &first]);
    let paths = repository.asked(false, |git| {
        let revision =
            git.facts.revision.clone().map(|revision| Revision { commit: second.clone(), ..revision });
        let facts = Facts { revision, ..git.facts.clone() };
        let brought = Git { facts: &facts, ..*git }.brought(None, true, None).unwrap();
        brought.objects.into_iter().map(|(_, path)| path).collect::<Vec<_>>()
    });
    assert_eq!(paths, ["b.rs"]);
}

#[test]
fn a_clone_that_holds_more_of_its_history_searches_more() {
    let repository = Repository::new();
    let head = repository.write("b.rs", "2\n").commit();
    let searched = || {
        repository
            .asked(false, |git| git.exactly(&git.outgoing(Some(&head), None, true, None).unwrap()).unwrap())
    };
    let whole = searched();
    repository.write(".git/shallow", &format!("{head}\n"));
    assert_ne!(searched(), whole);
}
