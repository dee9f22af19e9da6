//! Which files the targets of a workspace are made of.

use std::collections::{BTreeMap, BTreeSet};

use super::file::{Context, FileScan, ModuleDecl};

/// The root file of a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    /// The path, separated by `/`, relative to the root of the workspace.
    pub path: String,
    /// What the target is for.
    pub kind: RootKind,
}

/// What a target is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RootKind {
    /// What is shipped: a library, binary or procedural macro.
    Production,
    /// A test, benchmark or example.
    Test,
    /// A build script.
    Build,
}

/// How a file is reached from the root files of the targets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent facts: a file may be reached in several ways at once"
)]
pub struct Reach {
    /// As part of production code.
    pub production: bool,
    /// As part of production code with no `cfg`, macro or foreign attribute on the way: a build of
    /// the target surely read it.
    pub always: bool,
    /// As part of a test, benchmark or example, or of code under `#[cfg(test)]`.
    pub test: bool,
    /// As part of a build script.
    pub build: bool,
    /// Every way to it goes through a `mod` that keeps rustfmt away.
    pub rustfmt_skip: bool,
}

/// Follows the `mod` declarations and `include!`s from the roots and tells of each file how it is
/// reached, and which paths are named and not there. `file` gives the scan of a file, or nothing
/// where there is no such file.
///
/// Paths are resolved as rustc does, see
/// <https://doc.rust-lang.org/reference/items/modules.html#module-source-filenames>. Of the two
/// files that a module may be only one can be there: where one is, the other is not named.
pub fn reach<'a>(
    roots: &[Root],
    file: impl Fn(&str) -> Option<&'a FileScan>,
) -> (BTreeMap<String, Reach>, BTreeSet<String>) {
    let mut reached = BTreeMap::<String, Reach>::new();
    let (mut missing, mut seen) = (BTreeSet::new(), BTreeSet::new());
    let mut waiting: Vec<Visit> = roots.iter().map(Visit::root).collect();
    while let Some(visit) = waiting.pop() {
        let Some(scan) = file(&visit.path) else {
            missing.insert(visit.path);
            continue;
        };
        let visit = Visit { way: visit.way.through(scan.whole_file), ..visit };
        if !seen.insert(visit.clone()) {
            continue;
        }
        visit.record(&mut reached);
        for declared in &scan.modules {
            let mut places = visit.modules(declared);
            if places.iter().any(|place| file(&place.path).is_some()) {
                places.retain(|place| file(&place.path).is_some());
            }
            waiting.extend(places);
        }
        for included in &scan.includes {
            let path = join(folder(&visit.path), &included.path);
            let way = visit.way.through(included.context);
            waiting.push(Visit { path, owns_folder: true, way });
        }
    }
    (reached, missing)
}

/// One way to one file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Visit {
    path: String,
    /// Whether the files of its modules are beside it (`mod.rs`, the root of a target, a file named
    /// by `#[path]`) and not in a folder named like it.
    owns_folder: bool,
    way: Way,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Way {
    kind: RootKind,
    always: bool,
    rustfmt_skip: bool,
}

impl Way {
    /// This way, and on through code with the context.
    fn through(self, context: Context) -> Self {
        let Context { test, cfg, in_macro, attribute, constant: _ } = context;
        let kind = if test { RootKind::Test } else { self.kind };
        Self { kind, always: self.always && !(cfg || in_macro || attribute), ..self }
    }
}

impl Visit {
    fn root(root: &Root) -> Self {
        let way = Way { kind: root.kind, always: true, rustfmt_skip: false };
        Self { path: join("", &root.path), owns_folder: true, way }
    }

    fn record(&self, reached: &mut BTreeMap<String, Reach>) {
        let unknown = Reach { rustfmt_skip: true, ..Reach::default() };
        let reach = reached.entry(self.path.clone()).or_insert(unknown);
        match self.way.kind {
            RootKind::Production => {
                reach.production = true;
                reach.always |= self.way.always;
            }
            RootKind::Test => reach.test = true,
            RootKind::Build => reach.build = true,
        }
        reach.rustfmt_skip &= self.way.rustfmt_skip;
    }

    /// The files in which a module of this file may be.
    fn modules(&self, declared: &ModuleDecl) -> Vec<Self> {
        let mut way = self.way.through(declared.context);
        way.rustfmt_skip |= declared.rustfmt_skip;
        let at = |path, owns_folder| Self { path, owns_folder, way };
        if let Some(path) = &declared.path_attribute {
            let folder = if declared.inline_path.is_empty() {
                folder(&self.path).to_owned()
            } else {
                self.module_folder(&declared.inline_path)
            };
            return vec![at(join(&folder, path), true)];
        }
        let folder = self.module_folder(&declared.inline_path);
        let name = &declared.name;
        vec![
            at(join(&folder, &format!("{name}.rs")), false),
            at(join(&folder, &format!("{name}/mod.rs")), true),
        ]
    }

    /// The folder of the modules that are declared inside the given inline modules.
    fn module_folder(&self, inline_path: &[String]) -> String {
        let beside = folder(&self.path);
        let named_by_attribute = inline_path.first().is_some_and(|first| first.starts_with("./"));
        let start = if self.owns_folder || named_by_attribute {
            beside.to_owned()
        } else {
            self.path.strip_suffix(".rs").unwrap_or(&self.path).to_owned()
        };
        inline_path.iter().fold(start, |folder, part| join(&folder, part))
    }
}

/// The folder of a file; empty at the root of the workspace.
fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// A path relative to a folder, with `.` and `..` resolved as far as they can be.
fn join(folder: &str, path: &str) -> String {
    if path.starts_with('/') {
        return path.to_owned();
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(path.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests;
