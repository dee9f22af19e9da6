//! Packages of a registry that lie in the workspace itself, so that nothing is fetched.

use std::fmt::Write as _;

use super::Workspace;

const CHECKSUM: &str = "0000000000000000000000000000000000000000000000000000000000000000";
const DEFAULT: &str = "registry+https://github.com/rust-lang/crates.io-index";
const ELSEWHERE: &str = "sparse+https://registry.example.org/index/";
const CONFIG: &str = "[registries.elsewhere]\nindex = \"sparse+https://registry.example.org/index/\"\n\
    [source.elsewhere]\nregistry = \"sparse+https://registry.example.org/index/\"\nreplace-with = \"vendored\"\n\
    [source.crates-io]\nreplace-with = \"vendored\"\n[source.vendored]\ndirectory = \"vendor\"\n";

/// A package of a registry.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Vendored {
    /// Its name.
    pub(crate) name: &'static str,
    /// Its version.
    pub(crate) version: &'static str,
    /// Its licence.
    pub(crate) license: &'static str,
    /// What it runs when it is built: nothing, `build.rs` or `proc-macro`.
    pub(crate) runs: &'static str,
    /// Whether it comes from another registry than the default one.
    pub(crate) elsewhere: bool,
}

impl Vendored {
    /// A plain package of the default registry.
    pub(crate) const fn new(name: &'static str, version: &'static str) -> Self {
        Self { name, version, license: "MIT", runs: "", elsewhere: false }
    }

    fn source(&self) -> &'static str {
        if self.elsewhere { ELSEWHERE } else { DEFAULT }
    }

    fn lay(&self, workspace: Workspace) -> Workspace {
        let Self { name, version, license, runs, .. } = self;
        let folder = format!("vendor/{name}-{version}");
        let library = if *runs == "proc-macro" { "[lib]\nproc-macro = true\n" } else { "" };
        let manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"{version}\"\nedition = \"2024\"\nlicense = \"{license}\"\n{library}"
        );
        let sums = format!("{{\"files\":{{}},\"package\":\"{CHECKSUM}\"}}");
        let workspace = workspace
            .with(&format!("{folder}/Cargo.toml"), manifest)
            .with(&format!("{folder}/src/lib.rs"), "//! Nothing.\n")
            .with(&format!("{folder}/.cargo-checksum.json"), sums);
        if *runs == "build.rs" {
            return workspace.with(&format!("{folder}/build.rs"), "fn main() {}\n");
        }
        workspace
    }
}

/// A copy of the `clean` fixture whose package `clean` depends on those packages, in place of those that it depended on.
pub(crate) fn depend_on(workspace: Workspace, packages: &[Vendored]) -> Workspace {
    let mut workspace = workspace.with(".cargo/config.toml", CONFIG);
    let mut manifest = "\n[dependencies]\n".to_owned();
    let mut names = "dependencies = [\n".to_owned();
    let mut entries: Vec<String> = Vec::new();
    for one in packages {
        let Vendored { name, version, .. } = one;
        let registry = if one.elsewhere { ", registry = \"elsewhere\"" } else { "" };
        let several = packages.iter().filter(|other| other.name == *name).count() > 1;
        let key = format!("{name}-{}", version.replace('.', "-"));
        let _ = writeln!(manifest, "{key} = {{ package = \"{name}\", version = \"={version}\"{registry} }}");
        let _ =
            writeln!(names, " \"{name}{}\",", if several { format!(" {version}") } else { String::new() });
        entries.push(format!(
            "\n[[package]]\nname = \"{name}\"\nversion = \"{version}\"\nsource = \"{}\"\nchecksum = \"{CHECKSUM}\"\n",
            one.source()
        ));
        workspace = one.lay(workspace);
    }
    names.push_str("]\n");
    let own = "name = \"clean\"\nversion = \"0.1.0\"\n";
    workspace
        .with_text_of("Cargo.toml", |text| {
            let before = text.split("\n[dependencies]").next().unwrap();
            format!("{}\n{manifest}", before.trim_end())
        })
        .with_text_of("Cargo.lock", |text| {
            let last = text.split("\n[[package]]\nname = \"clean-cli\"").next().unwrap();
            let head = last.split(own).next().unwrap().to_owned();
            let cli = "\n[[package]]\nname = \"clean-cli\"\nversion = \"0.1.0\"\ndependencies = [\n \"clean\",\n]\n";
            let mut entries = entries.clone();
            entries.sort();
            format!("{head}{own}{names}{cli}{}", entries.concat())
        })
}
