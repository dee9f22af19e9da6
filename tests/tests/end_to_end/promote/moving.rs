//! `to`, `rollback`, `status` and `log`, as a user sees them.

use serde_json::Value;

use super::Project;
use crate::support::git;

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// What an environment runs.
fn runs(project: &Project, environment: &str) -> Option<String> {
    let status = json(&project.promote(&["status", "--format", "json"]).stdout);
    let places = status["environments"].as_array().unwrap();
    let place = places.iter().find(|place| place["name"] == environment).unwrap();
    place["runs"]["candidate"].as_str().map(str::to_owned)
}

#[test]
fn a_candidate_goes_to_staging_then_to_production_and_back() {
    let project = Project::new("");
    let first = project.stage("1.0.0", &[("tool", b"one")]).to_string();
    let plan = project.told(&["to", "staging"], 0);
    assert!(plan.contains("staging gets tool 1.0.0") && plan.contains("add --execute"), "{plan}");
    assert_eq!(runs(&project, "staging"), None, "a plan moves nothing");
    assert!(project.told(&["to", "production", "1.0.0", "--execute"], 1).contains("never in staging"));
    for environment in ["staging", "production"] {
        project.told(&["to", environment, "--execute", "--reason", "it is time"], 0);
        assert_eq!(runs(&project, environment), Some(first.clone()));
    }
    assert!(project.told(&["to", "production", "--execute"], 0).contains("already"));
    project.commit("feat: two");
    let second = project.stage("1.1.0", &[("tool", b"two")]).to_string();
    project.told(&["to", "staging", "--execute"], 0);
    project.told(&["to", "production", "--execute"], 0);
    assert!(project.promote(&["rollback", "production", "--execute"]).stderr.contains("--reason"));
    assert!(
        project
            .told(&["rollback", "production", "--reason", "it fails"], 0)
            .contains("goes back to tool 1.0.0")
    );
    assert_eq!(runs(&project, "production"), Some(second));
    project.told(&["rollback", "production", "--execute", "--reason", "it fails"], 0);
    assert_eq!(runs(&project, "production"), Some(first));
    let log = json(&project.promote(&["log", "--format", "json"]).stdout);
    assert_eq!(log["entries"][0]["action"]["kind"], "rollback");
    assert_eq!(log["entries"][0]["reason"], "it fails");
    assert_eq!(log["entries"][0]["actor"], "Ada <ada@example.invalid>");
    assert_eq!(log["dora"]["change_failure_percent"], 50.0);
    assert_eq!(log["dora"]["lead_time_unknown"], 0);
    let text = project.told(&["log"], 0);
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
}

#[test]
fn damaged_or_missing_bytes_are_promoted_nowhere_and_nothing_goes_back_to_them() {
    let project = Project::new("");
    project.stage("1.0.0", &[("tool", b"one")]);
    project.told(&["to", "staging", "--execute"], 0);
    project.commit("feat: two");
    project.stage("1.1.0", &[("tool", b"two")]);
    project.told(&["to", "staging", "--execute"], 0);
    let blobs = project.root().join(".git/promote/blobs/sha256");
    for bytes in ["one", "two"] {
        let blob = blobs.join(cargo_promote::digest::Digest::of(bytes.as_bytes()).hex());
        std::fs::write(&blob, "oNe").unwrap();
        let call: &[&str] = match bytes {
            "one" => &["rollback", "staging", "--execute", "--reason", "x"],
            _ => &["to", "production", "--execute"],
        };
        assert!(project.told(call, 2).contains("is damaged"));
        std::fs::remove_file(&blob).unwrap();
        assert!(project.told(call, 2).contains("is not there"));
    }
    assert_eq!(runs(&project, "production"), None);
}

#[test]
fn a_candidate_is_copied_to_the_store_of_its_environment() {
    let config = "[stores.here]\nkind = \"local\"\n[stores.there]\nkind = \"local\"\npath = \"target/there\"\n\
                  [[environments]]\nname = \"staging\"\nstore = \"here\"\n\
                  [[environments]]\nname = \"production\"\nstore = \"there\"\n";
    let project = Project::new(config);
    let digest = project.stage("1.0.0", &[("tool", b"one")]);
    project.told(&["to", "staging", "--execute"], 0);
    assert!(project.told(&["to", "production"], 0).contains("copy it from the store `here` to `there`"));
    assert!(!project.root().join("target/there").exists(), "a plan copies nothing");
    project.told(&["to", "production", "--execute"], 0);
    assert!(project.root().join("target/there/candidates").join(digest.hex()).is_file());
}

#[cfg(unix)]
#[test]
fn a_deployment_that_fails_is_told_by_status_and_done_again_by_the_same_call() {
    let config = "[[environments]]\nname = \"staging\"\ndeploy = [\"sh\", \"deploy.sh\"]\n";
    let project = Project::new(config);
    let root = project.root();
    let script = "cat \"$PROMOTE_DIRECTORY/tool\" >> deployed\n\
                  echo \" $PROMOTE_ENVIRONMENT from=$PROMOTE_FROM\" >> deployed\ntest -e ready\n";
    std::fs::write(root.join("deploy.sh"), script).unwrap();
    let digest = project.stage("1.0.0", &[("tool", b"one")]).to_string();
    let told = project.told(&["to", "staging", "--execute"], 2);
    assert!(told.contains("not done yet") && told.contains("exit code 1"), "{told}");
    assert_eq!(runs(&project, "staging"), Some(digest));
    assert!(project.told(&["status"], 0).contains("staging is not deployed as the ledger says"));
    std::fs::write(root.join("ready"), "").unwrap();
    project.told(&["to", "staging", "--execute"], 0);
    assert!(!project.told(&["status"], 0).contains("not deployed"));
    project.told(&["to", "staging", "--execute"], 0);
    let deployed = std::fs::read_to_string(root.join("deployed")).unwrap();
    assert_eq!(deployed, "one staging from=\n".repeat(2), "a third call has nothing to do");
}

#[test]
fn tags_of_the_remote_follow_the_ledger_each_under_its_lease() {
    let config = "[mirrors]\nremote = \"origin\"\n";
    let project = Project::new(config);
    let bare = project.root().join("target/origin.git");
    git(&project.root(), &["init", "--quiet", "--bare", bare.to_str().unwrap()]);
    git(&project.root(), &["remote", "add", "origin", bare.to_str().unwrap()]);
    let tag = |name: &str| {
        let told = project.git(&["ls-remote", "origin", &format!("refs/tags/{name}")]);
        told.split('\t').next().unwrap_or_default().to_owned()
    };
    let first = project.git(&["rev-parse", "HEAD"]);
    project.stage("1.0.0", &[("tool", b"one")]);
    let before = project.git(&["for-each-ref"]);
    assert!(project.told(&["status"], 0).contains("state/staging-success is not there"));
    project.told(&["to", "staging", "--execute"], 0);
    assert_eq!((tag("env/staging"), tag("state/staging-success")), (first.clone(), first.clone()));
    assert_eq!(project.git(&["for-each-ref"]), before, "no reference of the user's is touched");
    // somebody moves a tag by hand, and another one is annotated
    git(&project.root(), &["push", "--quiet", "origin", &format!("{first}:refs/tags/env/production")]);
    git(&project.root(), &["tag", "-a", "-m", "m", "annotated", &first]);
    git(&project.root(), &["push", "--quiet", "--force", "origin", "annotated:refs/tags/env/staging"]);
    let second = project.commit("feat: two");
    project.stage("1.1.0", &[("tool", b"two")]);
    let status = project.told(&["status"], 0);
    assert!(status.contains("state/staging-success is") && !status.contains("env/staging"), "{status}");
    project.told(&["to", "staging", "--execute"], 0);
    project.told(&["to", "production", "--execute"], 0);
    for name in ["env/staging", "env/production", "state/staging-success"] {
        assert_eq!(tag(name), second, "{name}");
    }
    // the remote is gone: the move is done, the tags are not, and both is told
    std::fs::rename(&bare, bare.with_extension("away")).unwrap();
    let told = project.told(&["rollback", "staging", "--execute", "--reason", "x"], 2);
    assert!(told.contains("not done yet"), "{told}");
    assert!(project.told(&["status"], 0).contains("whether references lag behind is not known"));
    std::fs::rename(bare.with_extension("away"), &bare).unwrap();
    assert!(project.told(&["status"], 0).contains("env/staging is"));
    project.told(&["to", "staging", "1.0.0", "--execute"], 0);
    assert_eq!(tag("env/staging"), first);
}
