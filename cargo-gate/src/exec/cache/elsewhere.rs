//! What a run read elsewhere than the tree, which only the run tells: rustc's dep-info, what build scripts want
//! watched, packages that lie outside the workspace, sources that git ignores.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};
use std::time::SystemTime;

use jiff::Timestamp;
use rayon::prelude::*;

use super::super::environment::is_ours_alone;
use super::contents::Contents;
use super::{Asked, surroundings};
use crate::cache::{DepInfo, Elsewhere, digest, rerun_if};
use crate::facts::relative;
use crate::reach;
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
    /// For gates that read the sources: those that git ignores, there or not.
    sources: BTreeSet<PathBuf>,
    /// When the run began.
    since: Timestamp,
}

/// Looks at what the run left behind.
pub(super) fn find(asked: &Asked<'_>, evidence: &Evidence, code: bool, contents: &mut Contents) -> Found {
    let root = &asked.facts.root;
    let graph = evidence.all().find_map(|observed| match observed {
        Observed::Graph(_, Ok(metadata)) => Some(metadata),
        _ => None,
    });
    let local = graph.into_iter().flat_map(|metadata| &metadata.packages);
    let local =
        local.filter(|package| package.source.is_none()).filter_map(|package| package.manifest_path.parent());
    let packages =
        local.map(|folder| folder.as_std_path().to_owned()).filter(|folder| !folder.starts_with(root));
    let packages: BTreeSet<PathBuf> = packages.collect();
    let sources = evidence.sources().map(|sources| {
        let listed: BTreeSet<&String> = asked.facts.sources.iter().map(|source| &source.path).collect();
        let read = sources.files.iter().map(|file| &file.path).filter(|path| !listed.contains(path)).cloned();
        read.chain(reach::unlisted(asked.facts, sources)).map(PathBuf::from).collect()
    });
    let code = if code { of_code(asked, &packages, contents) } else { Ok(Elsewhere::default()) };
    let since = asked.facts.now;
    Found { code, packages, since, sources: sources.unwrap_or_default() }
}

impl Found {
    /// What a gate with those inputs read elsewhere.
    ///
    /// # Errors
    /// Why that cannot be known.
    pub(super) fn of(
        &self,
        inputs: &Inputs,
        root: &Path,
        contents: &mut Contents,
    ) -> Result<Elsewhere, String> {
        let mut all = if inputs.code { self.code.clone()? } else { Elsewhere::default() };
        if inputs.data.contains(&crate::step::Data::Packages) {
            add_packages(&mut all, &self.packages, self.since, contents)?;
        }
        let paths: Vec<PathBuf> = self.sources.iter().map(|path| root.join(path)).collect();
        paths.iter().try_for_each(|path| settled(path, self.since))?;
        let names = self.sources.iter().map(|path| relative(root, path));
        all.files.extend(names.zip(contents.of(&paths)));
        Ok(all)
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
struct Read {
    info: DepInfo,
    written: SystemTime,
}

fn of_code(
    asked: &Asked<'_>,
    packages: &BTreeSet<PathBuf>,
    contents: &mut Contents,
) -> Result<Elsewhere, String> {
    let facts = asked.facts;
    let folders = profile_folders(&facts.target);
    let infos = dep_infos(&folders);
    proven(asked, &infos)?;
    let places = Places::of(asked);
    let mut files: BTreeSet<PathBuf> = BTreeSet::new();
    let mut names: BTreeSet<String> = BTreeSet::new();
    for Read { info, .. } in &infos {
        files.extend(info.files.iter().filter_map(|file| places.elsewhere(Path::new(file))));
        names.extend(info.variables.keys().cloned());
    }
    for (package, output) in build_outputs(&folders) {
        let (changed, variables) = rerun_if(&output);
        let folder = facts.packages.iter().find(|one| one.name == package).map(|one| one.folder.as_str());
        let watched = changed.iter().map(|path| match folder {
            Some(folder) => Path::new(folder).join(path),
            None => PathBuf::from(path),
        });
        // a relative path of a package elsewhere lies in its folder, which is looked at as a whole
        files.extend(
            watched
                .filter(|path| folder.is_some() || path.is_absolute())
                .filter_map(|path| places.elsewhere(&path)),
        );
        names.extend(variables);
    }
    let counted = surroundings::variables(facts, asked.environment);
    let passed_over = names.into_iter().filter(|name| {
        !counted.contains_key(name) && !name.starts_with("CARGO_") && !is_ours_alone(name.as_ref())
    });
    files.iter().try_for_each(|file| settled(file, facts.now))?;
    let mut all = Elsewhere {
        variables: passed_over.map(|name| (name.clone(), variable(&name))).collect(),
        ..Elsewhere::default()
    };
    let owners =
        files.iter().filter(|file| file.extension().is_some_and(|end| end == "rs")).filter_map(|file| {
            file.ancestors().skip(1).find(|folder| folder.join("Cargo.toml").is_file()).map(Path::to_owned)
        });
    let owners: BTreeSet<PathBuf> =
        owners.filter(|folder| !facts.root.starts_with(folder)).chain(packages.iter().cloned()).collect();
    add_packages(&mut all, &owners, facts.now, contents)?;
    for file in files.into_iter().filter(|file| !owners.iter().any(|folder| file.starts_with(folder))) {
        let name = file.to_string_lossy().into_owned();
        if file.is_dir() {
            listed(&file)?.iter().try_for_each(|file| settled(file, facts.now))?;
            all.folders.insert(name, folder(&file, contents)?);
        } else {
            all.files.insert(relative(&facts.root, &file), contents.one(&file));
        }
    }
    Ok(all)
}

/// Packages elsewhere: all their files, and the manifests above them, from which they may inherit.
fn add_packages(
    all: &mut Elsewhere,
    packages: &BTreeSet<PathBuf>,
    since: Timestamp,
    contents: &mut Contents,
) -> Result<(), String> {
    for package in packages {
        listed(package)?.iter().try_for_each(|file| settled(file, since))?;
        all.folders.insert(package.to_string_lossy().into_owned(), folder(package, contents)?);
        for above in package.ancestors().skip(1) {
            let manifest = above.join("Cargo.toml");
            settled(&manifest, since)?;
            let digest = contents.one(&manifest);
            all.files.insert(manifest.to_string_lossy().into_owned(), digest);
        }
    }
    Ok(())
}

/// The digest of all files of a folder.
fn folder(folder: &Path, contents: &mut Contents) -> Result<String, String> {
    let paths = listed(folder)?;
    let digests = contents.of(&paths);
    Ok(digest(paths.iter().zip(digests).flat_map(|(path, digest)| [relative(folder, path), digest])))
}

/// All files of a folder but those that git ignores or that can be made anew.
fn listed(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let wanted = |entry: &ignore::DirEntry| {
        entry.file_name() != ".git" && !entry.path().join("CACHEDIR.TAG").is_file()
    };
    let walk = ignore::WalkBuilder::new(folder).hidden(false).require_git(false).filter_entry(wanted).build();
    let files = walk.flatten().filter(|entry| entry.file_type().is_some_and(|kind| !kind.is_dir()));
    let mut paths: Vec<PathBuf> = files.take(MOST_FILES + 1).map(ignore::DirEntry::into_path).collect();
    if paths.len() > MOST_FILES {
        return Err(format!("{} has more than {MOST_FILES} files", folder.display()));
    }
    paths.sort();
    Ok(paths)
}

/// A file that was written since the run began may not be what the run read.
fn settled(file: &Path, since: Timestamp) -> Result<(), String> {
    let written = std::fs::metadata(file).and_then(|metadata| metadata.modified()).ok();
    let written = written.and_then(|time| Timestamp::try_from(time).ok());
    match written.filter(|time| *time >= since) {
        Some(_) => Err(format!("{} was written during the run", file.display())),
        None => Ok(()),
    }
}

/// Each package that is judged must have been compiled here, after its files were last written: else the dep-info
/// that is found is of another build.
fn proven(asked: &Asked<'_>, infos: &[Read]) -> Result<(), String> {
    let root = &asked.facts.root;
    let below = |file: &String| relative(root, Path::new(file));
    let fresh = |read: &Read| {
        let times = read.info.files.iter().map(|file| root.join(file)).filter(|file| file.starts_with(root));
        let mut times = times.filter_map(|file| std::fs::metadata(file).ok()?.modified().ok());
        times.all(|time| time <= read.written)
    };
    let fresh: BTreeSet<String> =
        infos.iter().filter(|read| fresh(read)).flat_map(|read| read.info.files.iter().map(below)).collect();
    let lost = asked.facts.judged(asked.options).find(|package| {
        !package.targets.is_empty() && !package.targets.iter().any(|target| fresh.contains(&target.root))
    });
    match lost {
        None => Ok(()),
        Some(package) => Err(format!("rustc does not tell here what it read for {}", package.name)),
    }
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
    let files = folders.iter().flat_map(|folder| DEP_INFO.map(|name| folder.join(name)));
    let entries = files.flat_map(|folder| std::fs::read_dir(folder).into_iter().flatten().flatten());
    let paths: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == "d"))
        .collect();
    let read = |path: &PathBuf| {
        let info = DepInfo::parse(&std::fs::read_to_string(path).ok()?)?;
        Some(Read { info, written: std::fs::metadata(path).ok()?.modified().ok()? })
    };
    paths.par_iter().filter_map(read).collect()
}

/// What build scripts said, each with the name of its package.
fn build_outputs(folders: &[PathBuf]) -> Vec<(String, String)> {
    let builds = folders
        .iter()
        .flat_map(|folder| std::fs::read_dir(folder.join("build")).into_iter().flatten().flatten());
    let output = |entry: std::fs::DirEntry| {
        let text = std::fs::read_to_string(entry.path().join("output")).ok()?;
        let name = entry.file_name().to_string_lossy().into_owned();
        Some((name.rsplit_once('-')?.0.to_owned(), text))
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
        let home = asked.environment.cargo_home.iter();
        let registries = home.flat_map(|home| [home.join("registry"), home.join("git")]);
        let fixed = registries.chain(facts.sysroot.clone()).chain([facts.target.clone()]).collect();
        Self { root: &facts.root, covered: facts.files.iter().map(String::as_str).collect(), fixed }
    }

    /// The path, where nothing else covers it.
    fn elsewhere(&self, file: &Path) -> Option<PathBuf> {
        let path = plain(&self.root.join(file));
        let fixed = self.fixed.iter().any(|folder| path.starts_with(folder));
        let name = relative(self.root, &path);
        // a folder of the tree is in the key by its files
        let covered = self.covered.contains(name.as_str())
            || path == self.root
            || (path.starts_with(self.root) && path.is_dir());
        (!fixed && !covered).then_some(path)
    }
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
