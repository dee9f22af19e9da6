//! `bench`: criterion's benches of the change, run in turns with those of the base, and gungraun's, counted on both.

mod recorded;
mod targets;

use std::time::Duration;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::recorded::Baseline;
use self::targets::{left_out, notes, of_targets};
use crate::bench::{
    Bars, BenchRun, BuiltBenches, Kind, Opinion, State, html, opinions, percent, read_build, row,
};
use crate::config::{Expiry, Globs, Reason, Timeout};
use crate::feature_sets::has_required;
use crate::finding::{Finding, Place};
use crate::gate::{Context, Gate, Info, Outcome, Planned, Rule, Stage, Unreadable};
use crate::step::{Base, BenchCall, BenchMeasure, Evidence, Step, base, bench_build};
use crate::text::counted;

/// The settings of `bench`.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Bench {
    /// A bench is named above this many percent more time, or instructions.
    warn: u32,
    /// A bench fails above this many percent more time, or instructions.
    fail: u32,
    /// How long all benches together may be measured; what is still unclear then is named.
    time: Timeout,
    /// What is measured of criterion's benches: `time`, or `instructions` (with valgrind) where the clock cannot be
    /// trusted.
    measure: BenchMeasure,
    /// Nothing is run: the last run of `cargo bench` is compared with this baseline of criterion's.
    baseline: Option<Baseline>,
    /// Nothing is run: these two exports of critcmp are compared, the base's and the head's.
    critcmp: Option<[String; 2]>,
    /// Benches that may be slower, for a time.
    accept: Vec<Accept>,
}

/// Benches that may be slower, for a time.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Accept {
    /// Globs over the benches' full names.
    benches: Globs,
    /// Why that is right.
    reason: Reason,
    /// The last day on which this holds.
    expires: Expiry,
}

impl Default for Bench {
    fn default() -> Self {
        let time = Timeout(Duration::from_mins(2));
        Self {
            warn: 10,
            fail: 20,
            time,
            measure: BenchMeasure::Time,
            baseline: None,
            critcmp: None,
            accept: Vec::new(),
        }
    }
}

impl Gate for Bench {
    const INFO: Info = Info {
        id: "bench",
        judges: "criterion's and gungraun's benches of the change against those of the base",
        bar: "warns above 10 % more time or instructions, fails above 20 %, and only beyond the noise",
        stages: &[Stage::Ci, Stage::Nightly],
        timeout: Duration::from_mins(30),
        rules: &[
            Rule::error("slower", "a bench slower than the bar that fails"),
            Rule::warning("somewhat-slower", "a bench slower than the bar that warns"),
            Rule::warning("layout", "a slower bench that takes as many instructions as before"),
            Rule::warning("recorded-slower", "a bench that is slower in one recorded run on each side"),
            Rule::warning("unclear", "a bench whose rounds differ too much to tell"),
            Rule::error("failed", "a bench that cannot be measured"),
            Rule::error("does-not-compile", "a bench target that does not compile"),
            Rule::warning("not-compared", "a bench that cannot be measured on the base"),
            Rule::warning("vanished", "a bench that the base has and the change has not"),
            Rule::warning("not-criterion", "a bench target written with neither criterion nor gungraun"),
            Rule::warning("needs-nightly", "a bench target that needs a nightly toolchain"),
            Rule::warning("left-out", "a bench target that needs features which are off"),
            Rule::error("accept-expired", "an accepted slowdown whose time is over"),
            Rule::warning("accept-unused", "an accepted slowdown of no bench"),
        ],
        manual: "\
## What it checks

The benches that use criterion, of the working tree against the base revision (`--base REV`). The programs of
both are built with `--profile bench`, the base's in a tree and target folder of its own, and run in turns,
bench by bench: base, head, head, base, … Each run is short, and only its shortest sample counts.

From 5 rounds on a bench is done once its answer is clear, after 12 unless it is still unclear, after 18 in any
case, or when `time` is over. Of three estimates of the change (the median of the rounds' ratios, the ratio of
the minima, the ratio of the shortest thirds) the middle one counts. A bench is slower where that passes the
bar and the interval around it, widened for the number of benches, lies above 0, or from 12 rounds on where all
three pass the bar that warns; and where 5 rounds measured anew show it too. docs/bench-rule.md has the rule's
false alarms and misses as measured.

Programs that are equal byte by byte are not run: nothing became slower, unless in a file that they read while
they run. A bench that takes as many instructions as before (counted with valgrind, where that is installed) but
more time is named `layout`: its code lies elsewhere in memory, reads it differently, or waits. What a bench
prepares within `iter_batched` is counted with what it measures; where the count cannot be of the time measured,
it says nothing.

Where `time` is too short for 5 rounds of all benches, some have them and the rest are `unclear`. What looks
slower is measured anew after that time.

Bench targets that need a nightly toolchain or use another harness are named, not judged. The base is built with
the change's own settings where cargo's configuration (`.cargo/config.toml`) is the same; where that differs, there
is no verdict. Without a base
there is nothing to compare with, and the gate says so. With `--html` the benches are drawn.

## Benches that count instructions

Bench targets written with gungraun, or with iai-callgrind from 0.15 on, as it was called before, are run once on each
side, and each bench's instructions are compared with the same bars, whatever `measure` says: a count hangs neither on
the clock nor on other work. Where a bench seems to take more than the bar that warns, both programs are run again; the
fewest instructions count, and what the runs of one program differ by is taken off the change. The runs have a
folder of their own, so that `target/gungraun` stays as it is, and variables of gungraun's are not passed on, but
for `GUNGRAUN_ALLOW_ASLR` and `GUNGRAUN_VALGRIND_BIN`. A summary must be there for each bench that the program lists.

That needs valgrind, and the runner in exactly the library's version
(`cargo install gungraun-runner --version VERSION --locked`); without them there is no verdict. The runner of
iai-callgrind does not tell its version: one of another version refuses, and the target is `failed`. Where base and head
have the library in two versions, the target is `not-compared`.

## Records instead of rounds

With `baseline = \"NAME\"` nothing is run: criterion's files of the last `cargo bench` are compared with those of
`cargo bench --bench '*' -- --save-baseline NAME`, by each side's shortest sample. With `critcmp = [\"base.json\", \"head.json\"]`
two exports of `critcmp --export NAME` are compared, by their medians. That is weaker evidence: one run each, not
interleaved, and only benches that left a record are known. The outcome says so; a slower bench is named
(`recorded-slower`) and never fails the gate. A run from before the sources last changed, a baseline that is
missing, cut short or a copy of the run, and records without a common bench give no verdict. criterion replaces
its own `base` with each run, so that a baseline needs a name of its own. An export does not tell when its benches
ran: it is as old as its file.

## Why

One run of a bench on a machine that does anything else differs from the next by more than most changes do.

## How to fix

The finding names the bench. Run it alone with `cargo bench --bench TARGET -- NAME`, and look at what the
change does there. A bench that stays unclear says how many rounds, and how
much `time`, would tell, by the width of its interval; a machine with less other work tells sooner. A
slowdown that is worth it is accepted for a time: an entry under `accept` with `benches`, `reason`, `expires`.
",
    };

    fn plan(&self, cx: &Context<'_>) -> Planned {
        let recorded = self.recorded();
        if !recorded.is_empty() {
            return Planned::Steps(recorded.into_iter().map(|from| Step::Recorded { from }).collect());
        }
        if expected(cx).next().is_none() {
            return match left_out(cx).as_slice() {
                [] => Planned::NothingToJudge("nothing to judge: no package has a bench target".to_owned()),
                _ => Planned::Steps(vec![base(cx)]),
            };
        }
        let call = self.call(cx);
        Planned::Steps(vec![base(cx), Step::Tool(call.build.clone()), call.base_build(), Step::Benches(call)])
    }

    fn judge(&self, cx: &Context<'_>, evidence: &Evidence) -> Result<Outcome, Unreadable> {
        let recorded = self.recorded();
        if !recorded.is_empty() {
            return self.judge_recorded(cx, evidence, &recorded);
        }
        let call = self.call(cx);
        let Some(base) = evidence.base(cx)? else {
            let summary = "nothing to compare with: there is no revision before this one";
            return Ok(Outcome::new(summary).findings(left_out(cx)));
        };
        if expected(cx).next().is_none() {
            return Ok(Outcome::new("no bench judged").findings(left_out(cx)));
        }
        let head = read_build(evidence.tool(&Step::Tool(call.build.clone()))?)?;
        whole(cx, &head)?;
        let of_base = |unreadable: Unreadable| Unreadable {
            reason: format!("the base ({}): {}", base.how, unreadable.reason),
            help: unreadable.help.or_else(|| Some("compare with another revision: --base REV".to_owned())),
            ..unreadable
        };
        if let Some(built) = evidence.base_benches(&call.base_build())? {
            read_build(&built.captured).map_err(of_base)?;
        }
        let run = evidence.benches(&Step::Benches(call))?;
        let run = run.ok_or_else(|| Unreadable::defect("a base, and no bench measured against it"))?;
        Ok(self.outcome(cx, base, &head, run)?.findings(left_out(cx)))
    }
}

/// The bench targets that must be built, each with its package's name.
fn expected<'a>(cx: &Context<'a>) -> impl Iterator<Item = (&'a str, &'a str)> {
    let packages = cx.facts.judged(cx.options);
    let targets = packages.flat_map(|package| package.targets.iter().map(move |target| (package, target)));
    let is_on = |package, target| has_required(package, target, &cx.options.features);
    let benches = targets.filter(move |(package, target)| target.is("bench") && is_on(package, target));
    benches.map(|(package, target)| (package.name.as_str(), target.name.as_str()))
}

/// Whether the build says of every bench target what became of it.
fn whole(cx: &Context<'_>, head: &BuiltBenches) -> Result<(), Unreadable> {
    let explained = !head.failed.is_empty() || !head.nightly.is_empty();
    match expected(cx).find(|(package, target)| head.get(package, target).is_none()) {
        Some((_, target)) if !explained => {
            Err(Unreadable::garbage(format!("cargo built no bench `{target}`, and does not say why")))
        }
        _ => Ok(()),
    }
}

impl Bench {
    fn call(&self, cx: &Context<'_>) -> BenchCall {
        BenchCall {
            base: cx.options.base.clone(),
            build: bench_build(cx),
            bars: self.bars(),
            time: self.time.0,
            measure: self.measure,
        }
    }

    fn bars(&self) -> Bars {
        Bars { warn: self.warn, fail: self.fail.max(self.warn) }
    }

    fn outcome(
        &self,
        cx: &Context<'_>,
        base: &Base,
        head: &BuiltBenches,
        run: &BenchRun,
    ) -> Result<Outcome, Unreadable> {
        let opinions = opinions(run, self.bars());
        let identical = run.programs.iter().filter(|one| one.state == State::Identical).count();
        let untold = |one: &&Opinion| matches!(one.kind, Kind::Failed | Kind::NotCompared | Kind::Unclear);
        let judged = opinions.len() - opinions.iter().filter(untold).count();
        let mut findings = of_targets(head, run);
        // only programs that were asked tell the names of their benches
        let all_listed = run.programs.iter().all(|one| matches!(one.state, State::Compared { .. }));
        self.add_benches(&mut findings, &opinions, all_listed, run.today);
        let explained = findings.iter().any(|finding| finding.rule != "bench/not-compared");
        let new = run.programs.iter().filter(|one| one.state == State::New).count();
        if judged + identical + new == 0 && !explained {
            let reason = format!("no bench could be compared with the base ({})", base.how);
            let cause = findings.first().map(|finding| format!(": {}", finding.message)).unwrap_or_default();
            return Err(
                Unreadable::nothing_ran(reason + &cause).help("compare with another revision: --base REV")
            );
        }
        let count = |kind: Kind| opinions.iter().filter(|one| one.kind == kind).count();
        let worst = opinions.iter().filter_map(Opinion::change).reduce(f64::max);
        let outcome = Outcome::new(self.summary(judged, identical, new, worst))
            .findings(findings)
            .count("benches", judged)
            .count("slower", count(Kind::Slower))
            .count("somewhat_slower", count(Kind::SomewhatSlower))
            .count("unclear", count(Kind::Unclear))
            .count("identical_programs", identical)
            .number("measured_seconds", run.took.as_secs_f64())
            .text("base", &base.commit)
            .note(format!("compared with {} ({})", base.short(), base.how));
        let outcome = match worst {
            Some(worst) => outcome.number("worst_percent", worst * 100.0),
            None => outcome,
        };
        let outcome = notes(run).into_iter().fold(outcome, Outcome::note);
        if opinions.is_empty() {
            return Ok(outcome);
        }
        let columns = ["bench", "base", "head", "change", "interval", "rounds", "verdict"];
        let outcome = outcome.table(&columns, opinions.iter().map(row).collect());
        let compared = || format!("{} against {} ({})", "The working tree", base.short(), base.how);
        Ok(if cx.options.html {
            outcome.file("bench.html", html(&opinions, self.bars(), &compared()))
        } else {
            outcome
        })
    }

    fn summary(&self, judged: usize, identical: usize, new: usize, worst: Option<f64>) -> String {
        let bars = format!("bars {} % and {} %", self.warn, self.bars().fail);
        let worst = worst.map(|worst| format!(", worst {}", percent(worst))).unwrap_or_default();
        let mut parts = Vec::new();
        if judged > 0 {
            parts.push(format!(
                "{}{worst} ({bars})",
                if judged == 1 { "1 bench".to_owned() } else { format!("{judged} benches") }
            ));
        }
        if identical > 0 {
            parts.push(format!("{} identical to the base's", counted(identical, "program")));
        }
        if new > 0 {
            parts.push(format!("{} new", counted(new, "bench target")));
        }
        if parts.is_empty() { "no bench judged".to_owned() } else { parts.join(", ") }
    }

    fn add_benches(&self, findings: &mut Vec<Finding>, opinions: &[Opinion], all_listed: bool, today: Date) {
        for opinion in opinions {
            let slower =
                matches!(opinion.kind, Kind::Slower | Kind::SomewhatSlower | Kind::Layout | Kind::SlowerOnce);
            let accepted =
                self.accept.iter().any(|one| one.expires.0 >= today && one.benches.matches(&opinion.name));
            if !(slower && accepted) {
                findings.extend(self.finding(opinion));
            }
        }
        for accept in &self.accept {
            let names = Vec::<String>::from(accept.benches.clone()).join(", ");
            if accept.expires.0 < today {
                let message =
                    format!("the time of the accepted slowdown of `{names}` is over ({})", accept.reason);
                findings.push(
                    Finding::error("bench/accept-expired", message).help("make it faster, or set a new date"),
                );
            } else if all_listed && !opinions.iter().any(|one| accept.benches.matches(&one.name)) {
                let message = format!("no bench is named `{names}`, whose slowdown is accepted");
                findings.push(Finding::warning("bench/accept-unused", message).help("remove the entry"));
            }
        }
    }

    fn finding(&self, opinion: &Opinion) -> Option<Finding> {
        let Opinion { name, target, said, .. } = opinion;
        let run_it = format!("run it alone: cargo bench --bench {target} -- '{name}'");
        let help = |general: String| opinion.help.clone().unwrap_or(general);
        let finding = match opinion.kind {
            Kind::Holds | Kind::Faster => return None,
            Kind::Failed => Finding::error("bench/failed", format!("`{name}`: {said}")).help(run_it),
            Kind::Slower => {
                let message = format!("`{name}` is slower: {said}; the bar is {} %", self.bars().fail);
                Finding::error("bench/slower", message).help(run_it)
            }
            Kind::SomewhatSlower => {
                let message = format!("`{name}` is somewhat slower: {said}; the bar is {} %", self.warn);
                Finding::warning("bench/somewhat-slower", message).help(run_it)
            }
            Kind::Layout => Finding::warning("bench/layout", format!("`{name}` takes longer: {said}")).help(
                "look whether it reads memory in another way; if not, nothing in the code is to be mended",
            ),
            Kind::SlowerOnce => {
                let message =
                    format!("`{name}` is slower in one run on each side: {said}; the bar is {} %", self.warn);
                Finding::warning("bench/recorded-slower", message)
                    .help("let the gate run both sides in turns: remove `baseline` or `critcmp`")
            }
            Kind::NotCompared => Finding::warning("bench/not-compared", format!("`{name}`: {said}"))
                .help(help("compare with a revision where it runs: --base REV".to_owned())),
            Kind::Unclear => Finding::warning("bench/unclear", format!("`{name}` cannot be told: {said}"))
                .help(help(format!(
                    "give the benches longer than `time = \"{}\"`, or a machine with less other work",
                    String::from(self.time)
                ))),
        };
        let place = (!opinion.root.is_empty()).then(|| Place::file(&opinion.root));
        Some(place.into_iter().fold(finding, Finding::at).anchor(name))
    }
}
