//! What the compile checks of cargo and clippy have in common: reading the run, and knowing that
//! every target was looked at.

use std::collections::BTreeSet;
use std::path::Path;

use crate::facts::{Package, Target, Wrapper};
use crate::feature_sets::has_required;
use crate::finding::{Finding, Place};
use crate::gate::{Cause, Context, Unreadable};
use crate::parse::cargo_error::{self, CargoErrorKind};
use crate::parse::cargo_messages::{self, CargoRun, Diagnostic, Level, TargetId};
use crate::step::{Captured, End, Evidence, Executable, ProgramCall, SourceFile, Sources, Step, Tool};
use crate::text::counted;

/// A compile run over the workspace.
#[derive(Debug)]
pub struct Compiled {
    /// What was said about the workspace's own code, each thing once.
    pub diagnostics: Vec<Diagnostic>,
    /// How many targets were looked at.
    pub targets: usize,
    /// Targets that need a nightly toolchain, in words; they are not judged.
    pub nightly: BTreeSet<String>,
    /// The targets that were not looked at, in words.
    missing: Vec<String>,
    run: CargoRun,
}

/// Reads a compile run over all targets with JSON messages.
///
/// # Errors
/// When the run was cut short, contradicts itself, failed for a reason other than the code, or
/// passed without having looked at every target.
pub fn read(cx: &Context<'_>, captured: &Captured) -> Result<Compiled, Unreadable> {
    // cargo leaves out targets whose features are off
    read_targets(cx, captured, |package, target| has_required(package, target, &cx.options.features))
}

/// Reads a compile run that has to look at those targets of the judged packages.
///
/// # Errors
/// As [`read`].
pub fn read_targets(
    cx: &Context<'_>,
    captured: &Captured,
    wanted: impl Fn(&Package, &Target) -> bool,
) -> Result<Compiled, Unreadable> {
    let code = captured.exit_code()?;
    let run = match cargo_messages::parse(&captured.stdout) {
        Ok(run) => run,
        Err(_) if code != 0 => return Err(failed(captured)),
        Err(error) => return Err(Unreadable::garbage(error.to_string())),
    };
    if run.success != (code == 0) {
        let said = if run.success { "success" } else { "a failure" };
        return Err(Unreadable::garbage(format!("cargo reports {said} and ends with exit code {code}")));
    }
    let nightly = run.diagnostics.iter().filter(|d| needs_nightly(d)).map(|d| name_of(&d.target)).collect();
    let own =
        |diagnostic: &Diagnostic| cx.facts.packages.iter().any(|package| package.id == diagnostic.package_id);
    let own = run.diagnostics.iter().filter(|diagnostic| own(diagnostic)).cloned().collect();
    let diagnostics = cargo_messages::distinct(own);
    if !run.success && !diagnostics.iter().any(is_error) {
        return Err(failed(captured));
    }
    let compiled = Compiled { diagnostics, targets: 0, nightly, missing: Vec::new(), run };
    let (seen, missing) = compiled.coverage(cx, wanted);
    let explained = compiled.diagnostics.iter().any(is_compile_error) || !compiled.nightly.is_empty();
    match missing.first() {
        Some(target) if !explained => {
            let count = counted(missing.len(), "target");
            Err(Unreadable::garbage(format!(
                "cargo did not look at {count}, first {target}, and does not say why"
            )))
        }
        _ if seen == 0 && compiled.run.success => Err(Unreadable::nothing_ran("cargo looked at no target")
            .help("turn on the features that the targets need: --features")),
        _ => Ok(Compiled { targets: seen, missing, ..compiled }),
    }
}

impl Compiled {
    /// Whether the target was compiled without an error.
    pub fn judged(&self, package: &Package, target: &Target) -> bool {
        self.run.artifacts.iter().any(|artifact| {
            artifact.package_id == package.id
                && artifact.target.name == target.name
                && same_kinds(&artifact.target, target)
        })
    }

    /// How many targets were looked at, and those that were not.
    fn coverage(&self, cx: &Context<'_>, wanted: impl Fn(&Package, &Target) -> bool) -> (usize, Vec<String>) {
        let expected =
            cx.facts.judged(cx.options).flat_map(|package| package.targets.iter().map(move |t| (package, t)));
        let expected =
            expected.filter(|(package, target)| !target.is("custom-build") && wanted(package, target));
        let (seen, missing): (Vec<_>, Vec<_>) = expected.partition(|(package, target)| {
            let failed = |d: &Diagnostic| {
                is_error(d)
                    && d.package_id == package.id
                    && d.target.name == target.name
                    && same_kinds(&d.target, target)
            };
            self.judged(package, target) || self.run.diagnostics.iter().any(failed)
        });
        (
            seen.len(),
            missing
                .into_iter()
                .map(|(package, target)| format!("{} of {}", describe(target), package.name))
                .collect(),
        )
    }

    /// The targets that were not looked at because one that they need does not compile.
    pub fn unseen(&self) -> usize {
        self.missing.len()
    }

    /// One warning for each target that needs a nightly toolchain, and one for those that could not
    /// be looked at for their sake.
    pub fn nightly_findings(&self, rule: &str) -> Vec<Finding> {
        let warn = |target: &String| {
            Finding::warning(rule, format!("{target} needs a nightly toolchain and is not judged"))
                .help("judge it with `cargo +nightly bulletproof`, or put it behind `required-features`")
                .anchor(target)
        };
        let unseen = self.unseen();
        let others = (unseen > 0 && !self.nightly.is_empty()).then(|| {
            let message = format!("{} that need it are not judged either", counted(unseen, "target"));
            Finding::warning(rule, message).anchor("unseen")
        });
        self.nightly.iter().map(warn).chain(others).collect()
    }

    /// Whether that diagnostic belongs to a target that needs a nightly toolchain.
    pub fn is_nightly(&self, diagnostic: &Diagnostic) -> bool {
        self.nightly.contains(&name_of(&diagnostic.target))
    }
}

/// The first error in code of others, which kept ours from being compiled.
pub fn foreign_error(cx: &Context<'_>, captured: &Captured) -> Option<Diagnostic> {
    let own = |id: &str| cx.facts.packages.iter().any(|package| package.id == id);
    let run = cargo_messages::parse(&captured.stdout).ok()?;
    let failed = !run.success && matches!(captured.end, End::Code(code) if code != 0);
    run.diagnostics
        .into_iter()
        .find(|diagnostic| failed && is_error(diagnostic) && !own(&diagnostic.package_id))
}

/// E0554: `#![feature]` on a toolchain that is not nightly.
pub fn needs_nightly(diagnostic: &Diagnostic) -> bool {
    diagnostic.code.as_deref() == Some("E0554")
}

/// A defect that keeps the code from compiling: not a lint of clippy's, not a warning.
pub fn is_compile_error(diagnostic: &Diagnostic) -> bool {
    is_error(diagnostic) && !diagnostic.code.as_deref().is_some_and(|code| code.starts_with("clippy::"))
}

/// A finding from a diagnostic: its place in the source, what it says, the compiler's help.
pub fn finding(rule: &str, diagnostic: &Diagnostic, sources: Option<&Sources>) -> Finding {
    let code = diagnostic.code.as_deref().map(|code| format!(" [{code}]")).unwrap_or_default();
    let finding = Finding::error(rule, format!("{}{code}", diagnostic.message));
    let help = diagnostic.suggestions.iter().map(|suggestion| match suggestion.replacement.as_str() {
        "" => suggestion.message.clone(),
        replacement if replacement.contains('\n') => suggestion.message.clone(),
        replacement => format!("{}: `{replacement}`", suggestion.message),
    });
    let finding = match help.reduce(|all, one| format!("{all}; {one}")) {
        Some(help) => finding.help(help),
        None => finding,
    };
    let Some(span) = diagnostic.spans.first() else { return finding };
    let bytes = span.byte_start as usize..span.byte_end as usize;
    let source = sources.and_then(|sources| sources.get(&span.file));
    match source.filter(|source: &&SourceFile| source.text().get(bytes.clone()).is_some()) {
        Some(source) => source.point(finding, bytes),
        None => finding.at(Place {
            file: span.file.clone(),
            line: Some(span.line),
            column: Some(span.column),
            end_line: Some(span.end_line),
            end_column: Some(span.end_column),
        }),
    }
}

/// Whether a lint speaks of code that a macro of another crate generated: the name of what it
/// found does not stand at its place.
pub fn is_generated(diagnostic: &Diagnostic, sources: Option<&Sources>) -> bool {
    let word = diagnostic.code.as_deref().and_then(|code| code.strip_prefix("clippy::")).unwrap_or_default();
    let word = word.trim_end_matches("_used");
    let Some(span) = diagnostic.spans.first().filter(|_| PANIC_WORDS.contains(&word)) else { return false };
    let source = sources.and_then(|sources| sources.get(&span.file));
    let text = source.and_then(|source| source.text().get(span.byte_start as usize..span.byte_end as usize));
    text.is_some_and(|text| !text.contains(word))
}

/// What stands in the source where a panic lint is right.
const PANIC_WORDS: [&str; 6] = ["unwrap", "expect", "panic", "todo", "unimplemented", "unreachable"];

fn is_error(diagnostic: &Diagnostic) -> bool {
    matches!(diagnostic.level, Level::Error | Level::Ice)
}

fn name_of(target: &TargetId) -> String {
    format!("the {} `{}`", target.kinds.first().map_or("target", String::as_str), target.name)
}

pub(crate) fn describe(target: &Target) -> String {
    format!("the {} `{}`", target.kinds.first().map_or("target", String::as_str), target.name)
}

fn same_kinds(seen: &TargetId, target: &Target) -> bool {
    seen.kinds.iter().any(|kind| target.is(kind))
}

/// Why a call of cargo failed that gave no answer.
pub fn failed(captured: &Captured) -> Unreadable {
    let stderr = if captured.stderr.is_empty() { &captured.stdout } else { &captured.stderr };
    let error = cargo_error::summary(stderr);
    let what = captured.what.split(' ').take(2).collect::<Vec<_>>().join(" ");
    let reason = format!("`{what}` failed: {error}");
    let unavailable =
        |help: &str| Unreadable { cause: Cause::Unavailable, ..Unreadable::crashed(&reason).help(help) };
    match error.kind {
        CargoErrorKind::LockMissing => {
            Unreadable::crashed(reason).help("make the lock file: cargo generate-lockfile")
        }
        CargoErrorKind::LockOutOfStep => {
            Unreadable::crashed(reason).help("bring it in step: cargo update --workspace")
        }
        CargoErrorKind::ComponentMissing | CargoErrorKind::NoSuchCommand => {
            unavailable("rustup component add clippy rustfmt")
        }
        CargoErrorKind::ToolchainMissing => {
            unavailable("install the toolchain that rust-toolchain.toml names: rustup toolchain install")
        }
        CargoErrorKind::Offline => {
            unavailable("fetch the dependencies once with a network: cargo fetch --locked")
        }
        _ => Unreadable::crashed(reason),
    }
}

/// A lint that the empty crate breaks.
const ALWAYS_BROKEN: &str = "missing_docs";

/// A trial of the program that stands in the place of rustc: an empty crate, by way of it, with a lint that such a
/// crate breaks. None where nothing stands there that may add flags.
pub fn trial_of_wrapper(cx: &Context<'_>) -> Option<Step> {
    let wrapper = cx.facts.rustc_wrapper.as_ref()?;
    let rustc = cx.facts.tools.get(&Tool::Rustc)?;
    let folder = cx.facts.target.join("bulletproof").join("lints");
    let warn = format!("--warn={ALWAYS_BROKEN}");
    // the source comes from the standard input, in which there is nothing
    let flags = ["--crate-name=trial", "--crate-type=lib", "--emit=metadata", "--error-format=json", &warn];
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let args = std::iter::once(text(rustc)).chain(flags.map(str::to_owned));
    let args = args.chain(["--out-dir".to_owned(), text(&folder), "-".to_owned()]).collect();
    let program = Executable::Named(wrapper.program.clone());
    Some(Step::Program(ProgramCall { program, args, folder: String::new(), limit: None }))
}

/// Whether lints come through the program that stands in the place of rustc.
///
/// # Errors
/// When the trial did not tell of its lint.
pub fn wrapper_tells_lints(cx: &Context<'_>, evidence: &Evidence) -> Result<(), Unreadable> {
    let (Some(step), Some(wrapper)) = (trial_of_wrapper(cx), &cx.facts.rustc_wrapper) else {
        return Ok(());
    };
    let captured = evidence.tool(&step)?;
    captured.exit_code()?;
    let code = format!("\"code\":\"{ALWAYS_BROKEN}\"");
    if memchr::memmem::find(&captured.stderr, code.as_bytes()).is_some() {
        return Ok(());
    }
    let Wrapper { place, program, .. } = wrapper;
    let reason = format!("`{program}`, in the place of rustc by {place}, does not tell of a broken lint");
    Err(Unreadable::garbage(reason).help("take it out, or have it pass the compiler's lints on"))
}

/// A warning for each flag that allows lints everywhere, for the gate that reads what that tool says.
///
/// # Errors
/// When the flags cap all lints: the tool then tells nothing at all; when they are in a file of the tool's own,
/// which nobody reads here.
pub fn silencing(flags: &[(String, String)], gate: &str) -> Result<Vec<Finding>, Unreadable> {
    let find = |start: &str| flags.iter().find(|(_, flag)| flag.starts_with(start));
    if let Some((place, flag)) = find("--cap-lints") {
        let reason = format!("`{flag}` in {place} switches every lint off");
        return Err(Unreadable::garbage(reason).help("take it out of the flags"));
    }
    if let Some((place, flag)) = find("@") {
        let reason = format!("`{flag}` in {place} names a file of flags, which may switch lints off");
        return Err(Unreadable::garbage(reason).help("write its flags out in the place of its name"));
    }
    let silences = |flag: &str| flag.starts_with("-A") || flag == "--allow" || flag.starts_with("--allow=");
    let silencing = flags.iter().filter(|(_, flag)| silences(flag));
    let warn = |(place, flag): &(String, String)| {
        let message = format!("`{flag}` in {place} allows lints everywhere");
        Finding::warning(format!("{gate}/silenced"), message)
            .help("allow a lint where it is wrong: #[expect(…, reason = \"…\")]")
    };
    Ok(silencing.map(warn).collect())
}
