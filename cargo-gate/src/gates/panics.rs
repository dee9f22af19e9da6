//! `panics`: places in production code that end the program.
//!
//! Two engines make one list. The token scanner sees all text: macro bodies, code that a `cfg`
//! leaves out, the `// SAFE:` comments. clippy, where the run compiles anyway, knows the types: it
//! tells an `unwrap` of one's own from that of `Option`, and finds what the scanner cannot. Nothing
//! that the scanner finds is dropped for clippy's silence, which has other causes too (a smart pointer
//! to an `Option`, a method passed as a value); where a method of that name is defined in the
//! workspace, it turns the finding into a warning.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::time::Duration;

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::compile::{self, Compiled};
use crate::config::Globs;
use crate::facts::Target;
use crate::finding::Finding;
use crate::gate::{Context, Gate, Info, Outcome, Planned, Rule, Stage, Unreadable};
use crate::reach::{self, Reached};
use crate::scan::{Excuse, PanicKind, PanicSite};
use crate::step::{Evidence, SourceFile, Sources, Step, clippy, forced_lints};
use crate::text::counted;

/// The settings of `panics`.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Panics {
    /// Whether an index (`list[i]`, `text[a..b]`) counts as well.
    indexing: bool,
    /// Sources that are not looked at.
    exclude: Globs,
}

impl Gate for Panics {
    const INFO: Info = Info {
        id: "panics",
        judges: "unwrap, expect, panic!, todo!, unimplemented!, unreachable! in production code",
        bar: "none without a `// SAFE: reason`",
        stages: &[Stage::PreCommit, Stage::PrePush, Stage::Ci],
        timeout: Duration::from_mins(30),
        rules: &[
            Rule::error("unwrap", "`unwrap` or `unwrap_err`"),
            Rule::error("expect", "`expect` or `expect_err`"),
            Rule::error("panic", "`panic!`"),
            Rule::error("todo", "`todo!`"),
            Rule::error("unimplemented", "`unimplemented!`"),
            Rule::error("unreachable", "`unreachable!`"),
            Rule::error("indexing", "an index that may be out of bounds (option `indexing`)"),
            Rule::warning(
                "unconfirmed",
                "one that clippy passes over, where the workspace has a method of that name",
            ),
            Rule::error("empty-reason", "a `// SAFE:` comment without a reason"),
        ],
        manual: "\
## What it checks

Production code: what libraries and programs are made of. Tests, benches, examples, build scripts and
code under `#[cfg(test)]` are left alone, and so are constants, which the compiler computes. A panic
with a comment `// SAFE: reason` on its line or above its statement is accepted; an empty reason is not.

Where the run compiles anyway, clippy's restriction lints are asked as well, by `--force-warn`, so that
no `#![allow]` hides anything. They know the types: an `unwrap` of your own is no finding then. Where
clippy cannot see (macro bodies, code that a `cfg` leaves out), the scanner's word stands.

## Why

A panic in production ends the program, or the thread, at the worst moment.

## How to fix

Return an error (`?`, `ok_or_else`), use `get` and `if let`; where it cannot happen, say why in a
comment above it: `// SAFE: the pattern is a literal and checked by a test`.
",
    };

    fn plan(&self, cx: &Context<'_>) -> Planned {
        let clippy = cx.selected("clippy").then(|| clippy(cx));
        Planned::Steps(std::iter::once(Step::Sources).chain(clippy).collect())
    }

    fn judge(&self, cx: &Context<'_>, evidence: &Evidence) -> Result<Outcome, Unreadable> {
        let sources = evidence.sources()?;
        let reached = sources.reached(cx.facts);
        let typed = cx.selected("clippy").then(|| Typed::read(cx, evidence, sources));
        let typed = typed.map(Result::ok);
        let judged = |file: &&SourceFile| !self.exclude.matches(&file.path) && reached.is_production(file);
        let files: Vec<&SourceFile> = sources.files.iter().filter(judged).collect();
        if files.is_empty() && reach::ships_nothing(cx) {
            return Ok(Outcome::new("nothing to judge: no library and no program"));
        }
        if files.is_empty() {
            return Err(Unreadable::no_source());
        }
        let known = typed.as_ref().and_then(Option::as_ref);
        let found: Vec<Found> = files.par_iter().map(|file| self.in_file(file, known, reached)).collect();
        let accepted: usize = found.iter().map(|found| found.accepted).sum();
        let findings: Vec<Finding> = found.into_iter().flat_map(|found| found.findings).collect();
        let outcome = Outcome::new(summary(files.len(), findings.len(), accepted))
            .count("files", files.len())
            .count("panic_points", findings.len())
            .count("accepted", accepted)
            .text("engines", if known.is_some() { "scanner, clippy" } else { "scanner" })
            .findings(findings);
        Ok(match typed {
            Some(None) => outcome.note("clippy gave no answer: this is the scanner's list, without types"),
            _ => outcome,
        })
    }
}

fn summary(files: usize, found: usize, accepted: usize) -> String {
    let accepted = if accepted == 0 { String::new() } else { format!(", {accepted} with a reason") };
    let files = counted(files, "file");
    match found {
        0 => format!("no panic point in {files}{accepted}"),
        many => format!("{} in {files} (bar 0){accepted}", counted(many, "panic point")),
    }
}

/// What one file gave.
#[derive(Default)]
struct Found {
    findings: Vec<Finding>,
    accepted: usize,
}

/// How sure we are of a panic point.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Word {
    Certain,
    /// clippy looked and said nothing, and the workspace has a method or macro of that name.
    Doubted,
}

impl Panics {
    fn in_file(&self, file: &SourceFile, typed: Option<&Typed>, reached: &Reached) -> Found {
        let mut found = Found::default();
        let hits = typed.map(|typed| typed.hits(&file.path)).unwrap_or_default();
        // clippy looked at this file: no `cfg` on the way to it, and its package was compiled
        let seen = typed.is_some_and(|typed| typed.compiled(file))
            && reached.get(&file.path).is_some_and(|reach| reach.always);
        for site in file.scan().panics.iter().filter(|site| self.counts(site)) {
            let confirmed = hits.iter().any(|hit| hit.speaks_of(site));
            let doubted = typed.is_some_and(|typed| typed.doubts(file, site));
            let word =
                if seen && doubted && !confirmed && is_plain(site) { Word::Doubted } else { Word::Certain };
            found.add(file, site.kind, site.span.clone(), site.excuse, word);
        }
        let sites = &file.scan().panics;
        for hit in hits.iter().filter(|hit| self.wants(hit.kind) && !hit.is_test(file)) {
            if !sites.iter().any(|site| hit.speaks_of(site)) {
                let excuse = excuse_on_line(file, hit.span.start);
                found.add(file, hit.kind, hit.span.clone(), excuse, Word::Certain);
            }
        }
        found
    }

    fn wants(&self, kind: PanicKind) -> bool {
        self.indexing || kind != PanicKind::Indexing
    }

    fn counts(&self, site: &PanicSite) -> bool {
        self.wants(site.kind) && !site.context.test && !site.context.constant
    }
}

impl Found {
    fn add(&mut self, file: &SourceFile, kind: PanicKind, span: Range<usize>, excuse: Excuse, word: Word) {
        let (rule, message) = describe(kind);
        let finding = match excuse {
            Excuse::Reason => {
                self.accepted += 1;
                return;
            }
            Excuse::EmptyReason => Finding::error("panics/empty-reason", "`// SAFE:` without a reason")
                .help("say why it cannot happen"),
            Excuse::None if word == Word::Doubted => {
                Finding::warning("panics/unconfirmed", format!("{message}, perhaps one of your own"))
                    .help("clippy does not take it for a panic; a reason settles it: // SAFE: reason")
            }
            Excuse::None => Finding::error(format!("panics/{rule}"), format!("{message} in production code"))
                .help("return an error, or say why it cannot happen: // SAFE: reason"),
        };
        self.findings.push(file.point(finding, span));
    }
}

fn describe(kind: PanicKind) -> (&'static str, &'static str) {
    match kind {
        PanicKind::Unwrap => ("unwrap", "`unwrap`"),
        PanicKind::Expect => ("expect", "`expect`"),
        PanicKind::Panic => ("panic", "`panic!`"),
        PanicKind::Todo => ("todo", "`todo!`"),
        PanicKind::Unimplemented => ("unimplemented", "`unimplemented!`"),
        PanicKind::Unreachable => ("unreachable", "`unreachable!`"),
        PanicKind::Indexing => ("indexing", "an index that may be out of bounds"),
    }
}

/// Whether the compiler surely sees the site as it is written.
fn is_plain(site: &PanicSite) -> bool {
    !site.context.cfg && !site.context.in_macro && !site.context.attribute
}

/// A `SAFE:` comment on the line of a site that only clippy sees, or on the line above.
fn excuse_on_line(file: &SourceFile, offset: usize) -> Excuse {
    let line = file.lines().position(offset).line;
    let near = |number: u32| {
        let text = file.lines().line_text(file.text(), number);
        text.split_once("SAFE:")
            .filter(|(before, _)| before.contains("//"))
            .map(|(_, reason)| reason.trim().is_empty())
    };
    match near(line).or_else(|| near(line.saturating_sub(1))) {
        None => Excuse::None,
        Some(true) => Excuse::EmptyReason,
        Some(false) => Excuse::Reason,
    }
}

/// What clippy's restriction lints said.
struct Typed {
    by_file: BTreeMap<String, Vec<Hit>>,
    /// The kinds whose lint was forced, and of which the workspace has a method or macro of its own.
    /// Only there does clippy's silence mean something: it is also silent where a receiver is a smart
    /// pointer to an `Option`, and where a method is passed as a value.
    own: BTreeSet<PanicKind>,
    /// Packages whose libraries and programs were all compiled without an error.
    compiled: Vec<usize>,
}

/// One lint's word on a place.
struct Hit {
    kind: PanicKind,
    span: Range<usize>,
}

impl Typed {
    fn read(cx: &Context<'_>, evidence: &Evidence, sources: &Sources) -> Result<Self, Unreadable> {
        let compiled = compile::read(cx, evidence.tool(&clippy(cx))?)?;
        let mut by_file: BTreeMap<String, Vec<Hit>> = BTreeMap::new();
        for diagnostic in compiled.diagnostics.iter().filter(|d| !compile::is_generated(d, Some(sources))) {
            let in_production =
                std::iter::once(&diagnostic.target).chain(&diagnostic.also_in).any(|target| {
                    !["test", "bench", "example", "custom-build"]
                        .iter()
                        .any(|kind| target.kinds.iter().any(|k| k == kind))
                });
            let kind = diagnostic.code.as_deref().and_then(kind_of);
            let (Some(kind), Some(span), true) = (kind, diagnostic.spans.first(), in_production) else {
                continue;
            };
            if sources.get(&span.file).is_some() {
                let span_bytes = span.byte_start as usize..span.byte_end as usize;
                by_file.entry(span.file.clone()).or_default().push(Hit { kind, span: span_bytes });
            }
        }
        let own = forced_lints(cx).filter_map(kind_of).filter(|kind| defines(sources, *kind)).collect();
        Ok(Self { by_file, own, compiled: fully_compiled(cx, &compiled) })
    }

    fn hits(&self, path: &str) -> &[Hit] {
        self.by_file.get(path).map(Vec::as_slice).unwrap_or_default()
    }

    /// Whether the site may be a method or macro of the workspace's own; one that names its type
    /// (`Option::unwrap`) is none.
    fn doubts(&self, file: &SourceFile, site: &PanicSite) -> bool {
        let before = file.text().get(..site.span.start).unwrap_or_default().trim_end();
        self.own.contains(&site.kind) && !before.ends_with("::")
    }

    fn compiled(&self, file: &SourceFile) -> bool {
        file.package.is_some_and(|package| self.compiled.contains(&package))
    }
}

/// The packages whose production targets were all compiled; a program that needs a feature that is
/// off was not.
fn fully_compiled(cx: &Context<'_>, compiled: &Compiled) -> Vec<usize> {
    let all = cx.facts.packages.iter().enumerate();
    all.filter(|(_, package)| {
        let mut production = package.targets.iter().filter(|target| Target::is_production(target));
        production.all(|target| compiled.judged(package, target))
    })
    .map(|(index, _)| index)
    .collect()
}

/// Whether the workspace defines a method or a macro of that name, or, for indexing, an `Index`.
fn defines(sources: &Sources, kind: PanicKind) -> bool {
    let definitions: &[&str] = match kind {
        PanicKind::Unwrap => &["fn unwrap(", "fn unwrap<", "fn unwrap_err("],
        PanicKind::Expect => &["fn expect(", "fn expect<", "fn expect_err("],
        PanicKind::Panic => &["macro_rules! panic"],
        PanicKind::Todo => &["macro_rules! todo"],
        PanicKind::Unimplemented => &["macro_rules! unimplemented"],
        PanicKind::Unreachable => &["macro_rules! unreachable"],
        // clippy knows arrays and constant indexes; the scanner does not
        PanicKind::Indexing => return true,
    };
    sources.files.par_iter().any(|file| definitions.iter().any(|definition| file.text().contains(definition)))
}

fn kind_of(lint: &str) -> Option<PanicKind> {
    Some(match lint {
        "clippy::unwrap_used" => PanicKind::Unwrap,
        "clippy::expect_used" => PanicKind::Expect,
        "clippy::panic" => PanicKind::Panic,
        "clippy::todo" => PanicKind::Todo,
        "clippy::unimplemented" => PanicKind::Unimplemented,
        "clippy::unreachable" => PanicKind::Unreachable,
        "clippy::indexing_slicing" | "clippy::string_slice" => PanicKind::Indexing,
        _ => return None,
    })
}

impl Hit {
    /// Whether it is about that site. A call's span begins with its receiver, so it may hold other
    /// sites of its kind: a site is refuted only where no hit touches it at all.
    fn speaks_of(&self, site: &PanicSite) -> bool {
        self.kind == site.kind && self.span.start < site.span.end && site.span.start < self.span.end
    }

    fn is_test(&self, file: &SourceFile) -> bool {
        file.scan().test_code.iter().any(|code| code.start <= self.span.start && self.span.end <= code.end)
    }
}

#[cfg(test)]
mod tests;
