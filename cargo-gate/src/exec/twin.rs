//! Builds a copy of the workspace a second time, with as much as possible different around it, and compares
//! what the two builds gave.

mod call;
mod outputs;
mod place;

use std::time::{Duration, Instant};

use self::outputs::Pairs;
use self::place::Second;
use super::process::run;
use super::{Cancel, Environment};
use crate::compile;
use crate::facts::Facts;
use crate::gate::{Options, Unreadable};
use crate::parse::cargo_error::{self, CargoErrorKind};
use crate::parse::cargo_messages::{self, Level};
use crate::release;
use crate::repro::{Places, Rebuilt, Twin, needs_expansion, outside_packages};
use crate::step::{Captured, Evidence, Step, ToolCall};

/// The most crates of which expansions are compared: each is two runs of the compiler.
const MOST_EXPANSIONS: usize = 3;

/// What a second build is made with.
pub(super) struct Twins<'a> {
    pub(super) facts: &'a Facts,
    pub(super) options: &'a Options,
    pub(super) environment: &'a Environment,
    pub(super) cancel: &'a Cancel,
    pub(super) timeout: Duration,
}

impl Twins<'_> {
    /// Builds and compares. The second tree is removed at the end.
    pub(super) fn make(&self, build: &ToolCall, before: &Evidence) -> Result<Rebuilt, Unreadable> {
        let start = Instant::now();
        let step = Step::Tool(build.clone());
        let (facts, options) = (self.facts, self.options);
        let first = release::read(facts, options, before.tool(&step)?)?;
        let graph = before.graph(&Step::Graph { offline: options.offline })?;
        let compiled = first.artifacts.iter().map(|artifact| artifact.package_id.as_str()).collect();
        let outside = outside_packages(graph, &facts.root, &compiled);
        if !outside.is_empty() {
            return Ok(Rebuilt::Outside(outside));
        }
        let second = self.place()?;
        let captured = self.call(&second, &build.args, start);
        if let Some(reason) = does_not_build(&captured)? {
            return Ok(Rebuilt::Fails(reason));
        }
        let again = release::read_copy(facts, options, &second.root, &captured)?;
        if let Some(stale) = again.artifacts.iter().find(|artifact| artifact.fresh) {
            let name = &stale.target.name;
            return Err(Unreadable::garbage(format!("the second build did not build `{name}` anew")));
        }
        let places = (self.first_places(), second.places());
        let pairs = Pairs { facts, graph, runs: (&first, &again), places: (&places.0, &places.1) };
        let programs = pairs.programs()?;
        let differ = programs.iter().any(|program| program.spot.is_some());
        let units = if differ { pairs.units()? } else { Vec::new() };
        let (varied, unvaried) = call::variations(&second);
        let (first, second_places) = places;
        let mut twin = Twin { first, second: second_places, varied, unvaried, programs, units };
        self.compare_expansions(&mut twin, &second, build, start);
        Ok(Rebuilt::Done(Box::new(twin)))
    }

    fn first_places(&self) -> Places {
        let text = |path: &std::path::Path| path.to_string_lossy().into_owned();
        Places {
            root: text(&self.facts.root),
            cargo_home: self.environment.cargo_home.as_deref().map(text).unwrap_or_default(),
            target: text(&self.facts.target),
            home: etcetera::home_dir().map(|home| text(&home)).unwrap_or_default(),
        }
    }

    fn left(&self, start: Instant) -> Duration {
        self.timeout.saturating_sub(start.elapsed())
    }

    fn call(&self, second: &Second, args: &[String], start: Instant) -> Captured {
        let command = self.command(second, args, self.left(start));
        let mut captured = run(&command, self.cancel);
        // a time-out is told with the limit that the user gave
        if let crate::step::End::TimedOut(limit) = &mut captured.end {
            *limit = self.timeout;
        }
        captured
    }

    /// Has the compiler expand the macros of a crate twice in the same place. What it cannot do tells nothing.
    fn compare_expansions(&self, twin: &mut Twin, second: &Second, build: &ToolCall, start: Instant) {
        for place in needs_expansion(twin).into_iter().take(MOST_EXPANSIONS) {
            let Some(unit) = twin.units.get(place) else { continue };
            let spec = format!("{}@{}", unit.package, unit.version);
            let expanded = |mark: &str| {
                let mut args: Vec<String> =
                    ["rustc", "--release", "--package", &spec].map(str::to_owned).to_vec();
                args.extend(unit.selector.iter().cloned());
                args.extend(features(&build.args));
                let flags = ["--locked", "--", "-Zunpretty=expanded", "--cfg", mark, "-Aunexpected_cfgs"];
                args.extend(flags.map(str::to_owned));
                let mut command = self.command(second, &args, self.left(start));
                // the only way to ask a stable compiler for it; nothing that is judged is made this way
                command.env.push(("RUSTC_BOOTSTRAP".into(), Some("1".into())));
                let captured = run(&command, self.cancel);
                let code = captured.exit_code().ok();
                (code == Some(0)).then(|| String::from_utf8_lossy(&captured.stdout).into_owned())
            };
            let both = expanded("bulletproof_one").zip(expanded("bulletproof_two"));
            let line = both.and_then(|(one, two)| {
                let differing = one.lines().zip(two.lines()).find(|(a, b)| a != b);
                differing.map(|(line, _)| line.trim().to_owned())
            });
            if let Some(unit) = twin.units.get_mut(place) {
                unit.expansion = line;
            }
        }
    }
}

/// The options of a build that choose features.
fn features(args: &[String]) -> Vec<String> {
    let mut chosen = Vec::new();
    for (at, arg) in args.iter().enumerate() {
        match arg.as_str() {
            "--all-features" | "--no-default-features" => chosen.push(arg.clone()),
            "--features" => chosen.extend(args.iter().skip(at).take(2).cloned()),
            _ => {}
        }
    }
    chosen
}

/// Why the code of the copy does not compile; none where it does.
///
/// # Errors
/// When the build failed for a reason other than the code.
fn does_not_build(captured: &Captured) -> Result<Option<String>, Unreadable> {
    if captured.exit_code()? == 0 {
        return Ok(None);
    }
    let error = cargo_error::summary(&captured.stderr);
    if error.kind != CargoErrorKind::CompileFailed
        || cargo_error::blames_machine(&String::from_utf8_lossy(&captured.stderr))
    {
        return Err(compile::failed(captured));
    }
    // with JSON messages, what the compiler says is among them
    let messages = cargo_messages::parse(&captured.stdout).map(|run| run.diagnostics).unwrap_or_default();
    let of_compiler = messages.iter().find(|one| matches!(one.level, Level::Error | Level::Ice));
    match of_compiler {
        Some(error) if error.blames_machine() => Err(Unreadable::crashed(error.summary())),
        Some(error) => Ok(Some(error.summary())),
        None => Ok(Some(error.message)),
    }
}

#[cfg(test)]
mod tests;
