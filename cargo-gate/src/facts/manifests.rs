//! What only the manifests and cargo's configuration tell.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::Package;

/// clippy's lints that a manifest sets, for the workspace or for its own package.
pub fn lints_of_manifest(root: &toml_edit::Table) -> BTreeSet<String> {
    let lints = [root.get("lints"), root.get("workspace").and_then(|workspace| workspace.get("lints"))];
    let clippy = lints.into_iter().flatten().filter_map(|lints| lints.get("clippy")?.as_table_like());
    clippy.flat_map(|table| table.iter().map(|(name, _)| format!("clippy::{name}"))).collect()
}

/// Marks the targets that the manifest gives a harness of their own, which `cargo metadata` does not tell.
pub fn mark_own_harnesses(package: &mut Package, root: &toml_edit::Table) {
    let own = |table: &dyn toml_edit::TableLike| {
        table.get("harness").and_then(toml_edit::Item::as_bool) == Some(false)
    };
    let library = root.get("lib").and_then(toml_edit::Item::as_table_like).is_some_and(own);
    for target in &mut package.targets {
        target.own_harness = if target.is_library() {
            library
        } else {
            let kind = target.kinds.first().map(String::as_str).unwrap_or_default();
            let tables = root.get(kind).and_then(toml_edit::Item::as_array_of_tables).into_iter().flatten();
            let named = |table: &toml_edit::Table| {
                table.get("name").and_then(toml_edit::Item::as_str) == Some(&target.name)
            };
            tables.into_iter().any(|table| named(table) && own(table))
        };
    }
}

/// The targets of `build.target` in a configuration file of cargo.
pub fn build_targets_of_config(text: &str) -> Vec<String> {
    let Ok(document) = toml_edit::Document::parse(text) else { return Vec::new() };
    let Some(target) = document.get("build").and_then(|build| build.get("target")) else { return Vec::new() };
    let list = target.as_array().into_iter().flatten().filter_map(|one| one.as_str());
    target.as_str().into_iter().chain(list).map(str::to_owned).collect()
}

/// The flags that a configuration file of cargo gives to rustc (`rustflags`) or to rustdoc (`rustdocflags`).
pub fn flags_of_config(text: &str, key: &str) -> Vec<String> {
    let Ok(document) = toml_edit::Document::parse(text) else { return Vec::new() };
    let root = document.as_table();
    let targets = root.get("target").and_then(toml_edit::Item::as_table_like);
    let of_targets = targets.into_iter().flat_map(|targets| targets.iter().map(|(_, target)| target));
    let tables = root.get("build").into_iter().chain(of_targets);
    let flags = tables.filter_map(|table| table.get(key));
    flags
        .flat_map(|flags| match flags.as_array() {
            Some(array) => array.iter().filter_map(|flag| flag.as_str()).map(str::to_owned).collect(),
            None => split_flags(flags.as_str().unwrap_or_default()),
        })
        .collect()
}

/// The wrapper that a configuration file of cargo names under that key of `[build]`. A path with a separator begins
/// where the file's folder `.cargo` is.
pub fn wrapper_of_config(file: &Path, text: &str, key: &str) -> Option<PathBuf> {
    let document = toml_edit::Document::parse(text).ok()?;
    let name = document.get("build")?.get(key)?.as_str()?.to_owned();
    if name.contains(['/', '\\']) { Some(file.parent()?.parent()?.join(name)) } else { Some(name.into()) }
}

/// Where a configuration file of cargo has it build.
pub fn target_of_config(file: &Path, text: &str) -> Option<PathBuf> {
    let document = toml_edit::Document::parse(text).ok()?;
    let name = document.get("build")?.get("target-dir")?.as_str()?;
    Some(file.parent()?.parent()?.join(name))
}

/// The files that a configuration file of cargo includes, relative to its own folder.
pub fn includes_of_config(text: &str) -> Vec<String> {
    let Ok(document) = toml_edit::Document::parse(text) else { return Vec::new() };
    let Some(include) = document.as_table().get("include") else { return Vec::new() };
    let one = |value: &toml_edit::Value| {
        let path = value.as_inline_table().map_or(Some(value), |table| table.get("path"))?;
        path.as_str().map(str::to_owned)
    };
    match include {
        toml_edit::Item::Value(toml_edit::Value::Array(array)) => array.iter().filter_map(one).collect(),
        toml_edit::Item::Value(value) => one(value).into_iter().collect(),
        toml_edit::Item::ArrayOfTables(tables) => {
            tables.iter().filter_map(|table| table.get("path")?.as_str().map(str::to_owned)).collect()
        }
        _ => Vec::new(),
    }
}

/// Flags as a variable holds them: between spaces, or between unit separators where cargo encodes them.
pub fn split_flags(text: &str) -> Vec<String> {
    text.split([' ', '\u{1f}']).filter(|flag| !flag.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Target;
    use crate::facts::tests::package;

    #[test]
    fn lints_are_read_from_the_workspace_and_from_the_package() {
        let text = "[workspace.lints.clippy]\nunwrap_used = \"deny\"\n[lints.clippy]\npanic = { level = \"warn\" }\n";
        let lints = |text: &str| lints_of_manifest(&text.parse::<toml_edit::DocumentMut>().unwrap());
        assert_eq!(lints(text).into_iter().collect::<Vec<_>>(), ["clippy::panic", "clippy::unwrap_used"]);
        assert!(lints("[lints]\nworkspace = true\n").is_empty());
    }

    #[test]
    fn a_harness_of_its_own_is_read_from_the_manifest() {
        let target = |name: &str, kind: &str| Target {
            name: name.into(),
            kinds: vec![kind.into()],
            root: String::new(),
            test: true,
            doctest: false,
            doc: false,
            own_harness: false,
            required_features: Vec::new(),
        };
        let mut package = package("a", "");
        package.targets = vec![target("a", "lib"), target("one", "test"), target("two", "test")];
        let manifest = "[[test]]\nname = \"two\"\nharness = false\n[[test]]\nname = \"one\"\n";
        mark_own_harnesses(&mut package, &manifest.parse::<toml_edit::DocumentMut>().unwrap());
        let own: Vec<bool> = package.targets.iter().map(|target| target.own_harness).collect();
        assert_eq!(own, [false, false, true]);
    }

    #[test]
    fn flags_are_read_from_every_place_that_cargo_knows() {
        let text = "[build]\nrustflags = [\"--cap-lints\", \"allow\"]\n[target.'cfg(unix)']\nrustflags = \"-A warnings\"\n";
        assert_eq!(flags_of_config(text, "rustflags"), ["--cap-lints", "allow", "-A", "warnings"]);
        assert_eq!(split_flags("-Cdebuginfo=1\u{1f}-Awarnings"), ["-Cdebuginfo=1", "-Awarnings"]);
    }

    #[test]
    fn wrappers_are_found_in_cargos_configuration() {
        let file = Path::new("/ws/.cargo/config.toml");
        let found = |text: &str| wrapper_of_config(file, text, "rustc-wrapper");
        assert_eq!(found("build.rustc-wrapper = \"tools/wrap\"\n"), Some("/ws/tools/wrap".into()));
        assert_eq!(found("[build]\nrustc-wrapper = \"wrap\"\n"), Some("wrap".into()));
        assert_eq!(found("[build]\nrustc-workspace-wrapper = \"wrap\"\n"), None);
        assert_eq!(found("?"), None);
    }

    #[test]
    fn the_targets_of_a_build_are_one_or_several() {
        assert_eq!(build_targets_of_config("[build]\ntarget = \"a\"\n"), ["a"]);
        assert_eq!(build_targets_of_config("build.target = [\"a\", \"b\"]\n"), ["a", "b"]);
        assert!(build_targets_of_config("[target.x]\n").is_empty());
    }

    #[test]
    fn included_files_are_read_in_every_form() {
        assert_eq!(includes_of_config("include = \"a.toml\"\n"), ["a.toml"]);
        let array = "include = [\"a.toml\", { path = \"b.toml\", optional = true }]\n";
        assert_eq!(includes_of_config(array), ["a.toml", "b.toml"]);
        assert_eq!(includes_of_config("[[include]]\npath = \"c.toml\"\n"), ["c.toml"]);
        assert!(includes_of_config("[build]\njobs = 1\n").is_empty());
    }

    proptest::proptest! {
        #[test]
        fn any_text_gives_lints_and_flags(text: String) {
            let _ = text.parse::<toml_edit::DocumentMut>().map(|root| lints_of_manifest(&root));
            let _ = (flags_of_config(&text, "rustflags"), split_flags(&text), includes_of_config(&text));
        }
    }
}
