//! From what differs to why, and what to do about it.

use std::collections::BTreeSet;

use super::Spot;
use super::change::{Change, Kind};
use super::leak::{Base, Leak};
use super::twin::{Program, Twin, Unit};
use crate::facts::Facts;
use crate::finding::{Finding, Place};
use crate::step::Sources;
use crate::text::counted;

const REMAP: &str = "RUSTFLAGS=\"--remap-path-prefix=$PWD=/src --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=/cargo\" \
    for the release build, or `trim-paths = \"all\"` in [profile.release] on a nightly toolchain";

/// The crates of which two expansions can tell whether a macro is to blame: what they are made from is equal,
/// they use macros, and nothing else explains them.
pub fn needs_expansion(twin: &Twin) -> Vec<usize> {
    let explained = |unit: &Unit| {
        let leaks = twin.programs.iter().flat_map(|program| &program.leaks);
        leaks.filter(|leak| !leak.debug).any(|leak| leak.package().is_some_and(|name| names(name, unit)))
            || twin.units.iter().any(|one| one.package == unit.package && one.changes.iter().any(is_cause))
    };
    let open = twin.units.iter().enumerate().filter(|(_, unit)| {
        unit.spot.is_some()
            && unit.inputs_equal
            && !unit.macros.is_empty()
            && !unit.proc_macro
            && !explained(unit)
    });
    open.map(|(place, _)| place).collect()
}

/// The findings of two builds: one for each cause, in build order; one for each program that differs without a known
/// cause.
pub fn explain(twin: &Twin, facts: &Facts, sources: Option<&Sources>) -> Vec<Finding> {
    let differing: Vec<&Program> = twin.programs.iter().filter(|program| program.spot.is_some()).collect();
    let Some(first) = differing.first() else { return Vec::new() };
    let about = Explainer { twin, facts, sources, program: first };
    // what a script leaves beside what is compiled, such as a log, counts only where nothing else is there
    let (reached, aside): (Vec<&Unit>, Vec<&Unit>) =
        twin.units.iter().partition(|unit| unit.spot.is_some() || unit.proc_macro);
    let mut findings = Explainer::causes(&reached);
    let mut by_units = !findings.is_empty();
    let leaks: BTreeSet<&Leak> = differing.iter().flat_map(|program| &program.leaks).collect();
    findings.extend(about.leaks(leaks.into_iter().collect()));
    if findings.is_empty() {
        findings = Explainer::causes(&aside);
        by_units = !findings.is_empty();
    }
    if findings.is_empty() {
        findings.push(about.unknown());
    } else if !by_units {
        // a path in one program is no cause of what differs in another
        let open = differing.iter().filter(|program| program.leaks.is_empty());
        findings.extend(open.map(|program| Explainer::differs(&program.name, program.spot.as_ref())));
    }
    let detail = Explainer::programs(&differing);
    findings
        .into_iter()
        .map(|finding| match finding.detail {
            Some(_) => finding,
            None => finding.detail(&detail),
        })
        .collect()
}

/// Whether the difference is more than one of paths, which counts only where it reaches a program.
fn is_cause(change: &Change) -> bool {
    change.kind != Kind::Path
}

/// Whether a folder's name (`name-version`, or a name alone) is that of the unit's package.
fn names(folder: &str, unit: &Unit) -> bool {
    folder == unit.package || folder.strip_prefix(&unit.package) == Some(&format!("-{}", unit.version))
}

struct Explainer<'a> {
    twin: &'a Twin,
    facts: &'a Facts,
    sources: Option<&'a Sources>,
    program: &'a Program,
}

impl Explainer<'_> {
    /// What build scripts and macros do, in build order.
    fn causes(units: &[&Unit]) -> Vec<Finding> {
        let mut findings = Vec::new();
        for unit in units {
            let causes = unit.changes.iter().filter(|change| is_cause(change));
            findings.extend(causes.map(|change| Self::script(unit, change)));
            findings.extend(unit.expansion.as_ref().map(|line| Self::expansion(unit, line)));
        }
        findings
    }

    fn script(unit: &Unit, change: &Change) -> Finding {
        let Change { what, kind, .. } = change;
        let package = &unit.package;
        let (one, two) = excerpts(&change.first, &change.second);
        let (rule, message, help) = match kind {
            Kind::Time => (
                "repro/time",
                format!("the build script of `{package}` puts the time into {what}: `{one}`, then `{two}`"),
                "take the time from SOURCE_DATE_EPOCH where that is set, and set it for the release build: \
                 SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)",
            ),
            Kind::Order => (
                "repro/order",
                format!(
                    "the build script of `{package}` writes {what} in another order each time: `{one}`, then `{two}`"
                ),
                "sort what it writes, or hold it in a BTreeMap or BTreeSet: the order of a HashMap, and of the \
                 entries of a folder, is another one in each run",
            ),
            Kind::Value | Kind::Path => (
                "repro/build-script",
                format!(
                    "the build script of `{package}` gives {what} another value each time: `{one}`, then `{two}`"
                ),
                "let the script's output depend only on the sources: not on the user, the machine, the number \
                 of jobs, a random number or a process id",
            ),
        };
        Self::at_script(unit, Finding::error(rule, message).help(help).anchor(format!("{package} {what}")))
    }

    fn at_script(unit: &Unit, finding: Finding) -> Finding {
        match (&unit.folder, &unit.script) {
            (Some(_), Some(script)) => finding.at(Place::file(script)),
            _ => finding,
        }
    }

    fn expansion(unit: &Unit, line: &str) -> Finding {
        let macros = unit.macros.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let package = &unit.package;
        let message = format!(
            "`{package}` is compiled from other code each time: a macro of {macros} expands differently, first at `{}`",
            shortened(line)
        );
        let help = "let the macro write in a fixed order: a BTreeMap or BTreeSet, or sorted, instead of a HashMap or HashSet";
        Finding::error("repro/proc-macro", message).help(help).anchor(format!("{package} {macros}"))
    }

    fn leaks(&self, leaks: Vec<&Leak>) -> Vec<Finding> {
        let mut findings = Vec::new();
        let (of_scripts, rest): (Vec<&Leak>, Vec<&Leak>) =
            leaks.into_iter().partition(|leak| !leak.debug && self.script_of(leak).is_some());
        let mut told: BTreeSet<(&str, &str)> = BTreeSet::new();
        for leak in of_scripts {
            let Some((unit, change)) = self.script_of(leak) else { continue };
            if told.insert((&unit.package, &change.what)) {
                findings.push(self.path_of_script(unit, change, leak));
            }
        }
        let (debug, loaded): (Vec<&Leak>, Vec<&Leak>) = rest.into_iter().partition(|leak| leak.debug);
        let (sources, plain): (Vec<&Leak>, Vec<&Leak>) =
            loaded.into_iter().partition(|leak| leak.is_source());
        let mut crates: BTreeSet<String> = BTreeSet::new();
        for leak in plain {
            let package = self.package(leak);
            if crates.insert(package.clone()) {
                findings.push(self.plain_path(&package, leak));
            }
        }
        findings.extend(self.source_paths(&sources, "repro/path"));
        // what the flag of the loaded paths mends is not told twice
        if findings.is_empty() {
            findings.extend(self.source_paths(&debug, "repro/debug-info"));
        }
        findings
    }

    /// The build script whose output has the path.
    fn script_of(&self, leak: &Leak) -> Option<(&Unit, &Change)> {
        let text = format!("{{{:?}}}{}", leak.base, leak.rest);
        if leak.rest.is_empty() && leak.base != Base::Target {
            return None;
        }
        let changes =
            self.twin.units.iter().flat_map(|unit| unit.changes.iter().map(move |change| (unit, change)));
        let mut changes = changes.filter(|(_, change)| change.kind == Kind::Path);
        changes.find(|(_, change)| self.twin.first.neutral(&change.first).contains(&text))
    }

    fn path_of_script(&self, unit: &Unit, change: &Change, leak: &Leak) -> Finding {
        let (package, what) = (&unit.package, &change.what);
        let message = format!(
            "the build script of `{package}` gives {what} a path of this build, which is in {}: `{}`",
            self.place(leak),
            self.path(leak)
        );
        let help = "no flag changes it: read the file at build time (`include!`, `include_bytes!`), or find it when the program runs";
        Self::at_script(
            unit,
            Finding::error("repro/build-script", message).help(help).anchor(format!("{package} {what}")),
        )
    }

    fn plain_path(&self, package: &str, leak: &Leak) -> Finding {
        let message =
            format!("`{package}` puts a path of this build into {}: `{}`", self.place(leak), self.path(leak));
        let help = "no flag changes what `env!(\"CARGO_MANIFEST_DIR\")` and its like read: embed the file with \
                    `include_str!` or `include_bytes!`, or find it when the program runs";
        let finding = Finding::error("repro/path", message).help(help);
        self.at_variable(package, finding).anchor(format!("{package} {:?}", leak.base))
    }

    /// Points to where the crate's sources read a path.
    fn at_variable(&self, package: &str, finding: Finding) -> Finding {
        const VARIABLES: [&str; 3] = ["\"CARGO_MANIFEST_DIR\"", "\"OUT_DIR\"", "\"CARGO_MANIFEST_PATH\""];
        let owner = self.facts.packages.iter().position(|one| one.name == package);
        let Some(owner) = owner else { return finding };
        let files =
            self.sources.iter().flat_map(|sources| &sources.files).filter(|file| file.package == Some(owner));
        for file in files {
            for line in file.text().split_inclusive('\n').scan(0, |start, line| {
                let at = *start;
                *start += line.len();
                Some((at, line))
            }) {
                let (start, text) = line;
                let reads =
                    text.find("env!(").filter(|_| VARIABLES.iter().any(|variable| text.contains(variable)));
                if let Some(at) = reads {
                    let end = start + text.trim_end().len();
                    return file.point(finding, start + at..end);
                }
            }
        }
        finding
    }

    /// One finding for all paths of sources, with the first crate in build order.
    fn source_paths(&self, leaks: &[&Leak], rule: &str) -> Option<Finding> {
        let crates: BTreeSet<String> = leaks.iter().map(|leak| self.package(leak)).collect();
        let in_order = self
            .twin
            .units
            .iter()
            .find_map(|unit| leaks.iter().find(|leak| names(&self.package(leak), unit)));
        let leak = in_order.or(leaks.first())?;
        let package = self.package(leak);
        let more = match crates.len() {
            1 => String::new(),
            many => {
                format!(" (and {} of {} more)", counted(leaks.len() - 1, "path"), counted(many - 1, "crate"))
            }
        };
        let what = if rule == "repro/path" {
            "a path of this build"
        } else {
            "a path of this build, for debuggers,"
        };
        let message =
            format!("`{package}` puts {what} into {}: `{}`{more}", self.place(leak), self.path(leak));
        Some(Finding::error(rule, message).help(REMAP).anchor(package))
    }

    fn unknown(&self) -> Finding {
        let clean = self.twin.units.iter().filter(|unit| !unit.proc_macro && unit.spot.is_some());
        let unit = clean.clone().find(|unit| unit.inputs_equal).or_else(|| clean.clone().next());
        let spot = unit.and_then(|unit| unit.spot.as_ref()).or(self.program.spot.as_ref());
        Self::differs(unit.map_or(&self.program.name, |unit| &unit.package), spot)
    }

    fn differs(name: &str, spot: Option<&Spot>) -> Finding {
        let spot = spot.cloned().unwrap_or_default();
        let symbol = spot.symbol.map(|symbol| format!(", in `{symbol}`")).unwrap_or_default();
        let section = spot.section.unwrap_or_else(|| "its code".to_owned());
        let message = format!("`{name}` differs for a cause that is not known: {section}{symbol}");
        let help = "compare the two builds with diffoscope; look at its linker flags, its C code, and its use of the environment";
        Finding::error("repro/differs", message).help(help).anchor(name)
    }

    /// The program, section and symbol of a leak.
    fn place(&self, leak: &Leak) -> String {
        let program =
            self.twin.programs.iter().find(|program| program.leaks.contains(leak)).unwrap_or(self.program);
        format!("the program `{}` ({})", program.name, leak.section)
    }

    fn path(&self, leak: &Leak) -> String {
        shortened(&format!("{}{}", self.twin.first.of(leak.base), leak.rest))
    }

    /// The package whose path it is.
    fn package(&self, leak: &Leak) -> String {
        if let Some(name) = leak.package() {
            let unit = self.twin.units.iter().find(|unit| names(name, unit));
            return unit.map_or_else(|| name.to_owned(), |unit| unit.package.clone());
        }
        let within = leak.rest.trim_start_matches('/');
        let owner = (leak.base == Base::Root).then(|| self.facts.owner(within)).flatten();
        let owner = owner.and_then(|index| self.facts.packages.get(index));
        owner.map_or_else(|| self.program.name.clone(), |package| package.name.clone())
    }

    fn programs(differing: &[&Program]) -> String {
        let spots = differing.iter().map(|program| {
            let spot = program.spot.clone().unwrap_or_default();
            let symbol = spot.symbol.map(|symbol| format!(" {symbol}")).unwrap_or_default();
            let section = spot.section.unwrap_or_else(|| "?".to_owned());
            format!(
                "{}: first difference in {section}{symbol}\n  first:  {}\n  second: {}",
                program.name,
                shortened(&spot.first),
                shortened(&spot.second)
            )
        });
        spots.collect::<Vec<_>>().join("\n")
    }
}

/// The first line of each in which they differ.
fn excerpts(first: &str, second: &str) -> (String, String) {
    let (mut one, mut two) = (first.lines(), second.lines());
    loop {
        match (one.next(), two.next()) {
            (Some(a), Some(b)) if a == b => {}
            (a, b) => return (shortened(a.unwrap_or_default()), shortened(b.unwrap_or_default())),
        }
    }
}

fn shortened(text: &str) -> String {
    const MOST: usize = 100;
    let text = text.trim();
    match text.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests;
