//! What is to be said of whole bench targets, and of benches that only one side has.

use crate::bench::{BenchRun, BuiltBenches, Side, State};
use crate::facts::{Package, Target};
use crate::feature_sets::required_but_off;
use crate::finding::{Finding, Place};
use crate::gate::Context;

/// What is to be said of whole targets.
pub(super) fn of_targets(head: &BuiltBenches, run: &BenchRun) -> Vec<Finding> {
    let nightly = head.nightly.iter().map(|target| {
        Finding::warning(
            "bench/needs-nightly",
            format!("the bench `{target}` needs a nightly toolchain and is not judged"),
        )
        .help("judge it with `cargo +nightly bulletproof`, or put it behind `required-features`")
    });
    let broken = head.failed.iter().map(|(target, why)| {
        Finding::error("bench/does-not-compile", format!("`{target}` does not compile: {why}"))
            .help("see the whole message: cargo bench --no-run")
    });
    let gone = run.gone.iter().map(|target| vanished(&format!("the bench target `{target}`")));
    let programs = run.programs.iter().flat_map(|one| {
        let target = &one.target;
        let at = |finding: Finding| finding.at(Place::file(&one.root));
        match &one.state {
            State::Foreign(what) => {
                let message = format!("the bench target `{target}` is not measured: {what}");
                vec![at(Finding::warning("bench/not-criterion", message)
                    .help("write it with criterion or gungraun"))]
            }
            State::Failed(Side::Head, why) => {
                let message = format!("the bench target `{target}` cannot be measured: {why}");
                vec![at(Finding::error("bench/failed", message)
                    .help(format!("try it: cargo bench --bench {target}")))]
            }
            State::Failed(Side::Base, why) => {
                let message = format!("the bench target `{target}` cannot be measured on the base: {why}");
                vec![at(Finding::warning("bench/not-compared", message)
                    .help("compare with a revision where it runs: --base REV"))]
            }
            State::Compared { vanished: names, .. } => {
                names.iter().map(|name| at(vanished(&format!("the bench `{name}`")))).collect()
            }
            State::Identical | State::New => Vec::new(),
        }
    });
    nightly.chain(broken).chain(gone).chain(programs).collect()
}

/// The bench targets that cargo does not build with the features of this run.
pub(super) fn left_out(cx: &Context<'_>) -> Vec<Finding> {
    let packages = cx.facts.judged(cx.options);
    let targets = packages.flat_map(|package| package.targets.iter().map(move |target| (package, target)));
    let finding = |(package, target): (&Package, &Target)| {
        let off = required_but_off(package, target, &cx.options.features);
        (!off.is_empty()).then(|| {
            let (name, features) = (&target.name, off.join(", "));
            let message =
                format!("the bench target `{name}` is not measured: it needs the features {features}");
            let help = format!("turn them on: --features {}", off.join(","));
            Finding::warning("bench/left-out", message).help(help).at(Place::file(&target.root)).anchor(name)
        })
    };
    targets.filter(|(_, target)| target.is("bench")).filter_map(finding).collect()
}

pub(super) fn vanished(what: &str) -> Finding {
    Finding::warning("bench/vanished", format!("{what} is gone: what it measured is measured no longer"))
        .help("keep it, or rename it in a change of its own")
}

/// What the reader has to know beyond findings and figures.
pub(super) fn notes(run: &BenchRun) -> Vec<String> {
    let mut notes = Vec::new();
    for one in &run.programs {
        match &one.state {
            State::New => {
                notes.push(format!("the bench target `{}` is new: nothing to compare with", one.target));
            }
            State::Compared { appeared, .. } if !appeared.is_empty() => {
                notes.push(format!("new, with nothing to compare with: {}", appeared.join(", ")));
            }
            _ => {}
        }
    }
    if run.out_of_time {
        notes.push("the time for measuring was over before every bench was clear".to_owned());
    }
    notes
}
