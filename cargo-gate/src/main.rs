//! `cargo gate NAME`: one gate by itself.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(cargo_gate::single::main())
}
