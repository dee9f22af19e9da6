//! `cargo promote`: moves validated artifacts from staging to production.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(cargo_promote::cli::main())
}
