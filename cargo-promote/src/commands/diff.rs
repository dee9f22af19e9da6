//! `cargo promote diff`.

use std::path::PathBuf;

use cargo_gate::render::Console;

use crate::ops::diff::diff;
use crate::place::Place;
use crate::render;

/// The command line.
#[derive(Debug, clap::Args)]
pub(crate) struct Diff {
    /// The candidate before: a digest, a version or an environment
    from: String,
    /// The candidate after
    to: String,
    /// Folder with the advisory database, instead of the one in the user's cache
    #[arg(long, value_name = "DIR")]
    db: Option<PathBuf>,
    /// The form of what is told
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: render::Format,
    #[command(flatten)]
    place: Place,
}

impl Diff {
    pub(crate) fn run(self) -> u8 {
        let done =
            self.place.open().and_then(|session| diff(&session, [&self.from, &self.to], self.db.as_deref()));
        match done {
            Ok((from, to, difference)) => {
                Console.out(&render::difference(&from, &to, &difference, self.format));
                0
            }
            Err(trouble) => {
                Console.error(&trouble.to_string());
                trouble.exit_code()
            }
        }
    }
}
