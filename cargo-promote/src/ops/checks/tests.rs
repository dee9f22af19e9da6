//! Programs that are run, with a store in a folder.

#![cfg(unix)]

use super::*;
use crate::candidate::{Kind, Manifest};
use crate::config::parse;
use crate::ops::folder::Folder;
use crate::ops::store::local;
use crate::ops::testing;

const HOST: &str = if cfg!(target_os = "macos") { "darwin" } else { "linux" };

/// A store with a candidate whose only artifact is that shell script, for that target.
fn staged(folder: &Path, script: &str, target: Option<&str>) -> (Candidate, Box<dyn Store>) {
    let (candidate, files) = testing::candidate(folder, "1.0.0", &[("tool", script.as_bytes())]);
    let mut manifest: Manifest = candidate.manifest().clone();
    manifest.artifacts[0].kind = Kind::Binary;
    manifest.artifacts[0].target = target.map(str::to_owned);
    let candidate = Candidate::new(&manifest).unwrap();
    let store = local(Folder::new(folder.join("store"), &Cancel::default()));
    store.put(&candidate, &files).unwrap();
    (candidate, Box::new(store))
}

/// What the checks of an environment with these lines say of such a candidate, without those of the policy.
fn told(lines: &str, script: &str, target: Option<&str>, done: &[&str], act: bool) -> Vec<Check> {
    let temp = tempfile::tempdir().unwrap();
    let (candidate, store) = staged(temp.path(), script, target);
    let config = parse(&format!("[[environments]]\nname = \"production\"\n{lines}")).unwrap();
    let done: Vec<Label> = done.iter().map(|name| name.parse().unwrap()).collect();
    let cancel = Cancel::default();
    let asked = Asked {
        config: &config,
        root: temp.path(),
        environment: &config.environments[0],
        candidate: &candidate,
        store: store.as_ref(),
        statements: &[],
        done: &done,
        act,
        now: Timestamp::now(),
        cancel: &cancel,
    };
    let policy = ["attestations", "verdict", "provenance"];
    let environment: Vec<Check> =
        before(&asked).into_iter().filter(|check| !policy.contains(&check.name.as_str())).collect();
    if !act {
        return environment;
    }
    // no verdict lies beside it, which stops the rest: what runs is asked without it
    let mut checks: Vec<Check> =
        config.environments[0].smoke.iter().map(|one| run_smoke(&asked, one, true)).collect();
    for item in &config.environments[0].checklist {
        let ran = run_item(&asked, item);
        checks.push(checks::checklist(item, ran.as_ref(), &done));
    }
    checks
}

fn smoke(script: &str, more: &str) -> Outcome {
    let target = format!("{}-unknown-{HOST}-gnu", std::env::consts::ARCH);
    let lines = format!("smoke = [{{ artifact = \"tool\", args = [\"--version\"]{more} }}]\n");
    told(&lines, script, Some(&target), &[], true).remove(0).outcome
}

#[test]
fn the_staged_bytes_are_run_in_an_empty_environment_and_folder() {
    let script = "#!/bin/sh\n[ \"$1\" = --version ] || exit 3\n[ -z \"$(ls -A)\" ] || exit 4\n\
                  [ -z \"$CARGO_PKG_NAME$CARGO_HOME$USER\" ] || exit 5\n[ \"$HOME\" = \"$PWD\" ] || exit 6\necho tool 1.0.0\n";
    assert_eq!(
        smoke(script, ", prints = \"tool 1.0\""),
        Outcome::Passed("it runs and prints `tool 1.0`".into())
    );
}

#[test]
fn a_program_that_ends_badly_or_says_something_else_is_refused() {
    let refused = |outcome: Outcome, said: &str| {
        assert!(matches!(&outcome, Outcome::Refused(why) if why.contains(said)), "{outcome:?}");
    };
    refused(smoke("#!/bin/sh\necho broken >&2; exit 7\n", ""), "it ended with 7: broken");
    refused(smoke("#!/bin/sh\necho tool 2\n", ", prints = \"tool 1\""), "does not print `tool 1`");
    refused(smoke("#!/bin/sh\necho tool 1 >&2\n", ", prints = \"tool 1\""), "does not print");
    refused(smoke("#!/bin/sh\nkill -9 $$\n", ""), "signal 9");
    refused(smoke("#!/bin/sh\nexec sleep 60\n", ", timeout = \"100ms\""), "longer than 0.1s");
}

#[test]
fn what_cannot_be_run_here_is_never_passed() {
    let lines = "smoke = [{ artifact = \"tool\" }]\n";
    let foreign = told(lines, "#!/bin/sh\n", Some("riscv64gc-unknown-none-elf"), &[], true).remove(0);
    assert!(matches!(&foreign.outcome, Outcome::CouldNot(why) if why.contains("riscv64gc")), "{foreign:?}");
    let no_program = told(lines, "\u{7f}ELF", None, &[], true).remove(0);
    assert!(matches!(no_program.outcome, Outcome::CouldNot(_)), "{no_program:?}");
    let none = told("smoke = [{ artifact = \"other\" }]\n", "#!/bin/sh\n", None, &[], true).remove(0);
    assert!(matches!(&none.outcome, Outcome::Refused(why) if why.contains("it has tool")), "{none:?}");
}

#[test]
fn a_plan_starts_nothing() {
    let temp = tempfile::tempdir().unwrap();
    let trace = temp.path().join("ran");
    let script = format!("#!/bin/sh\ntouch '{}'\n", trace.display());
    let lines = format!(
        "smoke = [{{ artifact = \"tool\" }}]\nchecklist = [{{ name = \"auto\", what = \"it\", command = [\"touch\", \"{}\"] }}]\n",
        trace.display()
    );
    let checks = told(&lines, &script, None, &[], false);
    assert!(checks.iter().all(|check| matches!(check.outcome, Outcome::Later(_))), "{checks:?}");
    assert_eq!(checks.len(), 2);
    assert!(!trace.exists());
}

#[test]
fn items_of_the_checklist_are_done_by_commands_or_by_word() {
    let lines = "checklist = [{ name = \"note\", what = \"release notes are written\" },\
                 { name = \"yes\", what = \"yes\", command = [\"true\"] },\
                 { name = \"no\", what = \"no\", command = [\"sh\", \"-c\", \"echo why >&2; exit 1\"] },\
                 { name = \"gone\", what = \"gone\", command = [\"no-such-program-anywhere\"] },\
                 { name = \"slow\", what = \"slow\", command = [\"sleep\", \"60\"], timeout = \"100ms\" }]\n";
    let checks = told(lines, "#!/bin/sh\n", None, &["note"], true);
    let outcome = |name: &str| {
        let named = checks.iter().find(|check| check.name == format!("checklist {name}"));
        named.unwrap().outcome.clone()
    };
    assert!(matches!(outcome("note"), Outcome::Passed(why) if why.contains("by hand")));
    assert!(matches!(outcome("yes"), Outcome::Passed(_)));
    assert!(matches!(outcome("no"), Outcome::Refused(why) if why.contains("ended with 1: why")));
    assert!(matches!(outcome("gone"), Outcome::CouldNot(why) if why.contains("no-such-program")));
    assert!(matches!(outcome("slow"), Outcome::CouldNot(_)));

    let checks = told(lines, "#!/bin/sh\n", None, &["yes", "nots"], false);
    let refused: Vec<_> = checks.iter().filter(|check| check.stops()).map(Check::line).collect();
    let refused = refused.join("\n");
    assert!(refused.contains("add `--done note`"), "{refused}");
    assert!(refused.contains("`--done yes`: its command decides"), "{refused}");
    assert!(refused.contains("`--done nots`: the checklist has no such item"), "{refused}");
}

#[test]
fn without_a_verdict_nothing_is_started() {
    let temp = tempfile::tempdir().unwrap();
    let (candidate, store) = staged(temp.path(), "#!/bin/sh\n", None);
    let config =
        parse("[[environments]]\nname = \"production\"\nsmoke = [{ artifact = \"tool\" }]\n").unwrap();
    let cancel = Cancel::default();
    let asked = Asked {
        config: &config,
        root: temp.path(),
        environment: &config.environments[0],
        candidate: &candidate,
        store: store.as_ref(),
        statements: &[],
        done: &[],
        act: true,
        now: Timestamp::now(),
        cancel: &cancel,
    };
    let checks = before(&asked);
    assert!(checks.iter().any(|check| check.name == "verdict" && check.stops()), "{checks:?}");
    assert!(matches!(checks.last().unwrap().outcome, Outcome::Later(_)), "{checks:?}");
}

#[test]
fn commands_of_the_checklist_do_not_get_the_secrets_of_the_config() {
    let config = parse(
        "[stores.a]\nkind = \"oci\"\nrepository = \"r/x\"\nusername_env = \"U\"\npassword_env = \"P\"\n\
                        [stores.b]\nkind = \"forge\"\nrepository = \"a/b\"\ntoken_env = \"T\"\n\
                        [canary]\ntoken_env = \"C\"\n",
    )
    .unwrap();
    let mut names = secrets(&config);
    names.sort();
    assert_eq!(names, ["C", "P", "T", "U"]);
}
