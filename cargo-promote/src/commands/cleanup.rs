//! `cargo promote cleanup`.

use cargo_gate::render::Console;

use crate::ops::cleanup::cleanup;
use crate::place::Place;
use crate::render;

/// The command line.
#[derive(Debug, clap::Args)]
pub(crate) struct Cleanup {
    /// How many of the newest candidates stay, beside those that environments run, ran before or wait for
    #[arg(long, value_name = "N", default_value_t = 10)]
    keep: usize,
    /// Remove them; without it is shown what would go
    #[arg(long)]
    execute: bool,
    /// The form of what is told
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: render::Format,
    #[command(flatten)]
    place: Place,
}

impl Cleanup {
    pub(crate) fn run(self) -> u8 {
        let done = self.place.open().and_then(|session| cleanup(&session, self.keep, self.execute));
        match done {
            Ok(done) => {
                Console.out(&render::cleaned(&done, self.format));
                0
            }
            Err(trouble) => {
                Console.error(&trouble.to_string());
                trouble.exit_code()
            }
        }
    }
}
