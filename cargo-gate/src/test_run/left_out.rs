//! Tests that no run reaches, since the manifest or the chosen features keep cargo from their target.

use crate::compile;
use crate::facts::{Package, Target};
use crate::feature_sets::required_but_off;
use crate::finding::{Finding, Place};
use crate::gate::{Context, Unreadable};
use crate::reach;
use crate::step::Evidence;
use crate::text::counted;

/// A finding for each judged target whose tests are not run with it nor with any other.
///
/// # Errors
/// When the sources cannot be read.
pub(crate) fn left_out(cx: &Context<'_>, evidence: &Evidence) -> Result<Vec<Finding>, Unreadable> {
    let sources = evidence.sources()?;
    let judged = cx.facts.judged(cx.options);
    let targets = judged.flat_map(|package| package.targets.iter().map(move |target| (package, target)));
    let (left_out, run): (Vec<_>, Vec<_>) = targets
        .filter(|(_, target)| !target.is("custom-build"))
        .partition(|(package, target)| why(cx, package, target).is_some());
    let run = reach::from(run.into_iter().map(|(_, target)| target), sources);
    let finding = |(package, target): (&Package, &Target)| {
        let why = why(cx, package, target)?;
        let reached = reach::from(std::iter::once(target), sources);
        let alone = |path: &str| reached.get(path).is_some() && run.get(path).is_none();
        let tests: usize =
            sources.files.iter().filter(|file| alone(&file.path)).map(|file| file.scan().tests).sum();
        (tests > 0).then(|| {
            let target_name = compile::describe(target);
            let message = format!("{} of {target_name} did not run: {why}", counted(tests, "test"));
            Finding::warning("test/left-out", message).at(Place::file(&target.root)).anchor(target_name)
        })
    };
    Ok(left_out.into_iter().filter_map(finding).collect())
}

/// Why cargo does not run the target's tests, where it does not.
fn why(cx: &Context<'_>, package: &Package, target: &Target) -> Option<String> {
    if !target.test {
        // examples and benches are only compiled where the manifest does not say otherwise
        let by_default = target.is("example") || target.is("bench");
        let why = if by_default {
            "cargo runs none of such a target without `test = true`"
        } else {
            "`test = false`"
        };
        return Some(format!("{why} in {}", crate::facts::join(&package.folder, "Cargo.toml")));
    }
    let missing = required_but_off(package, target, &cx.options.features);
    (!missing.is_empty()).then(|| format!("it needs the features {}", missing.join(", ")))
}
