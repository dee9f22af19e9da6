//! `cargo bulletproof cache`: what is kept of earlier verdicts.

use cargo_gate::exec::{self, Cancel, Environment};
use cargo_gate::render::Console;
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
