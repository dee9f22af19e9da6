//! `cargo promote keys`: makes keys, and tells what promote.toml says of them.

use std::path::PathBuf;

use cargo_gate::render::Console;
use clap::Subcommand;

use crate::ops::keys::{self, SignWith};
use crate::render::attest::key;
use crate::trouble::Trouble;

/// Make keys for signing, and show what promote.toml needs of them
#[derive(Debug, clap::Args)]
pub(crate) struct Keys {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Make an ed25519 key: the private part in FILE, the public part in FILE.pub
    ///
    /// FILE is made readable for you alone, and neither file is ever overwritten. Put the private part where your
    /// build server keeps secrets, name the variable that it gives it in with `--key-env`, and remove the file.
    Generate {
        /// Where the private part is written
        file: PathBuf,
    },
    /// Show the table of promote.toml for a key, and by what name signatures call it
    Show {
        /// A public or private key: a PEM block, or a `.pub` file of OpenSSH
        #[arg(conflicts_with = "SignWith")]
        file: Option<PathBuf>,
        #[command(flatten)]
        with: SignWith,
    },
}

impl Keys {
    /// Runs it, and gives the exit code.
    pub(crate) fn run(&self) -> u8 {
        let made = match &self.what {
            What::Generate { file } => keys::generate(file),
            What::Show { file, with } => keys::public(with, file.as_deref()),
        };
        match made {
            Ok(public) => {
                let role = match self.what {
                    What::Generate { .. } => "ci",
                    What::Show { .. } => "developer",
                };
                Console.out(&key(&public, &keys::written(&public), role));
                0
            }
            Err(error) => {
                let trouble = Trouble::from(error);
                Console.error(&trouble.to_string());
                trouble.exit_code()
            }
        }
    }
}
