//! `cargo promote log`.

use cargo_gate::render::Console;
use jiff::{SignedDuration, Timestamp};

use crate::dora;
use crate::ledger::{Action, Told};
use crate::name::Label;
use crate::ops::history::{commit_times, history};
use crate::place::Place;
use crate::render;
use crate::trouble::Trouble;

/// The command line.
#[derive(Debug, clap::Args)]
pub(crate) struct Log {
    /// Only what concerns this environment; the figures are about it. Without it they are about the last one
    #[arg(long, value_name = "NAME")]
    environment: Option<Label>,
    /// The most entries that are shown
    #[arg(long, short = 'n', value_name = "NUMBER", default_value_t = 20)]
    number: usize,
    /// The period of the figures: so many days up to now
    #[arg(long, value_name = "NUMBER", default_value_t = 90, value_parser = clap::value_parser!(u32).range(1..=36_500))]
    days: u32,
    /// The form of what is told
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: render::Format,
    #[command(flatten)]
    place: Place,
}

impl Log {
    pub(crate) fn run(&self) -> u8 {
        match self.text() {
            Ok(text) => {
                Console.out(&text);
                0
            }
            Err(trouble) => {
                Console.error(&trouble.to_string());
                trouble.exit_code()
            }
        }
    }

    fn text(&self) -> Result<String, Trouble> {
        let session = self.place.open()?;
        let ledger = session.ledger()?;
        let told = history(ledger.as_ref(), &ledger.head()?)?;
        let wanted = |one: &&Told| self.environment.as_ref().is_none_or(|name| concerns(one, name));
        let shown: Vec<&Told> = told.iter().rev().filter(wanted).take(self.number).collect();
        let last = || session.config.environments.last().map(|environment| environment.name.clone());
        let dora = self.environment.clone().or_else(last).map(|environment| {
            let now = Timestamp::now();
            let from =
                now.saturating_sub(SignedDuration::from_hours(24 * i64::from(self.days))).unwrap_or(now);
            dora::figures(&told, &environment, (from, now), &commit_times(&session, &told))
        });
        Ok(render::log(&shown, dora.as_ref(), self.format))
    }
}

fn concerns(one: &Told, name: &Label) -> bool {
    match &one.entry.action {
        Action::Promote { environment, .. }
        | Action::Rollback { environment, .. }
        | Action::Finish { environment, .. } => environment == name,
        Action::Stage { .. } | Action::Remove { .. } => false,
    }
}
