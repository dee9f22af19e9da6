//! Judging the answer of a command of the user's. Pure: see the gate `custom`.

mod judgement;

pub use judgement::{Judgement, Output};
