//! Whether the dep-info that is found is that of the run.

use std::collections::BTreeSet;
use std::path::Path;

use super::super::gather::builds_elsewhere;
use super::Asked;
use super::elsewhere::Read;
use crate::facts::{Target, relative};
use crate::step::{Step, Tool};

/// Each target that is judged must have been compiled here, after its files were last written: else the dep-info that
/// is found is of another build.
pub(super) fn proven(asked: &Asked<'_>, infos: &[Read]) -> Result<(), String> {
    if builds_elsewhere(asked.facts, asked.environment) {
        return Err("cargo keeps what it compiles in a folder of its own (build-dir)".to_owned());
    }
    let root = &asked.facts.root;
    let below = |file: &String| relative(root, Path::new(file));
    let fresh = |read: &Read| {
        let times = read.info.files.iter().map(|file| root.join(file)).filter(|file| file.starts_with(root));
        let mut times = times.filter_map(|file| std::fs::metadata(file).ok()?.modified().ok());
        times.all(|time| time <= read.written)
    };
    let fresh: BTreeSet<String> =
        infos.iter().filter(|read| fresh(read)).flat_map(|read| read.info.files.iter().map(below)).collect();
    let compiled = compiled(asked);
    let lost = |target: &&Target| {
        target.required_features.is_empty() && compiled.of(target) && !fresh.contains(&target.root)
    };
    for package in asked.facts.judged(asked.options) {
        if let Some(target) = package.targets.iter().find(lost) {
            return Err(format!(
                "rustc does not tell here what it read for {} of {}",
                target.name, package.name
            ));
        }
    }
    Ok(())
}

/// Which targets a run compiles beside libraries.
struct Compiled {
    programs: bool,
    tests: bool,
    all: bool,
}

impl Compiled {
    fn of(&self, target: &Target) -> bool {
        target.is_library()
            || self.all
            || (self.programs && target.is_production())
            || (self.tests && target.is("test") && target.test)
    }
}

fn compiled(asked: &Asked<'_>) -> Compiled {
    let mut compiled = Compiled { programs: false, tests: false, all: false };
    for planned in &asked.plan.steps {
        let call = match &planned.step {
            Step::Tool(call) | Step::ToolAfter { call, .. } | Step::Clippy { call, .. } => call,
            Step::Instrumented(run) => &run.call,
            _ => continue,
        };
        let is = |name: &str| call.args.iter().any(|arg| arg == name);
        let builds = call.builds && !is("--doc") && !is("doc");
        compiled.all |= is("--all-targets");
        compiled.programs |= builds;
        compiled.tests |= builds && (call.tool == Tool::Nextest || is("test"));
    }
    compiled
}
