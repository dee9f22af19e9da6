//! What the hooks of git judge: a commit's index, a push's commits.

use std::path::{Path, PathBuf};

use cargo_gate::cli::RunArgs;
use cargo_gate::exec::{self, Cancel, Environment};
use cargo_gate::fix::fix_staged;
use cargo_gate::gate::Stage;
use cargo_gate::parse::pushed_refs::pushed_refs;
use cargo_gate::render::{self, Console};
use cargo_gate::run::{hook_settings, recorded, run_until};
use cargo_gate::verdict::NO_VERDICT;
use clap::Args;

/// Where the workspace of a hook is.
#[derive(Debug, Args)]
pub(crate) struct Place {
    /// The manifest of the workspace, where it does not lie at the top of the repository
    #[arg(long, value_name = "PATH")]
    manifest_path: Option<PathBuf>,
}

/// What git gives a hook before a push: the refs come on the standard input.
#[derive(Debug, Args)]
pub(crate) struct Push {
    #[command(flatten)]
    place: Place,
    /// The name of the remote, or its address where it has none
    remote: Option<String>,
    /// Its address
    address: Option<String>,
}

impl Place {
    fn asks(&self) -> RunArgs {
        let mut args = RunArgs::default();
        args.manifest.manifest_path.clone_from(&self.manifest_path);
        args
    }

    /// Whether the config on disk asks for it; that of the commit has to ask as well.
    fn wants_fixing(&self) -> bool {
        let Ok(environment) = Environment::read() else { return false };
        let folder = exec::config_folder(&environment, self.manifest_path.as_deref().and_then(Path::parent));
        hook_settings(&folder).is_ok_and(|settings| settings.fix)
    }
}

/// Judges what is about to be committed, after what the config has fixed before.
pub(crate) fn commit(place: &Place) -> u8 {
    let args = RunArgs { staged: true, ..place.asks() };
    let cancel = Cancel::on_signals();
    if place.wants_fixing() {
        fix_staged(&args, &cancel);
    }
    run_until(&args, Stage::PreCommit, &[], &cancel)
}

/// Judges what is about to be pushed: each tree once with each base, which is what the other side has of it. The exit
/// code is the worst.
pub(crate) fn push(push: &Push) -> u8 {
    attempt(push).unwrap_or_else(|error| {
        Console.error(&error);
        NO_VERDICT
    })
}

fn attempt(push: &Push) -> Result<u8, String> {
    let text = |error: &dyn std::fmt::Display| error.to_string();
    let environment = Environment::read().map_err(|error| text(&error))?;
    Console.color(environment.color.as_deref());
    let refs = pushed_refs(&exec::hook_input().map_err(|error| text(&error))?)?;
    let cancel = Cancel::on_signals();
    let pushed = exec::pushed(&environment, push.remote.as_deref(), &refs, &cancel);
    let pushed = pushed.map_err(|error| text(&error))?;
    for name in &pushed.others {
        Console.status(&format!("{name}: it names no commit, and nothing of it is judged"));
    }
    let mut worst = 0;
    for tree in &pushed.trees {
        if pushed.trees.len() > 1 {
            Console.status(&format!("{}:", tree.refs.join(", ")));
        }
        let (rev, base, range) = (Some(tree.commit.clone()), tree.base.clone(), Some(tree.range.clone()));
        let args = RunArgs { rev, base, range, ..push.place.asks() };
        worst = worst.max(judge(&args, &tree.commit, &cancel));
        if cancel.is_set() {
            return Ok(NO_VERDICT);
        }
    }
    Ok(worst)
}

/// The verdict on a pushed commit: the recorded one, where it holds, with those gates judged anew for which it does not;
/// else that of a run.
fn judge(args: &RunArgs, commit: &str, cancel: &Cancel) -> u8 {
    let Ok(held) = recorded(args, Stage::PrePush, commit, cancel) else {
        return run_until(args, Stage::PrePush, &[], cancel);
    };
    Console.out(&render::held(&held));
    let again: Vec<String> = held.again().into_iter().cloned().collect();
    if again.is_empty() { 0 } else { run_until(args, Stage::PrePush, &again, cancel) }
}
