//! A call of rustc, as cargo makes one, and what of it is ours to choose: how much is kept for the next compile.

use std::ffi::{OsStr, OsString};

/// The values of an option that stands before them.
pub(super) fn values<'a>(args: &'a [OsString], name: &str) -> impl Iterator<Item = &'a OsStr> {
    args.windows(2).filter_map(move |pair| match pair {
        [option, value] if option == name => Some(value.as_os_str()),
        _ => None,
    })
}

/// The values of an option of code generation, as in `-C NAME=VALUE`; flags of people may have both in one argument.
pub(super) fn codegen<'a>(args: &'a [OsString], name: &str) -> impl Iterator<Item = &'a str> {
    let joined = args.iter().filter_map(|arg| arg.to_str()?.strip_prefix("-C"));
    let parted = values(args, "-C").chain(values(args, "--codegen")).filter_map(OsStr::to_str);
    parted.chain(joined).filter_map(move |option| option.strip_prefix(name)?.strip_prefix('='))
}

/// The arguments as they are given on: nothing is kept for a next compile where that would not pay.
pub(super) fn settled(args: Vec<OsString>, pays: bool) -> Vec<OsString> {
    if keeps(pays, |name| std::env::var_os(name)) { args } else { once(args) }
}

/// Whether something is kept for a next compile, which takes a sixth of this one: not on a server's machine (`CI`), which
/// begins each run anew. Who sets `CARGO_INCREMENTAL` has decided.
fn keeps(pays: bool, variable: impl Fn(&str) -> Option<OsString>) -> bool {
    let on_server = || variable("CI").is_some_and(|value| !["", "0", "false"].iter().any(|no| value == *no));
    variable("CARGO_INCREMENTAL").is_some() || (pays && !on_server())
}

/// The arguments without that for a next compile.
fn once(args: Vec<OsString>) -> Vec<OsString> {
    let mut rest = args.into_iter().peekable();
    let is_kept =
        |option: &OsString| option.to_str().is_some_and(|option| option.starts_with("incremental="));
    let next = std::iter::from_fn(|| {
        let arg = rest.next()?;
        let left_out = arg == "-C" && rest.next_if(is_kept).is_some();
        Some((!left_out).then_some(arg))
    });
    next.flatten().collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn args(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn options_are_found_wherever_they_stand() {
        let call =
            args("--crate-name demo src/lib.rs --crate-type lib -C debuginfo=2 --crate-type cdylib -C");
        assert_eq!(values(&call, "--crate-type").collect::<Vec<_>>(), ["lib", "cdylib"]);
        assert_eq!(codegen(&call, "debuginfo").collect::<Vec<_>>(), ["2"]);
        let of_people = args("-Cdebuginfo=0 --codegen debuginfo=1 -C debuginfo=2");
        assert_eq!(codegen(&of_people, "debuginfo").collect::<BTreeSet<_>>(), ["0", "1", "2"].into());
        assert_eq!(codegen(&call, "debug").count() + values(&call, "--test").count(), 0);
    }

    #[test]
    fn something_is_kept_where_that_pays_and_the_machine_is_no_server_unless_decided_otherwise() {
        let on = |pays: bool, variables: &[(&str, &str)]| {
            let variables: Vec<(String, String)> =
                variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            keeps(pays, |name| variables.iter().find(|(own, _)| own == name).map(|(_, value)| value.into()))
        };
        for server in ["true", "1", "woodpecker"] {
            assert!(!on(true, &[("CI", server)]), "{server}");
        }
        for no_server in ["", "false", "0"] {
            assert!(on(true, &[("CI", no_server)]), "{no_server}");
        }
        assert!(on(true, &[]) && !on(false, &[]));
        for decided in ["0", "1"] {
            assert!(on(false, &[("CI", "true"), ("CARGO_INCREMENTAL", decided)]));
        }
    }

    #[test]
    fn of_a_compile_that_keeps_nothing_only_that_is_left_out() {
        let call = "--crate-name demo -C metadata=1 -C incremental=/t/debug/incremental -L dependency=/t -C";
        assert_eq!(once(args(call)), args("--crate-name demo -C metadata=1 -L dependency=/t -C"));
        let plain = "--crate-name incremental=1 src/lib.rs";
        assert_eq!(once(args(plain)), args(plain));
    }
}
