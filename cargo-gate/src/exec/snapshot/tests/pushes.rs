//! Pushes: what they bring, and what it is compared with.

use super::*;

/// Refs as git tells them to a hook.
fn told(lines: &[(&str, &str, &str)]) -> Vec<crate::parse::pushed_refs::PushedRef> {
    let line = |(name, object, before): &(&str, &str, &str)| format!("{name} {object} {name} {before}\n");
    let lines: Vec<String> = lines.iter().map(line).collect();
    crate::parse::pushed_refs::pushed_refs(lines.concat().as_bytes()).unwrap()
}

const NONE: &str = "0000000000000000000000000000000000000000";

fn push(repo: &Repo, remote: Option<&str>, lines: &[(&str, &str, &str)]) -> Push {
    pushed(&repo.environment, remote, &told(lines), &Cancel::default()).unwrap()
}

#[test]
fn a_push_is_compared_with_what_the_other_side_has() {
    let repo = Repo::new();
    let first = repo.git(&["rev-parse", "HEAD"]);
    let second = repo.write("src/lib.rs", "// two\n").commit();
    let third = repo.write("src/lib.rs", "// three\n").commit();
    let update = push(&repo, None, &[("refs/heads/main", &third, &second)]);
    assert_eq!(update.trees[0].base.as_deref(), Some(second.as_str()));
    assert_eq!(update.trees[0].range, format!("{third} --not {second}"));
    // a forced push: the other side has what this one has not on the way
    let forced = push(&repo, None, &[("refs/heads/main", &second, &third)]);
    assert_eq!(forced.trees[0].base.as_deref(), Some(third.as_str()));
    let lost = "1111111111111111111111111111111111111111";
    let unknown = push(&repo, None, &[("refs/heads/main", &third, lost)]);
    assert_eq!(
        (unknown.trees[0].base.as_deref(), unknown.trees[0].range.as_str()),
        (None, format!("{third} --not").as_str())
    );
    // a new branch leaves the branches of its remote
    repo.git(&["update-ref", "refs/remotes/origin/main", &first]);
    repo.git(&["update-ref", "refs/remotes/other/main", &third]);
    let new = push(&repo, Some("origin"), &[("refs/heads/new", &third, NONE)]);
    assert_eq!(new.trees[0].base.as_deref(), Some(first.as_str()));
    assert_eq!(new.trees[0].range, format!("{third} --not --remotes=origin"));
    let address = push(&repo, Some("https://example.invalid/a.git"), &[("refs/heads/new", &third, NONE)]);
    assert_eq!(address.trees[0].base, None, "what another remote has tells nothing");
}

#[test]
fn deletions_bring_nothing_and_each_tree_is_judged_once_with_each_base() {
    let repo = Repo::new();
    let head = repo.git(&["rev-parse", "HEAD"]);
    repo.git(&["tag", "--annotate", "--message=v1", "v1"]);
    let tag = repo.git(&["rev-parse", "v1"]);
    repo.git(&["commit", "--quiet", "--allow-empty", "--message=same tree"]);
    let same = repo.git(&["rev-parse", "HEAD"]);
    let other = repo.write("src/lib.rs", "// two\n").commit();
    let blob = repo.git(&["rev-parse", "HEAD:src/lib.rs"]);
    let both = push(
        &repo,
        Some("origin"),
        &[
            ("(delete)", NONE, &head),
            ("refs/heads/a", &head, NONE),
            ("refs/tags/v1", &tag, NONE),
            ("refs/heads/b", &same, &head),
            ("refs/heads/c", &other, NONE),
            ("refs/tags/blob", &blob, NONE),
        ],
    );
    let refs: Vec<&[String]> = both.trees.iter().map(|tree| tree.refs.as_slice()).collect();
    assert_eq!(refs, [&["refs/heads/a", "refs/tags/v1"][..], &["refs/heads/b"], &["refs/heads/c"]]);
    assert_eq!(both.trees[0].base, None);
    assert_eq!(both.trees[0].range, format!("{head} {head} --not"));
    assert_eq!(both.trees[1].base.as_deref(), Some(head.as_str()), "the same files, and another change");
    assert_eq!(both.trees[1].range, format!("{same} --not {head}"));
    assert_eq!(both.others, ["refs/tags/blob"]);
    assert_eq!(push(&repo, None, &[("(delete)", NONE, &head)]), Push::default());
}
