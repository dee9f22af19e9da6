//! Where a member's sources name its dependencies.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use crate::facts::{Facts, Package, join};
use crate::reach;
use crate::scan::{How, Names, doc_names, names};
use crate::step::{SourceFile, Sources};

/// What kind of code a place is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// What users build: a library or a program.
    Production,
    /// Tests, benchmarks, examples, and code under `#[cfg(test)]`.
    Test,
    /// The build script.
    Build,
    /// A file that no target is known to reach.
    Loose,
}

/// A place that names a dependency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// How.
    pub how: How,
    /// In what kind of code.
    pub class: Class,
    /// The file, relative to the workspace root.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
}

/// Where a member's sources name its dependencies, by the name in code.
#[derive(Debug, Clone, Default)]
pub struct Usage {
    /// The places of each name.
    pub uses: BTreeMap<String, Vec<Use>>,
    /// A file that includes code which is not there before a build.
    pub generated: Option<String>,
    /// A file that the documentation includes and that was not read.
    pub unread_docs: Option<String>,
    /// How many of its sources were not read, since the config leaves them out.
    pub left_out: usize,
    /// The texts of the build script, for the variables that it reads.
    pub build_texts: Vec<String>,
    /// Whether it has a library or a program at all.
    pub ships: bool,
}

/// Reads a member's sources for these names.
///
/// `readme` is the text of the README beside its manifest, where there is one: documentation that
/// includes it compiles its examples.
pub fn usage(
    facts: &Facts,
    member: usize,
    sources: &Sources,
    readme: Option<&str>,
    wanted: &BTreeSet<String>,
) -> Usage {
    let Some(package) = facts.packages.get(member) else { return Usage::default() };
    let reached = reach::from(package.targets.iter(), sources);
    let of_member = |file: &&SourceFile| file.package == Some(member) || reached.get(&file.path).is_some();
    let read: Vec<(&SourceFile, Names)> =
        sources.files.par_iter().filter(of_member).map(|file| (file, names(file.text(), wanted))).collect();
    let mut found = Usage {
        ships: package.targets.iter().any(crate::facts::Target::is_production),
        left_out: left_out(facts, member, sources),
        ..Usage::default()
    };
    for (file, names) in &read {
        let reach = reached.get(&file.path);
        if reach.is_some_and(|reach| reach.build) {
            found.build_texts.push(file.text().to_owned());
        }
        if names.generated && found.generated.is_none() {
            found.generated = Some(file.path.clone());
        }
        for mention in &names.mentions {
            let line = file.lines().position(mention.span.start).line;
            let places = found.uses.entry(mention.name.clone()).or_default();
            for class in classes(&reached, file, mention.span.start) {
                places.push(Use { how: mention.how, class, file: file.path.clone(), line });
            }
        }
        for included in &names.doc_files {
            found.include_docs(package, file, included, readme, wanted);
        }
    }
    found
}

impl Usage {
    fn include_docs(
        &mut self,
        package: &Package,
        file: &SourceFile,
        included: &str,
        readme: Option<&str>,
        wanted: &BTreeSet<String>,
    ) {
        let of_package = join(&package.folder, "README.md");
        let Some(text) = readme.filter(|_| resolve(&file.path, included) == of_package) else {
            self.unread_docs.get_or_insert_with(|| included.to_owned());
            return;
        };
        for name in doc_names(text, wanted) {
            let file = of_package.clone();
            self.uses.entry(name).or_default().push(Use { how: How::Doc, class: Class::Test, file, line: 1 });
        }
    }
}

/// The path that a file names relative to its own folder.
fn resolve(file: &str, path: &str) -> String {
    let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            ".." => {
                parts.pop();
            }
            "." | "" => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}

fn left_out(facts: &Facts, member: usize, sources: &Sources) -> usize {
    let own = facts.sources.iter().filter(|source| source.package == Some(member));
    own.filter(|source| sources.get(&source.path).is_none()).count()
}

/// The kinds of code that a place of a file is part of.
fn classes(reached: &reach::Reached, file: &SourceFile, offset: usize) -> Vec<Class> {
    let scan = file.scan();
    let test = scan.whole_file.test || scan.test_code.iter().any(|range| range.contains(&offset));
    let Some(reach) = reached.get(&file.path) else {
        let class = if test || !reached.is_production(file) { Class::Test } else { Class::Loose };
        return vec![class];
    };
    let mut classes = Vec::new();
    if reach.production {
        classes.push(if test { Class::Test } else { Class::Production });
    }
    if reach.test {
        classes.push(Class::Test);
    }
    if reach.build {
        classes.push(Class::Build);
    }
    classes
}

#[cfg(test)]
mod tests {
    use super::resolve;

    #[test]
    fn an_included_path_starts_at_the_folder_of_its_file() {
        assert_eq!(resolve("a/src/lib.rs", "../README.md"), "a/README.md");
        assert_eq!(resolve("src/lib.rs", "./docs/x.md"), "src/docs/x.md");
        assert_eq!(resolve("lib.rs", "../../x.md"), "x.md");
    }
}
