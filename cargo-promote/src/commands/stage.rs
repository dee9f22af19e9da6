//! `cargo promote stage`.

use std::path::PathBuf;

use cargo_gate::render::Console;

use crate::ops::keys::SignWith;
use crate::ops::stage::{Request, stage};
use crate::place::Place;
use crate::render;
use crate::stage::Asked;

/// The command line.
#[derive(Debug, clap::Args)]
pub(crate) struct Stage {
    /// Take this file instead of building; may be given many times
    #[arg(long = "file", value_name = "PATH", conflicts_with_all = ["package", "target"])]
    files: Vec<PathBuf>,
    /// Build the programs of this package instead of those of promote.toml or of the default members
    #[arg(long, short, value_name = "NAME")]
    package: Vec<String>,
    /// Build for this target instead of those of promote.toml or of cargo's configuration
    #[arg(long, value_name = "TRIPLE")]
    target: Vec<String>,
    /// Stage this commit instead of HEAD
    #[arg(long, value_name = "REV")]
    rev: Option<String>,
    /// Why, for the ledger
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    reason: String,
    #[command(flatten)]
    sign: SignWith,
    /// The form of what is told
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: render::Format,
    #[command(flatten)]
    place: Place,
}

impl Stage {
    pub(crate) fn run(self) -> u8 {
        let asked = Asked { packages: self.package, targets: self.target };
        let request =
            Request { files: self.files, asked, revision: self.rev, reason: self.reason, sign: self.sign };
        let say = |text: &str| Console.status(text);
        let done = self.place.open().and_then(|session| stage(&session, &request, &say));
        match done {
            Ok(done) => {
                Console.out(&render::staged(&done, self.format));
                0
            }
            Err(trouble) => {
                Console.error(&trouble.to_string());
                trouble.exit_code()
            }
        }
    }
}
