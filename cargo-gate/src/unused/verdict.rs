//! Whether a dependency is used, and how sure that is.

use std::fmt;

use cargo_metadata::{DependencyKind, Metadata, Package, TargetKind};

use super::entries::{Entry, library};
use super::usage::{Class, Usage, Use};
use crate::scan::How;

/// What becomes of a dependency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The sources name it.
    Used,
    /// Only tests, benchmarks, examples or documentation name a dependency of the production code.
    DevOnly,
    /// No source names it; a doubt where it may be used all the same.
    Unused(Option<Doubt>),
}

/// Why a dependency that no source names may be used all the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doubt {
    /// A macro's input or a string names it there.
    Text(String, u32),
    /// Only documentation names it, there.
    Docs(String, u32),
    /// A file names it that no target is known to reach.
    Loose(String),
    /// The config leaves out that many of the package's sources.
    LeftOut(usize),
    /// That file includes generated code.
    Generated(String),
    /// The documentation includes that file, which is not read.
    UnreadDocs(String),
    /// No platform builds it: it may pin a version.
    NoPlatform,
    /// It has no library.
    NoLibrary,
    /// Its `links` tell the package's build script of a native library.
    Links,
    /// Other packages use it, and its features here are theirs too.
    Features,
    /// The code that a macro of that crate makes may name it.
    Macro(String),
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(file, line) => write!(f, "a macro's input or a string names it at {file}:{line}"),
            Self::Docs(file, line) => write!(
                f,
                "only the documentation does, at {file}:{line}: an example's dependency belongs in [dev-dependencies]"
            ),
            Self::Loose(file) => write!(f, "{file} names it, which no target is known to reach"),
            Self::LeftOut(1) => write!(f, "`exclude` leaves out a source of the package"),
            Self::LeftOut(count) => write!(f, "`exclude` leaves out {count} sources of the package"),
            Self::Generated(file) => write!(f, "{file} includes generated code, which may name it"),
            Self::UnreadDocs(file) => write!(f, "the documentation includes {file}, which may name it"),
            Self::NoPlatform => write!(f, "it is for no platform, and so may only pin a version"),
            Self::NoLibrary => write!(f, "it has no library, so that no code could name it"),
            Self::Links => write!(f, "its native library may be used by the build script"),
            Self::Features => write!(f, "it may be there to turn on features for other packages"),
            Self::Macro(name) => write!(f, "the code that macros of `{name}` make may name it"),
        }
    }
}

/// Judges one entry of a member.
pub fn judge(
    metadata: &Metadata,
    member: &Package,
    all: &[Entry<'_>],
    entry: &Entry<'_>,
    usage: &Usage,
) -> Verdict {
    let uses = usage.uses.get(&entry.name).map(Vec::as_slice).unwrap_or_default();
    let path = |class: Class| uses.iter().any(|one| one.how == How::Path && one.class == class);
    let in_code = |one: &Use| one.how <= How::Doc && one.class != Class::Build && one.class != Class::Loose;
    if [member.name.as_str(), &entry.declared.name].into_iter().any(is_workspace_hack) {
        return Verdict::Used;
    }
    match entry.declared.kind {
        DependencyKind::Development if uses.iter().any(in_code) || path(Class::Loose) => Verdict::Used,
        DependencyKind::Build if path(Class::Build) || reads_links(entry, usage) => Verdict::Used,
        DependencyKind::Development | DependencyKind::Build => {
            doubt(metadata, member, all, entry, usage, uses)
        }
        _ if path(Class::Production) || reads_links(entry, usage) => Verdict::Used,
        _ if path(Class::Test) => {
            let hidden = uses.iter().any(|one| one.how == How::Text && one.class == Class::Production);
            let may_move = usage.ships && !entry.declared.optional && !hidden && usage.generated.is_none();
            if may_move && !path(Class::Loose) { Verdict::DevOnly } else { Verdict::Used }
        }
        _ => doubt(metadata, member, all, entry, usage, uses),
    }
}

/// Whether it is the package by which cargo-hakari gives all members the same features: it names nothing,
/// and nothing names it.
fn is_workspace_hack(package: &str) -> bool {
    package.replace('_', "-").ends_with("workspace-hack")
}

/// Whether the build script reads what the dependency's own build script says of its native library.
fn reads_links(entry: &Entry<'_>, usage: &Usage) -> bool {
    let Some(links) = entry.package.and_then(|package| package.links.as_deref()) else { return false };
    let variable = format!("DEP_{}_", links.to_uppercase().replace('-', "_"));
    usage.build_texts.iter().any(|text| text.contains(&variable))
}

fn doubt(
    metadata: &Metadata,
    member: &Package,
    all: &[Entry<'_>],
    entry: &Entry<'_>,
    usage: &Usage,
    uses: &[Use],
) -> Verdict {
    let build = entry.declared.kind == DependencyKind::Build;
    let text = uses.iter().find(|one| one.how == How::Text && (one.class == Class::Build) == build);
    let docs = uses.iter().find(|one| one.how == How::Doc && one.class != Class::Build);
    let loose = uses.iter().find(|one| one.class == Class::Loose);
    let package = entry.package;
    let has_build_script = member.targets.iter().any(|target| target.kind.contains(&TargetKind::CustomBuild));
    let links = has_build_script && package.is_some_and(|package| package.links.is_some());
    let target = entry.declared.target.as_ref().map(ToString::to_string);
    let no_platform = target.is_some_and(|target| target.replace(' ', "") == "cfg(any())");
    let doubt = None
        .or_else(|| text.map(|one| Doubt::Text(one.file.clone(), one.line)))
        .or_else(|| docs.map(|one| Doubt::Docs(one.file.clone(), one.line)))
        .or_else(|| loose.map(|one| Doubt::Loose(one.file.clone())))
        .or_else(|| (usage.left_out > 0).then_some(Doubt::LeftOut(usage.left_out)))
        .or_else(|| usage.generated.clone().filter(|_| !build).map(Doubt::Generated))
        .or_else(|| usage.unread_docs.clone().filter(|_| is_dev(entry)).map(Doubt::UnreadDocs))
        .or_else(|| no_platform.then_some(Doubt::NoPlatform))
        .or_else(|| package.is_some_and(|package| library(package).is_none()).then_some(Doubt::NoLibrary))
        .or_else(|| links.then_some(Doubt::Links))
        .or_else(|| (entry.shared && turns_on_features(member, entry)).then_some(Doubt::Features))
        .or_else(|| partner(metadata, all, entry, usage).map(Doubt::Macro));
    Verdict::Unused(doubt)
}

fn is_dev(entry: &Entry<'_>) -> bool {
    entry.declared.kind == DependencyKind::Development
}

/// Whether the entry, or a feature of the member, names features of the dependency.
fn turns_on_features(member: &Package, entry: &Entry<'_>) -> bool {
    let of_entry = |feature: &String| {
        let dependency = feature.split_once('/').map(|(dependency, _)| dependency.trim_end_matches('?'));
        dependency == Some(entry.key)
    };
    !entry.declared.features.is_empty() || member.features.values().flatten().any(of_entry)
}

/// A used dependency with a procedural macro whose code may name this one: the macro's package is tested
/// with it, or comes from the same repository.
fn partner(metadata: &Metadata, all: &[Entry<'_>], entry: &Entry<'_>, usage: &Usage) -> Option<String> {
    let own = entry.package?;
    let used = |other: &&Entry<'_>| other.name != entry.name && usage.uses.contains_key(&other.name);
    let found = all.iter().filter(used).find(|other| {
        let Some(package) = other.package else { return false };
        let behind = package.dependencies.iter().filter(|one| one.kind == DependencyKind::Normal);
        let behind =
            behind.filter_map(|one| metadata.packages.iter().find(|package| *package.name == one.name));
        let macros = std::iter::once(package).chain(behind).filter(|package| is_macro(package));
        macros
            .into_iter()
            .any(|makes| is_tested_with(makes, own) || is_tested_with(package, own) || same_home(makes, own))
    })?;
    Some(found.key.to_owned())
}

fn is_macro(package: &Package) -> bool {
    package.targets.iter().any(|target| target.kind.contains(&TargetKind::ProcMacro))
}

fn is_tested_with(package: &Package, own: &Package) -> bool {
    let dev = package.dependencies.iter().filter(|one| one.kind == DependencyKind::Development);
    dev.into_iter().any(|one| one.name == own.name.as_str())
}

fn same_home(package: &Package, own: &Package) -> bool {
    package.repository.is_some() && package.repository == own.repository
}
