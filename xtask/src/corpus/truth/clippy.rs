//! clippy and the compiler: lints, errors, and the files that were compiled.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::Site;
use super::messages::{self, Message};
use crate::corpus::Error;
use crate::corpus::cargo::{Programs, Ran};
use crate::corpus::subject::Subject;

/// clippy's lints of the panic family, and the rule of our gate that each stands for.
const PANIC_LINTS: [(&str, &str); 8] = [
    ("unwrap_used", "unwrap"),
    ("expect_used", "expect"),
    ("panic", "panic"),
    ("todo", "todo"),
    ("unimplemented", "unimplemented"),
    ("unreachable", "unreachable"),
    ("indexing_slicing", "indexing"),
    ("string_slice", "indexing"),
];

/// No denied lint keeps clippy from going on to the targets that need this one.
const NOTHING_STOPS: [&str; 3] = ["--", "--cap-lints", "warn"];

/// What the panic lints said of production code.
#[derive(Debug)]
pub(in crate::corpus) struct Compiled {
    /// Each place once, under our rule's name.
    pub(in crate::corpus) sites: BTreeSet<Site>,
    /// The files that the compiler read for libraries and programs.
    pub(in crate::corpus) files: BTreeSet<String>,
    /// The packages of which a library or program was left out or failed, by name.
    pub(in crate::corpus) partly: BTreeSet<String>,
}

/// Runs the panic lints over all libraries and programs.
pub(in crate::corpus) fn panic_lints(programs: &Programs, subject: &Subject) -> Result<Compiled, Error> {
    let mut args =
        vec!["clippy", "--workspace", "--locked", "--offline", "--keep-going", "--message-format=json"];
    args.extend(subject.has_target(cargo_gate::facts::Target::is_library).then_some("--lib"));
    args.extend(subject.has_target(|target| target.is("bin")).then_some("--bins"));
    args.extend(NOTHING_STOPS);
    let lints: Vec<String> = PANIC_LINTS.iter().map(|(lint, _)| format!("clippy::{lint}")).collect();
    args.extend(lints.iter().flat_map(|lint| ["--force-warn", lint.as_str()]));
    let ran = programs.cargo(&subject.root, args)?;
    let messages = messages::read(&ran)?;
    let own = own(subject, &messages);
    let mut sites = BTreeSet::new();
    for message in own.iter().filter(|message| is_production(message)) {
        let Some(diagnostic) = &message.diagnostic else { continue };
        let Some((_, rule)) = PANIC_LINTS.iter().find(|(lint, _)| *lint == diagnostic.rule()) else {
            continue;
        };
        sites.insert(Site { rule: (*rule).to_owned(), ..diagnostic.site(&subject.root) });
    }
    let artifacts: Vec<&&Message> = own
        .iter()
        .filter(|message| message.reason == "compiler-artifact" && is_production(message))
        .collect();
    let mut files = BTreeSet::new();
    for artifact in &artifacts {
        files.extend(dep_info(artifact, &subject.root)?);
    }
    Ok(Compiled { sites, files, partly: partly(subject, &artifacts) })
}

fn own<'a>(subject: &Subject, messages: &'a [Message]) -> Vec<&'a Message> {
    let is_own = |message: &&Message| subject.facts.packages.iter().any(|p| p.id == message.package_id);
    messages.iter().filter(is_own).collect()
}

fn is_production(message: &Message) -> bool {
    message.target.as_ref().is_some_and(messages::Target::is_production)
}

/// The packages that have more libraries and programs than were compiled.
fn partly(subject: &Subject, artifacts: &[&&Message]) -> BTreeSet<String> {
    let packages = subject.facts.packages.iter().filter(|package| {
        let wanted = package.targets.iter().filter(|target| target.is_production()).count();
        artifacts.iter().filter(|artifact| artifact.package_id == package.id).count() < wanted
    });
    packages.map(|package| package.name.clone()).collect()
}

/// The files of the workspace that rustc names in the `.d` file beside an artifact.
fn dep_info(artifact: &Message, root: &Path) -> Result<Vec<String>, Error> {
    let Some(file) = artifact.filenames.iter().map(Path::new).find_map(dep_info_beside) else {
        return Ok(Vec::new());
    };
    let text = std::fs::read_to_string(&file).map_err(Error::io(file.display()))?;
    Ok(sources_of_dep_info(&text, root))
}

/// `lib<name>-<hash>.rmeta` is described by `<name>-<hash>.d`.
fn dep_info_beside(artifact: &Path) -> Option<PathBuf> {
    let stem = artifact.file_stem()?.to_str()?;
    let named = |stem: &str| Some(artifact.with_file_name(format!("{stem}.d"))).filter(|file| file.exists());
    named(stem).or_else(|| named(stem.strip_prefix("lib")?))
}

/// The Rust sources below the root that a `.d` file names as what its first target depends on.
fn sources_of_dep_info(text: &str, root: &Path) -> Vec<String> {
    let first = text.lines().next().unwrap_or_default();
    let list = first.split_once(": ").map_or("", |(_, list)| list);
    let names = list.replace("\\ ", "\0");
    let names = names.split(' ').filter(|name| !name.is_empty());
    let files = names.map(|name| messages::relative(root, &name.replace('\0', " ")));
    // generated code lies in the target folder, elsewhere
    let is_own_rust = |file: &Path| file.is_relative() && file.extension().is_some_and(|rs| rs == "rs");
    files.filter(|file| is_own_rust(Path::new(file))).collect()
}

/// A lint's or the compiler's word, each once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::corpus) struct Lint {
    /// Where, and which lint.
    pub(in crate::corpus) site: Site,
    /// What it says.
    pub(in crate::corpus) message: String,
}

/// A compile run over all targets.
#[derive(Debug)]
pub(in crate::corpus) struct Linted {
    /// Warnings, and errors of lints.
    pub(in crate::corpus) lints: BTreeSet<Lint>,
    /// Errors of the language in targets that a stable toolchain could compile.
    pub(in crate::corpus) errors: BTreeSet<Lint>,
    /// Targets that need a nightly toolchain.
    pub(in crate::corpus) nightly: BTreeSet<String>,
    /// Whether the whole run succeeded.
    pub(in crate::corpus) success: bool,
}

/// Runs clippy over all targets, with the workspace's own lints only.
pub(in crate::corpus) fn lints(programs: &Programs, subject: &Subject) -> Result<Linted, Error> {
    over_all_targets(programs, subject, "clippy", &NOTHING_STOPS)
}

/// Runs the compiler over all targets.
pub(in crate::corpus) fn checked(programs: &Programs, subject: &Subject) -> Result<Linted, Error> {
    over_all_targets(programs, subject, "check", &[])
}

fn over_all_targets(
    programs: &Programs,
    subject: &Subject,
    command: &str,
    more: &[&str],
) -> Result<Linted, Error> {
    let args =
        ["--workspace", "--all-targets", "--keep-going", "--locked", "--offline", "--message-format=json"];
    let ran: Ran =
        programs.cargo(&subject.root, std::iter::once(command).chain(args).chain(more.iter().copied()))?;
    let messages = messages::read(&ran)?;
    let own = own(subject, &messages);
    let name =
        |message: &Message| message.target.as_ref().map(messages::Target::describe).unwrap_or_default();
    let is_e0554 = |message: &&&Message| message.diagnostic.as_ref().is_some_and(|d| d.rule() == "E0554");
    let nightly: BTreeSet<String> = own.iter().filter(is_e0554).map(|message| name(message)).collect();
    let (mut lints, mut errors) = (BTreeSet::new(), BTreeSet::new());
    for message in own.iter().filter(|message| !nightly.contains(&name(message))) {
        let Some(diagnostic) = message.diagnostic.as_ref().filter(|diagnostic| !diagnostic.is_summary())
        else {
            continue;
        };
        let lint = Lint { site: diagnostic.site(&subject.root), message: diagnostic.message.clone() };
        if diagnostic.is_language_error() {
            errors.insert(lint);
        } else if ["warning", "error"].contains(&diagnostic.level.as_str()) {
            lints.insert(lint);
        }
    }
    let success = messages.iter().any(|message| message.reason == "build-finished" && message.success);
    Ok(Linted { lints, errors, nightly, success })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dep_info_names_the_sources_of_the_workspace() {
        let text = "/t/a-1.d: src/lib.rs src/../lib/b.rs src/with\\ space.rs /ws/c.rs /elsewhere/d.rs README.md\n\n\
                    src/lib.rs:\n";
        let files = sources_of_dep_info(text, Path::new("/ws"));
        assert_eq!(files, ["src/lib.rs", "lib/b.rs", "src/with space.rs", "c.rs"]);
        assert!(sources_of_dep_info("", Path::new("/ws")).is_empty());
    }
}
