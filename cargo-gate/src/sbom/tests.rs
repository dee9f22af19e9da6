//! Bills of small graphs.

use std::collections::BTreeSet;

use cargo_metadata::{Metadata, PackageId};
use serde_json::{Value, json};

use super::conditions::tests::LINUX;
use super::*;
use crate::gate::Features;
use crate::graph::sample::{Sample, metadata};

fn linux() -> Conditions {
    conditions("x86_64-unknown-linux-gnu", LINUX.as_bytes()).unwrap()
}

fn windows() -> Conditions {
    let text = LINUX
        .replace("target_family=\"unix\"", "target_family=\"windows\"")
        .replace("\nunix\n", "\nwindows\n");
    conditions("x86_64-pc-windows-msvc", text.as_bytes()).unwrap()
}

struct Case {
    metadata: Metadata,
    features: Features,
    resolver: Resolver,
    target: Conditions,
}

impl Case {
    fn new(packages: &[Sample]) -> Self {
        let features = Features::default();
        Self { metadata: metadata(packages), features, resolver: Resolver::Two, target: linux() }
    }

    fn bill(&self) -> Bill<'_> {
        self.units(|units, root| bill(&units.unwrap(), root).unwrap())
    }

    fn units<'a, T>(&'a self, ask: impl FnOnce(Result<Units<'a>, BuildError>, &'a PackageId) -> T) -> T {
        let root = &self.metadata.workspace_members[0];
        let (roots, host) = ([root], linux());
        let asked = Asked {
            roots: &roots,
            features: &self.features,
            resolver: self.resolver,
            target: &self.target,
            host: &host,
        };
        ask(Units::new(&self.metadata, &asked), root)
    }

    /// The names of what is shipped, and of what runs while building only, the member left out.
    fn names(&self) -> (String, String) {
        let bill = self.bill();
        let of = |purpose| {
            let parts = bill.others().filter(|part| part.purpose == purpose);
            parts.map(|part| part.package.name.to_string()).collect::<Vec<_>>().join(" ")
        };
        (of(Purpose::Runtime), of(Purpose::Build))
    }
}

fn pair(shipped: &str, building: &str) -> (String, String) {
    (shipped.to_owned(), building.to_owned())
}

fn kinds() -> Vec<Sample> {
    vec![
        Sample::member("app 0.1.0")
            .needs("normal 1.0.0")
            .needs("macros 1.0.0")
            .line("maker 1.0.0", &json!({ "kind": "build" }))
            .line("tester 1.0.0", &json!({ "kind": "dev" }))
            .line("win 1.0.0", &json!({ "target": "cfg(windows)" })),
        Sample::registry("normal 1.0.0").line("deep 1.0.0", &json!({ "kind": "build" })),
        Sample::registry("macros 1.0.0").target("proc-macro").needs("shared 1.0.0"),
        Sample::registry("maker 1.0.0"),
        Sample::registry("tester 1.0.0"),
        Sample::registry("win 1.0.0").needs("shared 1.0.0"),
        Sample::registry("deep 1.0.0"),
        Sample::registry("shared 1.0.0"),
    ]
}

#[test]
fn what_is_shipped_is_told_from_what_runs_while_building_and_tests_are_left_out() {
    let case = Case::new(&kinds());
    assert_eq!(case.names(), pair("normal", "deep macros maker shared"));
}

#[test]
fn dependencies_of_the_target_count_and_those_of_others_do_not() {
    let case = Case { target: windows(), ..Case::new(&kinds()) };
    assert_eq!(case.names(), pair("normal shared win", "deep macros maker"));
}

#[test]
fn a_feature_that_is_asked_for_is_one_of_a_package_or_of_its_dependency_or_nothing_is_said() {
    let asked = |names: &[&str]| {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        let features = Features { names, no_default: true, ..Features::default() };
        let case = Case { features, ..Case::new(&with_features()) };
        case.units(|units, _| units.map(drop)).map(|()| case.names().0)
    };
    assert_eq!(asked(&["more"]).unwrap(), "b c e");
    assert_eq!(asked(&["app/more"]).unwrap(), "b c e");
    assert_eq!(asked(&["c/extra"]).unwrap(), "c e");
    assert_eq!(asked(&["b/inner"]).unwrap(), "b c d");
    assert_eq!(asked(&["b?/inner"]).unwrap(), "c");
    for unknown in ["mroe", "app/mroe", "c/none", "other/more"] {
        assert_eq!(asked(&[unknown]), Err(BuildError::NoFeature(unknown.to_owned())));
    }
}

fn optional() -> Value {
    json!({ "optional": true })
}

fn with_features() -> Vec<Sample> {
    vec![
        Sample::member("app 0.1.0")
            .line("a 1.0.0", &optional())
            .line("b 1.0.0", &optional())
            .line("c 1.0.0", &json!({ "uses_default_features": false }))
            .feature("default", &["dep:a"])
            .feature("more", &["dep:b", "c/extra"])
            .feature("weak", &["b?/inner"]),
        Sample::registry("a 1.0.0"),
        Sample::registry("b 1.0.0").line("d 1.0.0", &optional()).feature("inner", &["dep:d"]),
        Sample::registry("c 1.0.0")
            .line("e 1.0.0", &optional())
            .line("f 1.0.0", &optional())
            .feature("extra", &["dep:e"])
            .feature("default", &["dep:f"]),
        Sample::registry("d 1.0.0"),
        Sample::registry("e 1.0.0"),
        Sample::registry("f 1.0.0"),
    ]
}

#[test]
fn only_the_features_of_the_build_turn_optional_dependencies_on() {
    let names = |names: &[&str], all, no_default| {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        let case = Case { features: Features { names, all, no_default }, ..Case::new(&with_features()) };
        case.names().0
    };
    assert_eq!(names(&[], false, false), "a c");
    assert_eq!(names(&[], false, true), "c");
    assert_eq!(names(&["more"], false, true), "b c e");
    assert_eq!(names(&["weak"], false, true), "c");
    assert_eq!(names(&["more", "weak"], false, true), "b c d e");
    assert_eq!(names(&["app/more"], false, true), "b c e");
    assert_eq!(names(&[], true, false), "a b c d e");
}

/// A build dependency turns on a feature of a package that is shipped as well.
fn shared() -> Vec<Sample> {
    vec![
        Sample::member("app 0.1.0").line("c 1.0.0", &json!({ "uses_default_features": false })).line(
            "c 1.0.0",
            &json!({ "kind": "build", "features": ["extra"], "uses_default_features": false }),
        ),
        Sample::registry("c 1.0.0").line("e 1.0.0", &optional()).feature("extra", &["dep:e"]),
        Sample::registry("e 1.0.0"),
    ]
}

#[test]
fn features_of_build_dependencies_reach_what_is_shipped_with_the_first_resolver_only() {
    assert_eq!(Case::new(&shared()).names(), pair("c", "e"));
    assert_eq!(Case { resolver: Resolver::One, ..Case::new(&shared()) }.names(), pair("c e", ""));
}

#[test]
fn the_first_resolver_lets_features_of_tests_and_of_other_targets_in_and_builds_neither() {
    let line = |extra: Value| {
        let mut line = json!({ "uses_default_features": false, "features": ["extra"] });
        line.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        vec![
            Sample::member("app 0.1.0")
                .line("c 1.0.0", &json!({ "uses_default_features": false }))
                .line("c 1.0.0", &line),
            Sample::registry("c 1.0.0").line("e 1.0.0", &optional()).feature("extra", &["dep:e"]),
            Sample::registry("e 1.0.0"),
        ]
    };
    for extra in [json!({ "kind": "dev" }), json!({ "target": "cfg(windows)" })] {
        let case = Case::new(&line(extra.clone()));
        assert_eq!(case.names(), pair("c", ""), "{extra}");
        let case = Case { resolver: Resolver::One, ..case };
        assert_eq!(case.names(), pair("c e", ""), "{extra}");
    }
}

#[test]
fn the_resolver_comes_from_the_root_manifest_or_its_edition() {
    let of = |text: &str| Resolver::of_manifest(text.as_bytes()).unwrap();
    for text in [
        "[workspace]\n",
        "[package]\nedition = \"2018\"\n",
        "[package]\nname = \"a\"\n",
        "[package]\nedition = \"2021\"\nresolver = \"1\"\n",
        "[package]\nedition = { workspace = true }\n[workspace.package]\nedition = \"2018\"\n",
    ] {
        assert_eq!(of(text), Resolver::One, "{text}");
    }
    for text in [
        "[workspace]\nresolver = \"2\"\n",
        "[workspace]\nresolver = \"3\"\n[package]\nedition = \"2015\"\n",
        "[package]\nedition = \"2021\"\n",
        "[package]\nedition.workspace = true\n[workspace.package]\nedition = \"2024\"\n",
    ] {
        assert_eq!(of(text), Resolver::Two, "{text}");
    }
    assert!(Resolver::of_manifest(b"[package").is_err());
}

#[test]
fn a_graph_with_holes_is_an_error() {
    let mut packages = kinds();
    packages.retain(|package| {
        format!("{package:?}").contains("\"app\"") || !format!("{package:?}").contains("name: \"normal\"")
    });
    let metadata = metadata(&packages);
    let root = &metadata.workspace_members[0];
    let (roots, conditions, features) = ([root], linux(), Features::default());
    let asked = Asked {
        roots: &roots,
        features: &features,
        resolver: Resolver::Two,
        target: &conditions,
        host: &conditions,
    };
    let error = Units::new(&metadata, &asked).unwrap_err();
    assert_eq!(error, BuildError::Unresolved("app".to_owned(), "normal".to_owned()));
}

fn documents(case: &Case) -> [Vec<u8>; 3] {
    let bill = case.bill();
    let time = jiff::Timestamp::from_second(1_700_000_000).unwrap();
    let content =
        Content { bill: &bill, lock: &[], time, target: case.target.triple(), supplier: Some("The makers") };
    [
        cyclonedx(&content, CycloneDx::V1_6).unwrap(),
        cyclonedx(&content, CycloneDx::V1_7).unwrap(),
        spdx(&content).unwrap(),
    ]
}

fn described() -> Vec<Sample> {
    vec![
        Sample::member("app 0.1.0+b")
            .target("bin")
            .with("authors", json!(["Ann <ann@example.org>"]))
            .with("repository", json!("https://example.org/app"))
            .needs("a 1.0.0")
            .line("m 1.0.0", &json!({ "kind": "build" })),
        Sample::registry("a 1.0.0")
            .with("license", json!("MIT/Apache-2.0"))
            .with("description", json!(" Does a. ")),
        Sample::registry("m 1.0.0")
            .from(Some("git+https://example.org/m?branch=x#0123456789"))
            .with("license", json!("my terms")),
    ]
}

#[test]
fn documents_read_again_list_every_part_and_nothing_else() {
    let case = Case::new(&described());
    let all: BTreeSet<(String, String)> = case
        .bill()
        .parts
        .iter()
        .map(|part| (part.package.name.to_string(), part.package.version.to_string()))
        .collect();
    for document in documents(&case) {
        let listed = read(&document).unwrap();
        assert_eq!(listed.packages, all);
        assert!(listed.subject.starts_with("app"));
    }
}

#[test]
fn equal_content_gives_equal_bytes_and_other_content_another_serial_number() {
    let serial = |bytes: &[u8]| serde_json::from_slice::<Value>(bytes).unwrap()["serialNumber"].clone();
    let (case, other) = (Case::new(&described()), Case::new(&with_features()));
    assert_eq!(documents(&case), documents(&case));
    assert_ne!(serial(&documents(&case)[0]), serial(&documents(&other)[0]));
    assert!(serial(&documents(&case)[0]).as_str().unwrap().starts_with("urn:uuid:"));
}

#[test]
fn documents_say_what_is_known_of_each_part() {
    let [cyclonedx, _, spdx] = documents(&Case::new(&described()));
    insta::assert_snapshot!("cyclonedx", String::from_utf8(cyclonedx).unwrap());
    insta::assert_snapshot!("spdx", String::from_utf8(spdx).unwrap());
}
