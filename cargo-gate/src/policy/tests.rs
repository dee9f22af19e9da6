use std::path::Path;

use serde_json::json;

use super::{Ground, Judgement, Policy, PolicyError, Spec, Texts, evaluate, judge, parse};
use crate::graph::Graph;
use crate::graph::sample::{Sample, metadata};

fn policy(text: &str) -> Policy {
    parse(("deny.toml", text.as_bytes()), None).unwrap()
}

fn judged_with(policy: &Policy, packages: &[Sample], texts: &Texts) -> Judgement {
    let metadata = metadata(packages);
    let graph = match policy.features() {
        Some(features) => Graph::with_features(&metadata, &features).unwrap(),
        None => Graph::new(&metadata).unwrap(),
    };
    judge(&Ground::new(&graph, policy, &[], Path::new("/ws")), texts).unwrap()
}

/// Rule and message of each finding.
fn found(policy: &Policy, packages: &[Sample]) -> Vec<(String, String)> {
    let judgement = judged_with(policy, packages, &Texts::new());
    judgement.findings.into_iter().map(|one| (one.finding.rule, one.finding.message)).collect()
}

fn rules(policy: &Policy, packages: &[Sample]) -> Vec<String> {
    found(policy, packages).into_iter().map(|(rule, _)| rule.trim_start_matches("deny/").to_owned()).collect()
}

/// A member that needs one package of that licence.
fn licensed(license: &str) -> Vec<Sample> {
    vec![
        Sample::member("app 0.1.0").with("license", json!("GPL-3.0-only")).needs("a 1.0.0"),
        Sample::registry("a 1.0.0").with("license", json!(license)),
    ]
}

#[test]
fn without_a_policy_the_gnu_licences_of_version_3_are_refused_unless_there_is_a_choice() {
    let refused = [
        "GPL-3.0",
        "GPL-3.0-only",
        "GPL-3.0-or-later",
        "GPL-3.0+",
        "AGPL-3.0",
        "AGPL-3.0-only",
        "AGPL-3.0-or-later",
        "MIT AND GPL-3.0-only",
        "(MIT OR Apache-2.0) AND AGPL-3.0-or-later",
        "GPL-3.0-only OR AGPL-3.0-only",
        "GPL-3.0-only WITH Classpath-exception-2.0",
        "GPL-3.0-or-later AND (MIT OR GPL-3.0-only)",
    ];
    for license in refused {
        assert_eq!(rules(&Policy::default(), &licensed(license)), ["license"], "{license}");
    }
    let allowed = [
        "MIT",
        "MIT/Apache-2.0",
        "MIT OR GPL-3.0-only",
        "GPL-3.0-only OR (MIT AND Zlib)",
        "LGPL-3.0-or-later",
        "GPL-2.0-or-later",
        "MPL-2.0",
        "Apache-2.0 WITH LLVM-exception",
        "Apache-2.0 / MIT",
    ];
    for license in allowed {
        assert!(rules(&Policy::default(), &licensed(license)).is_empty(), "{license}");
    }
}

#[test]
fn without_a_policy_a_licence_of_the_packages_own_is_named_unless_there_is_a_choice() {
    for license in [
        "LicenseRef-own",
        "MIT AND LicenseRef-own",
        "DocumentRef-a:LicenseRef-b",
        "LicenseRef-own OR GPL-3.0",
    ] {
        assert_eq!(rules(&Policy::default(), &licensed(license)), ["license-unknown"], "{license}");
    }
    assert!(rules(&Policy::default(), &licensed("LicenseRef-own OR MIT")).is_empty());
    assert_eq!(rules(&Policy::default(), &licensed("LicenseRef-own AND GPL-3.0-only")), ["license"]);
}

#[test]
fn a_licence_that_nobody_states_or_can_read_is_no_allowed_one() {
    assert_eq!(rules(&Policy::default(), &licensed("Do what you want")), ["no-license"]);
    let none = [
        Sample::member("app 0.1.0").needs("a 1.0.0"),
        Sample::registry("a 1.0.0").with("license", json!(null)),
    ];
    assert_eq!(rules(&Policy::default(), &none), ["no-license"]);
    assert_eq!(rules(&policy("[licenses]\nallow = [\"MIT\"]\n"), &none), ["no-license"]);
}

#[test]
fn a_registry_that_is_not_known_is_refused_without_a_policy_and_git_is_named() {
    let from = |source: &str| {
        vec![
            Sample::member("app 0.1.0").line("a 1.0.0", &json!({ "source": source })),
            Sample::registry("a 1.0.0").from(Some(source)),
        ]
    };
    let judgement =
        judged_with(&Policy::default(), &from("registry+https://example.org/index"), &Texts::new());
    assert_eq!(judgement.findings[0].finding.severity, crate::finding::Severity::Error);
    let judgement = judged_with(&Policy::default(), &from("git+https://example.org/a#0123"), &Texts::new());
    assert_eq!(judgement.findings[0].finding.severity, crate::finding::Severity::Warning);
    // a baseline that accepts one source accepts no other
    assert_eq!(judgement.findings[0].finding.anchor, "a https://example.org/a");
    let listed =
        policy("[sources]\nunknown-registry = \"deny\"\nallow-registry = [\"https://example.org/index\"]\n");
    assert!(rules(&listed, &from("registry+https://example.org/index")).is_empty());
    // the default registry has to be listed as soon as any is
    assert_eq!(rules(&listed, &licensed("MIT")), ["source", "unused-entry"]);
}

#[test]
fn a_git_source_is_allowed_by_address_organisation_or_prefix() {
    let source = "git+https://github.com/Some-Org/tool.git?branch=main#0123456";
    let packages = vec![
        Sample::member("app 0.1.0").line("a 1.0.0", &json!({ "source": source })),
        Sample::registry("a 1.0.0").from(Some(source)),
    ];
    let with =
        |line: &str| rules(&policy(&format!("[sources]\nunknown-git = \"deny\"\n{line}\n")), &packages);
    assert_eq!(with(""), ["source"]);
    assert!(with("allow-git = [\"https://github.com/Some-Org/tool\"]").is_empty());
    assert!(with("[sources.allow-org]\ngithub = [\"some-org\"]").is_empty());
    assert!(with("private = [\"https://github.com/Some-Org\"]").is_empty());
    assert_eq!(with("allow-git = [\"https://github.com/Some-Org/other\"]"), ["source", "unused-entry"]);
    assert_eq!(with("[sources.allow-org]\ngitlab = [\"some-org\"]"), ["source", "unused-entry"]);
    let pinned = with("required-git-spec = \"rev\"\nallow-git = [\"https://github.com/Some-Org/tool\"]");
    assert_eq!(pinned, ["git-spec"]);
    assert!(
        with("required-git-spec = \"branch\"\nallow-git = [\"https://github.com/Some-Org/tool\"]").is_empty()
    );
}

#[test]
fn licences_are_allowed_in_general_or_for_a_package_and_idle_entries_are_named() {
    let text = "[licenses]\nallow = [\"MIT\", \"GPL-3.0-only\", \"Zlib\"]\n\
                exceptions = [{ crate = \"a\", allow = [\"MPL-2.0\"] }, { name = \"b\", allow = [\"MPL-2.0\"] }]\n";
    assert_eq!(
        found(&policy(text), &licensed("MPL-2.0")),
        [
            ("deny/unused-entry".into(), "the allowed licence MIT is one that no package needs".into()),
            ("deny/unused-entry".into(), "the allowed licence Zlib is one that no package needs".into()),
            ("deny/unused-entry".into(), "the licence exception of b is one that nothing needs".into()),
        ]
    );
    let silent = text.replace(
        "[licenses]",
        "[licenses]\nunused-allowed-license = \"allow\"\nunused-license-exception = \"deny\"",
    );
    let judgement = judged_with(&policy(&silent), &licensed("MPL-2.0"), &Texts::new());
    assert_eq!(judgement.findings.len(), 1);
    assert_eq!(judgement.findings[0].finding.place.as_ref().unwrap().line, Some(5));
    assert_eq!(rules(&policy("[licenses]\nallow = [\"GPL-3.0-only\"]\n"), &licensed("MPL-2.0")), ["license"]);
    // a policy whose [licenses] allows nothing allows nothing
    assert_eq!(rules(&policy("[licenses]\n"), &licensed("MIT")), ["license", "license"]);
}

#[test]
fn licences_of_dev_dependencies_and_private_members_are_left_out_as_the_policy_says() {
    let packages = vec![
        Sample::member("app 0.1.0")
            .with("publish", json!([]))
            .with("license", json!(null))
            .line("d 1.0.0", &json!({ "kind": "dev" }))
            .line("b 1.0.0", &json!({ "kind": "build" })),
        Sample::registry("d 1.0.0").with("license", json!("Zlib")),
        Sample::registry("b 1.0.0").with("license", json!("Zlib")),
    ];
    let with = |lines: &str| rules(&policy(&format!("[licenses]\n{lines}\n")), &packages);
    assert_eq!(with(""), ["no-license", "license"]);
    assert_eq!(with("private = { ignore = true }"), ["license"]);
    assert_eq!(with("private = { ignore = true }\ninclude-dev = true"), ["license", "license"]);
    assert!(with("private = { ignore = true }\ninclude-build = false").is_empty());
}

#[test]
fn a_clarification_without_a_text_is_no_policy() {
    let clarify = "[licenses]\nallow = [\"ISC\"]\n\n[[licenses.clarify]]\ncrate = \"a\"\n";
    let file = "license-files = [{ path = \"LICENSE\", hash = 1 }]\n";
    for rest in ["expression = \"ISC\"\n", "expression = \"ISC\"\nlicense-files = []\n", file] {
        let error = parse(("deny.toml", format!("{clarify}{rest}").as_bytes()), None).unwrap_err();
        assert!(error.line == 4 && error.reason.contains("license-files"), "{error}");
    }
}

#[test]
fn a_clarification_holds_as_long_as_its_texts_are_as_they_were() {
    let text = "[licenses]\nallow = [\"ISC\", \"GPL-3.0-only\"]\n[[licenses.clarify]]\ncrate = \"a\"\nexpression = \"ISC\"\n\
                license-files = [{ path = \"LICENSE\", hash = 0x01 }]\n";
    let rules = |texts: &Texts| {
        let findings = judged_with(&policy(text), &licensed("Zlib"), texts).findings;
        findings.into_iter().map(|one| one.finding.rule).collect::<Vec<_>>()
    };
    assert!(rules(&Texts::from([((1, "LICENSE".to_owned()), Some(1))])).is_empty());
    for other in [Some(2), None] {
        assert_eq!(
            rules(&Texts::from([((1, "LICENSE".to_owned()), other)])),
            ["deny/license", "deny/unused-entry"]
        );
    }
}

/// `a` in two versions, the older one by way of `old`.
fn twice() -> Vec<Sample> {
    vec![
        Sample::member("app 0.1.0").with("license", json!("MIT")).needs("a 2.0.0").needs("old 1.0.0"),
        Sample::registry("a 1.0.0"),
        Sample::registry("a 2.0.0"),
        Sample::registry("old 1.0.0").needs("a 1.0.0"),
    ]
}

#[test]
fn a_package_in_two_versions_is_named_unless_one_is_skipped() {
    let with = |lines: &str| rules(&policy(&format!("[bans]\n{lines}\n")), &twice());
    assert_eq!(with(""), ["duplicate"]);
    assert!(with("multiple-versions = \"allow\"").is_empty());
    assert!(with("skip = [\"a@1.0.0\"]").is_empty());
    assert_eq!(with("skip = [\"a@1.0.1\"]"), ["duplicate", "unused-entry"]);
    assert!(with("skip = [{ name = \"a\", version = \"<2\" }]").is_empty());
    assert!(with("skip-tree = [{ crate = \"old\", depth = 1 }]").is_empty());
    assert_eq!(with("skip-tree = [{ crate = \"old\", depth = 0 }]"), ["duplicate"]);
    assert_eq!(with("skip-tree = [\"nobody\"]"), ["duplicate", "unused-entry"]);
    assert_eq!(
        with("multiple-versions = \"allow\"\ndeny = [{ crate = \"a\", deny-multiple-versions = true }]"),
        ["duplicate"]
    );
    let one = "[bans]\nskip = [\"old\"]\n";
    assert_eq!(found(&policy(one), &twice())[1].1, "old is skipped and is there in one version only");
}

#[test]
fn a_version_that_only_a_newer_one_of_itself_needs_does_not_count() {
    let packages = vec![
        Sample::member("app 0.1.0").needs("a 1.0.0"),
        Sample::registry("a 1.0.0").needs("a 2.0.0"),
        Sample::registry("a 2.0.0"),
    ];
    assert!(rules(&policy("[bans]\n"), &packages).is_empty());
}

#[test]
fn banned_packages_are_refused_unless_all_that_need_them_may() {
    let with =
        |lines: &str| rules(&policy(&format!("[bans]\nmultiple-versions = \"allow\"\n{lines}\n")), &twice());
    assert_eq!(with("deny = [\"a\"]"), ["banned", "banned"]);
    assert_eq!(with("deny = [{ name = \"a\", version = \"^1\" }]"), ["banned"]);
    assert!(with("deny = [{ crate = \"a@1.0.0\", wrappers = [\"old\"] }]").is_empty());
    assert_eq!(with("deny = [{ crate = \"a\", wrappers = [\"old\"] }]"), ["banned"]);
    assert_eq!(with("deny = [{ crate = \"a@1.0.0\", wrappers = [\"old\", \"app\"] }]"), ["unused-entry"]);
    assert_eq!(with("allow = [\"a\", \"app\"]"), ["not-allowed"]);
    assert!(with("allow = [\"a\", \"old\"]\nallow-workspace = true").is_empty());
    let why = "[bans]\ndeny = [{ crate = \"old\", reason = \"it is old\", use-instead = \"new\" }]\nmultiple-versions = \"allow\"\n";
    let judgement = judged_with(&policy(why), &twice(), &Texts::new());
    assert_eq!(judgement.findings[0].finding.message, "old 1.0.0 is banned: it is old");
    assert!(judgement.findings[0].finding.help.as_ref().unwrap().starts_with("use new instead"));
}

#[test]
fn wildcards_are_refused_except_for_paths_where_that_is_allowed() {
    let packages = vec![
        Sample::member("app 0.1.0")
            .with("publish", json!([]))
            .line("lib 0.1.0", &json!({ "source": null, "req": "*" }))
            .line("a 1.0.0", &json!({ "req": "*" })),
        Sample::member("lib 0.1.0"),
        Sample::registry("a 1.0.0"),
    ];
    let with = |lines: &str| rules(&policy(&format!("[bans]\n{lines}\n")), &packages);
    assert!(with("").is_empty());
    assert_eq!(with("wildcards = \"deny\""), ["wildcard", "wildcard"]);
    assert_eq!(with("wildcards = \"deny\"\nallow-wildcard-paths = true"), ["wildcard"]);
}

#[test]
fn build_scripts_are_allowed_by_name() {
    let packages = vec![
        Sample::member("app 0.1.0").target("custom-build").needs("a 1.0.0").needs("b 1.0.0"),
        Sample::registry("a 1.0.0").target("custom-build"),
        Sample::registry("b 1.0.0").target("custom-build"),
    ];
    let with = |lines: &str| rules(&policy(&format!("[bans]\n{lines}\n")), &packages);
    assert!(with("").is_empty());
    assert_eq!(
        with("[bans.build]\nexecutables = \"allow\"\nallow-build-scripts = [\"a\", \"c\"]"),
        ["build-script", "unused-entry"]
    );
    assert_eq!(with("allow-build-scripts = [\"a\"]"), ["build-script"]);
    let own =
        "[bans.build]\nexecutables = \"allow\"\ninclude-workspace = true\nallow-build-scripts = [\"a\"]";
    assert_eq!(with(own), ["build-script", "build-script"]);
    // a search through the files of packages is what this engine cannot do
    assert_eq!(with("[bans.build]\nallow-build-scripts = [\"a\", \"b\"]"), ["unjudged-key"]);
}

#[test]
fn features_are_allowed_denied_or_asked_for() {
    let packages = vec![
        Sample::member("app 0.1.0").line("a 1.0.0", &json!({ "features": ["net"] })),
        Sample::registry("a 1.0.0")
            .feature("default", &["std"])
            .feature("std", &[])
            .feature("net", &["tls"])
            .feature("tls", &[]),
    ];
    let with = |lines: &str| rules(&policy(&format!("[bans]\n{lines}\n")), &packages);
    assert!(with("features = [{ crate = \"a\", deny = [] }]").is_empty());
    assert_eq!(with("features = [{ crate = \"a\", deny = [\"tls\"] }]"), ["feature"]);
    assert!(with("features = [{ crate = \"a\", allow = [\"default\", \"net\"] }]").is_empty());
    assert_eq!(with("features = [{ crate = \"a\", allow = [\"std\"] }]"), ["feature", "feature"]);
    assert_eq!(
        with("features = [{ crate = \"a\", allow = [\"default\", \"std\", \"net\"], exact = true }]"),
        ["feature"]
    );
    assert_eq!(
        with("features = [{ crate = \"a\", allow = [\"default\", \"net\", \"gone\"] }]"),
        ["unused-entry"]
    );
    assert_eq!(with("external-default-features = \"deny\""), ["feature"]);
    assert!(with("workspace-default-features = \"deny\"").is_empty());
    assert!(with("external-default-features = \"deny\"\nfeatures = [{ crate = \"a\", allow = [\"default\", \"net\"] }]").is_empty());
}

#[test]
fn the_graph_is_narrowed_by_target_exclusion_and_kind() {
    let packages = vec![
        Sample::member("app 0.1.0")
            .with("license", json!("MIT"))
            .line("w 1.0.0", &json!({ "target": "cfg(windows)" }))
            .line("d 1.0.0", &json!({ "kind": "dev" })),
        Sample::member("tool 0.1.0").with("publish", json!([])).needs("t 1.0.0"),
        Sample::registry("w 1.0.0"),
        Sample::registry("d 1.0.0"),
        Sample::registry("t 1.0.0"),
    ];
    let count = |text: &str| judged_with(&policy(text), &packages, &Texts::new()).packages;
    assert_eq!(count(""), 5);
    assert_eq!(count("[graph]\ntargets = [\"x86_64-unknown-linux-gnu\"]\n"), 4);
    assert_eq!(count("targets = [{ triple = \"x86_64-unknown-linux-gnu\" }]\n"), 4);
    assert_eq!(count("[graph]\nexclude-dev = true\n"), 4);
    assert_eq!(count("[graph]\nexclude = [\"tool\"]\n"), 3);
    assert_eq!(count("[graph]\nexclude-unpublished = true\n"), 3);
}

#[test]
fn every_key_that_nothing_becomes_of_is_named_with_its_line() {
    let text = "[graph]\nall-features = true\nall-featurs = true\n[advisories]\nignore = []\n[licenses]\nallow = [\"MIT\"]\n\
                copyleft = \"deny\"\n[bans.workspace-dependencies]\nduplicates = \"deny\"\n[[bans.deny]]\ncrate = \"x\"\nwhy = \"y\"\n";
    let packages = vec![Sample::member("app 0.1.0").with("license", json!("MIT"))];
    let judgement = judged_with(&policy(text), &packages, &Texts::new());
    let odd: Vec<_> = judgement
        .findings
        .iter()
        .map(|one| {
            (
                one.finding.rule.as_str(),
                one.finding.place.as_ref().unwrap().line.unwrap(),
                one.finding.anchor.as_str(),
            )
        })
        .collect();
    assert_eq!(
        odd,
        [
            ("deny/unknown-key", 3, "graph.all-featurs"),
            ("deny/former-key", 8, "licenses.copyleft"),
            ("deny/unjudged-key", 9, "bans.workspace-dependencies"),
            ("deny/unknown-key", 13, "bans.deny.why"),
        ]
    );
    assert_eq!(judgement.findings[0].finding.help.as_deref(), Some("did you mean `all-features`?"));
    assert_eq!(judgement.notes.len(), 1);
}

#[test]
fn further_exceptions_come_from_their_own_file() {
    let own = "[licenses]\nallow = [\"GPL-3.0-only\"]\nexceptions = [{ crate = \"x\", allow = [\"MIT\"] }]\n";
    let further = "exceptions = [\n  { crate = \"a\", allow = [\"MPL-2.0\"] },\n  { crate = \"y\", allow = [\"MIT\"] },\n]\n";
    let policy =
        parse(("deny.toml", own.as_bytes()), Some(("deny.exceptions.toml", further.as_bytes()))).unwrap();
    let judgement = judged_with(&policy, &licensed("MPL-2.0"), &Texts::new());
    let places: Vec<_> = judgement
        .findings
        .iter()
        .map(|one| one.finding.place.clone().unwrap())
        .map(|place| (place.file, place.line.unwrap()))
        .collect();
    assert_eq!(places, [("deny.toml".to_owned(), 3), ("deny.exceptions.toml".to_owned(), 3)]);
}

#[test]
fn a_file_that_is_no_policy_is_an_error_with_its_line() {
    let error = |text: &str| parse(("deny.toml", text.as_bytes()), None).unwrap_err();
    assert_eq!(error("[licenses]\nallow = [\n").line, 2);
    let PolicyError { file, line, reason } = error("[bans]\n\nmultiple-versions = \"perhaps\"\n");
    assert_eq!((file.as_str(), line), ("deny.toml", 3));
    assert!(reason.contains("perhaps"), "{reason}");
    assert!(parse(("deny.toml", b"\xff"), None).is_err());
    assert!(error("[bans]\ndeny = [{ version = \"1\" }]\n").reason.contains("crate"));
}

#[test]
fn a_licence_in_a_policy_that_is_none_leaves_no_verdict() {
    let packages = licensed("MIT");
    let metadata = metadata(&packages);
    let graph = Graph::new(&metadata).unwrap();
    let policy = policy("[licenses]\nallow = [\"MIT License\"]\n");
    let reason = judge(&Ground::new(&graph, &policy, &[], Path::new("/ws")), &Texts::new()).unwrap_err();
    assert!(reason.contains("`MIT License` is no licence"), "{reason}");
}

#[test]
fn a_package_is_named_by_exact_version_or_by_requirement() {
    let about = |spec: &str, version: &str| {
        Spec::try_from(spec.to_owned()).unwrap().is_about("a", &version.parse().unwrap())
    };
    assert!(about("a", "1.2.3") && !about("b", "1.2.3"));
    assert!(about("a@1.2.3", "1.2.3") && !about("a@1.2.3", "1.2.4"));
    assert!(about("a:1.2", "1.9.0") && !about("a:1.2", "2.0.0"));
    assert!(about("a:>=1", "2.0.0-rc.1"));
    assert!(Spec::try_from("a@one".to_owned()).is_err() && Spec::try_from(String::new()).is_err());
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_a_policy_or_an_error(bytes: Vec<u8>) {
        let _ = parse(("deny.toml", &bytes), None);
    }

    #[test]
    fn any_text_is_a_licence_or_an_error(text in "\\PC{0,40}") {
        let _ = evaluate(&text, |_| true);
    }
}
