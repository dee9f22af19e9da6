//! One program for all targets: the environment variable `FUZZ_TARGET` names the one that is fuzzed.
//! libFuzzer has the `main` and reads the command line.

#![no_main]

use std::panic::{catch_unwind, set_hook, take_hook};
use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use tests::fuzz::{Input, Target, find};

/// The target.
static TARGET: LazyLock<&'static Target> = LazyLock::new(|| {
    // libFuzzer's own hook ends the program on every panic, also on one that a decoder catches
    drop(take_hook());
    set_hook(Box::new(|_| {}));
    let name = std::env::var("FUZZ_TARGET").unwrap_or_default();
    find(&name).unwrap_or_else(|| {
        eprintln!("FUZZ_TARGET is `{name}`, which is no target");
        std::process::exit(2);
    })
});

fuzz_target!(|bytes: &[u8]| {
    let target = *TARGET;
    if catch_unwind(|| (target.check)(Input::new(bytes))).is_err() {
        // once more, to be read: the hook that is silent in the hunt now speaks
        drop(take_hook());
        (target.check)(Input::new(bytes));
        std::process::abort();
    }
});
