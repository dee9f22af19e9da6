//! `cargo promote canary`.

use cargo_gate::render::Console;

use crate::ops::canary::Watch;
use crate::place::Place;
use crate::render;
use crate::trouble::Trouble;

/// The command line.
#[derive(Debug, clap::Args)]
pub(crate) struct Canary {
    /// The environment; the last one without it
    #[arg(value_name = "ENV")]
    environment: Option<String>,
    /// The address of Prometheus; `canary.prometheus` of the configuration without it
    #[arg(long, value_name = "URL")]
    prometheus: Option<String>,
    /// Act: go through the steps, and take a bad candidate back; without it the plan and one window are shown
    #[arg(long)]
    execute: bool,
    /// The form of what is told
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: render::Format,
    #[command(flatten)]
    place: Place,
}

impl Canary {
    pub(crate) fn run(&self) -> u8 {
        self.try_run().unwrap_or_else(|trouble| {
            Console.error(&trouble.to_string());
            trouble.exit_code()
        })
    }

    fn try_run(&self) -> Result<u8, Trouble> {
        let session = self.place.open()?;
        let watch = Watch::prepare(&session, self.environment.as_deref(), self.prometheus.as_deref())?;
        let plan = watch.plan();
        if !self.execute {
            Console.out(&render::canary_plan(&plan, &watch.look(), self.format));
            return Ok(0);
        }
        if self.format == render::Format::Human {
            Console.status(&render::outline(&plan));
        }
        let report = watch.carry_out(&|event| Console.status(&render::canary_event(event)))?;
        Console.out(&render::canary_report(&plan, &report, self.format));
        Ok(report.exit_code())
    }
}
