//! `cargo promote to` and `cargo promote rollback`.

use cargo_gate::render::Console;

use crate::name::Label;
use crate::ops::promotion::{Promotion, Request};
use crate::place::Place;
use crate::render;
use crate::trouble::Trouble;

/// The command line of `to`.
#[derive(Debug, clap::Args)]
pub(crate) struct To {
    /// The environment
    environment: String,
    /// The candidate: digits of its digest or commit, its version, or an environment that runs it
    ///
    /// Without it what the environment before runs, or for the first environment what was staged last.
    candidate: Option<String>,
    /// Act; without it the plan is shown
    #[arg(long)]
    execute: bool,
    /// Why, for the ledger
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
    /// An item of the checklist that is done; may be given many times
    #[arg(long, value_name = "NAME")]
    done: Vec<Label>,
    #[command(flatten)]
    common: Common,
}

/// The command line of `rollback`.
#[derive(Debug, clap::Args)]
pub(crate) struct Rollback {
    /// The environment
    environment: String,
    /// A candidate that it ran at any time, instead of the one before
    #[arg(long, value_name = "CANDIDATE")]
    to: Option<String>,
    /// Act; without it the plan is shown
    #[arg(long)]
    execute: bool,
    /// Why, for the ledger
    #[arg(long, value_name = "TEXT", value_parser = words)]
    reason: String,
    #[command(flatten)]
    common: Common,
}

fn words(text: &str) -> Result<String, String> {
    cargo_gate::config::Reason::try_from(text.to_owned()).map(String::from)
}

/// What both have.
#[derive(Debug, clap::Args)]
struct Common {
    /// The form of what is told
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: render::Format,
    #[command(flatten)]
    place: Place,
}

impl To {
    pub(crate) fn run(self) -> u8 {
        let request = Request {
            environment: &self.environment,
            candidate: self.candidate.as_deref(),
            rollback: false,
            done: &self.done,
            reason: &self.reason,
        };
        self.common.run(request, self.execute)
    }
}

impl Rollback {
    pub(crate) fn run(self) -> u8 {
        let request = Request {
            environment: &self.environment,
            candidate: self.to.as_deref(),
            rollback: true,
            done: &[],
            reason: &self.reason,
        };
        self.common.run(request, self.execute)
    }
}

impl Common {
    fn run(&self, request: Request<'_>, execute: bool) -> u8 {
        self.try_run(request, execute).unwrap_or_else(|trouble| {
            Console.error(&trouble.to_string());
            trouble.exit_code()
        })
    }

    fn try_run(&self, request: Request<'_>, execute: bool) -> Result<u8, Trouble> {
        let session = self.place.open()?;
        let mut promotion = Promotion::prepare(&session, request)?;
        let forbidden = promotion.plan.forbidden();
        if !execute || forbidden.is_some() {
            Console.out(&render::promotion(&promotion.plan, None, self.format));
            return Ok(forbidden.map_or(0, |why| {
                // the reasons are in the plan
                let why_not = why.to_string();
                Console.error(why_not.lines().next().unwrap_or_default().trim_end_matches(':'));
                why.exit_code()
            }));
        }
        if self.format == render::Format::Human {
            Console.status(&render::plan(&promotion.plan, true));
        }
        let done = promotion.carry_out(&|text| Console.status(text))?;
        Console.out(&render::promotion(&promotion.plan, Some(&done), self.format));
        Ok(if done.left.is_empty() { 0 } else { 2 })
    }
}
