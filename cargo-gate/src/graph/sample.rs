//! Answers of `cargo metadata` made up for tests.

use cargo_metadata::Metadata;
use serde_json::{Map, Value, json};

/// Where packages of the default registry come from.
pub(crate) const REGISTRY: &str = concat!("registry+https://github.com/", "rust-lang/crates.io-index");

/// A package of a made-up workspace.
#[derive(Debug, Clone)]
pub(crate) struct Sample {
    name: String,
    version: String,
    source: Option<String>,
    member: bool,
    fields: Map<String, Value>,
    targets: Vec<Value>,
    dependencies: Vec<Value>,
    resolved: Vec<(String, String, Value, Value)>,
    features: Map<String, Value>,
    on: Vec<String>,
}

impl Sample {
    /// A package of the default registry: `name version`.
    pub(crate) fn registry(package: &str) -> Self {
        let (name, version) = package.split_once(' ').unwrap();
        Self {
            name: name.to_owned(),
            version: version.to_owned(),
            source: Some(REGISTRY.to_owned()),
            member: false,
            fields: Map::new(),
            targets: vec![target(name, "lib")],
            dependencies: Vec::new(),
            resolved: Vec::new(),
            features: Map::new(),
            on: Vec::new(),
        }
    }

    /// A member of the workspace.
    pub(crate) fn member(package: &str) -> Self {
        Self { source: None, member: true, ..Self::registry(package) }
    }

    /// Another source; `None` for a path.
    pub(crate) fn from(mut self, source: Option<&str>) -> Self {
        self.source = source.map(str::to_owned);
        self
    }

    /// Any field of the package.
    pub(crate) fn with(mut self, field: &str, value: Value) -> Self {
        self.fields.insert(field.to_owned(), value);
        self
    }

    /// A target of another kind.
    pub(crate) fn target(mut self, kind: &str) -> Self {
        if kind == "proc-macro" {
            self.targets.clear();
        }
        self.targets.push(target(&self.name, kind));
        self
    }

    /// A dependency on `name version`.
    pub(crate) fn needs(self, package: &str) -> Self {
        self.line(package, &json!({}))
    }

    /// A dependency on `name version` with fields of its own: `kind`, `target`, `optional`, `features`, `req`, …
    pub(crate) fn line(mut self, package: &str, fields: &Value) -> Self {
        let (name, version) = package.split_once(' ').unwrap();
        let mut line = json!({
            "name": name, "source": REGISTRY, "req": format!("^{version}"), "kind": null, "optional": false,
            "uses_default_features": true, "features": [], "target": null, "rename": null, "registry": null,
        });
        line.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        let called = line["rename"].as_str().unwrap_or(name).replace('-', "_");
        self.resolved.push((package.to_owned(), called, line["kind"].clone(), line["target"].clone()));
        self.dependencies.push(line);
        self
    }

    /// A feature and what it turns on.
    pub(crate) fn feature(mut self, name: &str, turns_on: &[&str]) -> Self {
        self.features.insert(name.to_owned(), json!(turns_on));
        self
    }

    /// Features that cargo reports to be on.
    pub(crate) fn on(mut self, features: &[&str]) -> Self {
        self.on = features.iter().map(|name| (*name).to_owned()).collect();
        self
    }

    fn id(&self) -> String {
        let (name, version) = (&self.name, &self.version);
        match &self.source {
            Some(source) => format!("{source}#{name}@{version}"),
            None => format!("path+file:///ws/{name}#{version}"),
        }
    }

    fn package(&self) -> Value {
        let folder = if self.member { "/ws" } else { "/home/registry" };
        let manifest = format!("{folder}/{}/Cargo.toml", self.name);
        let mut package = json!({
            "name": self.name, "version": self.version, "id": self.id(), "license": "MIT", "license_file": null,
            "description": null, "source": self.source, "dependencies": self.dependencies, "targets": self.targets,
            "features": self.features, "manifest_path": manifest, "metadata": null, "publish": null, "authors": [],
            "categories": [], "keywords": [], "readme": null, "repository": null, "homepage": null,
            "documentation": null, "edition": "2021", "links": null, "default_run": null, "rust_version": null,
        });
        package.as_object_mut().unwrap().extend(self.fields.clone());
        package
    }

    fn node(&self, all: &[Self]) -> Value {
        let mut deps: Vec<Value> = Vec::new();
        for (package, called, kind, target) in &self.resolved {
            let Some(to) = all.iter().find(|one| format!("{} {}", one.name, one.version) == *package) else {
                continue;
            };
            deps.push(json!({
                "name": called, "pkg": to.id(), "dep_kinds": [{ "kind": kind, "target": target }],
            }));
        }
        let ids: Vec<Value> = deps.iter().map(|dep| dep["pkg"].clone()).collect();
        json!({ "id": self.id(), "dependencies": ids, "deps": deps, "features": self.on })
    }
}

fn target(name: &str, kind: &str) -> Value {
    let name = if kind == "custom-build" { "build-script-build" } else { name };
    json!({
        "kind": [kind], "crate_types": [kind], "name": name, "src_path": format!("/src/{kind}.rs"),
        "edition": "2021", "doc": true, "doctest": true, "test": true,
    })
}

/// What `cargo metadata` would answer for those packages.
pub(crate) fn metadata(packages: &[Sample]) -> Metadata {
    serde_json::from_value(metadata_json(packages)).unwrap()
}

/// The same as JSON.
pub(crate) fn metadata_json(packages: &[Sample]) -> Value {
    let members: Vec<String> = packages.iter().filter(|one| one.member).map(Sample::id).collect();
    json!({
        "packages": packages.iter().map(Sample::package).collect::<Vec<_>>(),
        "workspace_members": members, "workspace_default_members": members,
        "resolve": { "nodes": packages.iter().map(|one| one.node(packages)).collect::<Vec<_>>(), "root": null },
        "target_directory": "/ws/target", "version": 1, "workspace_root": "/ws", "metadata": null,
    })
}
