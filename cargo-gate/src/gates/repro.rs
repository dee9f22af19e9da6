//! `repro`: two builds of one source give equal programs.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::finding::Finding;
use crate::gate::{Context, Gate, Info, Outcome, Planned, Rule, Stage, Unreadable};
use crate::release;
use crate::repro::{Rebuilt, Twin, explain};
use crate::step::{Evidence, Step, release_build};
use crate::text::counted;

/// The settings of `repro`.
#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Repro {}

impl Gate for Repro {
    const INFO: Info = Info {
        id: "repro",
        judges: "that two builds of the same source give the same programs",
        bar: "identical",
        stages: &[Stage::Release, Stage::Nightly],
        timeout: Duration::from_hours(2),
        rules: &[
            Rule::error("path", "a path of the build in a program"),
            Rule::error("debug-info", "a path of the build in a program's debug information"),
            Rule::error("time", "a build script that writes the time"),
            Rule::error("order", "a build script that writes in another order each time"),
            Rule::error("build-script", "a build script whose output differs otherwise"),
            Rule::error("proc-macro", "a macro that expands differently each time"),
            Rule::error("differs", "a difference whose cause is not known"),
            Rule::error("outside", "a package outside of the workspace that is built in"),
            Rule::error("does-not-rebuild", "a workspace that does not build from a copy of its files"),
        ],
        manual: "\
## What it checks

The release build (`cargo build --release --bins`, the one whose programs `size` and `smoke` look at) is
made a second time and every program compared, byte for byte. The second build is of a copy of the
repository's files: those that git tracks, and new ones that it does not ignore. Around it everything is
different that may not matter: the folder, the target folder, `HOME`, `CARGO_HOME`, the user's name, the
locale, the time zone, the umask, the number of jobs, and the order in which folders list their files.
What could not be made different, the host's name among it, is in the notes of the report. The clock runs on but is not moved: a stamp
that has the day alone is seen only where the first build is of another day.
`RUSTC_WRAPPER` is off, so that no cache answers with what the first build made. Paths that
`--remap-path-prefix` names in the variables with flags for rustc are those of the second tree there.

Where programs differ, the outputs of both builds are compared crate by crate in build order: first what
the build script gave, then the compiled code. A finding names the first crate whose output differs for
equal inputs, the section, and the cause: a path, the time, another order, a macro. For a macro the crate
is expanded twice, which needs no flag of yours.

The copy, in the system's folder for temporary files (`TMPDIR`), is removed afterwards. It needs as much
room as `target/release`.

## Why

Whoever can build a program again and gets the same bytes knows that it was made from that source: no
compromised machine added anything, and a change of the program is a change of the source. Paths of the
machine that built it, with the user's name in them, are nobody's business either.

## How to fix

- `path`, `debug-info`: `--remap-path-prefix` for the workspace and for cargo's home, in `RUSTFLAGS`; on a
  nightly toolchain `trim-paths = \"all\"` in `[profile.release]`. A path that the code reads with `env!`
  stays: embed the file, or find it at run time.
- `time`: `SOURCE_DATE_EPOCH` where it is set.
- `order`, `proc-macro`: sorted iteration, `BTreeMap` in the place of `HashMap`.
- `build-script`: output that depends on nothing but the sources.
- `outside`: cargo identifies a package outside of the workspace by its absolute path. Make it a member, or
  depend on a release or a revision of it.
- `does-not-rebuild`: the build needs a file that is not in the repository.

The tree of the second build is gone when the finding is shown; `diffoscope` on two builds of your own in
two folders shows every difference.
",
    };

    fn plan(&self, cx: &Context<'_>) -> Planned {
        if release::expected(cx.facts, cx.options).next().is_none() {
            return Planned::NothingToJudge("nothing to judge: no package has a program".to_owned());
        }
        Planned::Steps(vec![step(cx), Step::Sources])
    }

    fn judge(&self, cx: &Context<'_>, evidence: &Evidence) -> Result<Outcome, Unreadable> {
        match evidence.twin(&step(cx))? {
            Rebuilt::Done(twin) => {
                let findings = explain(twin, cx.facts, evidence.sources().ok());
                compared(twin).map(|outcome| outcome.findings(findings))
            }
            Rebuilt::Outside(packages) => {
                let findings = packages.iter().map(|(name, folder)| outside(name, folder)).collect();
                Ok(Outcome::new("the programs depend on where the workspace lies").findings(findings))
            }
            Rebuilt::Fails(reason) => Ok(Outcome::new("the copy of the workspace does not build").findings(vec![
                Finding::error("repro/does-not-rebuild", format!("a copy of the repository's files does not build: {reason}"))
                    .help("add the file that it needs to the repository (`git status --ignored` lists what git leaves out), \
                           or let it not depend on the folder, the user or the environment")
                    .anchor("does-not-rebuild"),
            ])),
        }
    }
}

fn step(cx: &Context<'_>) -> Step {
    Step::Twin { build: release_build(cx), offline: cx.options.offline }
}

fn outside(name: &str, folder: &str) -> Finding {
    let message = format!(
        "the package `{name}` lies outside of the workspace ({folder}): cargo names its code by that path"
    );
    let help = "make it a member of the workspace, or depend on a release or a git revision of it";
    Finding::error("repro/outside", message).help(help).anchor(name)
}

fn compared(twin: &Twin) -> Result<Outcome, Unreadable> {
    let total = twin.programs.len();
    if total == 0 {
        return Err(Unreadable::nothing_ran("the two builds made no program"));
    }
    let differing: Vec<&str> = twin
        .programs
        .iter()
        .filter(|program| program.spot.is_some())
        .map(|program| program.name.as_str())
        .collect();
    let summary = match differing.as_slice() {
        [] => format!("{} identical in two builds", counted(total, "program")),
        names => format!("{} of {} differ: {}", names.len(), counted(total, "program"), names.join(", ")),
    };
    let mut outcome = Outcome::new(summary).count("programs", total).count("differing", differing.len());
    outcome = outcome.note(format!("different around the second build: {}", twin.varied.join(", ")));
    if !twin.unvaried.is_empty() {
        outcome = outcome.note(format!("the same around both builds: {}", twin.unvaried.join(", ")));
    }
    if !differing.is_empty() {
        outcome =
            outcome.note(format!("the second build was made in {}, which is removed", twin.second.root));
    }
    Ok(outcome)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repro::{Program, Spot};

    fn twin(spots: &[Option<Spot>]) -> Twin {
        let program = |spot: &Option<Spot>| Program {
            name: "tool".to_owned(),
            spot: spot.clone(),
            ..Program::default()
        };
        Twin { programs: spots.iter().map(program).collect(), ..Twin::default() }
    }

    #[test]
    fn equal_programs_are_counted() {
        let outcome = compared(&twin(&[None, None])).unwrap();
        assert_eq!(outcome.summary, "2 programs identical in two builds");
    }

    #[test]
    fn differing_programs_are_named() {
        let outcome = compared(&twin(&[None, Some(Spot::default())])).unwrap();
        assert_eq!(outcome.summary, "1 of 2 programs differ: tool");
    }

    #[test]
    fn no_program_is_no_verdict() {
        assert!(compared(&twin(&[])).is_err());
    }
}
