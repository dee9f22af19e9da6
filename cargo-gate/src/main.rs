//! `cargo gate NAME`: one gate by itself.

use std::process::ExitCode;

fn main() -> ExitCode {
    let stand_in = cargo_gate::exec::stand_in();
    ExitCode::from(stand_in.unwrap_or_else(cargo_gate::single::main))
}
