//! `cargo xtask bench-power`: what the rule of the gate `bench` is worth on this machine.
//!
//! Nineteen benches of criterion's are built four times: as they are, the same program again, with 15 % more
//! work, and with a function that nothing calls. All four are run in turns as the gate runs them, round after
//! round, and every round is kept. The gate's own rule is then applied to many stretches of those rounds: as
//! if the gate had started there.

mod args;
mod page;
mod record;
mod replay;
mod rounds;

pub(crate) use args::{Args, Error, run};
