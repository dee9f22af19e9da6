//! `cargo promote verify`.

use cargo_gate::render::Console;

use crate::ops::verify::verify;
use crate::place::Place;
use crate::render;
use crate::verify::Gravity;

/// The command line.
#[derive(Debug, clap::Args)]
pub(crate) struct Verify {
    /// Digests, versions or environments; everything that is staged where none is named
    #[arg(value_name = "CANDIDATE")]
    candidates: Vec<String>,
    /// The form of what is told
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: render::Format,
    #[command(flatten)]
    place: Place,
}

impl Verify {
    pub(crate) fn run(self) -> u8 {
        let done = self.place.open().and_then(|session| verify(&session, &self.candidates));
        match done {
            Ok(done) => {
                Console.out(&render::verified(&done, self.format));
                // what is wrong weighs more than what nobody could read
                match done.problems.iter().map(|problem| problem.gravity).max() {
                    None => 0,
                    Some(Gravity::Wrong) => 1,
                    Some(Gravity::Unread) => 2,
                }
            }
            Err(trouble) => {
                Console.error(&trouble.to_string());
                trouble.exit_code()
            }
        }
    }
}
