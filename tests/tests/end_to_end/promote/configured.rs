//! A configuration that lies elsewhere counts for every command.

use super::Project;
use crate::support::{Binary, Run, git};

/// Environments that no default has, and a store of its own.
const CONFIG: &str = "[stores.shared]\nkind = \"local\"\npath = \"target/shared\"\n\
                      [[environments]]\nname = \"qa\"\n[[environments]]\nname = \"live\"\n";

/// Two candidates in the store of that configuration, which the workspace has no more then.
fn staged() -> Project {
    let project = Project::new(CONFIG);
    project.stage("1.0.0", &[("tool", b"one")]);
    project.stage("1.1.0", &[("tool", b"two")]);
    git(&project.root(), &["rm", "--quiet", "promote.toml"]);
    project
}

/// Calls that need it, in an order in which each finds what it asks for, with a word that each says then.
const CALLS: [(&[&str], &str); 11] = [
    (&["status"], "qa    nothing yet"),
    (&["to", "qa", "1.0.0", "--execute"], "qa runs tool 1.0.0"),
    (&["to", "live", "--execute"], "live runs tool 1.0.0"),
    (&["to", "qa", "1.1.0", "--execute"], "qa runs tool 1.1.0"),
    (&["to", "live", "--execute"], "live runs tool 1.1.0"),
    (&["rollback", "live", "--reason", "it fails", "--execute"], "live runs tool 1.0.0"),
    (&["log", "--environment", "live"], "it fails"),
    (&["diff", "1.0.0", "1.1.0"], "tool 1.1.0"),
    (&["diff", "live", "qa"], "tool 1.1.0"),
    (&["verify", "live"], "tool 1.0.0"),
    (&["cleanup", "--keep", "1"], "live runs it"),
];

/// Has each command find everything by that configuration, which `status` names so.
fn every_command(project: &Project, options: &[&str], named: &str) {
    for (call, word) in CALLS {
        let told = project.told(&[call, options].concat(), 0);
        assert!(told.contains(word), "{call:?} {options:?}: {told}");
    }
    let status = project.told(&[&["status"] as &[&str], options].concat(), 0);
    assert!(status.contains(&format!("configuration: {named}")), "{status}");
}

#[test]
fn each_command_takes_the_file_that_it_is_told() {
    let project = staged();
    let elsewhere = tempfile::tempdir().unwrap();
    let file = elsewhere.path().join("ops.toml");
    std::fs::write(&file, CONFIG).unwrap();
    let path = file.to_str().unwrap();
    // without it nothing of this is known
    for (call, word) in CALLS {
        let told = project.promote(call);
        assert!(told.code != Some(0) || !told.stdout.contains(word), "{call:?}: {told:#?}");
    }
    every_command(&project, &["--config", path], path);
    // what it says is relative to the workspace, and it itself to the current folder
    std::fs::copy(&file, project.root().join("src/own.toml")).unwrap();
    let status = Run::new(&project.workspace, Binary::Promote, &["status", "--config", "own.toml"]);
    let status = status.within("src").end();
    assert!(status.code == Some(0) && status.stdout.contains("live  tool 1.0.0"), "{status:#?}");
    assert_eq!(project.promote(&["status", "--config", "none.toml"]).code, Some(2));
}

#[test]
fn each_command_follows_the_workspace_to_a_repository_of_its_own() {
    let ops = tempfile::tempdir().unwrap();
    std::fs::create_dir(ops.path().join("tool")).unwrap();
    std::fs::write(ops.path().join("tool/promote.toml"), CONFIG).unwrap();
    git(ops.path(), &["init", "--quiet"]);
    git(ops.path(), &["add", "--all"]);
    git(ops.path(), &["commit", "--quiet", "--message", "production"]);
    let project = staged();
    let address = format!("file://{}", ops.path().canonicalize().unwrap().display()).replace('\\', "/");
    let head = std::fs::read_to_string(ops.path().join(".git/HEAD")).unwrap();
    let branch = head.trim().strip_prefix("ref: ").unwrap();
    let rev = std::fs::read_to_string(ops.path().join(".git").join(branch)).unwrap();
    let (rev, file) = (rev.trim(), "tool/promote.toml");
    let pinned = format!("[from]\ngit = \"{address}\"\nrev = \"{rev}\"\nfile = \"{file}\"\n");
    std::fs::write(project.root().join("promote.toml"), pinned).unwrap();
    every_command(&project, &[], "git ");
    // what was fetched once needs the repository no more
    std::fs::rename(ops.path().join(".git"), ops.path().join("gone")).unwrap();
    assert!(project.told(&["status"], 0).contains("live  tool 1.0.0"));

    let project = staged();
    let plain = ops.path().join("tool/promote.toml");
    let text = format!("[from]\npath = '{}'\n", plain.display());
    std::fs::write(project.root().join("promote.toml"), text).unwrap();
    every_command(&project, &[], plain.to_str().unwrap());
}
