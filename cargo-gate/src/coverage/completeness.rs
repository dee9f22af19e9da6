//! Whether everything was measured: each package, and each source that holds code.

use super::{Percent, Scale, holds_code, is_test};
use crate::facts::{Package, selects};
use crate::finding::{Finding, Place};
use crate::gate::{Context, Unreadable};
use crate::text::counted;

/// What the packages and their sources come to.
#[derive(Debug, Default)]
pub(crate) struct Completeness {
    /// What is wrong.
    pub(crate) findings: Vec<Finding>,
    /// What is worth a word and no finding.
    pub(crate) note: Option<String>,
}

/// Each package: measured at all, and against the bar of packages; and each of its sources that a build surely
/// read and that holds code: measured at all. `excluded` tells which sources need not be.
///
/// # Errors
/// When more than half of the sources with code are not in a tracefile that the user names: it is of a part.
pub(crate) fn completeness(
    cx: &Context<'_>,
    scale: &Scale<'_>,
    minimum: Option<Percent>,
    excluded: impl Fn(&str) -> bool,
) -> Result<Completeness, Unreadable> {
    let reached = scale.sources.reached(cx.facts);
    let mut findings = Vec::new();
    let (mut with_code, mut unmeasured) = (0, Vec::new());
    let packages = cx.facts.packages.iter().enumerate();
    for (index, package) in packages.filter(|(_, package)| selects(cx.options, &package.name)) {
        let own = |path: &str| cx.facts.owner(path) == Some(index);
        let code = scale.sources.files.iter().filter(|file| {
            file.package == Some(index)
                && reached.get(&file.path).is_some_and(|reach| reach.production && reach.always)
                && !is_test(&file.path)
                && !excluded(&file.path)
                && !is_macro_only(package)
                && holds_code(file)
        });
        let mut code = code.map(|file| file.path.as_str());
        if scale.measured.figure(own).total > 0 {
            findings.extend(minimum.iter().flat_map(|bar| scale.package(&package.name, own, *bar)));
            for path in code {
                with_code += 1;
                unmeasured.extend((scale.measured.figure(|one| one == path).total == 0).then_some(path));
            }
        } else if let Some(path) = code.next() {
            findings.push(without_a_line(&package.name, path));
        }
    }
    let Some(first) = unmeasured.first() else { return Ok(Completeness { findings, note: None }) };
    let some = counted(unmeasured.len(), "source");
    if cx.options.lcov.is_none() {
        // a function that is generic and never called leaves no line, whoever counts
        let note = format!("no line of {some} with functions was counted; the first: {first}");
        return Ok(Completeness { findings, note: Some(note) });
    }
    if unmeasured.len() * 2 > with_code {
        let reason = format!("the tracefile has no line of {some} with functions, of {with_code}: {first} …");
        return Err(Unreadable::garbage(reason).help(
            "it must be whole: measure the whole workspace, and leave sources out under `exclude` in \
             [gates.coverage], not while measuring",
        ));
    }
    findings.extend(unmeasured.into_iter().map(|path| {
        let help = "measure it; or list it under `exclude` with the reason, where it has only generic functions \
                    that nobody calls";
        Finding::warning("coverage/source-unmeasured", "it has functions, and the tracefile has no line of it")
            .at(Place::file(path))
            .help(help)
            .anchor("")
    }));
    Ok(Completeness { findings, note: None })
}

/// A package with code of which no line was measured.
fn without_a_line(package: &str, path: &str) -> Finding {
    let message = format!("no line of the package {package} was measured, and {path} holds code");
    let help = "build it with the tests (a tracefile needs the whole workspace); or list its sources under \
                `exclude` with the reason";
    Finding::error("coverage/package-unmeasured", message).help(help).anchor(package)
}

/// Whether a package has nothing but a procedural macro, which runs inside the compiler.
fn is_macro_only(package: &Package) -> bool {
    let mut production = package.targets.iter().filter(|target| target.is_production()).peekable();
    production.peek().is_some() && production.all(|target| target.is("proc-macro"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coverage::Measured;
    use crate::facts::Facts;
    use crate::facts::tests::{package, target};
    use crate::gate::Options;
    use crate::parse::lcov::{LineCount, LineCounts};
    use crate::step::{SourceFile, Sources};

    const CODE: &str = "pub fn one() -> u8 {\n    1\n}\n";

    /// A package of `src/lib.rs` with the modules `a` to `d`; `d` holds no function.
    fn judged(measured: &[&str], lcov: bool) -> Result<Completeness, Unreadable> {
        let mut demo = package("demo", "");
        demo.targets = vec![target("demo", "lib", "src/lib.rs")];
        let facts = Facts { packages: vec![demo], ..Facts::default() };
        let options = Options { lcov: lcov.then(|| "lcov.info".into()), ..Options::default() };
        let file = |path: &str, text: &str| SourceFile::new(path.into(), Some(0), Ok(text.into()));
        let root = format!("mod a;\nmod b;\nmod c;\nmod d;\n{CODE}");
        let mut files = vec![file("src/lib.rs", &root), file("src/d.rs", "pub struct D;\n")];
        files.extend(["a", "b", "c"].map(|name| file(&format!("src/{name}.rs"), CODE)));
        files.sort_by(|one, other| one.path.cmp(&other.path));
        let sources = Sources::new(files);
        let counts = || LineCounts::new(vec![LineCount { line: 1, hits: 1 }]);
        let files = measured.iter().map(|path| ((*path).to_owned(), counts())).collect();
        let measured = Measured { files, ..Measured::default() };
        let selected = std::collections::BTreeSet::new();
        let cx = Context::new(&facts, &options, &selected);
        let scale = Scale { measured: &measured, sources: &sources };
        completeness(&cx, &scale, None, |path| path == "src/c.rs")
    }

    fn rules(found: &Completeness) -> Vec<&str> {
        found.findings.iter().map(|finding| finding.rule.as_str()).collect()
    }

    #[test]
    fn a_source_that_a_tracefile_lacks_is_named_and_one_of_half_of_them_leaves_no_verdict() {
        let whole = judged(&["src/lib.rs", "src/a.rs", "src/b.rs"], true).unwrap();
        assert!(whole.findings.is_empty() && whole.note.is_none());
        let cut = judged(&["src/lib.rs", "src/a.rs"], true).unwrap();
        assert_eq!(rules(&cut), ["coverage/source-unmeasured"]);
        assert_eq!(cut.findings[0].place.as_ref().unwrap().file, "src/b.rs");
        let half = judged(&["src/lib.rs"], true).unwrap_err();
        assert!(half.reason.contains("no line of 2 sources with functions, of 3"), "{half:?}");
        assert_eq!(rules(&judged(&[], true).unwrap()), ["coverage/package-unmeasured"]);
    }

    #[test]
    fn of_an_own_run_a_source_without_a_line_is_a_note() {
        let found = judged(&["src/lib.rs"], false).unwrap();
        assert_eq!(rules(&found), Vec::<&str>::new());
        assert!(found.note.unwrap().contains("2 sources"));
    }
}
