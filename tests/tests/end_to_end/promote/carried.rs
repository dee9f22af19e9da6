//! Signed statements follow their candidate from one environment's store to the next one's, and are judged there.

use std::collections::BTreeSet;
use std::path::PathBuf;

use cargo_promote::digest::Digest;

use super::Project;
use crate::support::git;

const PLACES: &str = "[stores.first]\nkind = \"local\"\npath = \"target/first\"\n\
                      [stores.second]\nkind = \"local\"\npath = \"target/second\"\n\
                      [[environments]]\nname = \"staging\"\nstore = \"first\"\n\
                      [[environments]]\nname = \"canary\"\nstore = \"second\"\n\
                      [[environments]]\nname = \"production\"\nstore = \"second\"\n";

/// The names of the statements in one of the two stores.
fn statements(project: &Project, store: &str) -> BTreeSet<PathBuf> {
    let mut found = BTreeSet::new();
    for folder in std::fs::read_dir(project.root().join("target").join(store).join("attestations")).unwrap() {
        for file in std::fs::read_dir(folder.unwrap().path()).unwrap() {
            found.insert(file.unwrap().file_name().into());
        }
    }
    found
}

#[test]
fn what_is_signed_after_the_copy_counts_and_follows() {
    let project = Project::new("");
    let keys = tempfile::tempdir().unwrap();
    let key = keys.path().join("ann");
    let key = key.to_str().unwrap();
    let table = project.told(&["keys", "generate", key], 0).replace("keys.NAME", "keys.ann");
    let asks = "approvals = { needed = 1, by = [\"ann\"] }\n[policy]\nverdict_by = []\nprovenance_by = []\n";
    std::fs::write(project.root().join("promote.toml"), format!("{PLACES}{asks}{table}")).unwrap();
    let digest = project.stage("1.0.0", &[("tool", b"one")]);
    project.told(&["to", "staging", "--execute"], 0);
    project.told(&["to", "canary", "--execute"], 0);
    assert_eq!(statements(&project, "first"), statements(&project, "second"));
    assert!(project.told(&["to", "production", "--execute"], 1).contains("0 of 1"));
    // the approval lies where the candidate was staged, the bytes are in the other store already
    project.told(&["approve", "production", &digest.short(), "--key", key], 0);
    assert_eq!(statements(&project, "first").len(), 3);
    let plan = project.told(&["to", "production"], 0);
    assert!(plan.contains("approvals: 1 of 1: ann"), "{plan}");
    assert_eq!(statements(&project, "second").len(), 2, "a plan copies nothing");
    project.told(&["to", "production", "--execute"], 0);
    assert_eq!(statements(&project, "first"), statements(&project, "second"));
    project.told(&["verify", "production"], 0);
}

#[test]
fn what_lies_at_the_destination_is_judged_before_the_pointer_moves() {
    let project = Project::new(PLACES);
    let digest = project.stage("1.0.0", &[("tool", b"one")]);
    let other = project.stage("1.1.0", &[("tool", b"two")]);
    project.told(&["to", "staging", "1.0.0", "--execute"], 0);
    let of = |store: &str, candidate: &Digest| {
        project.session().store(&store.parse().unwrap()).unwrap().attestations(candidate).unwrap()
    };
    let second = project.session().store(&"second".parse().unwrap()).unwrap();
    let planted = project.root().join("target/second/attestations").join(digest.hex());
    // statements of another candidate, and something that is none
    for envelope in [of("first", &other).remove(0), b"{}".to_vec()] {
        second.attach(&digest, &envelope).unwrap();
        let told = project.told(&["to", "canary", "--execute"], 1);
        assert!(told.contains("REFUSED  attestation"), "{told}");
        assert!(project.told(&["status"], 0).contains("canary      nothing yet"));
        assert_eq!(project.promote(&["verify"]).code, Some(1));
        std::fs::remove_dir_all(&planted).unwrap();
    }
    project.told(&["to", "canary", "--execute"], 0);
    assert_eq!(of("first", &digest), of("second", &digest));
    // a damaged statement where it comes from is not carried
    let source = project.root().join("target/first/attestations").join(digest.hex());
    let file = std::fs::read_dir(source).unwrap().next().unwrap().unwrap().path();
    let whole = std::fs::read(&file).unwrap();
    let mut bytes = whole.clone();
    bytes[40] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let told = project.told(&["to", "production", "--execute"], 2);
    assert!(told.contains("is damaged"), "{told}");
    std::fs::write(&file, whole).unwrap();
    project.told(&["to", "production", "--execute"], 0);
    project.told(&["verify"], 0);
}

#[test]
fn a_way_back_needs_no_store_but_the_environments_own() {
    let project = Project::new(&PLACES.replace("[stores.first]", "[ledger]\nkind = \"git\"\n[stores.first]"));
    let bare = project.root().join("target/origin.git");
    git(&project.root(), &["init", "--quiet", "--bare", bare.to_str().unwrap()]);
    git(&project.root(), &["remote", "add", "origin", bare.to_str().unwrap()]);
    for version in ["1.0.0", "1.1.0"] {
        project.stage(version, &[("tool", version.as_bytes())]);
        project.told(&["to", "staging", version, "--execute"], 0);
        project.told(&["to", "canary", version, "--execute"], 0);
    }
    let first = project.root().join("target/first");
    std::fs::remove_dir_all(&first).unwrap();
    // a file where the store has its folder: nothing can be read there
    std::fs::write(&first, "").unwrap();
    let to = project.promote(&["to", "production", "--execute"]);
    assert!(!cfg!(unix) || to.code == Some(2), "{to:#?}");
    let told = project.told(&["rollback", "canary", "--reason", "it fails", "--execute"], 0);
    assert!(told.contains("canary runs tool 1.0.0"), "{told}");
}
