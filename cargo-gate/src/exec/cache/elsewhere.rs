//! What a run read elsewhere than the tree, which only the run tells: rustc's dep-info, what build scripts want
//! watched, packages that lie outside the workspace, sources that git ignores.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};
use std::time::SystemTime;

use rayon::prelude::*;

use super::super::environment::is_ours_alone;
use super::contents::{Contents, WRITTEN};
use super::{Asked, proof, surroundings};
use crate::cache::{DepInfo, Elsewhere, digest, rerun_if};
use crate::facts::{Facts, relative};
use crate::step::{Evidence, Inputs, Observed};

/// So many files of a package elsewhere may be read.
const MOST_FILES: usize = 5000;
/// Folders of cargo's below one for a profile, with dep-info.
const DEP_INFO: [&str; 2] = ["deps", "examples"];

/// What is found of one run, once for all its gates.
pub(super) struct Found {
    /// For gates that compile or run code; or why it cannot be known.
    code: Result<Elsewhere, String>,
    /// For gates that look at the dependency graph.
    packages: BTreeSet<PathBuf>,
    /// For gates that read the sources: those that git ignores, there or not, each with its digest.
    sources: BTreeMap<String, String>,
}

/// Looks at what the run left behind.
pub(super) fn find(asked: &Asked<'_>, evidence: &Evidence, code: bool, contents: &mut Contents) -> Found {
    let facts = asked.facts;
    let graph = evidence.all().find_map(|observed| match observed {
        Observed::Graph(_, Ok(metadata)) => Some(metadata),
        _ => None,
    });
    let members = members(facts);
    let registries = registries(asked);
    let local = graph.into_iter().flat_map(|metadata| &metadata.packages);
    let folders =
        local.filter_map(|package| package.manifest_path.parent()).map(|folder| plain(folder.as_std_path()));
    let packages = folders
        .filter(|folder| !members.contains(folder))
        .filter(|folder| !registries.iter().any(|registry| folder.starts_with(registry)))
        .collect();
    let sources = evidence.sources().map(|sources| {
        let listed: BTreeSet<&String> = facts.sources.iter().map(|source| &source.path).collect();
        let read = sources.files.iter().map(|file| &file.path).filter(|path| !listed.contains(path)).cloned();
        let names: BTreeSet<String> = read.chain(sources.reached(facts).unlisted.iter().cloned()).collect();
        let paths: Vec<PathBuf> = names.iter().map(|name| facts.root.join(name)).collect();
        names.into_iter().zip(contents.of(&paths)).collect()
    });
    let code = if code { of_code(asked, &packages, contents) } else { Ok(Elsewhere::default()) };
    Found { code, packages, sources: sources.unwrap_or_default() }
}

impl Found {
    /// What a gate with those inputs read elsewhere.
    ///
    /// # Errors
    /// Why that cannot be known.
    pub(super) fn of(&self, inputs: &Inputs, contents: &mut Contents) -> Result<Elsewhere, String> {
        let mut all = if inputs.code { self.code.clone()? } else { Elsewhere::default() };
        if inputs.data.contains(&crate::step::Data::Packages) {
            add_packages(&mut all, &self.packages, contents)?;
        }
        all.files.extend(self.sources.clone());
        match all.files.iter().find(|(_, digest)| *digest == WRITTEN) {
            Some((name, _)) => Err(format!("{name} was {WRITTEN}")),
            None => Ok(all),
        }
    }
}

/// Whether all of it is as it was; else what is not.
pub(super) fn changed(elsewhere: &Elsewhere, root: &Path, contents: &mut Contents) -> Option<String> {
    let paths: Vec<PathBuf> = elsewhere.files.keys().map(|name| root.join(name)).collect();
    let now = contents.of(&paths);
    let differs = elsewhere.files.iter().zip(now).find(|((_, before), now)| *before != now);
    if let Some(((name, _), _)) = differs {
        return Some(name.clone());
    }
    let differs = |(name, before): (&String, &String)| {
        (folder(Path::new(name), contents).as_ref() != Ok(before)).then(|| name.clone())
    };
    let folders = elsewhere.folders.iter().find_map(differs);
    let variable = |(name, before): (&String, &String)| (variable(name) != *before).then(|| name.clone());
    folders.or_else(|| elsewhere.variables.iter().find_map(variable))
}

fn variable(name: &str) -> String {
    let value = std::env::var_os(name).map(|value| value.to_string_lossy().into_owned());
    value.map_or_else(|| "unset".to_owned(), |value| digest([value]).get(..8).unwrap_or_default().to_owned())
}

/// One dep-info file that is whole.
pub(super) struct Read {
    pub(super) info: DepInfo,
    pub(super) written: SystemTime,
    /// The package whose build script was compiled.
    script_of: Option<String>,
}

fn of_code(
    asked: &Asked<'_>,
    packages: &BTreeSet<PathBuf>,
    contents: &mut Contents,
) -> Result<Elsewhere, String> {
    let facts = asked.facts;
    let folders = profile_folders(&facts.target);
    let infos = dep_infos(&folders);
    proof::proven(asked, &infos)?;
    let places = Places::of(asked);
    let mut files: BTreeSet<PathBuf> = BTreeSet::new();
    let mut names: BTreeSet<String> = BTreeSet::new();
    for Read { info, .. } in &infos {
        files.extend(info.files.iter().filter_map(|file| places.elsewhere(Path::new(file))));
        names.extend(info.variables.keys().cloned());
    }
    for (package, output) in build_outputs(&folders) {
        let (changed, variables) = rerun_if(&output);
        let owners = folders_of(&package, &infos, facts);
        for path in changed {
            // cargo takes a relative path from the folder of the package; of two packages of that name both may be meant
            let watched: Vec<PathBuf> = match Path::new(&path).is_absolute() {
                true => vec![PathBuf::from(&path)],
                false if owners.is_empty() => {
                    return Err(format!("where the build script of {package} finds {path} is not known"));
                }
                false => owners.iter().map(|owner| owner.join(&path)).collect(),
            };
            files.extend(watched.iter().filter_map(|path| places.elsewhere(path)));
        }
        names.extend(variables);
    }
    let mut all = Elsewhere { variables: passed_over(asked, names), ..Elsewhere::default() };
    let sources = files.iter().filter(|file| file.extension().is_some_and(|end| end == "rs"));
    let owners: BTreeSet<PathBuf> =
        sources.filter_map(|file| owner(file)).chain(packages.iter().cloned()).collect();
    let members = members(facts);
    let others = owners.into_iter().filter(|folder| !members.contains(folder)).collect();
    add_packages(&mut all, &others, contents)?;
    for file in files {
        if file.is_dir() {
            all.folders.insert(file.to_string_lossy().into_owned(), folder(&file, contents)?);
        } else {
            all.files.insert(relative(&facts.root, &file), contents.one(&file));
        }
    }
    Ok(all)
}

/// Folders whose files are in the key.
fn members(facts: &Facts) -> BTreeSet<PathBuf> {
    let folders = facts.packages.iter().map(|package| plain(&facts.root.join(&package.folder)));
    folders.chain([facts.root.clone()]).collect()
}

/// Variables that the compiler or a build script read and the key passes over.
fn passed_over(asked: &Asked<'_>, names: BTreeSet<String>) -> BTreeMap<String, String> {
    let counted = surroundings::variables(asked.facts);
    let names = names.into_iter().filter(|name| {
        !counted.contains_key(name) && !name.starts_with("CARGO_") && !is_ours_alone(name.as_ref())
    });
    names.map(|name| (name.clone(), variable(&name))).collect()
}

/// The folder of the package that a file belongs to.
fn owner(file: &Path) -> Option<PathBuf> {
    file.ancestors().skip(1).find(|folder| folder.join("Cargo.toml").is_file()).map(Path::to_owned)
}

/// The folders of the packages of that name, by what their build scripts were compiled from.
fn folders_of(package: &str, infos: &[Read], facts: &Facts) -> BTreeSet<PathBuf> {
    let scripts = infos.iter().filter(|read| read.script_of.as_deref() == Some(package));
    let files = scripts.flat_map(|read| &read.info.files).map(|file| plain(&facts.root.join(file)));
    // what a build script includes may be of another package, and is looked at all the same
    let of_members = facts.packages.iter().filter(|member| member.name == package);
    let of_members = of_members.map(|member| facts.root.join(&member.folder));
    files.filter_map(|file| owner(&file)).chain(of_members).collect()
}

/// Packages elsewhere: all their files, and the manifests above them, from which they may inherit.
fn add_packages(
    all: &mut Elsewhere,
    packages: &BTreeSet<PathBuf>,
    contents: &mut Contents,
) -> Result<(), String> {
    for package in packages {
        all.folders.insert(package.to_string_lossy().into_owned(), folder(package, contents)?);
        let above: Vec<PathBuf> = package.ancestors().skip(1).map(|above| above.join("Cargo.toml")).collect();
        let names = above.iter().map(|manifest| manifest.to_string_lossy().into_owned());
        all.files.extend(names.zip(contents.of(&above)));
    }
    Ok(())
}

/// The digest of all files of a folder.
fn folder(folder: &Path, contents: &mut Contents) -> Result<String, String> {
    let paths = listed(folder)?;
    let digests = contents.of(&paths);
    if digests.iter().any(|digest| digest == WRITTEN) {
        return Err(format!("a file of {} was {WRITTEN}", folder.display()));
    }
    Ok(digest(paths.iter().zip(digests).flat_map(|(path, digest)| [relative(folder, path), digest])))
}

/// All files of a folder, those that git ignores too, but not git's own and not what can be made anew.
fn listed(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let wanted = |entry: &ignore::DirEntry| {
        entry.depth() == 0 || (entry.file_name() != ".git" && !entry.path().join("CACHEDIR.TAG").is_file())
    };
    let walk = ignore::WalkBuilder::new(folder).standard_filters(false).filter_entry(wanted).build();
    let files = walk.flatten().filter(|entry| entry.file_type().is_some_and(|kind| !kind.is_dir()));
    let mut paths: Vec<PathBuf> = files.take(MOST_FILES + 1).map(ignore::DirEntry::into_path).collect();
    if paths.len() > MOST_FILES {
        return Err(format!("{} has more than {MOST_FILES} files", folder.display()));
    }
    paths.sort();
    Ok(paths)
}

/// cargo's folders for profiles: `target/debug`, `target/TRIPLE/debug`, and those of instrumented builds.
fn profile_folders(target: &Path) -> Vec<PathBuf> {
    let below = |folder: &Path| -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect()
    };
    let first = below(target);
    let second =
        first.iter().filter(|folder| !folder.ends_with("bulletproof")).flat_map(|folder| below(folder));
    let all = second.collect::<Vec<_>>();
    all.into_iter().chain(first).filter(|folder| folder.join("deps").is_dir()).collect()
}

fn dep_infos(folders: &[PathBuf]) -> Vec<Read> {
    let entries =
        |folder: PathBuf| std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let of_targets = folders.iter().flat_map(|folder| DEP_INFO.map(|name| folder.join(name)));
    let of_targets = of_targets.map(|folder| (None, folder));
    let of_scripts = folders.iter().flat_map(|folder| entries(folder.join("build")));
    let of_scripts = of_scripts.map(|folder| (package_of(&folder), folder));
    let paths: Vec<(Option<String>, PathBuf)> = of_targets
        .chain(of_scripts)
        .flat_map(|(script_of, folder)| entries(folder).map(move |path| (script_of.clone(), path)))
        .filter(|(_, path)| path.extension().is_some_and(|end| end == "d"))
        .collect();
    let read = |(script_of, path): &(Option<String>, PathBuf)| {
        let info = DepInfo::parse(&std::fs::read_to_string(path).ok()?)?;
        let written = std::fs::metadata(path).ok()?.modified().ok()?;
        Some(Read { info, written, script_of: script_of.clone() })
    };
    paths.par_iter().filter_map(read).collect()
}

/// The package that a folder of cargo's for build scripts, `NAME-HASH`, is named after.
fn package_of(folder: &Path) -> Option<String> {
    Some(folder.file_name()?.to_string_lossy().rsplit_once('-')?.0.to_owned())
}

/// What build scripts said, each with the name of its package.
fn build_outputs(folders: &[PathBuf]) -> Vec<(String, String)> {
    let builds = folders
        .iter()
        .flat_map(|folder| std::fs::read_dir(folder.join("build")).into_iter().flatten().flatten());
    let output = |entry: std::fs::DirEntry| {
        let text = std::fs::read_to_string(entry.path().join("output")).ok()?;
        Some((package_of(&entry.path())?, text))
    };
    builds.filter_map(output).collect()
}

/// Where files need no look: they are in the key, or do not change.
struct Places<'a> {
    root: &'a Path,
    covered: BTreeSet<&'a str>,
    fixed: Vec<PathBuf>,
}

impl<'a> Places<'a> {
    fn of(asked: &Asked<'a>) -> Self {
        let facts = asked.facts;
        let registries = registries(asked).into_iter();
        let fixed = registries.chain(facts.sysroot.clone()).chain([facts.target.clone()]).collect();
        Self { root: &facts.root, covered: facts.files.iter().map(String::as_str).collect(), fixed }
    }

    /// The path, where nothing else covers it.
    fn elsewhere(&self, file: &Path) -> Option<PathBuf> {
        let path = plain(&self.root.join(file));
        let fixed = self.fixed.iter().any(|folder| path.starts_with(folder));
        let name = relative(self.root, &path);
        let covered = self.covered.contains(name.as_str()) || self.is_keyed_folder(&path);
        (!fixed && !covered).then_some(path)
    }

    /// Whether it is a folder of the tree, which is in the key by its files: all but git's own and what can be made anew.
    fn is_keyed_folder(&self, path: &Path) -> bool {
        let Ok(below) = path.strip_prefix(self.root) else { return false };
        let mut folders = path.ancestors().take(below.components().count());
        path.is_dir()
            && !folders.any(|folder| folder.ends_with(".git") || folder.join("CACHEDIR.TAG").is_file())
    }
}

/// Where cargo keeps packages that do not change.
fn registries(asked: &Asked<'_>) -> Vec<PathBuf> {
    let home = asked.environment.cargo_home.iter();
    home.flat_map(|home| [home.join("registry"), home.join("git")]).collect()
}

/// Without `.` and `..`.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                plain.pop();
            }
            Component::CurDir => {}
            other => plain.push(other),
        }
    }
    plain
}
