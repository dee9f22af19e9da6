//! The chores of this workspace: `cargo xtask tidy | codegen | new-gate | bench | corpus`.

#![expect(clippy::disallowed_methods, reason = "chores are effects")]

mod corpus;

fn main() {
    let _ = corpus::run;
}
