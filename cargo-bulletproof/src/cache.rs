//! `cargo bulletproof cache`: what is kept of earlier verdicts.

use cargo_gate::cli::{Format, RunArgs};
use cargo_gate::exec::{self, Cancel, Environment, NotHeld};
use cargo_gate::gate::Stage;
use cargo_gate::render::{self, Console};
use cargo_gate::run::recorded;
use cargo_gate::verdict::NO_VERDICT;
use clap::Subcommand;

#[derive(Debug, Clone, Copy, Subcommand)]
pub(crate) enum Cache {
    /// Show how many verdicts are kept, and where
    Status,
    /// Forget them
    Clear,
}

pub(crate) fn run(command: Cache) -> u8 {
    match attempt(command) {
        Ok(text) => {
            Console.out(&text);
            0
        }
        Err(error) => {
            Console.error(&error);
            NO_VERDICT
        }
    }
}

fn attempt(command: Cache) -> Result<String, String> {
    let environment = Environment::read().map_err(|error| error.to_string())?;
    let facts = exec::gather(&environment, None, true, &Cancel::on_signals());
    let facts = facts.map_err(|error| error.to_string())?;
    match command {
        Cache::Status => Ok(exec::cache_status(&facts)),
        Cache::Clear => {
            let failed = |error: std::io::Error| format!("{}: {error}", facts.state.display());
            exec::clear_cache(&facts).map(|()| "no verdict is kept any more\n".to_owned()).map_err(failed)
        }
    }
}

/// The exit code where no recorded verdict holds, or not for each gate: something is left to judge.
const NOT_HELD: u8 = 1;

pub(crate) fn verify(args: &RunArgs, stage: Stage, only: &[String]) -> u8 {
    let revision = args.rev.as_deref().unwrap_or("HEAD");
    let whole = if args.is_whole(only) { Ok(()) } else { Err(NotHeld::None(ONLY_WHOLE.to_owned())) };
    let json = args.format != Format::Human;
    match whole.and_then(|()| recorded(args, stage, revision, &Cancel::on_signals())) {
        Ok(held) => {
            Console.out(&if json { render::held_json(&held) } else { render::held(&held) });
            if held.is_whole() { 0 } else { NOT_HELD }
        }
        Err(not_held) => {
            Console.out(&if json { render::not_held_json(&not_held) } else { render::not_held(&not_held) });
            NOT_HELD
        }
    }
}

const ONLY_WHOLE: &str = "only a verdict of all gates of a stage on the whole workspace is recorded";
