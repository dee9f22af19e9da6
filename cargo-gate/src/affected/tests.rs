use super::*;
use crate::facts::tests::{package, target};

/// `base` ← `mid` (build) ← `top`; `base` is tested with by `tester`, which `beyond` needs; `alone` needs nothing.
fn workspace() -> Facts {
    let need = |name: &str, dev| Need {
        name: name.into(),
        folder: Some(format!("crates/{name}")),
        dev,
        build: false,
    };
    let mut packages: Vec<_> = ["base", "mid", "top", "tester", "beyond", "alone"]
        .iter()
        .map(|name| package(name, &format!("crates/{name}")))
        .collect();
    packages[1].needs = vec![need("base", false)];
    packages[2].needs = vec![need("mid", false)];
    packages[3].needs = vec![need("base", true)];
    packages[4].needs = vec![need("tester", false)];
    let manifests = packages.iter().map(crate::facts::Package::manifest);
    let mut files: Vec<String> = manifests.chain(["Cargo.toml".to_owned()]).collect();
    files.sort();
    Facts { packages, files, ..Facts::default() }
}

fn affected(facts: &Facts, changed: &[&str], sources: &[SourceFile]) -> Affected {
    let changed: Vec<String> = changed.iter().map(|path| (*path).to_owned()).collect();
    Affected::new(facts, "main", &changed, sources, &[])
}

fn of(changed: &[&str]) -> Vec<String> {
    affected(&workspace(), changed, &[]).packages
}

#[test]
fn a_changed_package_brings_what_is_built_and_tested_with_it() {
    assert_eq!(of(&["crates/base/src/lib.rs"]), ["base", "mid", "top", "tester"]);
    assert_eq!(of(&["crates/mid/src/lib.rs"]), ["mid", "top"]);
    assert_eq!(of(&["crates/tester/tests/a.rs"]), ["tester", "beyond"]);
    assert_eq!(of(&["crates/alone/notes.md"]), ["alone"]);
    assert_eq!(of(&[]), [""; 0]);
}

#[test]
fn what_matters_to_all_selects_everything_and_says_which_file_it_was() {
    for path in [
        "Cargo.toml",
        "Cargo.lock",
        "rust-toolchain.toml",
        "bulletproof.toml",
        "crates/mid/Cargo.toml",
        "crates/mid/clippy.toml",
        "crates/mid/.cargo/config.toml",
        "README.md",
        ".github/workflows/ci.yml",
        "../elsewhere/a.txt",
    ] {
        let all = affected(&workspace(), &["crates/alone/src/lib.rs", path], &[]);
        assert!(all.is_whole(), "{path}: {all:?}");
        assert!(all.everything.as_ref().unwrap().starts_with(path), "{all:?}");
    }
}

#[test]
fn a_file_of_a_package_that_is_no_member_selects_everything() {
    let mut facts = workspace();
    facts.files.push("crates/mid/vendor/Cargo.toml".into());
    facts.files.sort();
    assert!(affected(&facts, &["crates/mid/vendor/src/lib.rs"], &[]).is_whole());
    assert!(!affected(&facts, &["crates/mid/src/lib.rs"], &[]).is_whole());
}

#[test]
fn what_lies_beside_all_members_selects_everything_also_in_the_folder_of_a_root_package() {
    let mut facts = workspace();
    facts.packages.push(package("root", ""));
    assert!(affected(&facts, &["data/table.csv"], &[]).is_whole());
    assert_eq!(affected(&facts, &["src/lib.rs"], &[]).packages, ["root"]);
    let single =
        Facts { packages: vec![package("root", "")], files: vec!["Cargo.toml".into()], ..Facts::default() };
    assert_eq!(affected(&single, &["README.md"], &[]).everything, None);
}

#[test]
fn a_member_in_the_place_of_a_registry_package_counts() {
    let mut facts = workspace();
    facts.packages[5].needs = vec![Need { name: "mid".into(), folder: None, dev: false, build: false }];
    assert_eq!(affected(&facts, &["crates/mid/src/lib.rs"], &[]).packages, ["mid", "top", "alone"]);
}

#[test]
fn a_source_that_names_a_file_of_another_package_depends_on_it() {
    for (path, text) in [
        ("crates/alone/src/lib.rs", "const T: &str = include_str!(\"../../mid/data.txt\");"),
        ("crates/alone/src/deep/a.rs", "#[path = \"../../../mid/src/x.rs\"] mod x;"),
        ("crates/alone/tests/a.rs", "Path::new(env!(\"CARGO_MANIFEST_DIR\")).join(\"..\").join(\"mid\")"),
        ("crates/alone/tests/a.rs", "concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/../mid/data.txt\")"),
    ] {
        let source = SourceFile::new(path.into(), Some(5), Ok(text.into()));
        let found = affected(&workspace(), &["crates/mid/data.txt"], &[source]);
        assert_eq!(found.packages, ["mid", "top", "alone"], "{text}");
    }
    let range =
        SourceFile::new("crates/alone/src/lib.rs".into(), Some(5), Ok("let a = &b[1..]; // \"".into()));
    assert_eq!(affected(&workspace(), &["crates/mid/data.txt"], &[range]).packages, ["mid", "top"]);
}

#[test]
fn a_target_whose_root_lies_in_another_package_depends_on_it() {
    let mut facts = workspace();
    facts.packages[5].targets = vec![target("alone", "lib", "crates/top/src/shared.rs")];
    assert_eq!(affected(&facts, &["crates/top/src/shared.rs"], &[]).packages, ["top", "alone"]);
}

#[test]
fn what_a_source_may_read_anywhere_depends_on_everything() {
    let reads = |path: &str, text: Result<String, crate::step::Unread>| {
        let source = SourceFile::new(path.into(), Some(5), text);
        affected(&workspace(), &["crates/mid/data.txt"], &[source]).packages.contains(&"alone".to_owned())
    };
    for text in [
        "Path::new(env!(\"CARGO_MANIFEST_DIR\")).parent().unwrap().join(\"mid/data.txt\")",
        "include!(\"x.in\");",
        "#[path = \"x.inc\"] mod x;",
        "#[path = \"../../../tools/shared.rs\"] mod x;",
        "#[path = \"../../../../outside.rs\"] mod x;",
    ] {
        assert!(reads("crates/alone/src/lib.rs", Ok(text.into())), "{text}");
    }
    for text in [
        "include!(concat!(env!(\"OUT_DIR\"), \"/x.rs\"));",
        "include!(\"part.rs\");",
        "#[path = \"other.rs\"] mod x;",
        "let a = node.parent();",
        "env!(\"CARGO_MANIFEST_DIR\")",
    ] {
        assert!(!reads("crates/alone/src/lib.rs", Ok(text.into())), "{text}");
    }
    let unread = crate::step::Unread { line: 1, cause: "too large".into() };
    assert!(reads("crates/alone/src/lib.rs", Err(unread)));
}

#[test]
fn a_link_into_another_package_depends_on_it() {
    let reads = |path: &str, target: Option<&str>| {
        let link = Link { path: path.into(), target: target.map(str::to_owned) };
        Affected::new(&workspace(), "main", &["crates/mid/data.txt".to_owned()], &[], &[link]).packages
    };
    assert_eq!(reads("crates/alone/data", Some("crates/mid/data.txt")), ["mid", "top", "alone"]);
    assert_eq!(reads("crates/alone/data", Some("crates/mid")), ["mid", "top", "alone"]);
    assert_eq!(reads("crates/alone/data", None), ["mid", "top", "alone"]);
    assert_eq!(reads("crates/alone/data", Some("crates/tester/x")), ["mid", "top"]);
    assert_eq!(reads("shared", Some("crates/mid")).len(), 6);
}

#[test]
fn what_git_does_not_list_may_have_changed() {
    let mut facts = workspace();
    facts.packages[5].needs =
        vec![Need { name: "far".into(), folder: Some("../far".into()), dev: false, build: false }];
    assert_eq!(affected(&facts, &[], &[]).packages, ["alone"]);
    facts.packages[5].needs.clear();
    facts.packages[5].targets = vec![target("alone", "lib", "crates/alone/src/lib.rs")];
    assert_eq!(affected(&facts, &[], &[]).packages, ["alone"]);
    facts.files.push("crates/alone/src/lib.rs".into());
    facts.files.sort();
    assert!(affected(&facts, &[], &[]).packages.is_empty());
}

#[test]
fn the_sentence_says_how_many_and_why() {
    let sentence = |changed: &[&str]| affected(&workspace(), changed, &[]).sentence();
    assert_eq!(sentence(&["crates/mid/src/lib.rs"]), "2 of 6 packages are affected since main: mid, top");
    assert_eq!(
        sentence(&["Cargo.lock"]),
        "6 of 6 packages are affected since main: Cargo.lock matters to every package"
    );
    assert_eq!(sentence(&[]), "0 of 6 packages are affected since main: no file changed");
}

proptest::proptest! {
    #[test]
    fn any_source_and_any_path_give_an_answer(text: String, path: String) {
        let source = SourceFile::new("crates/alone/src/lib.rs".into(), Some(5), Ok(text));
        let _ = affected(&workspace(), &[&path], &[source]);
    }
}
