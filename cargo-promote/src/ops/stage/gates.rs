//! The verdict of the stage `release`, by `cargo bulletproof`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use cargo_gate::exec::Cancel;
use cargo_gate::exec::process::{self, Command};
use cargo_gate::step::Captured;

use super::source::Source;
use crate::ops::attest;
use crate::stage::{NoVerdict, Recorded, Verdict};
use crate::trouble::Trouble;

/// The program.
const NAME: &str = "cargo-bulletproof";
/// The longest that all gates together may take.
const MOST_TIME: Duration = Duration::from_hours(12);

/// A passing verdict on the commit: the recorded one where it holds, else that of a run.
///
/// # Errors
/// Where there is none: what failed, or why nobody could tell.
pub(super) fn verdict(
    root: &Path,
    source: &Source,
    cancel: &Cancel,
    say: &dyn Fn(&str),
) -> Result<Verdict, Trouble> {
    let program = sibling().ok_or_else(|| {
        let how = "put it beside cargo-promote or on PATH";
        Trouble::CouldNot(format!("{NAME} is not there, and without its verdict nothing is staged: {how}"))
    })?;
    let ask = |command: &str, more: &[&str]| {
        let call = ["bulletproof", command, "--stage", "release", "--format", "json", "--rev"];
        let command = Command::new(&program, root, MOST_TIME).args(call);
        process::run(&command.args([source.commit.as_str()]).args(more.iter().copied()), cancel)
    };
    let recorded = Verdict::recorded(&ask("verify", &[]).stdout, &source.tree);
    let more: &[&str] = match recorded {
        Recorded::Whole(verdict) => return Ok(verdict),
        Recorded::Part => &["--cache"],
        Recorded::None => &[],
    };
    say("running the gates of the stage `release` (cargo bulletproof run --stage release)");
    let ran = ask("run", more);
    Verdict::of_run(&ran.stdout, &source.commit, &source.tree).map_err(|why| none(&why, &ran))
}

/// The programs that judged, with the versions that they tell now. A recorded verdict holds only as long as its tools
/// are what they were.
pub(super) fn versions(verdict: &Verdict, root: &Path, cancel: &Cancel) -> BTreeMap<String, String> {
    let mut versions = attest::versions(&verdict.tools, root, cancel);
    if !verdict.rustc.is_empty() {
        versions.insert("rustc".to_owned(), verdict.rustc.clone());
    }
    let own =
        sibling().and_then(|program| attest::version(&program, &["bulletproof", "--version"], root, cancel));
    versions.extend(own.map(|version| (NAME.to_owned(), version)));
    versions
}

fn none(why: &NoVerdict, ran: &Captured) -> Trouble {
    let no_candidate = "no candidate was staged";
    match why {
        NoVerdict::Failed(_) => Trouble::Refused(format!("{why}\n{no_candidate}")),
        NoVerdict::Broken(_) => Trouble::CouldNot(format!("{why}\n{no_candidate}")),
        NoVerdict::Other(_) => {
            let end = ran.exit_code().map_or_else(|why| why.reason, |code| format!("exit code {code}"));
            let said = String::from_utf8_lossy(&ran.stderr).trim().to_owned();
            Trouble::CouldNot(format!("{why} ({end})\n{said}\n{no_candidate}"))
        }
    }
}

/// The program beside this one, else on the search path.
fn sibling() -> Option<PathBuf> {
    let own = std::env::current_exe().ok();
    let beside =
        own.and_then(|own| Some(own.parent()?.join(format!("{NAME}{}", std::env::consts::EXE_SUFFIX))));
    beside.filter(|path| path.is_file()).or_else(|| which::which(NAME).ok())
}
