//! Pairs the outputs of two builds, and reads those that differ.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use cargo_metadata::Metadata;

use crate::binary::Image;
use crate::facts::{Facts, relative};
use crate::gate::Unreadable;
use crate::graph::{Graph, Kinds};
use crate::parse::cargo_messages::{Artifact, CargoRun, ScriptRun};
use crate::release;
use crate::repro::{Change, Kind, Places, Program, Spot, Unit, build_order, compare, leaks};

/// Both builds, with where each was made.
pub(super) struct Pairs<'a> {
    pub(super) facts: &'a Facts,
    pub(super) graph: &'a Metadata,
    pub(super) runs: (&'a CargoRun, &'a CargoRun),
    pub(super) places: (&'a Places, &'a Places),
}

impl Pairs<'_> {
    /// The programs of both builds.
    pub(super) fn programs(&self) -> Result<Vec<Program>, Unreadable> {
        let second: HashMap<(String, &str), &str> = release::programs(self.runs.1)
            .map(|(artifact, path)| ((source(artifact, self.places.1), artifact.target.name.as_str()), path))
            .collect();
        let programs: Vec<(&Artifact, &str)> = release::programs(self.runs.0).collect();
        if programs.len() != second.len() {
            let (one, two) = (programs.len(), second.len());
            return Err(Unreadable::garbage(format!(
                "the first build made {one} programs, the second {two}"
            )));
        }
        let pair = |(artifact, path): (&Artifact, &str)| {
            let name = artifact.target.name.clone();
            let other = second.get(&(source(artifact, self.places.0), name.as_str()));
            let other = other
                .ok_or_else(|| Unreadable::garbage(format!("the second build made no program `{name}`")))?;
            let (one, two) = (read(Path::new(path))?, read(Path::new(other))?);
            Ok(self.program(name, &one, &two))
        };
        programs.into_iter().map(pair).collect()
    }

    fn program(&self, name: String, one: &[u8], two: &[u8]) -> Program {
        let Some(spot) = compare(one, two) else {
            return Program { name, ..Program::default() };
        };
        let image = Image::read(one).unwrap_or_default();
        let section = |at: usize| {
            let section = image.section_at(at);
            section.map_or_else(
                || ("outside of the sections".to_owned(), false),
                |one| (one.name.clone(), !one.loaded),
            )
        };
        let leaks = leaks((one, self.places.0), (two, self.places.1), &section);
        Program { name, spot: Some(spot), leaks }
    }

    /// The crates whose output or build script differs, in build order.
    pub(super) fn units(&self) -> Result<Vec<Unit>, Unreadable> {
        let graph = Graph::new(self.graph).map_err(|error| Unreadable::garbage(error.to_string()))?;
        let second = files_of(self.runs.1, self.places.1);
        let mut units = Vec::new();
        let mut different: BTreeSet<usize> = BTreeSet::new();
        for at in build_order(&graph) {
            let Some(package) = graph.package(at) else { continue };
            let of_package = |artifact: &&Artifact| artifact.package_id == package.id.repr;
            let mut artifacts: Vec<&Artifact> = self.runs.0.artifacts.iter().filter(of_package).collect();
            artifacts.sort_by_key(|artifact| artifact.target.kinds.iter().any(|kind| kind == "bin"));
            let script = artifacts.iter().find(|artifact| is(artifact, "custom-build"));
            let script =
                script.map(|artifact| relative(&self.facts.root, Path::new(&artifact.target.src_path)));
            let mut changes = self.changes(&package.id.repr);
            let needs = graph.closure(&[at], Kinds::NORMAL, &[]);
            let compiled = artifacts.iter().filter(|artifact| !is(artifact, "custom-build"));
            for artifact in compiled {
                // a program is made from its package's library too
                let own = |need: usize| need == at && !is(artifact, "bin");
                let inputs_equal = !needs.iter().any(|need| !own(*need) && different.contains(need));
                let spot = self.spot(artifact, &second)?;
                let proc_macro = is(artifact, "proc-macro");
                let told = std::mem::take(&mut changes);
                // what runs in the compiler is not in what it makes
                if !proc_macro && (spot.is_some() || told.iter().any(|change| change.kind != Kind::Path)) {
                    different.insert(at);
                }
                if spot.is_none() && told.is_empty() {
                    continue;
                }
                let member = self.facts.packages.iter().find(|one| one.id == package.id.repr);
                units.push(Unit {
                    package: package.name.to_string(),
                    version: package.version.to_string(),
                    selector: selector(artifact),
                    proc_macro,
                    folder: member.map(|member| member.folder.clone()),
                    script: script.clone(),
                    changes: told,
                    spot,
                    inputs_equal,
                    macros: needs
                        .iter()
                        .filter(|need| graph.is_proc_macro(**need))
                        .filter_map(|need| graph.package(*need))
                        .map(|one| one.name.to_string())
                        .collect(),
                    expansion: None,
                });
            }
        }
        Ok(units)
    }

    /// Where a unit's files differ.
    fn spot(
        &self,
        artifact: &Artifact,
        second: &BTreeMap<(String, String), PathBuf>,
    ) -> Result<Option<Spot>, Unreadable> {
        let from = source(artifact, self.places.0);
        let files: Vec<&String> = artifact.filenames.iter().filter(|file| is_code(artifact, file)).collect();
        for file in files {
            let name = file_name(file);
            let Some(other) = second.get(&(from.clone(), name.clone())) else {
                let (section, text) = (Some("the name of its file".to_owned()), "no such file".to_owned());
                return Ok(Some(Spot { section, first: name, second: text, ..Spot::default() }));
            };
            if let Some(spot) = compare(&read(Path::new(file))?, &read(other)?) {
                return Ok(Some(spot));
            }
        }
        Ok(None)
    }

    /// How the outputs of a package's build script differ.
    fn changes(&self, package: &str) -> Vec<Change> {
        let second: HashMap<String, &ScriptRun> =
            self.runs.1.scripts.iter().map(|run| (folder_of(run), run)).collect();
        let first = self.runs.0.scripts.iter().filter(|run| run.package_id == package);
        let pairs = first.filter_map(|run| Some((run, *second.get(&folder_of(run))?)));
        pairs.flat_map(|(one, two)| self.script_changes(one, two)).collect()
    }

    fn script_changes(&self, one: &ScriptRun, two: &ScriptRun) -> Vec<Change> {
        let between = |what: String, first: &str, second: &str| {
            Change::between(what, (first, self.places.0), (second, self.places.1))
        };
        let mut changes = Vec::new();
        for (name, value) in &one.env {
            let other = two.env.iter().find(|(other, _)| other == name).map_or("", |(_, value)| value);
            changes.extend(between(format!("the variable {name}"), value, other));
        }
        changes.extend(between(
            "the conditions (cfg)".to_owned(),
            &one.cfgs.join("\n"),
            &two.cfgs.join("\n"),
        ));
        let libraries = (one.linked_libs.join("\n"), two.linked_libs.join("\n"));
        changes.extend(between("the linked libraries".to_owned(), &libraries.0, &libraries.1));
        let (first, second) = (files_below(Path::new(&one.out_dir)), files_below(Path::new(&two.out_dir)));
        // what a script compiled to see whether it compiles is no part of the build: nothing can be made of it
        let is_probe = |path: &Path| path.extension().is_some_and(|extension| extension == "rmeta");
        for (name, path) in first.iter().filter(|(_, path)| !is_probe(path)) {
            let bytes = std::fs::read(path).unwrap_or_default();
            let other = second.get(name).and_then(|path| std::fs::read(path).ok()).unwrap_or_default();
            if bytes == other {
                continue;
            }
            let what = format!("the file {name}");
            match (std::str::from_utf8(&bytes), std::str::from_utf8(&other)) {
                (Ok(bytes), Ok(other)) => changes.extend(between(what, bytes, other)),
                _ => changes.extend(self.binary_change(what, &bytes, &other)),
            }
        }
        changes
    }

    /// A file that is no text: equal where it counts, or with paths of the build, or different.
    fn binary_change(&self, what: String, one: &[u8], two: &[u8]) -> Option<Change> {
        let spot = compare(one, two)?;
        let leaks = leaks((one, self.places.0), (two, self.places.1), &|_| (String::new(), false));
        let kind = if leaks.is_empty() { Kind::Value } else { Kind::Path };
        Some(Change { what, first: spot.first, second: spot.second, kind })
    }
}

fn is(artifact: &Artifact, kind: &str) -> bool {
    artifact.target.kinds.iter().any(|one| one == kind)
}

/// What `cargo rustc` calls the target.
fn selector(artifact: &Artifact) -> Vec<String> {
    if is(artifact, "bin") {
        vec!["--bin".to_owned(), artifact.target.name.clone()]
    } else {
        vec!["--lib".to_owned()]
    }
}

/// A file with code in it, not a description of it.
fn is_code(artifact: &Artifact, file: &str) -> bool {
    let extension = Path::new(file).extension().and_then(std::ffi::OsStr::to_str).unwrap_or_default();
    artifact.executable.as_deref() == Some(file)
        || ["rlib", "so", "dylib", "dll", "a", "lib"].contains(&extension)
}

/// The root file of a unit, the same for both builds.
fn source(artifact: &Artifact, places: &Places) -> String {
    places.neutral(&artifact.target.src_path)
}

fn file_name(path: &str) -> String {
    Path::new(path).file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The files of a build, by the unit's root file and their own name, which has cargo's hash of the unit.
fn files_of(run: &CargoRun, places: &Places) -> BTreeMap<(String, String), PathBuf> {
    let files =
        run.artifacts.iter().flat_map(|artifact| artifact.filenames.iter().map(move |file| (artifact, file)));
    files.map(|(artifact, file)| ((source(artifact, places), file_name(file)), PathBuf::from(file))).collect()
}

/// The folder of a build script's run: the package's name with cargo's hash.
fn folder_of(run: &ScriptRun) -> String {
    file_name(&Path::new(&run.out_dir).parent().unwrap_or(Path::new("")).to_string_lossy())
}

/// The files below a folder, by their path within it.
fn files_below(folder: &Path) -> BTreeMap<String, PathBuf> {
    let mut files = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(at) = open.pop() {
        for entry in std::fs::read_dir(at).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => open.push(entry.path()),
                Ok(kind) if kind.is_file() => {
                    files.insert(relative(folder, &entry.path()), entry.path());
                }
                _ => {}
            }
        }
    }
    files
}

fn read(path: &Path) -> Result<Vec<u8>, Unreadable> {
    std::fs::read(path)
        .map_err(|error| Unreadable::garbage(format!("cargo names {}: {error}", path.display())))
}
